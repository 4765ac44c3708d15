"""The photos that an ensemble learns from and is measured on, in their three parts.

Owns what is said of them and noted: which are left out, which have changed since the
last start, and which look like some of another part or class.
"""

import collections

import numpy as np

from mistakes import UserMistake
from pictures.walk import printable
from transfer_learning.labels import read_answers
from transfer_learning.photos.answered import (
    divide,
    places_of,
    read_answered,
    read_landmarks,
)
from transfer_learning.photos.labelled import PARTS, read_part
from transfer_learning.selection.duplicates import find_groups
from transfer_learning.selection.manifests import read_csv, write_csv

LISTING_COLUMNS = ("part", "path", "label", "group", "sha256")
LEAK_COLUMNS = ("photo", "part", "class", "looks_like")


def read_parts(options, positive, negative):
    """Return the photos of each part by its name, and write left_out.csv.

    Raises:
        UserMistake: a part lacks a class.
        Mishap: a photo cannot be had.
    """
    if options.labels:
        parts, left_out = _read_answered(options, positive)
    else:
        parts, left_out = _read_sorted(options, positive, negative)
    if left_out:
        print(f"{len(left_out)} photos are left out: left_out.csv says why")
    rows = [{"path": path, "reason": reason} for path, reason in left_out]
    write_csv(options.output / "left_out.csv", rows, ["path", "reason"])
    count = sum(len(photos.paths) for photos in parts.values())
    for part, photos in parts.items():
        positives = int(photos.labels.sum())
        print(
            f"{part}: {positives} {positive}, {len(photos.paths) - positives} "
            f"{negative}; {len(photos.paths) / count:.0%} of the photos, "
            f"{len(set(photos.groups))} groups"
        )
    return parts


def _read_sorted(options, positive, negative):
    parts, left_out = {}, []
    for part in PARTS:
        parts[part], faults = read_part(options.photos / part, positive, negative)
        left_out += faults
    return parts, left_out


def _read_answered(options, positive):
    answers = read_answers(options.labels)

    def where(names):
        ids, by_folder = options.landmark_ids, not options.ignore_folders
        landmarks = read_landmarks(ids, names) if ids else {}
        return places_of(names, landmarks, by_folder)

    words = {name: answer.answer for name, answer in answers.items()}
    photos, left_out = read_answered(options.photos, words, positive, where, _looks)
    inside = [path.relative_to(options.photos).as_posix() for path in photos.paths]
    is_drawn = np.array([answers[name].is_random for name in inside], bool)
    parts, not_drawn = divide(photos, is_drawn, options.held_out_percent)
    return parts, left_out + not_drawn


def _looks(photos):
    """Number what may look alike: to keep too much together does no harm."""
    return find_groups(
        photos.hashes, photos.paths, lambda some: np.ones((len(some), 1))
    )


def note_photos(path, folder, parts):
    """Write which photos are in which part; say how they differ from the last start."""
    listed = [
        {
            "part": part,
            "path": path.relative_to(folder).as_posix(),
            "label": str(int(label)),
            "group": group,
            "sha256": digest,
        }
        for part, photos in parts.items()
        for path, label, digest, _, group in zip(*photos, strict=True)
    ]
    if path.is_file():
        before = {tuple(row.values()) for row in read_csv(path)}
        now = {tuple(row.values()) for row in listed}
        if before != now:
            print(
                f"The photos have changed: {len(now - before)} are new and "
                f"{len(before - now)} gone since the last start. What depends on them "
                f"is done anew."
            )
    write_csv(path, listed, LISTING_COLUMNS)


def find_leaks(parts, features_of):
    """Return a row for each photo that looks like one of another part or class.

    `features_of` is as in `find_groups`.
    """
    placed = [
        (path, part, int(label))
        for part, photos in parts.items()
        for path, label in zip(photos.paths, photos.labels, strict=True)
    ]
    hashes = np.concatenate([photos.hashes for photos in parts.values()])
    looks = find_groups(hashes, [path for path, _, _ in placed], features_of)
    alike = collections.defaultdict(list)
    for look, photo in zip(looks.tolist(), placed, strict=True):
        alike[look].append(photo)
    return [
        dict(zip(LEAK_COLUMNS, (*photo, same[0][0]), strict=True))
        for same in alike.values()
        if len({photo[1:] for photo in same}) > 1
        for photo in same
    ]


def check_leaks(path, leaks, are_allowed):
    """Write the rows of `find_leaks`, if any, to a csv file.

    Raises:
        UserMistake: there are some, and they are not allowed.
    """
    write_csv(path, leaks, LEAK_COLUMNS)
    if not leaks:
        return
    first, second = (printable(row["photo"]) for row in leaks[:2])
    found = (
        f"{len(leaks)} photos look like one of another part or class, such as {first} "
        f"and {second}: {path} names all"
    )
    if not are_allowed:
        raise UserMistake(f"{found}. Take one of each away, or give --allow-leaks")
    print(f"{found}. The figures will be too good to be true.")
