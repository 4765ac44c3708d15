"""The files that name packages agree with one another."""

from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
WANTED = sorted([*ROOT.glob("requirements*.txt"), *ROOT.glob("*/requirements*.txt")])
# Asked for by benchmarks alone; no test needs them.
UNTESTED = {"torch", "pandas", "seaborn"}


def requirements_in(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def pins(name, python="3.11"):
    """Return a dict of package to version that a tested set has on a Python."""
    here = {"python_version": python}
    return {
        pin.name.lower(): str(pin.specifier).removeprefix("==")
        for pin in requirements_in(ROOT / name)
        if pin.marker is None or pin.marker.evaluate(here)
    }


@pytest.mark.parametrize(
    ("name", "python"),
    [
        ("constraints.txt", "3.10"),
        ("constraints.txt", "3.13"),
        ("constraints-lowest.txt", "3.11"),
    ],
)
def test_a_tested_set_is_one_of_those_asked_for(name, python):
    versions = pins(name, python)
    for path in WANTED:
        for wanted in requirements_in(path):
            if wanted.name not in UNTESTED:
                assert versions[wanted.name] in wanted.specifier, wanted


def test_one_tested_set_is_the_lowest_of_those_asked_for():
    versions = pins("constraints-lowest.txt")
    for path in WANTED:
        for wanted in requirements_in(path):
            [lowest] = [part for part in wanted.specifier if part.operator == ">="]
            if wanted.name not in UNTESTED:
                assert Version(versions[wanted.name]) == Version(lowest.version), wanted


def test_conda_takes_what_pip_takes():
    conda = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert "- -r requirements.txt\n" in conda
