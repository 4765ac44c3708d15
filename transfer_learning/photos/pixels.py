"""Photos on their way into a filter: from files or bytes to batches of pixels.

A photo that cannot be read becomes black pixels, with the reason beside it.
"""

import io
import os
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from PIL import Image

from mistakes import Mishap
from pictures.files import (
    UnreachablePicture,
    UnreadablePicture,
    open_picture,
    opened_picture,
)
from pictures.walk import printable

# A photo decoded at reduced size keeps at least this many times the side.
LEAST_TIMES_SIDE = 2


class PixelBatch(NamedTuple):
    """Some photos, in the order of their sources."""

    pixels: np.ndarray  # uint8 (count, side, side, 3)
    sizes: np.ndarray  # int32 (count, 2): width and height as stored; 0 if unread
    errors: list  # str, empty for a photo that could be read


def read_pixels(source, side, resize, is_reduced=False):
    """Return uint8 `(side, side, 3)` and the stored `(width, height)` of a photo.

    The whole photo is squeezed to a square, as the published filters expect it.

    Args:
        source: path, or bytes of the file.
        side: in pixels.
        resize: one of `RESIZES`.
        is_reduced: large JPEGs may be decoded at 1/2, 1/4 or 1/8 of their size.

    Raises:
        UnreadablePicture: as `open_picture`.
    """
    at_least = LEAST_TIMES_SIDE * side if is_reduced else None
    picture = open_picture(_opened(source), at_least)
    with opened_picture(_opened(source)) as stored:
        size = stored.size
    resampling = Image.Resampling[resize.upper()]
    return np.asarray(picture.resize((side, side), resampling)), size


def is_reducible(source, side):
    """Tell whether reduced decoding would read fewer pixels of this photo."""
    try:
        with opened_picture(_opened(source)) as stored:
            full_size = stored.size
            at_least = LEAST_TIMES_SIDE * side
            stored.draft("RGB", (at_least, at_least))
            return stored.size != full_size
    except UnreadablePicture:
        # It is reported where it is scored.
        return False


def _opened(source):
    return io.BytesIO(source) if isinstance(source, bytes) else source


def pixel_dataset(sources, side, resize, is_reduced=False):
    """Return a dataset of (pixels, size, error, lost), one photo each, in parallel.

    `sources` is an iterable of paths, or of the bytes of files, read as it is needed;
    the rest is as in `read_pixels`.

    Returns:
        uint8 `(side, side, 3)`, int32 `(2,)` width and height as stored, and two
        strings: what is wrong inside the file, and why it could not be had at all.
    """

    def read(content, is_path):
        source = os.fsdecode(content) if is_path else content
        return _read_or_explain(source, side, resize, is_reduced)

    def read_in_graph(*encoded):
        kinds = (tf.uint8, tf.int32, tf.string, tf.string)
        pixels, *rest = tf.numpy_function(read, encoded, kinds, stateful=False)
        return tf.ensure_shape(pixels, (side, side, 3)), *rest

    return tf.data.Dataset.from_generator(
        lambda: map(_encode, sources),
        output_signature=(tf.TensorSpec((), tf.string), tf.TensorSpec((), tf.bool)),
    ).map(read_in_graph, num_parallel_calls=tf.data.AUTOTUNE)


def _encode(source):
    """Return a source as bytes, and whether these are a path."""
    is_path = not isinstance(source, bytes)
    return os.fsencode(source), is_path


def pixel_batches(sources, side, resize, batch_size, is_reduced=False):
    """Yield `PixelBatch`es, the last may be shorter; see `pixel_dataset`.

    Raises:
        Mishap: a photo could not be had, which tells nothing about the photo.
    """
    dataset = pixel_dataset(sources, side, resize, is_reduced)
    for batch in dataset.batch(batch_size).prefetch(2).as_numpy_iterator():
        pixels, sizes, errors, lost = batch
        if any(lost):
            raise Mishap(next(filter(None, lost)).decode())
        yield PixelBatch(pixels, sizes, [error.decode() for error in errors])


def _read_or_explain(source, side, resize, is_reduced):
    try:
        pixels, size = read_pixels(source, side, resize, is_reduced)
        return pixels, np.asarray(size, np.int32), b"", b""
    except UnreachablePicture as error:
        reasons = b"", f"{printable(source)}: {error}".encode()
    except UnreadablePicture as error:
        reasons = str(error).encode(), b""
    return np.zeros((side, side, 3), np.uint8), np.zeros(2, np.int32), *reasons
