import asyncio
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from starlette.requests import Request

from pages.uploads import read_picture
from pictures.files import UnreadablePicture


def upload(content, side=4, fit="crop"):
    async def receive():
        return {"type": "http.request", "body": content}

    return asyncio.run(read_picture(Request({"type": "http"}, receive), side, fit))


def encoded(picture, kind="PNG", **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def test_a_picture_is_cut_as_in_training():
    picture = upload(encoded(Image.new("RGB", (40, 20), (255, 0, 0))))
    assert (picture.shape, picture.dtype) == ((4, 4, 3), np.uint8)
    assert (picture == (255, 0, 0)).all()


def test_the_bars_beside_a_picture_are_told_from_it():
    content = encoded(Image.new("RGB", (40, 20), (255, 0, 0)))
    picture = upload(content, side=8, fit="pad")
    assert picture[..., 3].mean(axis=1).tolist() == [0, 0, 255, 255, 255, 255, 0, 0]


def test_a_photo_taken_sideways_is_turned_upright():
    lying = Image.new("RGB", (8, 8))
    lying.paste((255, 255, 255), (0, 0, 4, 8))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = upload(encoded(lying, exif=exif), side=8)
    assert picture[:4].min() > 250 > 5 > picture[4:].max()


@pytest.mark.parametrize(
    "content", [b"", b"no picture", encoded(Image.effect_noise((40, 40), 90))[:500]]
)
def test_a_broken_file_is_one_sentence(content):
    with pytest.raises(UnreadablePicture) as caught:
        upload(content)
    assert "\n" not in str(caught.value) and len(str(caught.value)) > 10


@pytest.mark.parametrize("side", [11_000, 30_000])
def test_too_many_pixels_are_refused_before_they_are_decoded(side):
    with pytest.raises(UnreadablePicture, match="more than 120 million pixels"):
        upload(claiming_to_have(side, side))


def claiming_to_have(width, height):
    """Return the beginning of a PNG, which says its size and holds no pixels."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    header = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + header + struct.pack(">I", 0) + b"IDAT" + bytes(4)
