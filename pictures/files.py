"""Finds, reads and writes picture files.

Owns what a file on disk means as a picture; `walk.py` finds the files. Decodes with
Pillow, because that reads every format that a real collection contains (CMYK, palette,
16 bit, WebP, EXIF-rotated) and says why when it cannot. Batches and tensors are left to
others.
"""

import contextlib
import errno
import functools
import math

import numpy as np
from PIL import Image

from files import whole_file
from pictures.walk import Found, printable, walk

# Formats as Pillow names them: none that would start another program, as EPS does.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")
SUFFIXES = set(
    ".jpg .jpeg .jpe .jfif .png .webp .gif .bmp .tif .tiff .avif .heic .heif "
    ".hif".split()
)
# What bytes 8 to 12 say in files of this kind.
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"}
# What is known of a folder's pictures stands among them.
TABLE = "factors.csv"
# Of EXIF: https://exiftool.org/TagNames/EXIF.html, and what turns each value upright.
ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Down to this many times its final size a picture is reduced by averaging whole pixels,
# a JPEG even while it is decoded; a filter does the rest. This takes less than half the
# time of filtering every pixel, and differs by about one level of 255.
LEAST_TIMES_SIDE = 1.5


class UnreadablePicture(ValueError):
    """A file that cannot be decoded; the message is the reason, in one line."""


class UnreachablePicture(UnreadablePicture):
    """One that cannot even be had: gone, forbidden, on a disk that fails.

    Its bytes may be whole, and tomorrow they may be read.
    """


def find_pictures(folder) -> Found:
    """Find all picture files in `folder` and below it, as `walk` does.

    A picture is known by the end of its name, in upper or lower case, and by its
    content if the name has no such end.

    Raises:
        UserMistake: `folder` is not a folder.
        OSError: it cannot be listed.
    """
    found = walk(folder)
    pictures, passed_over = [], found.passed_over
    for path in found.paths:
        suffix = path.suffix.lower()
        if suffix in SUFFIXES or (not suffix and _is_picture(path)):
            pictures.append(path)
        elif path.name != TABLE:
            reason = "not named like a picture" if suffix else "no picture in it"
            passed_over.append((path, reason))
    return Found(pictures, passed_over)


def _is_picture(path):
    try:
        with opened_picture(path):
            return True
    except UnreadablePicture:
        return False


@contextlib.contextmanager
def opened_picture(source):
    """Open a picture that is not decoded yet, as a `PIL.Image`.

    Decoders fail in more ways than they declare: whatever goes wrong inside is the
    file's fault, but for a lack of memory.

    Args:
        source: path of the file, or a binary stream of it.

    Raises:
        UnreadablePicture: the file is empty, truncated, too large or no picture.
        UnreachablePicture: it cannot be opened, or not be read to its end.
    """
    try:
        with _opened(source) as file:
            try:
                picture = Image.open(file, formats=_known_formats())
            except Image.UnidentifiedImageError:
                raise UnreadablePicture(_why_unidentified(file)) from None
            with picture:
                yield picture
    except (UnreadablePicture, MemoryError):
        raise
    except Exception as error:
        raise _explained(error) from error


def _opened(source):
    is_stream = hasattr(source, "read")
    return contextlib.nullcontext(source) if is_stream else open(source, "rb")


@functools.cache
def _known_formats():
    """Return those of `FORMATS` that can be read here."""
    with contextlib.suppress(ImportError):
        from pillow_heif import register_heif_opener

        register_heif_opener()
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _why_unidentified(file):
    file.seek(0)
    start = file.read(12)
    if not start:
        return "the file is empty"
    brand = start[8:] if start[4:8] == b"ftyp" else None
    if brand in HEIC_BRANDS:
        return "HEIC: pip install pillow-heif, or save it as JPEG"
    if brand == b"avif":
        return "AVIF: pip install --upgrade pillow, which reads it from 11.3 on"
    return "not a picture that can be decoded"


