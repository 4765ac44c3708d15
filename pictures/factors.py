"""Reads `factors.csv`: what is known about the pictures of a folder.

Owns the format, its checks, and the match of its rows with the pictures of a split.
The first row names the columns; the first column is a picture's file name relative to
the folder, every other one a factor, in numbers or in words. Words that have an order
are listed by their column's name: `size (small < medium < large)`.
"""

import csv
import math
import re
from collections import Counter
from typing import NamedTuple

import numpy as np

from mistakes import UserMistake
from pictures.files import TABLE

# As many classes as information.py tells apart; more words name, not describe.
WORD_LIMIT = 20
# A column's name with the order of its words: `size (small < medium < large)`.
ORDERED = re.compile(r"(?P<name>.*\S)\s*\((?P<order>[^()]*<[^()]*)\)")


class KnownFactors(NamedTuple):
    """Factors of some of the pictures of a split.

    Attributes:
        names: of the factors, `(factor_count,)`.
        indices: positions of the described pictures in the split, `(n,)`.
        matrix: float64 `(n, factor_count)`, NaN where a cell is empty.
        words: of columns of words without an order, these as they are numbered.
    """

    names: list[str]
    indices: list[int]
    matrix: np.ndarray
    words: dict[str, list[str]]

    def complete(self):
        """Return those of the pictures of which every factor is known."""
        rows = np.flatnonzero(~np.isnan(self.matrix).any(axis=1))
        indices = [self.indices[row] for row in rows]
        return self._replace(indices=indices, matrix=self.matrix[rows])


def read_known_factors(pictures) -> KnownFactors | None:
    """Read the factors of a split's pictures; None without a `factors.csv`.

    Args:
        pictures: `reading.Split`; the table stands in its folder.

    Raises:
        UserMistake: the table is faulty, or describes none of the pictures.
    """
    path = pictures.folder / TABLE
    if not path.is_file():
        return None
    factor_names, rows, words = read_factors(path)
    names = [path.relative_to(pictures.folder).as_posix() for path in pictures.paths]
    indices = [index for index, name in enumerate(names) if name in rows]
    if not indices:
        raise UserMistake(
            f"{path} describes none of these {len(names)} pictures, such as "
            f"{names[0]!r}; its first column holds file names relative to its folder"
        )
    matrix = np.array([rows[names[index]] for index in indices])
    return KnownFactors(factor_names, indices, matrix, words)


def read_factors(csv_path) -> tuple[list[str], dict, dict[str, list[str]]]:
    """Read the factors of a folder's pictures; a column that says nothing is dropped.

    Returns:
        The names of the factors; by file name their values, in the order of the names,
        NaN for an empty cell; and of the columns of words without an order, these in
        alphabetical order, by which they are numbered.

    Raises:
        UserMistake: the file is not such a table, or no column varies.
    """
    header, rows = _read_rows(csv_path)
    file_names, *columns = zip(*rows, strict=True)
    for number, name in enumerate(header[1:]):
        if match := ORDERED.fullmatch(name):
            header[number + 1], order = match["name"], match["order"].split("<")
            columns[number] = _in_order(csv_path, name, order, columns[number])
    _refuse_duplicates(csv_path, "column", header)
    _refuse_duplicates(csv_path, "file name", file_names)
    cells_by_name = dict(zip(header[1:], columns, strict=True))
    dropped = {name: _reason_to_drop(cells) for name, cells in cells_by_name.items()}
    kept = {name: cells for name, cells in cells_by_name.items() if not dropped[name]}
    if not kept:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in dropped.items())
        raise UserMistake(f"{csv_path} has no column to measure by ({reasons})")
    words = {name: _words(cells) for name, cells in kept.items() if _words(cells)}
    values = zip(*map(_numbers, kept.values()), strict=True)
    return list(kept), dict(zip(file_names, values, strict=True)), words


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
        is_name = name == header[0]
        if (is_name and not cell) or (
            _is_number(cell) and not math.isfinite(float(cell))
        ):
            raise UserMistake(
                f"{csv_path}, line {line_number}: {cell!r} is no value for {name!r}; "
                "fill it in, or leave the picture out of the table"
            )


def _in_order(csv_path, name, order, cells) -> list[str]:
    """Return the numbers of a column's words, as cells, by the order that it declares.

    The lowest is 1.
    """
    numbers = {word.strip(): str(number) for number, word in enumerate(order, start=1)}
    for cell in filter(None, cells):
        if cell not in numbers:
            raise UserMistake(
                f"{csv_path}: {cell!r} is none of the words of the column {name!r}; "
                "correct it, or add it to them"
            )
    return [numbers.get(cell, "") for cell in cells]


def _refuse_duplicates(csv_path, kind, values):
    value, count = Counter(values).most_common(1)[0]
    if count > 1:
        raise UserMistake(
            f"{csv_path}: {kind} {value!r} appears twice; keep one of the two"
        )


def _reason_to_drop(cells) -> str | None:
    known, words = [cell for cell in cells if cell], _words(cells)
    if len(set(_numbers(known))) < 2:
        return f"always {known[0]}" if known else "always empty"
    if len(words) > WORD_LIMIT:
        number = next(word for word in words if not _is_number(word))
        return (
            f"{number!r} is not a number, and {len(words)} words are over {WORD_LIMIT}"
        )
    return None


def _words(cells) -> list[str]:
    """Return the different words of a column; none if all its cells are numbers."""
    known = sorted(set(filter(None, cells)))
    return [] if all(_is_number(cell) for cell in known) else known


def _numbers(cells) -> list[float]:
    """Return a column as numbers, words by their order, NaN for an empty cell."""
    words = _words(cells)
    return [
        math.nan if not cell else words.index(cell) if words else float(cell)
        for cell in cells
    ]


def _is_number(cell) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
