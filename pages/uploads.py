"""What is sent to a page, bounded before it is kept or decoded."""

import io
import math
import warnings

from PIL import Image
from starlette.exceptions import HTTPException

from pictures.files import UnreadablePicture, read_square

# The largest photos of today's telephones stay well below both.
MOST_MEGABYTES = 40
MOST_MEGAPIXELS = 120


async def read_body(request, most_bytes) -> bytes:
    """Return the body of a request.

    Raises:
        HTTPException: it is larger than `most_bytes`; no more than that is read.
    """
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > most_bytes:
            raise HTTPException(413, f"that is more than {most_bytes:,} bytes")
    return bytes(content)


async def read_picture(request, side, fit):
    """Return an uploaded picture as it is trained on: what `read_square` returns.

    Raises:
        HTTPException: it has too many bytes.
        UnreadablePicture: it has too many pixels, or cannot be decoded.
    """
    content = await read_body(request, MOST_MEGABYTES * 1_000_000)
    check_pixels(content)
    return read_square(io.BytesIO(content), side, fit)


def check_pixels(content):
    """Raise UnreadablePicture if a picture file says it has too many pixels."""
    try:
        with warnings.catch_warnings():
            # Pillow's own bound is higher, and a warning first.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as picture:
                is_too_large = math.prod(picture.size) > MOST_MEGAPIXELS * 1_000_000
    except Image.DecompressionBombError:
        is_too_large = True
    except (OSError, ValueError, SyntaxError):
        # What else is wrong with it is said when it is read.
        return
    if is_too_large:
        raise UnreadablePicture(
            f"the picture has more than {MOST_MEGAPIXELS} million pixels"
        )
