"""Every command of the pages is run, or its flags are parsed, or it says why not."""

import argparse
import dataclasses
import json
import runpy
import shlex
import sys

import pytest

import main
from hyperparameters import Hyperparameters
from tests.docs.pages import PAGES, ROOT, commands, spans

FILTERS = ROOT / "transfer_learning" / "README.md"
# How a command begins, and why no test runs it.
NOT_RUNNABLE_HERE = {
    "python3 -m venv": "makes an environment, which .ci/run does",
    "pip install": "needs the network; .ci/run installs the development packages",
    "conda": "is not there on every machine",
    "tensorboard": "serves until it is stopped",
    "ruff": "checks the whole repository, which .ci/run does",
    "python -m pytest": "would start these tests again",
    "python -c": "asks for a GPU",
    "python -m tests.docs.settings_page": "writes a page; test_settings.py compares it",
}
COMMANDS = sorted({command for page in (*PAGES, FILTERS) for command in commands(page)})
RUNNABLE = [
    command for command in COMMANDS if not command.startswith(tuple(NOT_RUNNABLE_HERE))
]
MAIN_JOB = [command for command in RUNNABLE if command.startswith("python main.py")]


class Understood(BaseException):
    """Ends a program once its command line is parsed."""


@pytest.mark.parametrize("command", MAIN_JOB)
def test_the_main_job_would_do_it(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    argv = shlex.split(command)[2:]
    if "--resume" in argv:
        begin_run("mine")
    assert exit_code([*argv, "--dry-run"]) == 0, capsys.readouterr().err


def begin_run(name):
    settings = dataclasses.asdict(Hyperparameters(name=name))
    folder = ROOT.cwd() / "runs" / name
    folder.mkdir(parents=True)
    (folder / "hyperparameters.json").write_text(json.dumps(settings))


def exit_code(argv):
    try:
        return main.main(argv)
    except SystemExit as end:
        return end.code


@pytest.mark.parametrize("command", sorted(set(RUNNABLE) - set(MAIN_JOB)))
def test_other_commands_are_understood(command, monkeypatch):
    parse = argparse.ArgumentParser.parse_args

    def parse_and_stop(parser, *arguments):
        parse(parser, *arguments)
        raise Understood

    program, *argv = shlex.split(command)[1:]
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_and_stop)
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    with pytest.raises(Understood):
        if program == "-m":
            module, *argv = argv
            monkeypatch.setattr(sys, "argv", [module, *argv])
            runpy.run_module(module, run_name="__main__")
        else:
            monkeypatch.setattr(sys, "argv", [program, *argv])
            runpy.run_path(str(ROOT / program), run_name="__main__")


@pytest.mark.parametrize("beginning", NOT_RUNNABLE_HERE)
def test_exceptions_are_still_needed(beginning):
    assert [command for command in COMMANDS if command.startswith(beginning)]


def test_files_to_install_from_exist():
    for command in COMMANDS:
        for word in command.split():
            if word.endswith((".txt", ".yml")):
                assert (ROOT / word).is_file(), command


def test_flags_named_alone_are_those_of_the_main_job(capsys):
    assert exit_code(["--help"]) == 0
    known = set(capsys.readouterr().out.replace("_", "-").split())
    pages = ("README.md", "docs/machines.md", "docs/when-it-goes-wrong.md")
    flags = {
        word
        for page in pages
        for span in spans(ROOT / page)
        for word in span.split()
        if span.startswith("--") and word.startswith("--")
    }
    assert len(flags) > 10
    assert flags <= known
