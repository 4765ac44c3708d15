"""The files that name packages agree with one another."""

import re
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


def pins(name):
    """Return a dict of package to version of one of the two tested sets."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.findall(r"^([\w.-]+)==(\S+)$", text, flags=re.MULTILINE)
    return {package.lower(): version for package, version in found}


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-lowest.txt"])
def test_a_tested_set_is_one_of_those_asked_for(name):
    versions = pins(name)
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
