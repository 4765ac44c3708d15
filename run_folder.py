"""What a run folder holds: every name once, for those who write and those who read.

Owns the layout of `runs/<name>/`, the settings and figures in it, and the format of
`losses.csv`. Standard library only: a finished run is read without TensorFlow.
"""

import contextlib
import csv
import dataclasses
import json
import time
from dataclasses import dataclass
from pathlib import Path

from files import whole_file
from hyperparameters import Hyperparameters
from mistakes import UserMistake
from pictures.walk import printable

LOSS_COLUMNS = (
    "loss",
    "reconstruction",
    "kl",
    "perceptual",
    "told",
    "active_dimensions",
)
LOG_COLUMNS = ("step", "epoch", "split", *LOSS_COLUMNS, "learning_rate")
MONITORS = ("reconstruction", "generation")


class RunFolder:
    """The places of all that a run writes; the folder exists once `open` was called."""

    def __init__(self, path):
        self.path = path = Path(path)
        self.settings = path / "hyperparameters.json"
        self.skipped = path / "skipped_pictures.txt"
        self.checkpoint = path / "checkpoint.npz"
        self.losses = path / "losses.csv"
        self.tensorboard = path / "tensorboard"
        self.metrics = path / "metrics.json"
        self.timings = path / "timings.json"
        self.latents = path / "latents.json"
        self.names = path / "names.json"
        self.traversals = path / "traversals.png"
        self.sweep = path / "traversals.gif"
        self.interpolation = path / "interpolation.png"
        self.report = path / "report.html"
        self._seconds = {}

    def network(self, name):
        """Return the file of the trained `encoder` or `decoder`."""
        return self.path / f"{name}.keras"

    def monitor(self, kind):
        """Return the folder of one of the `MONITORS`' sheets."""
        return self.path / f"monitor_{kind}"

    def sheets(self, kind):
        """Return a dict of step to sheet of one of the `MONITORS`, in order."""
        sheets = sorted(self.monitor(kind).glob("step_*.png"))
        return {int(sheet.stem.removeprefix("step_")): sheet for sheet in sheets}

    def animation(self, kind):
        """Return the animation of one of the `MONITORS`."""
        return self.path / f"monitor_{kind}.gif"

    def demo(self, name):
        """Return the folder of the dreams of the run called `name`."""
        return self.path / f"demo_{name}"

    def dreams(self, name):
        """Return the sheet of all the dreams of the run called `name`."""
        return self.demo(name) / "dreams.png"

    def open(self, settings, skipped):
        """Make the folder, with its settings and the files left out: (path, reason)."""
        self.path.mkdir(parents=True, exist_ok=True)
        save_json(self.settings, dataclasses.asdict(settings))
        lines = [f"{printable(path)}\t{reason}\n" for path, reason in skipped]
        self.skipped.write_text("".join(lines), encoding="utf-8")

    @contextlib.contextmanager
    def timed(self, part):
        """Count what is done inside as the part's."""
        began = time.monotonic()
        yield
        self._seconds[part] = time.monotonic() - began

    def save_timings(self, is_resumed):
        """Write the seconds that each part took, without those of earlier sittings."""
        save_json(self.timings, {"resumed": is_resumed, "seconds": self._seconds})

    def save_metrics(self, metrics):
        """Write the figures on held-out pictures, a dict of plain values."""
        save_json(self.metrics, metrics)

    def read_names(self):
        """Return the names that the user gave to dimensions, by theirs, such as z7."""
        return read_json(self.names) if self.names.is_file() else {}

    def read_settings(self):
        """Return the `Hyperparameters` that the run began with.

        Raises:
            UserMistake: the file does not hold settings of this version.
        """
        values = read_json(self.settings)
        try:
            for name in ("encoder_filters", "decoder_filters", "perceptual_layers"):
                values[name] = tuple(values[name])
            return Hyperparameters(**values)
        except (TypeError, KeyError, IndexError) as error:
            raise UserMistake(
                f"{self.settings} holds no settings of this version ({error}); "
                "begin a new run"
            ) from None


def save_json(path, content):
    """Write plain values as JSON, whole or not at all."""
    with whole_file(path) as file:
        file.write((json.dumps(content, indent=2) + "\n").encode())


def read_losses(path):
    """Return the rows of a loss log, as dicts of text; a torn last line is left out."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = [line for line in file if line.endswith("\n")]
    rows = csv.DictReader(lines)
    return [row for row in rows if None not in row.values() and None not in row]


@dataclass(frozen=True)
class FinishedRun:
    """The words and numbers of a run folder; pictures are read when they are needed.

    Each field holds what the `RunFolder` has under the same name.
    """

    folder: RunFolder
    settings: Hyperparameters
    metrics: dict
    losses: list[dict[str, str]]
    timings: dict
    skipped: list[tuple[str, str]]


def read_run(path):
    """Return the `FinishedRun` of a folder.

    Raises:
        UserMistake: it holds no run, or one that is not finished.
    """
    run = RunFolder(path)
    if not run.settings.is_file():
        raise UserMistake(f"{path} holds no run: {run.settings.name} is missing")
    if not run.timings.is_file():
        raise UserMistake(
            f"{path} has no {run.timings.name} yet: the run is not finished; go on "
            f"with python main.py --resume --name {run.path.name}"
        )
    return FinishedRun(
        folder=run,
        settings=run.read_settings(),
        metrics=read_json(run.metrics),
        losses=read_losses(run.losses),
        timings=read_json(run.timings),
        skipped=[
            line.rpartition("\t")[::2]
            for line in run.skipped.read_text(encoding="utf-8").splitlines()
        ],
    )


def read_json(path):
    """Return the content of a JSON file.

    Raises:
        UserMistake: it is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserMistake(
            f"{path} is not JSON ({error}); was it edited by hand?"
        ) from None
