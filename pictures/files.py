"""Lists, reads and writes picture files.

Owns what a file on disk means as a picture. Decodes with Pillow, because that reads
every format that a real collection contains (CMYK, palette, 16 bit, WebP, EXIF-rotated)
and says why when it cannot. Batches and tensors are left to others.
"""

import math
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from files import whole_file
from mistakes import UserMistake

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
# Down to this many times its final size a picture is reduced by averaging whole pixels,
# a JPEG even while it is decoded; a filter does the rest. This takes less than half the
# time of filtering every pixel, and differs by about one level of 255.
LEAST_TIMES_SIDE = 1.5


class UnreadablePicture(ValueError):
    """A file that cannot be decoded; the message is the reason, in one line."""


def list_pictures(folder):
    """Return the sorted paths of all picture files in `folder` and below it.

    A picture file is known by its suffix, in upper or lower case. Hidden files and
    folders are left out. The order does not depend on the file system.

    Raises:
        UserMistake: `folder` is not a folder.
    """
    return [path for path in list_files(folder) if path.suffix.lower() in SUFFIXES]


def list_files(folder):
    """Return the paths of all files, pictures or not, as `list_pictures` does."""
    if not Path(folder).is_dir():
        raise UserMistake(f"{folder} is not a folder of pictures")
    found = []
    for parent, folders, names in os.walk(folder, followlinks=True):
        # What is taken away here is not walked into.
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in names if not name.startswith(".")]
    return sorted(found, key=Path.as_posix)


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


def write_picture(image, path):
    """Write a Pillow image as PNG, whole or not at all."""
    with whole_file(path) as file:
        image.save(file, "PNG")


def write_gif(frames, path, durations):
    """Write RGB Pillow images of one size as a GIF that repeats for ever.

    `durations` are the milliseconds for which each frame is shown.
    """
    # One palette for all the frames keeps colours from flickering.
    everything = np.concatenate([np.asarray(frame.reduce(2)) for frame in frames])
    # An octree keeps rare colours better than Pillow's median cut.
    palette = Image.fromarray(everything).quantize(255, Image.Quantize.FASTOCTREE)
    # Dithered, the files would be twice as large.
    undithered = {"palette": palette, "dither": Image.Dither.NONE}
    first, *others = [frame.quantize(**undithered) for frame in frames]
    with whole_file(path) as file:
        first.save(
            file,
            "GIF",
            save_all=True,
            append_images=others,
            duration=list(durations),
            loop=0,
        )
