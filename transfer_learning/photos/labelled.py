"""Photos sorted into two class folders, and the trunk's features of them.

Owns the layout `FOLDER/{train,validation,test}/{class}/...` and the cached features.
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

    Raises:
        UserMistake: a class has no readable photo.
    """
    paths, labels, digests, unreadable = [], [], [], []
    for label, name in ((1, positive), (0, negative)):
        candidates = find_pictures(folder / name).paths
        checked = zip(candidates, _checked(candidates, name), strict=True)
        for path, (digest, fault) in checked:
            if fault:
                unreadable.append((path, fault))
                continue
            paths.append(path)
            labels.append(label)
            digests.append(digest)
        if label not in labels:
            raise UserMistake(f"{folder / name} holds no readable photo")
    labels = np.asarray(labels, np.float32)
    return LabelledPhotos(paths, labels, digests), unreadable


def _checked(paths, label):
    with (
        ThreadPoolExecutor() as pool,
        Progress(len(paths), "photos", f"Checking {label}") as progress,
    ):
        for answer in pool.map(_check, paths):
            progress.advance()
            yield answer


def _check(path):
    """Return the digest of a file, and what is wrong inside it, if anything.

    Raises:
        Mishap: it cannot be had.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Mishap(printable(reason_of(error))) from error
    try:
        open_picture(io.BytesIO(content))
    except UnreadablePicture as error:
        return "", str(error)
    return hashlib.sha256(content).hexdigest(), ""


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
