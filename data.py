"""Pictures for training: one pipeline for every source, since a folder is a folder.

Owns the way from the `dataset` setting to `tf.data.Dataset`s of float32 batches
`(batch, img_dim, img_dim, 3)` in [0, 1]: where the pictures come from, and in what
order. Dividing and reading a folder is `pictures/`'s; castles are drawn by `castles/`,
archives fetched by `downloads/`.
"""

import contextlib
import hashlib
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from castles.dataset import write_castles
from downloads.filtered_landmarks import fetch_landmarks
from mistakes import Mishap, UserMistake
from pictures.factors import KnownFactors, read_known_factors
from pictures.looks.known import look_factors
from pictures.reading import LostPicture, Split, read_split, read_to_reconstruct
from pictures.splits import list_splits
from pictures.told import Told, choose_told
from pictures.walk import in_words, printable, save_cache_tag

ROOT = Path(__file__).parent
DATASETS = Path("datasets")
# Castles to validate on, and to test on, for each one to train on.
HELD_OUT_CASTLES = 0.05
# Test pictures whose looks are measured, where nothing else is known of them.
MOST_MEASURED = 2000
# What varies in a single castle cannot be measured.
LEAST_HELD_OUT = 2


@dataclass(frozen=True)
class Pictures:
    """All pictures of a run.

    Attributes:
        train: `Split` to train on.
        validation: `Split` to watch while training.
        test: `Split` to measure the trained model on.
        test_factors: what is known of these, or None.
        told: what latent dimensions are told of training pictures, or None.
        to_reconstruct: uint8 `(count, side, side, 3)`, redrawn again and again.
        passed_over: pairs of (path, reason) of what was found beside the pictures.
    """

    train: Split
    validation: Split
    test: Split
    test_factors: KnownFactors | None
    told: Told | None
    to_reconstruct: np.ndarray
    passed_over: list[tuple[Path, str]]

    @property
    def told_count(self):
        """Return how many latent dimensions are told what they stand for."""
        return 0 if self.told is None else len(self.told.names)

    @property
    def listing(self):
        """Return in words what tells these pictures from others, wherever they stand.

        It follows from the places of the files in their folders, their sizes in bytes,
        and which of them are told.
        """
        digest = hashlib.sha256()
        splits = (self.train, self.validation, self.test)
        for split in splits:
            for path in split.paths:
                place = os.fsencode(path.relative_to(split.folder).as_posix())
                digest.update(b"%s\0%d\n" % (place, path.stat().st_size))
        if self.told is not None:
            digest.update(self.told.indices.tobytes())
        counts = " + ".join(str(len(split)) for split in splits)
        return f"{counts} pictures, {digest.hexdigest()[:12]}"

    @property
    def left_out(self):
        """Return pairs of (name, reason) of all files beside these pictures, as text.

        A name is one line, whatever it holds.
        """
        pairs = [*self.skipped, *self.passed_over]
        return [(printable(path), reason) for path, reason in pairs]

    @property
    def skipped(self):
        """Return pairs of (path, reason) of all files that cannot be decoded."""
        splits = (self.train, self.validation, self.test)
        return [pair for split in splits for pair in split.skipped]


def read_pictures(settings, datasets=DATASETS, to_reconstruct=ROOT / "to_reconstruct"):
    """Return the `Pictures` of a run: drawn, fetched or the user's own.

    Args:
        settings: `Hyperparameters`.
        datasets: folder in which drawn and fetched data sets are kept.
        to_reconstruct: folder of the pictures to redraw.

    Raises:
        UserMistake: the folder cannot be trained on; says why.
        mistakes.Mishap: the archives cannot be had.
    """
    folder = prepare_folder(settings, datasets)
    listings, passed_over = list_splits(folder, settings.keep_folders_together)
    check_enough(settings, len(listings["train"].paths), folder)
    splits = {
        name: read_split(
            listing,
            settings.img_dim,
            settings.cache_gigabytes * 1e9,
            label=f"reading {name}",
            fit=settings.fit,
        )
        for name, listing in listings.items()
    }
    for name, split in splits.items():
        if not len(split):
            raise UserMistake(f"no picture for {name} in {folder} can be decoded")
    check_enough(settings, len(splits["train"]), folder)
    pictures = Pictures(
        **splits,
        test_factors=_read_test_factors(splits["test"], settings),
        told=_read_told(splits["train"], settings),
        # Bars are black.
        to_reconstruct=read_to_reconstruct(
            to_reconstruct, settings.img_dim, settings.fit
        )[..., :3],
        passed_over=passed_over,
    )
    if pictures.skipped:
        print(f"{len(pictures.skipped)} files cannot be decoded and are left out")
    if passed_over:
        print(f"{in_words(passed_over)}; skipped_pictures.txt lists them")
    return pictures


