"""Picture files of every format that is read, and what a bad disk makes of them."""

import functools
import io
import struct

from hypothesis import strategies
from PIL import Image
from pillow_heif import register_heif_opener

from pictures.files import ORIENTATION

# As Pillow saves them; an animation, 16 bits and a palette decode by ways of their own.
SAVED = {
    "jpeg": ("RGB", {"format": "JPEG"}),
    "cmyk": ("CMYK", {"format": "JPEG", "progressive": True}),
    "png": ("RGBA", {"format": "PNG"}),
    "deep": ("I;16", {"format": "PNG"}),
    "webp": ("RGBA", {"format": "WEBP"}),
    "gif": ("P", {"format": "GIF", "save_all": True, "transparency": 0}),
    "bmp": ("RGB", {"format": "BMP"}),
    "tiff": ("RGB", {"format": "TIFF", "compression": "tiff_lzw"}),
    "float": ("F", {"format": "TIFF"}),
    "heic": ("RGB", {"format": "HEIF"}),
}
register_heif_opener()
Image.init()
# Pillow has it from 11.3 on.
if "AVIF" in Image.SAVE:
    SAVED["avif"] = ("RGB", {"format": "AVIF"})


def exif_of_a_turned_photo():
    """Return EXIF with some tags, each of a type of its own."""
    # Number, type, count and value or its place: bytes, shorts, longs, rationals.
    tags = ((0x0100, 1, 1, 24), (0x0101, 4, 1, 16), (ORIENTATION, 3, 1, 6))
    tags += ((0x011A, 5, 1, 70), (0x0131, 2, 4, 0x00636261))
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    head = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    return b"Exif\0\0" + head + entries + struct.pack("<III", 0, 72, 1)


@functools.cache
def whole(name):
    """Return the bytes of a whole picture of one of the kinds in `SAVED`."""
    mode, options = SAVED[name]
    picture = Image.linear_gradient("L").resize((24, 16)).convert(mode)
    if mode == "F":
        picture = picture.point(lambda level: level * (1 / 255) + 0.0)
    if options["format"] in ("JPEG", "PNG", "WEBP"):
        options = options | {"exif": exif_of_a_turned_photo()}
    if options.get("save_all"):
        options = options | {"append_images": [picture.rotate(180)]}
    file = io.BytesIO()
    picture.save(file, **options)
    return file.getvalue()


@strategies.composite
def broken(draw):
    """Draw the bytes of a picture: some changed, and perhaps the end lost."""
    content = bytearray(whole(draw(strategies.sampled_from(sorted(SAVED)))))
    places = strategies.integers(0, len(content) - 1)
    changes = strategies.tuples(places, strategies.binary(min_size=1, max_size=4))
    for place, values in draw(strategies.lists(changes, max_size=6)):
        content[place : place + len(values)] = values
    return bytes(content[: draw(strategies.none() | places)])
