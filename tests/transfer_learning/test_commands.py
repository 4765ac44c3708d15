"""What deploy.py, train.py and audit.py have in common: how they start and end."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from mistakes import Mishap, UserMistake
from tests.transfer_learning.exit_codes import exit_code
from tests.transfer_learning.tiny_filters import save_tiny_filters
from transfer_learning import audit, deploy, train
from transfer_learning.fine_tuning import ensemble
from transfer_learning.jobs import folder

SLOW = {"tensorflow", "keras", "numpy", "PIL", "requests", "scipy", "sklearn"}


@pytest.fixture
def commands(tmp_path):
    """Return each command with correct arguments and a function that it calls."""
    photos, (filter_,) = tmp_path / "photos", save_tiny_filters(tmp_path, count=1)
    photos.mkdir()
    photos_and = ["--photos", str(photos)]
    chosen = ["--chosen", str(tmp_path / "chosen")]
    output = ["--output", str(tmp_path / "output")]
    return {
        "deploy.py": (
            deploy,
            [*photos_and, *chosen, "--first", filter_],
            (folder.FolderJob, "units"),
        ),
        "train.py": (
            train,
            [*photos_and, *output, "--task", "castle", "--weights", "random"],
            (ensemble, "find_classes"),
        ),
        "audit.py": (
            audit,
            ["judge", "--audit", str(tmp_path / "audit.csv")],
            (audit, "read_member_counts"),
        ),
    }


NAMES = pytest.mark.parametrize("name", ["deploy.py", "train.py", "audit.py"])


def plant(commands, name, fault, monkeypatch):
    command, arguments, place = commands[name]

    def fail(*arguments, **options):
        raise fault

    monkeypatch.setattr(*place, fail)
    return command.main(arguments)


@NAMES
@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (UserMistake("--size 0: give 1 or more"), 2, "--size 0: give 1 or more"),
        (Mishap("the server is silent"), 1, "the server is silent"),
        (OSError(errno.ENOSPC, "", "a.csv"), 1, "the disk is full (a.csv): free some"),
        (PermissionError(errno.EACCES, "", "a.csv"), 1, "no permission (a.csv)"),
        (ConnectionResetError("by peer"), 1, "the connection was lost (by peer)"),
        (KeyboardInterrupt(), 130, "stopped; give the"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_fault_of_ours_is_one_line(
    commands, name, fault, code, words, monkeypatch, capsys
):
    assert plant(commands, name, fault, monkeypatch) == code
    error = capsys.readouterr().err
    assert error.startswith(f"{name}: {words}") and error.count("\n") == 1


@NAMES
@pytest.mark.parametrize(
    "fault",
    [ValueError("shapes (2,) and (3,)"), OSError(errno.EIO, "Input/output error")],
    ids=["ValueError", "OSError"],
)
def test_any_other_fault_keeps_its_traceback(commands, name, fault, monkeypatch):
    with pytest.raises(type(fault)) as caught:
        plant(commands, name, fault, monkeypatch)
    assert caught.value is fault


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("deploy.py", "the same command again: it goes on from here"),
        ("train.py", "the same command with --resume"),
        ("audit.py", "the command again"),
    ],
)
def test_ctrl_c_says_how_to_go_on(commands, name, words, monkeypatch, capsys):
    plant(commands, name, KeyboardInterrupt(), monkeypatch)
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "flag", "abbreviated"),
    [
        ("deploy.py", "--batch_size", "--batch"),
        ("train.py", "--batch_size", "--batch"),
        ("audit.py", "--manifest", "--mani"),
    ],
)
def test_underscores_are_accepted_and_abbreviations_are_not(
    commands, name, flag, abbreviated, capsys
):
    command, arguments, _ = commands[name]
    command.build_parser().parse_args([*arguments, flag, "3"])
    assert exit_code(command, [*arguments, abbreviated, "3"]) == 2
    assert f"unrecognized arguments: {abbreviated}" in capsys.readouterr().err


@NAMES
def test_each_command_starts_in_any_folder_and_its_help_loads_nothing_slow(
    name, tmp_path
):
    program = Path(deploy.__file__).with_name(name)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(program), "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "usage" in done.stdout
    loaded = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "argparse" in loaded
    assert not loaded & SLOW