def _read_test_factors(test, settings):
    known = _read_known(test, settings, MOST_MEASURED)
    return None if known is None else known.complete()


def _read_told(train, settings):
    if not settings.told_pictures:
        return None
    known = _read_known(train, settings, settings.told_pictures)
    if known is None:
        return None
    return choose_told(
        known, settings.told_pictures, settings.latent_dim, settings.seed
    )


def _read_known(split, settings, most):
    """Return what a `factors.csv` says of a split, or the looks of `most` pictures."""
    known = read_known_factors(split)
    if known is None and settings.told_looks:
        return look_factors(split, most)
    return known


def prepare_folder(settings, datasets):
    """Return the folder of pictures, drawn or fetched at first use.

    Args:
        settings: `Hyperparameters`.
        datasets: folder in which drawn and fetched data sets are kept.

    Raises:
        UserMistake: `settings.dataset` names no folder.
        mistakes.Mishap: the archives cannot be had.
    """
    if settings.dataset in ("castles", "landmarks"):
        _say_if_a_folder_has_the_name(settings.dataset)
        save_cache_tag(datasets)
    if settings.dataset == "castles":
        return _prepare_castles(settings, datasets)
    if settings.dataset == "landmarks":
        return fetch_landmarks(settings.img_dim, datasets)
    folder = Path(settings.dataset)
    if not folder.is_dir():
        raise UserMistake(
            f"--dataset: received {settings.dataset!r}, which is no folder; "
            "expected castles, landmarks or a folder of pictures"
        )
    return folder


def _say_if_a_folder_has_the_name(dataset):
    if Path(dataset).is_dir() and Path(dataset).resolve() != ROOT.resolve() / dataset:
        print(
            f"--dataset {dataset} is the data set that comes with the suite; for your "
            f"folder of that name give --dataset ./{dataset}",
            flush=True,
        )


def _prepare_castles(settings, datasets):
    count, size = settings.castle_count, settings.img_dim
    folder = datasets / f"castles_{size}px_{count}"
    if not folder.exists():
        held_out = max(LEAST_HELD_OUT, round(count * HELD_OUT_CASTLES))
        counts = {"train": count, "validation": held_out, "test": held_out}
        # The data set stays the same whatever seed the training has.
        write_castles(folder, counts, size, seed=0)
    return folder


def check_enough(settings, count, folder):
    """Raise UserMistake unless `count` training pictures fill the steps asked for."""
    steps = count // settings.batch_size
    if not steps:
        raise UserMistake(
            f"--batch-size: received {settings.batch_size}, but {folder} has only "
            f"{count} pictures to train on; use a smaller batch or more pictures"
        )
    if (settings.steps_per_epoch or 0) > steps:
        raise UserMistake(
            f"--steps-per-epoch: received {settings.steps_per_epoch}, but an epoch of "
            f"{count} pictures has {steps} steps of {settings.batch_size}"
        )


