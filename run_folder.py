"""What a run folder holds: every name once, for those who write and those who read.

Owns the layout of `runs/<name>/`, the settings and figures in it, and the format of
`losses.csv`, and that one process at a time writes there. A finished run is read
without TensorFlow.
"""

import contextlib
import csv
import dataclasses
import json
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from files import whole_file
from hyperparameters import Hyperparameters
from mistakes import UserMistake

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
DREAMS = "dreams.png"
RUNS_FOLDER = Path("runs")


class RunFolder:
    """The places of all that a run writes; the folder exists once it is `held`."""

    def __init__(self, path):
        self.path = path = Path(path)
        self.settings = path / "hyperparameters.json"
        self.commands = path / "commands.json"
        self.lock = path / ".lock"
        self.skipped = path / "skipped_pictures.txt"
        self.checkpoint = path / "checkpoint.npz"
        self.former_checkpoint = path / "checkpoint_before.npz"
        self.best_checkpoint = path / "checkpoint_best.npz"
        self.losses = path / "losses.csv"
        self.tensorboard = path / "tensorboard"
        self.metrics = path / "metrics.json"
        self.timings = path / "timings.json"
        self.latents = path / "latents.json"
        self.names = path / "names.json"
        self.directions = path / "directions.json"
        self.traversals = path / "traversals.png"
        self.sweep = path / "traversals.gif"
        self.interpolation = path / "interpolation.png"
        self.report = path / "report.html"
        # What a kill can leave of a run that was not begun: settings come first.
        self._leavings = {self.lock, path / f"{self.settings.name}.part"}
        self._seconds = {}

    def elsewhere(self, path):
        """Return the `RunFolder` of another folder."""
        return RunFolder(path)

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
        return self.demo(name) / DREAMS

    @property
    def trained_weights(self):
        """Return the checkpoint that a run is tested with: the best, else the last."""
        best = self.best_checkpoint
        return best if best.exists() else self.checkpoint

    @property
    def is_empty(self):
        """Return whether no run was begun in the folder, or there is no such folder."""
        return set(self.path.glob("*")) <= self._leavings

    def check_new(self):
        """Raise UserMistake if the folder holds something."""
        if not self.is_empty:
            raise UserMistake(
                f"{self.path} exists already and is never overwritten; go on with it "
                "by --resume, or choose another --name"
            )

    def how_to_explore(self):
        """Return the command that opens the run on a page of sliders."""
        return f"python explore.py {shlex.quote(str(self.path.absolute()))}"

    def how_to_go_on(self):
        """Return the command that continues the run."""
        path = self.path.absolute()
        command = f"python main.py --resume --name {shlex.quote(path.name)}"
        if path.parent != RUNS_FOLDER.absolute():
            command += f" --runs-folder {shlex.quote(str(path.parent))}"
        return command

    @contextlib.contextmanager
    def held(self, is_resumed):
        """Make the folder, and keep other processes out of it while entered.

        It is taken away again if nothing was written to it.

        Raises:
            UserMistake: the folder cannot be made, another process is at work in it, or
                it holds something and is not resumed.
        """
        made = [path for path in (self.path, *self.path.parents) if not path.exists()]
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # Freed by the system however this process ends.
            lock = FileLock(self.lock, blocking=False)
            lock.acquire()
        except Timeout:
            raise UserMistake(
                f"another process is at work in {self.path}; wait for it, or choose "
                "another --name"
            ) from None
        except OSError as error:
            raise UserMistake(
                f"{self.path} cannot be written to ({error.strerror}); choose another "
                "--runs-folder or --name"
            ) from None
        try:
            if not is_resumed:
                self.check_new()
            yield
        finally:
            lock.release()
            if self.is_empty:
                for path in self._leavings:
                    path.unlink(missing_ok=True)
                for path in made:
                    path.rmdir()

    def save_start(self, settings, skipped):
        """Write the settings, and the files left out: pairs of (name, reason).

        To `commands.json` the command of this sitting is added, and its commit.
        """
        save_json(self.settings, dataclasses.asdict(settings))
        before = read_json(self.commands) if self.commands.is_file() else []
        command = {"command": shlex.join(sys.argv), "commit": read_commit()}
        save_json(self.commands, [*before, command])
        lines = [f"{name}\t{reason}\n" for name, reason in skipped]
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

    def save_report(self, page):
        """Write the report, a page of HTML."""
        save_page(self.report, page)

    def save_metrics(self, metrics):
        """Write the figures on held-out pictures, a dict of plain values."""
        save_json(self.metrics, metrics)

    def read_names(self):
        """Return the names that the user gave to dimensions, by theirs, such as z7."""
        return read_json(self.names) if self.names.is_file() else {}

    def read_settings(self):
        """Return the `Hyperparameters` that the run began with.

        Raises:
            UserMistake: there is none, or it does not hold settings of this version.
        """
        if not self.settings.is_file():
            raise UserMistake(
                f"{self.path} holds no run: {self.settings.name} is missing"
            )
        values = read_json(self.settings)
        try:
            for name in ("encoder_filters", "decoder_filters", "perceptual_layers"):
                values[name] = tuple(values[name])
            return Hyperparameters(**values)
        except (TypeError, KeyError, IndexError, UserMistake) as error:
            raise UserMistake(
                f"{self.settings} holds no settings of this version ({error}); "
                "undo what was edited, or begin a new run"
            ) from None


def read_commit():
    """Return the commit of this suite's files, or "unknown" without git."""
    asked = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def save_page(path, page):
    """Write a page of HTML, whole or not at all."""
    with whole_file(path) as file:
        # The name of a data set need not be text.
        file.write(page.encode(errors="backslashreplace"))


def save_json(path, content):
    """Write plain values as JSON, whole or not at all."""
    with whole_file(path) as file:
        file.write((json.dumps(content, indent=2) + "\n").encode())


def read_losses(path):
    """Return the rows of a loss log, as dicts of text; torn lines are left out."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = [line for line in file if line.endswith("\n")]
    rows = csv.DictReader(lines)
    return [row for row in rows if _is_whole(row)]


def _is_whole(row):
    try:
        numbers = [float(text) for name, text in row.items() if name != "split"]
    except (TypeError, ValueError):
        return False
    return bool(numbers) and row.get("split") in ("train", "validation")


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
    settings = run.read_settings()
    if not run.timings.is_file():
        raise UserMistake(
            f"{path} has no {run.timings.name} yet: the run is not finished; go on "
            f"with {run.how_to_go_on()}"
        )
    return FinishedRun(
        folder=run,
        settings=settings,
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
