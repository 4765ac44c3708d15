"""Writes `factors.csv` of a folder of photos, from the measured looks.

Owns which folders get a table, and what a table of measured looks is known by. What a
look is belongs to `measures.py`, how a table is read to `pictures/factors.py`.
"""

import csv
import io

from files import whole_file
from mistakes import UserMistake
from pictures.files import TABLE, UnreadablePicture, find_pictures, read_square
from pictures.looks.measures import LOOKS, SIDE, measure_looks
from pictures.splits import find_split_folders
from pictures.walk import in_words, printable
from progress import Progress

HEADER = ["file", *LOOKS]


def write_looks(folder, overwrite=False):
    """Measure the pictures in a folder, and write their looks to its `factors.csv`.

    They may stand in folders below it. A folder with splits inside, as `splits.py`
    knows them, gets a table in each. One with other factors is only replaced with
    `overwrite`.

    Raises:
        UserMistake: there is no picture to measure, or a table with other factors.
    """
    folders = find_split_folders(folder).values()
    found = {described: find_pictures(described) for described in folders}
    for described in folders:
        if not found[described].paths:
            raise UserMistake(f"{printable(described)} holds no picture to measure")
        if not overwrite:
            _refuse_other_factors(described / TABLE)
    count = sum(len(pictures.paths) for pictures in found.values())
    with Progress(count, unit="pictures", label="measuring looks") as progress:
        for described, pictures in found.items():
            _write_table(described, pictures.paths, progress)
    passed_over = [pair for pictures in found.values() for pair in pictures.passed_over]
    if passed_over:
        print(in_words(passed_over))


def _refuse_other_factors(path):
    if not path.exists():
        return
    with open(path, "rb") as table:
        header = table.readline().decode(errors="replace").strip()
    if header != ",".join(HEADER):
        raise UserMistake(
            f"{path} was not written by this command: its first row is {header!r}; "
            "keep it, or replace it with --overwrite"
        )


def _write_table(folder, paths, progress):
    rows, left_out = [], []
    for path in paths:
        progress.advance()
        name = path.relative_to(folder).as_posix()
        try:
            name.encode()
            picture = read_square(path, SIDE)
        except UnicodeEncodeError:
            left_out.append(f"{name!r}: the name is not UTF-8")
        except UnreadablePicture as error:
            left_out.append(f"{name!r}: {error}")
        else:
            _, [looks] = measure_looks([picture])
            rows.append([name, *(f"{look:.4f}" for look in looks)])
    if not rows:
        raise UserMistake(f"{folder} holds no picture that can be read: {left_out[0]}")
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *rows])
    with whole_file(folder / TABLE) as file:
        file.write(text.getvalue().encode())
    print(f"{printable(folder / TABLE)}: {len(LOOKS)} looks of {len(rows)} pictures")
    if left_out:
        print(f"left out {len(left_out)}, such as {left_out[0]}")
