"""Reads `factors.csv`: what is known about the pictures of a folder.

Owns the format, its checks, and the match of its rows with the pictures of a split.
The first row names the columns; the first column is a picture's file name relative to
the folder, every other one a factor, in numbers or in words.
"""

import csv
import math
from collections import Counter
from typing import NamedTuple

import numpy as np

from mistakes import UserMistake

# As many classes as information.py tells apart; more words name, not describe.
WORD_LIMIT = 20


class KnownFactors(NamedTuple):
    """Factors of some of the pictures of a split.

    Attributes:
        names: of the factors, `(factor_count,)`.
        indices: positions of the described pictures in the split, `(n,)`.
        matrix: float64 `(n, factor_count)`.
    """

    names: list[str]
    indices: list[int]
    matrix: np.ndarray


def read_known_factors(pictures) -> KnownFactors | None:
    """Read the factors of a split's pictures; None without a `factors.csv`.

    Args:
        pictures: `data.Pictures`; the table stands in their folder.

    Raises:
        UserMistake: the table is faulty, or describes none of the pictures.
    """
    path = pictures.folder / "factors.csv"
    if not path.is_file():
        return None
    factor_names, rows = read_factors(path)
    names = [path.relative_to(pictures.folder).as_posix() for path in pictures.paths]
    indices = [index for index, name in enumerate(names) if name in rows]
    if not indices:
        raise UserMistake(
            f"{path} describes none of the {len(names)} test pictures, such as "
            f"{names[0]!r}; its first column holds file names relative to its folder"
        )
    matrix = np.array([rows[names[index]] for index in indices])
    return KnownFactors(factor_names, indices, matrix)


def read_factors(csv_path) -> tuple[list[str], dict[str, tuple[float, ...]]]:
    """Read the factors of a folder's pictures; a column that says nothing is dropped.

    Returns:
        The names of the factors, and by file name their values, in the order of the
        names; words are numbered in alphabetical order.

    Raises:
        UserMistake: the file is not such a table, a value is missing,
            or no column varies.
    """
    header, rows = _read_rows(csv_path)
    file_names, *columns = zip(*rows, strict=True)
    _refuse_duplicates(csv_path, "column", header)
    _refuse_duplicates(csv_path, "file name", file_names)
    cells_by_name = dict(zip(header[1:], columns, strict=True))
    dropped = {name: _reason_to_drop(cells) for name, cells in cells_by_name.items()}
    kept = {
        name: _numbers(cells)
        for name, cells in cells_by_name.items()
        if not dropped[name]
    }
    if not kept:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in dropped.items())
        raise UserMistake(f"{csv_path} has no column to measure by ({reasons})")
    values = zip(*kept.values(), strict=True)
    return list(kept), dict(zip(file_names, values, strict=True))


def _read_rows(csv_path) -> tuple[list[str], list[list[str]]]:
    """Return the column names, and the stripped cells of every row with content."""
    try:
        # Spreadsheets put a byte order mark before the first column's name.
        with csv_path.open(encoding="utf-8-sig", newline="") as table:
            lines = csv.reader(table)
            numbered = [
                (lines.line_num, [cell.strip() for cell in cells])
                for cells in lines
                if any(cell.strip() for cell in cells)
            ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserMistake(
            f"{csv_path} cannot be read as a table ({error}); save it as UTF-8 CSV"
        ) from error
    if len(numbered) < 2:
        raise UserMistake(
            f"{csv_path} has {len(numbered)} rows; "
            "it needs one with the column names and one for each picture"
        )
    (_, header), *rows = numbered
    if len(header) < 2:
        raise UserMistake(
            f"{csv_path} has the one column {header[0]!r}; it needs file names and at "
            "least one factor, separated by commas"
        )
    for line_number, cells in rows:
        _check_row(csv_path, line_number, header, cells)
    return header, [cells for _, cells in rows]


def _check_row(csv_path, line_number, header, cells):
    if len(cells) != len(header):
        raise UserMistake(
            f"{csv_path}, line {line_number}: {len(cells)} values for {len(header)} "
            "columns; give every picture one value per column"
        )
    for name, cell in zip(header, cells, strict=True):
        if _is_missing(cell):
            raise UserMistake(
                f"{csv_path}, line {line_number}: {cell!r} is no value for {name!r}; "
                "fill it in or leave the picture out of the table"
            )


def _refuse_duplicates(csv_path, kind, values):
    value, count = Counter(values).most_common(1)[0]
    if count > 1:
        raise UserMistake(
            f"{csv_path}: {kind} {value!r} appears twice; keep one of the two"
        )


def _reason_to_drop(cells) -> str | None:
    distinct = len(set(_numbers(cells)))
    if distinct == 1:
        return f"always {cells[0]}"
    words = [cell for cell in cells if not _is_number(cell)]
    if words and distinct > WORD_LIMIT:
        return (
            f"{words[0]!r} is not a number, and {distinct} words are over {WORD_LIMIT}"
        )
    return None


def _numbers(cells) -> list[float]:
    if all(_is_number(cell) for cell in cells):
        return [float(cell) for cell in cells]
    order = {word: float(index) for index, word in enumerate(sorted(set(cells)))}
    return [order[cell] for cell in cells]


def _is_number(cell) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _is_missing(cell) -> bool:
    return not cell or (_is_number(cell) and not math.isfinite(float(cell)))
