"""Divides a folder of pictures into those to train on, to validate on and to test on.

Owns the names of the three splits and the rule by which a file falls into one. Lists
paths and opens no picture: reading them is left to the caller.
"""

import hashlib
from pathlib import Path

from mistakes import UserMistake
from pictures.files import list_pictures

SPLITS = ("train", "validation", "test")
# Of 100 files of an undivided folder, so many are validated and tested on.
HELD_OUT_PERCENT = {"validation": 10, "test": 10}


def list_splits(folder):
    """Return a dict of the picture paths of train, validation and test.

    A folder that contains folders of these three names is divided by them. Any other
    is divided by a hash of the file names: a file always lands in the same split,
    whatever else is added or taken away.

    Raises:
        UserMistake: only some of the three folders exist, or a split has no picture.
    """
    folder = Path(folder)
    there = [split for split in SPLITS if (folder / split).is_dir()]
    if there and len(there) < len(SPLITS):
        missing = sorted(set(SPLITS) - set(there))
        raise UserMistake(
            f"{folder} has {there[0]}/ but no {missing[0]}/; add the missing folder, "
            "or put all pictures into one folder and they are divided by name"
        )
    if there:
        splits = {split: list_pictures(folder / split) for split in SPLITS}
    else:
        splits = {split: [] for split in SPLITS}
        for path in list_pictures(folder):
            splits[split_of(path.name)].append(path)
    count = sum(len(paths) for paths in splits.values())
    for split, paths in splits.items():
        if not paths:
            raise UserMistake(
                f"{folder} has no picture for {split}: {count} found in all; add "
                "pictures (JPEG, PNG, WebP, GIF, BMP, TIFF)"
            )
    return splits


def split_folder(folder, split):
    """Return the folder that a split's pictures stand in, or below."""
    inside = Path(folder) / split
    return inside if inside.is_dir() else Path(folder)


def split_of(file_name):
    """Return the split a file of this name belongs to, in an undivided folder."""
    percent = int(hashlib.sha256(file_name.encode()).hexdigest(), 16) % 100
    for split, share in HELD_OUT_PERCENT.items():
        if percent < share:
            return split
        percent -= share
    return "train"
