"""The labels file: one line for each answer of a person, only ever added to.

Owns its columns, and what holds where several lines speak of one photo. Paths are those
below the folder of the photos, in any bytes that a file system allows.
"""

import csv
import datetime
import errno
import io
import os
from collections import Counter
from typing import NamedTuple

from mistakes import UserMistake
from transfer_learning.selection.manifests import read_csv

COLUMNS = ("photo", "answer", "person", "chosen", "time")
CLASSES = ("yes", "no")
UNSURE = "unsure"
# How a photo came to be shown: by chance, because a model was not sure of it, because a
# model that was sure said otherwise, or once more, to see who agrees with whom.
RANDOM, UNCERTAIN, REVIEW, REPEAT = "random", "uncertain", "review", "repeat"


class Answer(NamedTuple):
    """What holds of a photo."""

    answer: str  # yes, no, unsure, or empty: taken back
    is_random: bool  # whether the photo was drawn at random


def read_answers(path):
    """Return the `Answer` of each photo by its path.

    Of each person the last line holds, of several persons what most of them say; where
    as many say yes as no, that is unsure. Answers to a repetition do not count.

    Raises:
        UserMistake: the file lacks a column.
    """
    answers, drawn = {}, set()
    for row in read_rows(path):
        if row["chosen"] != REPEAT:
            answers.setdefault(row["photo"], {})[row["person"]] = row["answer"]
        if row["chosen"] == RANDOM:
            drawn.add(row["photo"])
    return {
        photo: Answer(majority(by_person.values()), photo in drawn)
        for photo, by_person in answers.items()
    }


def majority(answers):
    """Return what holds if several persons gave these answers to one photo."""
    counts = Counter(filter(None, answers))
    yes, no = (counts[name] for name in CLASSES)
    if yes == no:
        return UNSURE if counts else ""
    return CLASSES[0] if yes > no else CLASSES[1]


def read_rows(path):
    """Return the lines of a labels file as dicts; a torn last one is left out.

    Raises:
        UserMistake: the file lacks a column.
    """
    rows = list(read_csv(path))
    if rows and not path.read_bytes().endswith(b"\n"):
        rows.pop()
    if rows and not rows[0].keys() >= set(COLUMNS):
        missing = next(name for name in COLUMNS if name not in rows[0])
        raise UserMistake(f"{path} has no column {missing!r}: name a labels file")
    return rows


class LabelsFile:
    """Adds lines to a labels file, which is made if it is not there.

    Args:
        path: of the file; a last line that a power cut tore is cut off.
    """

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "ab", buffering=0)
        content = path.read_bytes()
        self._file.truncate(content.rfind(b"\n") + 1)
        if b"\n" not in content:
            self._write([COLUMNS])

    def add(self, answers, person, chosen):
        """Return once the answers are on the disk, all of them or none.

        Args:
            answers: pairs of a photo's path and the answer.
            person: who answers.
            chosen: how the photos came to be shown.
        """
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        self._write([(*pair, person, chosen, now) for pair in answers])

    def _write(self, rows):
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        content = text.getvalue().encode("utf-8", "surrogateescape")
        size = os.fstat(self._file.fileno()).st_size
        try:
            written = self._file.write(content)
            if written < len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(size)
            raise
