"""Photos sorted into two class folders, and the trunk's features of them.

Owns the layout `FOLDER/{train,validation,test}/{class}/...` and the cached features.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from files import whole_file
from mistakes import UserMistake
from pictures.files import UnreadablePicture, find_pictures, open_picture
from pictures.walk import is_of_a_system
from progress import Progress
from transfer_learning.photos.pixels import pixel_batches

PARTS = ("train", "validation", "test")


class LabelledPhotos(NamedTuple):
    """The photos of one part."""

    paths: list
    labels: np.ndarray  # float32 (count,): 1 for the positive class


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
    paths, labels, unreadable = [], [], []
    for label, name in ((1, positive), (0, negative)):
        candidates = find_pictures(folder / name).paths
        faults = dict(zip(candidates, _faults(candidates, name), strict=True))
        readable = [path for path, fault in faults.items() if not fault]
        if not readable:
            raise UserMistake(f"{folder / name} holds no readable photo")
        unreadable += [(path, fault) for path, fault in faults.items() if fault]
        paths += readable
        labels += [label] * len(readable)
    return LabelledPhotos(paths, np.asarray(labels, np.float32)), unreadable


def _faults(paths, label):
    with (
        ThreadPoolExecutor() as pool,
        Progress(len(paths), "photos", f"Checking {label}") as progress,
    ):
        for fault in pool.map(_fault, paths):
            progress.advance()
            yield fault


def _fault(path):
    try:
        open_picture(path)
    except UnreadablePicture as error:
        return str(error)
    return ""


def cache_features(trunk, photos, resize, batch_size, path):
    """Return the trunk's features of un-augmented photos, computed once.

    The trunk never changes, so this is exact for whatever is not augmented:
    validation and test always, training only without augmentation. The .npy file
    `path` keeps them; it is used as it is when it is there.
    """
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = (len(photos.paths), *trunk.output_shape[1:])
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        batches = pixel_batches(photos.paths, trunk.input_shape[1], resize, batch_size)
        with (
            whole_file(path) as file,
            Progress(shape[0], "photos", f"Features of {path.stem}") as progress,
        ):
            np.lib.format.write_array_header_1_0(file, header)
            for batch in batches:
                features = trunk.predict_on_batch(batch.pixels.astype(np.float32))
                file.write(features.astype("<f4").tobytes())
                progress.advance(len(features))
    return np.load(path, mmap_mode="r")
