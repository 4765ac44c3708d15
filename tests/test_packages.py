"""The files that name packages agree with one another."""

import re
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
WANTED = sorted([*ROOT.glob("requirements*.txt"), *ROOT.glob("*/requirements*.txt")])
TESTED = (ROOT / "constraints.txt").read_text(encoding="utf-8")
# Asked for by benchmarks alone; no test needs them.
UNTESTED = {"torch", "pandas", "seaborn"}


def requirements_in(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def test_the_tested_set_is_one_of_those_asked_for():
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", TESTED, flags=re.MULTILINE))
    versions = {name.lower(): version for name, version in pins.items()}
    for path in WANTED:
        for wanted in requirements_in(path):
            if wanted.name not in UNTESTED:
                assert versions[wanted.name] in wanted.specifier, wanted


def test_conda_takes_what_pip_takes():
    conda = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert "- -r requirements.txt\n" in conda
