"""The command line of `main.py`: one flag a setting, and a mistake is one line.

Owns the flags and what they mean together; the settings themselves are in
`hyperparameters.py`. Standard library only, so that `--help` and a mistyped flag
answer at once.
"""

import argparse
import dataclasses
from dataclasses import dataclass
from pathlib import Path

from hyperparameters import PRESETS, Hyperparameters, check, load


@dataclass(frozen=True)
class Arguments:
    """What the command line asked for: the settings, and how to run them."""

    settings: Hyperparameters
    run_folder: Path
    resume: bool
    dry_run: bool


def parse_arguments(argv=None):
    """Return the validated `Arguments` of a command line.

    With `--resume` the settings are those the run began with. A wrong value ends the
    program here: one line on standard error, exit code 2, nothing written.
    """
    parser = _build_parser()
    flags = vars(parser.parse_args(argv))
    preset, resume = flags.pop("preset"), flags.pop("resume")
    dry_run, runs_folder = flags.pop("dry_run"), Path(flags.pop("runs_folder"))
    try:
        settings = Hyperparameters(**{**PRESETS[preset], **flags})
        run_folder = runs_folder / settings.name
        check(settings)
        if resume:
            settings = _continued(run_folder, flags, preset)
            check(settings)
    except ValueError as error:
        parser.error(str(error))
    return Arguments(settings, run_folder, resume, dry_run)


class OneLineParser(argparse.ArgumentParser):
    """An argument parser that says a mistake in one line, with exit code 2."""

    def error(self, message):
        """End the program."""
        self.exit(2, f"{self.prog}: {message}\n")


def _build_parser():
    parser = OneLineParser(
        prog="main.py",
        description="Train a network to dream castles. Settings: hyperparameters.py.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--preset", choices=PRESETS, default="castles", help="named settings: castles "
        "(default; CPU, minutes), landmarks_128, landmarks_256 (for a GPU)"
    )  # fmt: skip
    parser.add_argument(
        "--resume", action="store_true", default=False, help="go on with runs/<name>"
    )
    parser.add_argument(
        "--dry-run", action="store_true", default=False,
        help="show the settings and what would happen, and stop"
    )  # fmt: skip
    parser.add_argument(
        "--runs-folder", default="runs", help="where run folders stand; default: runs"
    )
    group = parser.add_argument_group("settings (see hyperparameters.py)")
    for setting in dataclasses.fields(Hyperparameters):
        _add_flag(group, setting)
    return parser


def _add_flag(group, setting):
    default = setting.default
    shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
    group.add_argument(
        f"--{setting.name}",
        type=_reader(setting.type),
        metavar=_TYPE_NAMES[setting.type],
        help=f"{setting.metadata['note']}; default: {shown}".replace("%", "%%"),
    )


def _reader(kind):
    """Return the function that turns a flag's text into a value of type `kind`."""

    def read(text):
        if kind == int | None:
            return None if text.lower() == "none" else int(text)
        if kind is bool:
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        if kind == tuple[int, ...]:
            return tuple(int(part) for part in text.split(","))
        return kind(text)

    def read_or_explain(text):
        try:
            return read(text)
        except (ValueError, KeyError):
            wanted = _TYPE_NAMES[kind]
            message = f"received {text!r}, expected {wanted}"
            raise argparse.ArgumentTypeError(message) from None

    return read_or_explain


_TYPE_NAMES = {
    str: "TEXT",
    int: "WHOLE_NUMBER",
    int | None: "WHOLE_NUMBER_OR_NONE",
    float: "NUMBER",
    bool: "TRUE_OR_FALSE",
    tuple[int, ...]: "NUMBERS,WITH,COMMAS",
}


def _continued(run_folder, flags, preset):
    """Return the settings that `run_folder` began with; more epochs may be asked."""
    path = run_folder / "hyperparameters.json"
    if not path.is_file():
        raise ValueError(
            f"--resume: there is no run at {run_folder}; start it without --resume"
        )
    begun = load(path)
    asked = {**PRESETS[preset], **flags}
    changed = [
        name
        for name, value in asked.items()
        if name not in ("name", "epochs") and getattr(begun, name) != value
    ]
    if changed:
        name = changed[0]
        raise ValueError(
            f"--{name}: received {asked[name]!r}, but {run_folder} began with "
            f"{getattr(begun, name)!r}; leave the flag away or choose a new --name"
        )
    return dataclasses.replace(begun, epochs=flags.get("epochs", begun.epochs))
