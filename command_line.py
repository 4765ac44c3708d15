"""The command line of `main.py`: one flag a setting.

Owns the flags and what they mean together. The settings are in `hyperparameters.py`;
how a mistake is said, in `mistakes.py`. TensorFlow and numpy are not loaded, so that
`--help` and a mistyped flag answer at once.
"""

import argparse
import dataclasses
from dataclasses import dataclass
from pathlib import Path

import mistakes
from devices.cluster import read_cluster
from hyperparameters import (
    CHANGEABLE,
    PRESETS,
    SIZES,
    TYPES_IN_WORDS,
    Hyperparameters,
    choose_settings,
    describe,
    expected,
)
from mistakes import OneLineParser, UserMistake
from run_folder import RUNS_FOLDER, RunFolder


@dataclass(frozen=True)
class Arguments:
    """What the command line asked for: the settings, and how to run them."""

    settings: Hyperparameters
    run: RunFolder
    is_resumed: bool
    is_dry_run: bool
    accepts_changed_pictures: bool

    def how_to_go_on(self):
        """Return in words what continues this run after it stopped."""
        if not self.run.settings.exists():
            return "give the command again: nothing is lost"
        return f"go on with: {self.run.how_to_go_on()}"


def run(job, arguments):
    """Do the job, or only show what it would do, and return the exit code.

    Args:
        job: function of the `Arguments`.
        arguments: as `parse` returns them.
    """
    if arguments.is_dry_run:
        return mistakes.run(lambda: _show(arguments), "main.py")
    return mistakes.run(lambda: job(arguments), "main.py", arguments.how_to_go_on)


def _show(arguments):
    print(f"would train into {arguments.run.path} with the settings")
    print(describe(arguments.settings))


def parse(argv=None):
    """Return the validated `Arguments` of a command line.

    With `--resume` the settings are those the run began with. A wrong value ends the
    program here: one line on standard error, exit code 2, nothing written.
    """
    parser = _build_parser()
    flags = vars(parser.parse_args(argv))
    preset, is_resumed = flags.pop("preset"), flags.pop("resume")
    is_dry_run, runs_folder = flags.pop("dry_run"), flags.pop("runs_folder")
    accepts_changed_pictures = flags.pop("accept_changed_pictures")
    try:
        settings = choose_settings(preset, flags)
        folder = RunFolder(runs_folder / settings.name)
        if is_resumed:
            settings = _continued(folder, flags, preset)
        elif read_cluster().is_chief:
            folder.check_new()
        if settings.start_from:
            _check_sizes(settings)
    except UserMistake as mistake:
        parser.error(str(mistake))
    return Arguments(settings, folder, is_resumed, is_dry_run, accepts_changed_pictures)


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
        "--accept-changed-pictures",
        action="store_true",
        default=False,
        help="go on although the pictures are not those that the run began with",
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


def _continued(run, flags, preset):
    """Return the settings that `run` began with, with what may be changed in them."""
    if not run.settings.is_file():
        raise UserMistake(
            f"--resume: there is no run at {run.path}; start it without --resume"
        )
    begun = run.read_settings()
    asked = {**PRESETS[preset], **flags}
    for name, value in asked.items():
        if name not in ("name", *CHANGEABLE) and getattr(begun, name) != value:
            raise UserMistake(
                f"--{name.replace('_', '-')}: received {value!r}, but {run.path} began "
                f"with {getattr(begun, name)!r}; leave the flag away or choose a new "
                "--name"
            )
    changes = {name: flags[name] for name in CHANGEABLE if name in flags}
    return dataclasses.replace(begun, **changes)


def _check_sizes(settings):
    """Raise UserMistake unless the weights to start from fit the settings."""
    source = RunFolder(settings.start_from)
    trained = source.read_settings()
    for name in SIZES:
        ours, theirs = getattr(settings, name), getattr(trained, name)
        if ours != theirs:
            raise UserMistake(
                f"--start-from: received {settings.start_from!r}, which was trained "
                f"with {name} {_in_words(theirs)}, not {_in_words(ours)}; give "
                f"--{name.replace('_', '-')} {_in_words(theirs)}"
            )
    if not source.checkpoint.is_file():
        raise UserMistake(
            f"--start-from: received {settings.start_from!r}, but "
            f"{source.checkpoint.name} is missing there: train it first"
        )
