"""Photos with labels, in three parts, and the trunk's features of them.

Owns the layout `FOLDER/{train,validation,test}/{class}/...`, how labelled photos are
checked, and the cached features. Labels that stand in a file are `answered.py`.
"""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from files import whole_file
from mistakes import Mishap, UserMistake, reason_of
from pictures.files import UnreadablePicture, find_pictures, open_picture
from pictures.walk import is_of_a_system, printable
from progress import Progress
from transfer_learning.filters.network import network_hash
from transfer_learning.photos.pixels import pixel_batches

PARTS = ("train", "validation", "test")


class LabelledPhotos(NamedTuple):
    """The photos of one part."""

    paths: list
    labels: np.ndarray  # float32 (count,): 1 for the positive class
    digests: list  # of what is in the files, as hexadecimal text
    hashes: np.ndarray  # uint64 (count,): of what they look like
    groups: list  # text: photos of one group belong into one part

    def of(self, indices):
        """Return some of the photos."""
        return LabelledPhotos(
            [self.paths[index] for index in indices],
            self.labels[indices],
            [self.digests[index] for index in indices],
            self.hashes[indices],
            [self.groups[index] for index in indices],
        )


def find_classes(folder, task, positive=None):
    """Return the names of the positive and of the negative class.

    The positive one is `positive`, or `yes`, or the class that is named like the task.

    Raises:
        UserMistake: a part or a class is missing, or it is unclear which is positive.
    """
    found = {part: _subfolders(folder / part) for part in PARTS}
    names = found["train"]
    if len(names) != 2 or any(classes != names for classes in found.values()):
        raise UserMistake(
            f"{folder} needs train, validation and test with the same two class "
            f"folders in each, such as train/no and train/yes; it has {found}"
        )
    return positive_first(names, task, positive)


def positive_first(names, task, positive=None):
    """Return two class names, first the positive one.

    Raises:
        UserMistake: it is unclear which of them is positive.
    """
    wanted = [positive] if positive else ["yes", task]
    for name in wanted:
        if name in names:
            return name, next(other for other in names if other != name)
    raise UserMistake(
        f"which of {' and '.join(names)} is the positive class? None is called "
        f"{' or '.join(wanted)}: name it by --positive"
    )


def _subfolders(folder):
    if not folder.is_dir():
        return []
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.is_dir() and not is_of_a_system(path.name)
    )


def read_part(folder, positive, negative):
    """Return the readable photos of a part's folder, `(path, reason)` of the others.

    Each photo is a group of its own.

    Raises:
        UserMistake: a class has no readable photo.
    """
    of_class = [find_pictures(folder / name).paths for name in (positive, negative)]
    labels = np.repeat(np.array([1, 0], np.float32), [len(paths) for paths in of_class])
    paths = [path for paths in of_class for path in paths]
    groups = [path.relative_to(folder).as_posix() for path in paths]
    photos, unreadable = check_photos(paths, labels, groups, folder.name)
    for label, name in ((1, positive), (0, negative)):
        if label not in photos.labels:
            raise UserMistake(f"{folder / name} holds no readable photo")
    return photos, unreadable


def check_photos(paths, labels, groups, title):
    """Return those that can be read, `(path, reason)` of the others.

    Raises:
        Mishap: a photo cannot be had.
    """
    digests, hashes, faults = [], [], []
    with (
        ThreadPoolExecutor() as pool,
        Progress(len(paths), "photos", f"Checking {title}") as progress,
    ):
        for digest, look, fault in pool.map(_check, paths):
            digests.append(digest)
            hashes.append(look)
            faults.append(fault)
            progress.advance()
    photos = LabelledPhotos(paths, labels, digests, np.array(hashes, np.uint64), groups)
    readable = [index for index, fault in enumerate(faults) if not fault]
    pairs = zip(paths, faults, strict=True)
    return photos.of(readable), [pair for pair in pairs if pair[1]]


def _check(path):
    """Return the digest of a file, its look, and what is wrong inside it, if anything.

    Raises:
        Mishap: it cannot be had.
    """
    # ImageHash is optional, and only training needs it here.
    from transfer_learning.selection.duplicates import perceptual_hash

    try:
        content = path.read_bytes()
    except OSError as error:
        raise Mishap(printable(reason_of(error))) from error
    try:
        picture = open_picture(io.BytesIO(content))
    except UnreadablePicture as error:
        return "", 0, str(error)
    return hashlib.sha256(content).hexdigest(), perceptual_hash(picture), ""


def key_of(*made_from):
    """Return a short checksum of what something was made from, for its name."""
    return hashlib.sha256(repr(made_from).encode()).hexdigest()[:12]


def cache_features(trunk, photos, resize, batch_size, folder, part):
    """Return the trunk's features of un-augmented photos, computed once.

    The trunk never changes, so this is exact for whatever is not augmented:
    validation and test always, training only without augmentation. An .npy file in
    `folder` keeps them, named by the part and by all that they were made from.
    """
    key = key_of(network_hash(trunk), trunk.input_shape, resize, photos.digests)
    path = folder / f"{part}_{key}.npy"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = (len(photos.paths), *trunk.output_shape[1:])
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        batches = pixel_batches(photos.paths, trunk.input_shape[1], resize, batch_size)
        with (
            whole_file(path) as file,
            Progress(shape[0], "photos", f"Features of {part}") as progress,
        ):
            np.lib.format.write_array_header_1_0(file, header)
            for batch in batches:
                features = trunk.predict_on_batch(batch.pixels.astype(np.float32))
                file.write(features.astype("<f4").tobytes())
                progress.advance(len(features))
    return np.load(path, mmap_mode="r")


def mean_features(trunk, sources, resize, batch_size):
    """Return what the trunk sees in photos, wherever in them it is.

    float32 `(count, channels)`: means over the picture, of length 1.
    """
    batches = pixel_batches(sources, trunk.input_shape[1], resize, batch_size)
    means = [
        trunk.predict_on_batch(batch.pixels.astype(np.float32)).mean((1, 2))
        for batch in batches
    ]
    means = np.concatenate(means)
    return means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
