"""What a finished run left in its folder, read without TensorFlow.

Owns the names of the files, as training.py and main.py write them, and what a missing
one means.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from loss_table import read_rows
from mistakes import UserMistake


@dataclass(frozen=True)
class FinishedRun:
    """The words and numbers of a run folder; pictures are read when they are needed.

    Attributes:
        folder: the run folder.
        settings: dict of name to value, as the run had them.
        metrics: the figures on held-out pictures.
        losses: rows of the loss log, dicts of text.
        timings: `resumed` and `seconds`; empty for a run that did not take them.
        skipped: pairs of (path, reason) of files that could not be decoded.
    """

    folder: Path
    settings: dict
    metrics: dict
    losses: list
    timings: dict
    skipped: list

    def sheets(self, kind):
        """Return a dict of step to sheet of the monitor `reconstruction`, and so on."""
        files = (self.folder / f"monitor_{kind}").glob("step_*.png")
        return {int(file.stem.removeprefix("step_")): file for file in sorted(files)}

    @property
    def dreams(self):
        """Return the path of the sheet of dreams."""
        return self.folder / f"demo_{self.settings['name']}" / "dreams.png"


def read_run(folder):
    """Return the `FinishedRun` of a folder.

    Raises:
        UserMistake: it holds no run, or one that is not finished.
    """
    folder = Path(folder)
    if not (folder / "hyperparameters.json").is_file():
        raise UserMistake(f"{folder} holds no run: hyperparameters.json is missing")
    if not (folder / "metrics.json").is_file():
        raise UserMistake(
            f"{folder} has no metrics.json yet: the run is not finished; go on with "
            f"python main.py --resume --name {folder.name}"
        )
    return FinishedRun(
        folder=folder,
        settings=_read_json(folder / "hyperparameters.json"),
        metrics=_read_json(folder / "metrics.json"),
        losses=read_rows(folder / "losses.csv"),
        timings=_read_json(folder / "timings.json"),
        skipped=_read_pairs(folder / "skipped_pictures.txt"),
    )


def _read_json(path):
    if not path.is_file():
        return {}
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise UserMistake(f"{path} is no json ({error}); was it edited?") from None


def _read_pairs(path):
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [tuple(line.rpartition("\t")[::2]) for line in lines]
