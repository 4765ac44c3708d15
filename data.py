"""Pictures for training: one pipeline for every source, since a folder is a folder.

Owns the way from the `dataset` setting to `tf.data.Dataset`s of float32 batches
`(batch, img_dim, img_dim, 3)` in [0, 1]: which files belong to which split, which of
them can be read, in what order they come. Decoding one file is `pictures.py`;
drawing castles and fetching archives are `castles.py` and `landmarks.py`.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from castles import dataset
from downloads import filtered_landmarks
from pictures.files import UnreadablePicture, read_square
from progress import Progress

# Castles to validate on, and to test on, for each one to train on.
HELD_OUT_CASTLES = 0.05


@dataclass(frozen=True)
class Pictures:
    """The readable pictures of one split.

    Attributes:
        folder: where the split stands; a `factors.csv` in it may describe them.
        paths: their files, in a fixed order.
        side: pixels of a side after scaling and cutting.
        pixels: uint8 `(count, side, side, 3)` when they fit in memory, else None.
        skipped: pairs of (path, reason) for files that cannot be decoded.
    """

    folder: Path
    paths: list
    side: int
    pixels: np.ndarray | None
    skipped: list

    def __len__(self):
        """Return how many pictures there are."""
        return len(self.paths)


def prepare_folder(settings, datasets):
    """Return the folder of pictures, drawn or fetched at first use.

    Args:
        settings: `Hyperparameters`.
        datasets: `Path` of the folder that drawn and fetched sets are kept in.

    Raises:
        ValueError: `settings.dataset` names no folder.
        filtered_landmarks.DownloadError: the archives cannot be had.
    """
    if settings.dataset == "castles":
        return _prepare_castles(settings, datasets)
    if settings.dataset == "landmarks":
        return filtered_landmarks.fetch_landmarks(settings.img_dim, datasets)
    folder = Path(settings.dataset)
    if not folder.is_dir():
        raise ValueError(
            f"--dataset: received {settings.dataset!r}, which is no folder; "
            "expected castles, landmarks or a folder of pictures"
        )
    return folder


def _prepare_castles(settings, datasets):
    count, size = settings.castle_count, settings.img_dim
    folder = datasets / f"castles_{size}px_{count}"
    if not folder.exists():
        held_out = max(1, round(count * HELD_OUT_CASTLES))
        counts = {"train": count, "validation": held_out, "test": held_out}
        # The data set stays the same whatever seed the training has.
        dataset.write_data_set(folder, counts, size, seed=0)
    return folder


def read_pictures(folder, paths, side, cache_bytes, label):
    """Decode every file once, and return those that can be read as `Pictures`.

    This is also how unreadable files are found before training starts. The pixels
    are kept when they fit in `cache_bytes`, so that they need no second decoding.
    """
    keep = len(paths) * side * side * 3 <= cache_bytes
    pixels = np.empty((len(paths) if keep else 0, side, side, 3), np.uint8)
    readable, skipped = [], []

    def read(path):
        try:
            return read_square(path, side), None
        except UnreadablePicture as error:
            return None, str(error)

    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        Progress(len(paths), unit="pictures", label=label) as progress,
    ):
        for path, (picture, reason) in zip(
            paths, _in_order(pool, read, paths), strict=True
        ):
            progress.advance()
            if reason:
                skipped.append((path, reason))
                continue
            if keep:
                pixels[len(readable)] = picture
            readable.append(path)
    pixels = pixels[: len(readable)] if keep else None
    return Pictures(Path(folder), readable, side, pixels, skipped)


def _in_order(pool, function, items, at_once=256):
    """Yield `function(item)` in order with a bounded number of results waiting."""
    for start in range(0, len(items), at_once):
        yield from pool.map(function, items[start : start + at_once])


def spread(pictures, most):
    """Return at most so many of the `Pictures`, evenly spread over all of them."""
    count = min(most, len(pictures))
    places = np.linspace(0, len(pictures) - 1, count).round().astype(int)
    paths = [pictures.paths[place] for place in places]
    pixels = None if pictures.pixels is None else pictures.pixels[places]
    return replace(pictures, paths=paths, pixels=pixels)


def training_batches(
    pictures, batch_size, seed, epoch, steps=None, skip=0, flip=False, share=(0, 1)
):
    """Return the batches of one epoch: all pictures in an order of their own.

    The order follows from `seed` and `epoch` alone, so an interrupted epoch continues
    with `skip` steps left out. The last, incomplete batch is dropped.

    Args:
        pictures: `Pictures` to train on.
        batch_size: pictures in a batch.
        seed: whole number.
        epoch: whole number from 0.
        steps: batches in the whole epoch; None for as many as there are.
        skip: batches of this epoch that have been used already.
        flip: mirror half of the pictures left to right.
        share: (index, count): which of so many equal parts of each batch is wanted;
            only that part is read.

    Returns:
        `tf.data.Dataset` of float32 `(batch_size / count, side, side, 3)` in [0, 1].
    """
    steps = steps or len(pictures) // batch_size
    generator = np.random.default_rng((seed, epoch))
    order = generator.permutation(len(pictures))
    mirrored = generator.random(len(pictures)) < 0.5
    index, count = share

    def parts(values):
        values = values[skip * batch_size : steps * batch_size]
        return values.reshape(-1, count, batch_size // count)[:, index]

    load = _loader(pictures)

    def prepare(indices, mirrored):
        batch = load(indices)
        if flip:
            batch = tf.where(mirrored[:, None, None, None], batch[:, :, ::-1], batch)
        return to_unit_range(batch)

    return (
        tf.data.Dataset.from_tensor_slices((parts(order), parts(mirrored)))
        .map(prepare, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )


def evaluation_batches(pictures, batch_size):
    """Return every picture once, in listing order, in batches of nearly equal size.

    So there is no last batch of too few pictures for several devices to share.
    """
    count = -(-len(pictures) // batch_size)
    # Rounded up: larger batches come first.
    edges = -(-np.arange(count + 1) * len(pictures) // count)
    load = _loader(pictures)
    return (
        tf.data.Dataset.from_tensor_slices((edges[:-1], edges[1:]))
        .map(
            lambda first, end: to_unit_range(load(tf.range(first, end))),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        .prefetch(tf.data.AUTOTUNE)
    )


def to_unit_range(pixels):
    """Return uint8 pixels as float32 in [0, 1]."""
    return tf.cast(pixels, tf.float32) / 255.0


def _loader(pictures):
    """Return the function from indices to a uint8 tensor `(count, side, side, 3)`.

    It loads a batch at a time: called for each picture, the way from TensorFlow to
    Python and back takes as long as the reading of a small one.
    """
    if pictures.pixels is not None:
        # Kept out of a GPU's memory.
        with tf.device("CPU"):
            pixels = tf.constant(pictures.pixels)
        return lambda indices: tf.gather(pixels, indices)

    def read(indices):
        return np.stack(
            [read_square(pictures.paths[index], pictures.side) for index in indices]
        )

    def load(indices):
        batch = tf.numpy_function(read, [indices], tf.uint8, stateful=False)
        side = pictures.side
        return tf.ensure_shape(batch, (*indices.shape, side, side, 3))

    return load