def _explained(error):
    """Return what a decoder raised as `UnreadablePicture`, in one line."""
    words = printable(" ".join(str(error).split()))
    # A wild offset inside a file makes a wrong argument.
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return UnreachablePicture(error.strerror or words)
    foreseen = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
    if isinstance(error, foreseen) and words:
        return UnreadablePicture(words)
    return UnreadablePicture(f"its decoder failed: {type(error).__name__} {words}")


def open_picture(source, at_least=None):
    """Return the file as an upright RGB `PIL.Image`.

    EXIF orientation is honoured, the first frame of an animation is taken, and
    transparency is laid over white.

    Args:
        source: path of the file, or a binary stream of it.
        at_least: sides, in pixels, that are enough for the caller. A JPEG may then be
            decoded at 1/2, 1/4 or 1/8 of its size, never below this: much cheaper.

    Raises:
        UnreadablePicture: as `opened_picture`.
    """
    with opened_picture(source) as picture:
        if at_least:
            picture.draft("RGB", (at_least, at_least))
        picture.load()
        return _as_rgb(_upright(picture))


def _upright(picture):
    # Pillow's own way writes all of EXIF anew, which fails for tags of unusual types.
    turn = UPRIGHT.get(picture.getexif().get(ORIENTATION))
    return picture if turn is None else picture.transpose(turn)


def _as_rgb(picture):
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return picture
    if picture.mode in ("F", "I") or picture.mode.startswith("I;16"):
        return _from_many_levels(picture)
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(paper, picture)
    return picture.convert("RGB")


def _from_many_levels(picture):
    """Return a grey picture of 16-bit numbers, or of floats in [0, 1], as RGB."""
    white = 1.0 if picture.mode == "F" else 2**16 - 1
    levels = np.asarray(picture, np.float32) / white
    # Pillow's own conversion cuts off what is above 255, or turns it black.
    if not (levels.min() >= 0 and levels.max() <= 1):
        raise UnreadablePicture(
            "its levels are neither 16-bit numbers nor floats from 0 to 1: save it "
            "with 8 or 16 bits"
        )
    return Image.fromarray(to_uint8(levels)).convert("RGB")


def read_square(path, side, fit="crop"):
    """Return the picture as a uint8 square, scaled so that it keeps its proportions.

    Args:
        path: as `open_picture` takes it.
        side: of the square, in pixels.
        fit: `crop` scales the shorter side to `side` and cuts off the ends of the
            longer one; `pad` scales the longer one, and puts bars beside the picture.

    Returns:
        `(side, side, 3)`; for `pad` `(side, side, 4)`, where the last channel is 0 in
        the bars and 255 in the picture.

    Raises:
        UnreadablePicture: as `open_picture`.
    """
    picture = open_picture(path, at_least=math.ceil(LEAST_TIMES_SIDE * side))
    if fit == "pad":
        return np.asarray(_padded(picture, side))
    if picture.size == (side, side):
        return np.asarray(picture)
    width, height = picture.size
    edge = min(width, height)
    left, top = (width - edge) / 2, (height - edge) / 2
    box = (left, top, left + edge, top + edge)
    return np.asarray(_resized(picture, (side, side), box))


def _padded(picture, side):
    """Return the whole picture in the middle of a square, with bars of clear black."""
    scale = side / max(picture.size)
    width, height = (max(1, round(scale * length)) for length in picture.size)
    square = Image.new("RGBA", (side, side))
    place = ((side - width) // 2, (side - height) // 2)
    square.paste(_resized(picture, (width, height), (0, 0, *picture.size)), place)
    return square


def _resized(picture, size, box):
    left, _, right, _ = box
    # Hamming's filter takes two thirds of the bicubic one's time and is nearly as
    # sharp, but cannot enlarge.
    filters = Image.Resampling
    return picture.resize(
        size,
        filters.HAMMING if right - left > size[0] else filters.BICUBIC,
        box=box,
        reducing_gap=LEAST_TIMES_SIDE,
    )


def to_uint8(pictures):
    """Return float pictures in [0, 1] as uint8, rounded and clipped; NaN is black."""
    levels = np.rint(np.nan_to_num(pictures) * 255.0)
    return np.clip(levels, 0, 255).astype(np.uint8)


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
