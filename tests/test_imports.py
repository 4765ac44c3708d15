"""The import graph points one way, and importing anything has no effect."""

import ast
import importlib.util
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SUITE = ROOT / "transfer_learning"
MAIN_JOB = {path.stem: path for path in ROOT.glob("*.py")}
FILTERS = {path.stem: path for path in SUITE.glob("*.py")}
OURS = {**MAIN_JOB, **FILTERS}

LEAVES = {
    "charts",
    "cluster",
    "files",
    "hyperparameters",
    "loss_table",
    "losses",
    "mixture",
    "pictures",
    "precision",
    "progress",
    "report_style",
    "rotation",
    "tensorflow_start",
}
# What both suites stand on; neither imports anything else of the other.
SHARED = {
    "archives",
    "downloads",
    "files",
    "pictures",
    "progress",
    "tensorflow_start",
    "zenodo",
}
# Imported only by who asks for Ray, which is an optional package.
NEEDING_RAY = {"ray_cluster", "ray_runner", "worker_pool"}

WATCH = """
import contextlib, random, sys
written = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        written.append(str(arguments[0]))
    if event in ("socket.connect", "socket.getaddrinfo", "os.mkdir", "os.rename"):
        written.append(event)
import tensorflow, numpy, PIL.Image, sklearn.ensemble, requests
with contextlib.suppress(ImportError):
    import ray
numpy.random.seed(5); random.seed(5)
before = numpy.random.get_state()[1].tolist(), random.getstate()
sys.addaudithook(watch)
for name in sys.argv[1:]:
    __import__(name)
assert not written, written
assert before == (numpy.random.get_state()[1].tolist(), random.getstate()), "seeded"
"""  # noqa: E501


def imports_of(path):
    """Return which of our modules a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names & set(OURS)


def test_module_names_are_unique():
    assert not set(MAIN_JOB) & set(FILTERS)
    tests = [path.name for path in (ROOT / "tests").rglob("*.py")]
    assert len(tests) == len(set(tests))


def test_no_module_stands_on_itself():
    graph = {name: imports_of(path) for name, path in OURS.items()}
    order = list(TopologicalSorter(graph).static_order())
    assert set(order) == set(OURS)


def test_leaves_import_nothing_of_ours():
    for name in LEAVES:
        assert not imports_of(OURS[name]), name


def test_losses_and_model_know_nothing_above_them():
    assert not imports_of(OURS["losses"])
    assert imports_of(OURS["objectives"]) <= {"losses"}
    assert imports_of(OURS["model"]) <= {"devices", "layers", "losses", "objectives"}


def test_entry_points_are_imported_by_nobody():
    for entry in ("main", "feature_training", "deploy", "train"):
        for name, path in OURS.items():
            assert entry not in imports_of(path), name


def test_neither_suite_imports_the_other():
    for name, path in FILTERS.items():
        assert imports_of(path) <= set(FILTERS) | SHARED, name
    for name, path in MAIN_JOB.items():
        assert not imports_of(path) & set(FILTERS), name


def test_nothing_but_fetch_functions_reaches_for_the_network():
    for name, path in OURS.items():
        text = path.read_text(encoding="utf-8")
        reaches = any(word in text for word in ("import requests", "urllib.request"))
        assert not reaches or name == "downloads", name


@pytest.mark.parametrize("folder", [ROOT, SUITE], ids=["main_job", "filters"])
def test_importing_has_no_effect(folder, tmp_path):
    names = sorted(path.stem for path in folder.glob("*.py"))
    if importlib.util.find_spec("ray") is None:
        names = [name for name in names if name not in NEEDING_RAY]
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCH, *names],
        cwd=tmp_path,
        env={
            "PYTHONPATH": f"{ROOT}:{SUITE}",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PATH": "/usr/bin:/bin",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())


def test_ray_is_imported_only_where_it_is_asked_for():
    for name, path in OURS.items():
        if name not in NEEDING_RAY | {"deploy"}:
            assert not imports_of(path) & NEEDING_RAY, name
            assert "import ray" not in path.read_text(encoding="utf-8"), name
