"""Divides a folder of pictures into those to train on, to validate on and to test on.

Owns the names of the three splits and the rule by which a file falls into one. Finds
files and decodes no picture: reading them is left to the caller.
"""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from mistakes import UserMistake
from pictures.files import find_pictures
from pictures.walk import in_words, printable

SPLITS = ("train", "validation", "test")
# Other names of a folder to validate on, where there is one to train on.
ALSO_VALIDATION = ("val", "valid", "dev")
# Of 100 files of an undivided folder, so many are validated and tested on.
HELD_OUT_PERCENT = {"validation": 10, "test": 10}


class Listing(NamedTuple):
    """The picture files of a split, and the folder in or below which they stand."""

    folder: Path
    paths: list[Path]


def list_splits(folder, keep_folders_together=False):
    """Divide a folder into train, validation and test.

    A folder that contains `train/` is divided by its folders, and what is not there is
    held out of `train/`. Any other is divided as `train/` would be: by a hash of each
    file's path inside it, so that a file always lands in the same split, whatever else
    is added or taken away.

    Args:
        folder: of pictures.
        keep_folders_together: whether the hash is that of the folder directly in the
            divided one, so that all pictures of one building can stay in one split.

    Returns:
        A dict of the `Listing` of each split; pairs of (path, reason) of all that was
        passed over.

    Raises:
        UserMistake: the folder has no `train/` but another one, or a split has no
            picture.
        OSError: a folder cannot be listed.
    """
    folders = find_split_folders(folder)
    passed_over = _beside(folder, folders)
    listings = {}
    for split, inside in folders.items():
        found = find_pictures(inside)
        listings[split] = Listing(inside, found.paths)
        passed_over += found.passed_over
    listings = _hold_out(listings, keep_folders_together)
    cure = "add pictures (JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF)"
    if keep_folders_together:
        cure = "add folders of pictures, or leave --keep-folders-together away"
    _refuse_empty(folder, listings, passed_over, cure)
    return listings, passed_over


def find_split_folders(folder):
    """Return a dict of the folders of those splits that have one.

    An undivided folder is all `train`.

    Raises:
        UserMistake: there is another split but no `train/`, or there are two folders
            to validate on.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserMistake(f"{printable(folder)} is not a folder of pictures")
    inside = {path.name.lower(): path for path in folder.iterdir() if path.is_dir()}
    there = [split for split in SPLITS if split in inside]
    if not there:
        return {"train": folder}
    if "train" not in there:
        raise UserMistake(
            f"{printable(folder)} has {there[0]}/ but no train/; add it, or put all "
            "pictures into one folder and they are divided by name"
        )
    held_out = [name for name in ("validation", *ALSO_VALIDATION) if name in inside]
    if len(held_out) > 1:
        raise UserMistake(
            f"{printable(folder)} has {held_out[0]}/ and {held_out[1]}/, both to "
            "validate on; put their pictures into one of them"
        )
    folders = {split: inside[split] for split in there}
    if held_out:
        folders["validation"] = inside[held_out[0]]
    return folders


def _beside(folder, folders):
    """Return pairs of (path, reason) of all that stands beside the split folders."""
    if Path(folder) in folders.values():
        return []
    others = sorted(set(Path(folder).iterdir()) - set(folders.values()))
    return [(path, "beside train/, in none of the splits") for path in others]


def _hold_out(listings, keep_folders_together):
    """Return the listings of all splits, the missing ones taken out of `train`."""
    train = listings["train"]
    divided = {split: Listing(train.folder, []) for split in SPLITS}
    is_missing = {split for split in SPLITS if split not in listings}
    for path in train.paths:
        key = path.relative_to(train.folder)
        if keep_folders_together:
            key = key.parts[0]
        split = split_of(key)
        divided[split if split in is_missing else "train"].paths.append(path)
    return divided | {split: listings[split] for split in listings if split != "train"}


def _refuse_empty(folder, listings, passed_over, cure):
    count = sum(len(listing.paths) for listing in listings.values())
    for split, listing in listings.items():
        if not listing.paths:
            more = f"; {in_words(passed_over)}" if passed_over else ""
            raise UserMistake(
                f"{printable(folder)} has no picture for {split}: {count} found in "
                f"all{more}; {cure}"
            )


def split_of(path, held_out_percent=HELD_OUT_PERCENT):
    """Return the split of a file, by its path inside the folder that is divided."""
    # As bytes: a name on disk need not be text.
    key = os.fsencode(Path(path).as_posix())
    percent = int(hashlib.sha256(key).hexdigest(), 16) % 100
    for split, share in held_out_percent.items():
        if percent < share:
            return split
        percent -= share
    return "train"
