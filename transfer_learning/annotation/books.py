"""Where answers are kept: labels of a filter, factors of pictures, an audit's sample.

Each book has `answers`, what holds of a photo by its path below the folder, and `save`,
which returns once answers that it `takes` are on the disk.
"""

from collections import defaultdict

from sklearn.metrics import cohen_kappa_score

from mistakes import UserMistake
from pictures.files import TABLE
from transfer_learning.labels import (
    CLASSES,
    COLUMNS,
    REPEAT,
    REVIEW,
    UNSURE,
    LabelsFile,
    majority,
    read_rows,
)
from transfer_learning.selection.manifests import read_csv, write_csv


class LabelsBook:
    """Keeps the answers to a question in a labels file."""

    def __init__(self, path):
        self.path = path
        self._file = LabelsFile(path)
        self._said = defaultdict(dict)
        self.answers, self.repeated = {}, set()
        self._again = {}
        for row in read_rows(path):
            self._note(**{name: row[name] for name in COLUMNS[:4]})

    def _note(self, photo, answer, person, chosen):
        if chosen != REPEAT:
            self._said[photo][person] = answer
            self.answers[photo] = majority(self._said[photo].values())
        elif answer:
            self.repeated.add(photo)
            # With what held when the photo was shown again.
            self._again[photo, person] = (self.answers.get(photo), answer)
        else:
            self.repeated.discard(photo)
            self._again.pop((photo, person), None)

    def takes(self, answer):
        """Return whether it is an answer."""
        return answer in (*CLASSES, UNSURE)

    def save(self, answers, person, chosen):
        """Add pairs of a photo and its answer, empty for one that is taken back."""
        self._file.add(answers, person, chosen)
        for photo, answer in answers:
            self._note(photo, answer, person, chosen)

    def trail(self, person):
        """Return the photos that a person answered, the last one last."""
        last = {}
        for row in read_rows(self.path):
            if row["person"] == person and row["chosen"] != REPEAT:
                last.pop(row["photo"], None)
                last[row["photo"]] = row["answer"]
        return [photo for photo, answer in last.items() if answer]

    def reviewed_since(self, moment):
        """Return the photos of which a doubt was answered since a `datetime`."""
        since = moment.isoformat(timespec="seconds")
        rows = read_rows(self.path)
        return {
            row["photo"]
            for row in rows
            if row["chosen"] == REVIEW and row["answer"] and row["time"] >= since
        }

    def agreement(self):
        """Return Cohen's kappa of first and repeated answers, and their number.

        Cohen 1960, "A Coefficient of Agreement for Nominal Scales". Only yes and no
        count. None where all are the same word, which shows nothing.
        """
        pairs = [pair for pair in self._again.values() if set(pair) <= set(CLASSES)]
        if len(set().union(*pairs)) < 2:
            return None, len(pairs)
        return float(cohen_kappa_score(*zip(*pairs, strict=True))), len(pairs)


class TableBook:
    """Keeps answers in a table with a row for each photo, written whole each time.

    Who answers is not kept, and no photo is shown twice.

    Args:
        path: of the csv file.
        name: its column with the photo's path.
        rows: of the table, dicts by the name of the column.
        columns: all of them, in order.
    """

    repeated = ()

    def __init__(self, path, name, rows, columns):
        self.path, self.name, self.columns = path, name, columns
        self.rows = {row[name]: row for row in rows}
        self.answers = {photo: self.answer_in(row) for photo, row in self.rows.items()}

    def save(self, answers, person, chosen):
        """Fill in pairs of a photo and its answer, empty for one that is taken back."""
        rows = dict(self.rows)
        for photo, answer in answers:
            rows[photo] = {self.name: photo} | rows.get(photo, {}) | self.cells(answer)
        write_csv(self.path, rows.values(), self.columns)
        self.rows = rows
        self.answers |= {photo: self.answer_in(rows[photo]) for photo, _ in answers}

    def trail(self, person):
        """Return the photos that have an answer, as they stand in the table."""
        return [photo for photo, answer in self.answers.items() if answer]

    def agreement(self):
        """Return that nothing can be compared."""
        return None, 0


class FactorsBook(TableBook):
    """Keeps factors in the `factors.csv` of a folder, whose other columns stay.

    An answer is a dict of values by the names of the factors.

    Raises:
        UserMistake: the file is no table with file names in its first column.
    """

    def __init__(self, folder, factors):
        self.factors = factors
        path = folder / TABLE
        rows = list(read_csv(path)) if path.is_file() else []
        columns = list(rows[0]) if rows else ["file"]
        if None in columns or not all(columns):
            raise UserMistake(f"{path} has a column without a name: give it one")
        columns += [name for name in factors if name not in columns]
        super().__init__(path, columns[0], rows, columns)

    def takes(self, answer):
        """Return whether it is an answer."""
        return isinstance(answer, dict) and all(
            name in self.factors and isinstance(value, str)
            for name, value in answer.items()
        )

    def cells(self, answer):
        """Return the cells of an answer by their columns."""
        return {name: (answer or {}).get(name, "") for name in self.factors}

    def answer_in(self, row):
        """Return the answer that a row holds."""
        values = {name: row.get(name, "") for name in self.factors}
        return values if any(values.values()) else ""


class AuditBook(TableBook):
    """Keeps judgements in the sample that `audit.py draw` wrote.

    Raises:
        UserMistake: it is no such file.
    """

    def __init__(self, path):
        rows = list(read_csv(path)) if path.is_file() else []
        if not rows or not rows[0].keys() >= {"path", "judgement"}:
            raise UserMistake(f"{path} is not an audit.csv that `audit.py draw` wrote")
        super().__init__(path, "path", rows, list(rows[0]))

    def takes(self, answer):
        """Return whether it is an answer."""
        return answer in (*CLASSES, UNSURE)

    def cells(self, answer):
        """Return the cell of an answer by its column; unsure is left to be judged."""
        return {"judgement": answer[0] if answer in CLASSES else ""}

    def answer_in(self, row):
        """Return the answer that a row holds."""
        judgement = row["judgement"].strip().lower()[:1]
        return next((name for name in CLASSES if name[0] == judgement), "")
