"""The command line of `main.py`: one flag a setting.

Owns the flags and what they mean together. The settings are in `hyperparameters.py`;
how a mistake is said, in `mistakes.py`. Standard library only, so that `--help` and a
mistyped flag answer at once.
"""

import argparse
import dataclasses
from dataclasses import dataclass
from pathlib import Path

import mistakes
from devices.cluster import read_cluster
from hyperparameters import (
    PRESETS,
    TYPES_IN_WORDS,
    Hyperparameters,
    check_settings,
    describe,
    expected,
)
from mistakes import OneLineParser, UserMistake
from run_folder import RunFolder

RUNS_FOLDER = Path("runs")


@dataclass(frozen=True)
class Arguments:
    """What the command line asked for: the settings, and how to run them."""

    settings: Hyperparameters
    run: RunFolder
    is_resumed: bool
    is_dry_run: bool

    def how_to_go_on(self):
        """Return in words what continues this run after it stopped."""
        if not self.run.settings.is_file():
            return "give the command again: nothing is lost"
        command = f"python main.py --resume --name {self.settings.name}"
        if self.run.path.parent != RUNS_FOLDER:
            command += f" --runs-folder {self.run.path.parent}"
        return f"go on with: {command}"


def run(job, arguments):
    """Do the job, or only show what it would do, and return the exit code.

    Args:
        job: function of the `Arguments`.
        arguments: as `parse` returns them.
    """
    if arguments.is_dry_run:
        print(f"would train into {arguments.run.path} with the settings")
        print(describe(arguments.settings))
        return 0
    return mistakes.run(lambda: job(arguments), "main.py", arguments.how_to_go_on)


def parse(argv=None):
    """Return the validated `Arguments` of a command line.

    With `--resume` the settings are those the run began with. A wrong value ends the
    program here: one line on standard error, exit code 2, nothing written.
    """
    parser = _build_parser()
    flags = vars(parser.parse_args(argv))
    preset, is_resumed = flags.pop("preset"), flags.pop("resume")
    is_dry_run, runs_folder = flags.pop("dry_run"), flags.pop("runs_folder")
    try:
        settings = Hyperparameters(**{**PRESETS[preset], **flags})
        check_settings(settings)
        folder = RunFolder(runs_folder / settings.name)
        if is_resumed:
            settings = _continued(folder, flags, preset)
        elif read_cluster().is_chief:
            _refuse_existing(folder)
    except UserMistake as mistake:
        parser.error(str(mistake))
    return Arguments(settings, folder, is_resumed, is_dry_run)


def _build_parser():
    parser = OneLineParser(
        prog="main.py",
        description="Train a network to dream castles. Settings: hyperparameters.py.",
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument(
        "--preset",
        choices=PRESETS,
        default="castles",
        help="named settings; castles and photos_64 need a CPU, the larger ones a GPU",
    )
    parser.add_argument(
        "--resume", action="store_true", default=False, help="go on with runs/NAME"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        default=False,
        help="show the settings and what would happen, and stop",
    )
    parser.add_argument(
        "--runs-folder",
        type=Path,
        default=RUNS_FOLDER,
        help="where run folders stand; default: runs",
    )
    group = parser.add_argument_group("settings (see hyperparameters.py)")
    for setting in dataclasses.fields(Hyperparameters):
        _add_flag(group, setting)
    return parser


def _add_flag(group, setting):
    note, default = setting.metadata["note"], _in_words(setting.default)
    group.add_argument(
        f"--{setting.name.replace('_', '-')}",
        type=_reader(setting.type),
        metavar=_METAVARS[setting.type],
        help=f"{note}; {expected(setting)}; default: {default}".replace("%", "%%"),
    )


def _in_words(value):
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower()


def _reader(kind):
    """Return the function that turns a flag's text into a value of type `kind`."""

    def read(text):
        if kind == int | None:
            return None if text.lower() == "none" else int(text)
        if kind is bool:
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        if kind == tuple[int, ...]:
            return tuple(int(part) for part in text.split(","))
        if kind == tuple[str, ...]:
            return tuple(text.split(","))
        return kind(text)

    def read_or_explain(text):
        try:
            return read(text)
        except (ValueError, KeyError):
            message = f"received {text!r}, expected {TYPES_IN_WORDS[kind]}"
            raise argparse.ArgumentTypeError(message) from None

    return read_or_explain


_METAVARS = {
    str: "TEXT",
    int: "WHOLE_NUMBER",
    int | None: "WHOLE_NUMBER",
    float: "NUMBER",
    bool: "TRUE_OR_FALSE",
    tuple[int, ...]: "NUMBERS",
    tuple[str, ...]: "NAMES",
}


def _refuse_existing(run):
    # An empty folder is left where the first file could not be written.
    is_empty = run.path.is_dir() and not any(run.path.iterdir())
    if run.path.exists() and not is_empty:
        raise UserMistake(
            f"{run.path} exists already and is never overwritten; go on with it by "
            "--resume, or choose another --name"
        )


def _continued(run, flags, preset):
    """Return the settings that `run` began with; more epochs may be asked for."""
    if not run.settings.is_file():
        raise UserMistake(
            f"--resume: there is no run at {run.path}; start it without --resume"
        )
    begun = run.read_settings()
    asked = {**PRESETS[preset], **flags}
    for name, value in asked.items():
        if name not in ("name", "epochs") and getattr(begun, name) != value:
            raise UserMistake(
                f"--{name.replace('_', '-')}: received {value!r}, but {run.path} began "
                f"with {getattr(begun, name)!r}; leave the flag away or choose a new "
                "--name"
            )
    continued = dataclasses.replace(begun, epochs=flags.get("epochs", begun.epochs))
    check_settings(continued)
    return continued
