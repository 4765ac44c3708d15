"""Picture files: listing a folder of them, reading one, laying many on a sheet.

Owns what a file on disk means as a picture. It decodes with Pillow because that
reads every format that a real collection contains (CMYK, palette, 16 bit, WebP,
EXIF-rotated) and says why when it cannot. Batches and tensors are left to others.
"""

import math
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
SHEET_COLOUR = (24, 24, 28)
CAPTION_COLOUR = (200, 200, 205)
# Down to so many times its final size a picture is reduced by averages of whole pixels,
# a JPEG even while it is decoded; the rest is a filter's. Takes less than half the time
# of filtering every pixel, and ends about one level of 255 away.
LEAST_TIMES_SIDE = 1.5


class UnreadablePicture(ValueError):
    """A file that cannot be decoded; the message is the reason, in one line."""


def list_pictures(folder):
    """Return the sorted paths of all picture files in `folder` and below it.

    A picture file is known by its suffix, in upper or lower case. Hidden files and
    folders are passed over. The order does not depend on the file system.

    Raises:
        ValueError: `folder` is not a folder.
    """
    return [path for path in list_files(folder) if path.suffix.lower() in SUFFIXES]


def list_files(folder):
    """Return the sorted paths of all files, pictures or not, as `list_pictures`."""
    if not Path(folder).is_dir():
        raise ValueError(f"{folder} is not a folder of pictures")
    found = []
    for parent, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in names if not name.startswith(".")]
    return sorted(found, key=lambda path: path.as_posix())


def open_picture(path, at_least=None):
    """Return the file as an upright RGB `PIL.Image`.

    EXIF orientation is honoured, the first frame of an animation is taken, and
    transparency is laid over white.

    Args:
        path: the file, or a binary stream of it.
        at_least: sides, in pixels, that are enough for the caller. A JPEG may then be
            decoded at 1/2, 1/4 or 1/8 of its size, never below this: much cheaper.

    Raises:
        UnreadablePicture: the file is empty, truncated, too large or no picture.
    """
    try:
        with Image.open(path) as picture:
            if at_least:
                picture.draft("RGB", (at_least, at_least))
            picture.load()
            ImageOps.exif_transpose(picture, in_place=True)
            return _as_rgb(picture)
    except Image.UnidentifiedImageError:
        raise UnreadablePicture(_why_unidentified(path)) from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadablePicture(" ".join(str(error).split())) from None


def _why_unidentified(path):
    if hasattr(path, "seek"):
        size_bytes = path.seek(0, os.SEEK_END)
    else:
        size_bytes = os.path.getsize(path)
    return "not a picture that can be decoded" if size_bytes else "the file is empty"


def _as_rgb(picture):
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return picture
    if picture.mode.startswith("I;16") or picture.mode == "I":
        # Pillow's own conversion saturates 16 bit; the high byte is the picture.
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8)).convert(
            "RGB"
        )
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(paper, picture)
    return picture.convert("RGB")


def read_square(path, side):
    """Return the picture as uint8 `(side, side, 3)`: scaled, then cut to its centre.

    The shorter side is scaled to `side` and the ends of the longer one are cut off, so
    that buildings keep their proportions.

    Raises:
        UnreadablePicture: as `open_picture`.
    """
    picture = open_picture(path, at_least=math.ceil(LEAST_TIMES_SIDE * side))
    if picture.size == (side, side):
        return np.asarray(picture)
    width, height = picture.size
    edge = min(width, height)
    left, top = (width - edge) / 2, (height - edge) / 2
    # Hamming's filter takes two thirds of the bicubic one's time and is nearly as
    # sharp, but cannot enlarge.
    filters = Image.Resampling
    square = picture.resize(
        (side, side),
        filters.HAMMING if edge > side else filters.BICUBIC,
        box=(left, top, left + edge, top + edge),
        reducing_gap=LEAST_TIMES_SIDE,
    )
    return np.asarray(square)


def to_uint8(pictures):
    """Return float pictures in [0, 1] as uint8, rounded and clipped."""
    return np.clip(np.rint(np.asarray(pictures) * 255.0), 0, 255).astype(np.uint8)


def sheet(pictures, columns, gap=2, captions=None, scale=1):
    """Return uint8 pictures `(count, height, width, 3)` side by side as one image.

    Args:
        pictures: a sequence of equally large uint8 pictures.
        columns: how many stand in one row.
        gap: pixels between two pictures and around the sheet.
        captions: one short text a picture, written below it; None for no texts.
        scale: whole number by which every pixel is enlarged, for small pictures.
    """
    height, width = np.asarray(pictures[0]).shape[:2]
    height, width = height * scale, width * scale
    rows = -(-len(pictures) // columns)
    caption_height = 12 if captions else 0
    cell_width, cell_height = width + gap, height + caption_height + gap
    size = (gap + columns * cell_width, gap + rows * cell_height)
    canvas = Image.new("RGB", size, SHEET_COLOUR)
    pen = ImageDraw.Draw(canvas)
    for index, pixels in enumerate(pictures):
        row, column = divmod(index, columns)
        corner = (gap + column * cell_width, gap + row * cell_height)
        tile = Image.fromarray(np.asarray(pixels))
        canvas.paste(tile.resize((width, height), Image.Resampling.NEAREST), corner)
        if captions:
            below = (corner[0], corner[1] + height)
            pen.text(below, captions[index], fill=CAPTION_COLOUR)
    return canvas
