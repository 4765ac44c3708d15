"""The format of `losses.csv`: its columns, and how it is read.

Owns what a row means. Writing rows while training is loss_log.py.
"""

import csv

LOG_COLUMNS = (
    "step",
    "epoch",
    "split",
    "loss",
    "reconstruction",
    "kl",
    "perceptual",
    "active_dimensions",
    "learning_rate",
)


def read_rows(path):
    """Return the rows of a loss log, as dicts of text; a torn last line is left out."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = [line for line in file if line.endswith("\n")]
    rows = csv.DictReader(lines)
    return [row for row in rows if None not in row.values() and None not in row]
