"""Pictures inside the page: files as data addresses, shrunk where they are large.

Owns the size and format of what is embedded; where it stands is sections.py.
"""

import base64
import io
from typing import NamedTuple

from PIL import Image, ImageSequence

WEBP_QUALITY = 82
# Wider than most screens show.
WIDEST_PIXELS = 1800


class EmbeddedPicture(NamedTuple):
    """What an `<img>` shows without asking for a file.

    `source` is a data address, which holds the picture itself, still or animated;
    `width` and `height` are pixels of the file, before it was shrunk.
    """

    source: str
    description: str
    width: int
    height: int


def embed(path, description, widest_pixels=WIDEST_PIXELS):
    """Return the `EmbeddedPicture` of a file, shrunk if wider; None without a file."""
    if not path.is_file():
        return None
    with Image.open(path) as image:
        packed = _pack(image, widest_pixels)
        kind, content = "image/webp", path.read_bytes()
        if len(content) <= len(packed):
            kind = Image.MIME[image.format]
        else:
            content = packed
        source = f"data:{kind};base64,{base64.b64encode(content).decode()}"
        return EmbeddedPicture(source, description, *image.size)


def _pack(image, widest_pixels):
    """Return all frames of a picture as one WebP file, shrunk to the width."""
    frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(image)]
    if image.width > widest_pixels:
        size = (widest_pixels, round(image.height * widest_pixels / image.width))
        frames = [frame.resize(size, Image.Resampling.LANCZOS) for frame in frames]
    packed = io.BytesIO()
    first, *others = frames
    first.save(
        packed,
        "WEBP",
        quality=WEBP_QUALITY,
        save_all=True,
        append_images=others,
        duration=image.info.get("duration", 100),
        loop=0,
    )
    return packed.getvalue()