def training_batches(
    split, batch_size, seed, epochs, steps, skip=0, flip=False, told=None, share=(0, 1)
):
    """Return the batches of some epochs, one epoch after the other.

    In each epoch the pictures come in an order of its own, which follows from `seed`
    and the epoch alone: an interrupted epoch goes on with `skip` steps left out.
    Beside each batch stand as many told pictures, drawn by chance and never mirrored.

    Args:
        split: `Split` to train on.
        batch_size: pictures in a batch.
        seed: whole number.
        epochs: range of whole numbers from 0.
        steps: batches in a whole epoch; pictures that fill no batch are left out.
        skip: batches left out at the start of each of these epochs.
        flip: whether half of the pictures are mirrored left to right.
        told: `Told`, or None.
        share: (index, count): which of so many equal parts of each batch is wanted;
            only that part is read.

    Returns:
        `tf.data.Dataset` of float32 `(batch_size / count, side, side, 3)` in [0, 1],
        NaN in bars beside pictures; with `told`, of triples of these, as many told
        pictures, and their scores `(batch_size / count, dimension_count)`.
    """
    index, count = share
    load = _loader(split)

    def plan(epoch):
        """Return of each place in this epoch: picture, whether mirrored, row told."""
        generator = np.random.default_rng((seed, epoch))
        order = generator.permutation(len(split))
        is_mirrored = generator.random(len(split)) < 0.5
        told_count = 1 if told is None else len(told.indices)
        rows = generator.integers(told_count, size=len(split))
        used = slice(skip * batch_size, steps * batch_size)
        shape = (-1, count, batch_size // count)
        return [
            part[used].reshape(shape)[:, index] for part in (order, is_mirrored, rows)
        ]

    def batches_of(epoch):
        shape = (steps - skip, batch_size // count)
        planned = tf.numpy_function(plan, [epoch], (tf.int64, tf.bool, tf.int64))
        return tf.data.Dataset.from_tensor_slices(
            tuple(tf.ensure_shape(part, shape) for part in planned)
        )

    def prepare(indices, is_mirrored, rows):
        batch = load(indices)
        if flip:
            batch = tf.where(is_mirrored[:, None, None, None], batch[:, :, ::-1], batch)
        if told is None:
            return to_unit_range(batch)
        described = load(tf.gather(told.indices, rows))
        scores = tf.gather(told.scores, rows)
        return to_unit_range(batch), to_unit_range(described), scores

    return (
        tf.data.Dataset.range(epochs.start, epochs.stop)
        .flat_map(batches_of)
        .map(prepare, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )


def evaluation_batches(split, batch_size):
    """Return every picture once, in listing order, in batches of nearly equal size.

    So there is no last batch of too few pictures for several devices to share.
    """
    count = math.ceil(len(split) / batch_size)
    # Rounded up: larger batches come first.
    edges = np.ceil(np.arange(count + 1) * len(split) / count).astype(np.int64)
    load = _loader(split)
    return (
        tf.data.Dataset.from_tensor_slices((edges[:-1], edges[1:]))
        .map(
            lambda first, end: to_unit_range(load(tf.range(first, end))),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        .prefetch(tf.data.AUTOTUNE)
    )


def to_unit_range(pixels):
    """Return squares of `files.read_square` as float32 in [0, 1], NaN in their bars."""
    pictures = tf.cast(pixels[..., :3], tf.float32) / 255.0
    if pixels.shape[-1] == 3:
        return pictures
    return tf.where(pixels[..., 3:] > 0, pictures, math.nan)


@contextlib.contextmanager
def lost_pictures_named():
    """Raise `LostPicture` for what TensorFlow makes of one when it loads batches."""
    try:
        yield
    except tf.errors.OpError as error:
        # It keeps the name and the words of an exception, and adds a trace.
        lost = re.search(rf"\b{LostPicture.__name__}: (.*)", error.message)
        if lost is None:
            raise
        raise Mishap(lost[1]) from None


def _loader(split):
    """Return the function from indices to a uint8 tensor `(count, *split.shape)`.

    It loads a batch at a time: called for each picture, the way from TensorFlow to
    Python and back takes as long as the reading of a small one.
    """
    if split.pixels is not None:
        # Kept out of a GPU's memory.
        with tf.device("CPU"):
            pixels = tf.constant(split.pixels)
        return lambda indices: tf.gather(pixels, indices)

    def load(indices):
        batch = tf.numpy_function(split.read_at, [indices], tf.uint8, stateful=False)
        return tf.ensure_shape(batch, (*indices.shape, *split.shape))

    return load
