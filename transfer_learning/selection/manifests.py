"""The manifest: one csv row for every photo, whatever became of it.

A run writes one part for each unit of work; that file tells that the unit is done.
"""

import codecs
import contextlib
import csv

from files import whole_file
from mistakes import UserMistake
from transfer_learning.selection.decisions import ERROR, REJECTED

ENSEMBLE_NAMES = ("first", "second")
SCORE_DECIMALS = 6
LONGEST_HEADER = 10_000  # characters


def score_columns(member_counts):
    """Return the names of the score columns: `first_1` ... `second_3`."""
    return [
        f"{ensemble}_{number}"
        for ensemble, count in zip(ENSEMBLE_NAMES, member_counts, strict=False)
        for number in range(1, count + 1)
    ]


def columns(member_counts):
    """Return all columns of a manifest for ensembles of so many members."""
    scores = score_columns(member_counts)
    described = ["verdict", "reason", "width", "height", "group", "error"]
    return ["path", *scores, *described]


def scored_row(path, scores, size, jury):
    """Return the row of a photo that has scores, one of each member.

    The verdict is taken on the rounded scores that the row shows, so that deciding
    anew from the manifest can never differ from deciding at once.
    """
    names = score_columns(jury.member_counts)
    texts = [f"{score:.{SCORE_DECIMALS}f}" for score in scores]
    row = {"path": path, "width": int(size[0]), "height": int(size[1])}
    return decided_anew(row | dict(zip(names, texts, strict=True)), jury)


def unscored_row(path, verdict, reason):
    """Return the row of a photo without scores; `error` repeats what went wrong."""
    return {
        "path": path,
        "verdict": verdict,
        "reason": reason,
        "error": reason if verdict == ERROR else "",
    }


def ensemble_scores(row, member_counts):
    """Return a list of floats for each ensemble; None for a row without scores."""
    texts = iter([row.get(name) for name in score_columns(member_counts)])
    ensembles = [[next(texts) for _ in range(count)] for count in member_counts]
    if not ensembles[0][0]:
        return None
    return [[float(text) for text in scores] for scores in ensembles]


def decided_anew(row, jury):
    """Return the row with the verdict that `jury` gives its scores, if it has any."""
    ensembles = ensemble_scores(row, jury.member_counts)
    if ensembles is None:
        return row
    verdict, reason = jury.decide(ensembles)
    refusal = jury.refusal(int(row["width"]), int(row["height"]))
    if refusal:
        verdict, reason = REJECTED, refusal
    return row | {"verdict": verdict, "reason": reason, "group": ""}


def of_verdict(rows, *verdicts):
    """Return an iterator over the rows with one of the verdicts."""
    return (row for row in rows if row["verdict"] in verdicts)


def write_manifest(path, rows, member_counts):
    """Write the rows, of any iterable, as one csv file that appears whole."""
    write_csv(path, rows, columns(member_counts))


def write_csv(path, rows, names):
    """Write dicts as csv with the columns `names`; the file appears whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path, is_shared=True) as file:
        # Surrogates carry file names that are not valid UTF-8 through unharmed.
        text = codecs.getwriter("utf-8")(file, errors="surrogateescape")
        # Lines end as RFC 4180 has it: with any other end, a carriage return inside a
        # name would not be quoted.
        writer = csv.DictWriter(text, names)
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path):
    """Yield the rows of a csv file as dicts.

    Raises:
        UserMistake: the file is not csv at all.
    """
    with _reader(path) as rows:
        yield from rows


@contextlib.contextmanager
def _reader(path):
    """Yield a `csv.DictReader`, also of what a spreadsheet saved."""
    # Some write a mark before the first column, and `;` where the comma is decimal.
    with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        delimiter = ";" if ";" in file.readline(LONGEST_HEADER) else ","
        file.seek(0)
        try:
            yield csv.DictReader(file, restval="", delimiter=delimiter)
        except csv.Error as error:
            raise UserMistake(f"{path} is not a csv file ({error})") from None


def read_member_counts(path):
    """Return how many members each ensemble of a manifest has.

    Raises:
        UserMistake: the file is missing or is not a manifest.
    """
    if not path.is_file():
        raise UserMistake(
            f"the manifest {path} does not exist: name the manifest.csv of a record"
        )
    with _reader(path) as rows:
        names = rows.fieldnames or []
    ensembles = [name.partition("_")[0] for name in names]
    counts = tuple(ensembles.count(n) for n in ENSEMBLE_NAMES if n in ensembles)
    if not counts or names != columns(counts):
        raise UserMistake(
            f"{path} is not a manifest that deploy.py wrote: name the manifest.csv of "
            f"a record"
        )
    return counts


def write_joined_manifest(parts, to, member_counts):
    """Write the rows of all parts, in their order, into the one manifest `to`."""
    rows = (row for part in parts for row in read_csv(part))
    write_manifest(to, rows, member_counts)
