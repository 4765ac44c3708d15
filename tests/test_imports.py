"""Imports point one way, and importing anything has no effect.

A room is a module of the root or a package there, whatever it holds. An arrow leads
from a room to one that it imports from, wherever in a file that happens. All arrows,
and how many point backwards: `python -m pytest -s tests/test_imports.py`.
"""

import ast
import importlib.util
import subprocess
import symtable
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Lowest first: a room imports from the layers below its own only.
LAYERS = (
    {"files", "mistakes", "progress"},
    {"downloads", "hyperparameters", "pictures"},
    {"castles", "latents", "losses", "optimizers", "run_folder"},
    {"data", "devices", "features", "objectives"},
    {"callbacks", "command_line", "evaluation", "layers"},
    {"model", "monitoring", "report"},
    {"dreams", "training"},
    {"pages"},
    {"export"},
    {"transfer_learning"},
    {"annotate", "explore", "latents.directions", "main"},
    {"benchmarks"},
)
MOST_ARROWS = 80
# What stands on finished runs, or measures whatever there is, is counted apart.
BESIDE_THE_JOB = {
    "annotate",
    "benchmarks",
    "explore",
    "export",
    "latents.directions",
    "pages",
}
# Commands beside what they stand on, which are no part of it: rooms of their own.
COMMANDS = {"latents.directions"}
# What the filters have in common with the main job.
SHARED = {
    "devices.surroundings",
    "devices.tensorflow_start",
    "downloads",
    "files",
    "mistakes",
    "pictures",
    "progress",
}
ENTRY_POINTS = {
    "annotate",
    "explore",
    "latents.directions",
    "main",
    "transfer_learning.audit",
    "transfer_learning.deploy",
    "transfer_learning.filters.conversion",
    "transfer_learning.train",
}
# Packages that are optional, and where alone they are asked for.
OPTIONAL = {
    "huggingface_hub": "export.hub",
    "imagehash": (
        "benchmarks.near_duplicates",
        "transfer_learning.fine_tuning.",
        "transfer_learning.selection.duplicates",
    ),
    "onnx": "export.",
    "onnxruntime": "export.",
    "ray": "transfer_learning.workers.",
    "starlette": "pages.",
    "torch": "benchmarks.plain_torch",
    "uvicorn": "pages.",
}
REQUESTS = {"get", "head", "post", "request", "Session"}

WATCH = """
import contextlib, importlib, os, random, sys
written = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        written.append(str(arguments[0]))
    if event in ("socket.connect", "socket.getaddrinfo", "os.mkdir", "os.rename"):
        written.append(event)
def state():
    return numpy.random.get_state()[1].tolist(), random.getstate(), dict(os.environ)
import tensorflow, numpy, PIL.Image, sklearn.ensemble, requests
with contextlib.suppress(ImportError):
    import ray
with contextlib.suppress(ImportError):
    import torch
numpy.random.seed(5); random.seed(5)
before = state()
sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
assert not written, written
assert before == state(), "seeded, or an environment variable set"
"""  # noqa: E501


def find_modules():
    """Return the path of each module of ours by its dotted name."""
    packages = [path.parent for path in ROOT.glob("*/__init__.py")]
    paths = list(ROOT.glob("*.py"))
    for package in packages:
        if package.name != "tests":
            paths += package.rglob("*.py")
    modules = {}
    for path in paths:
        parts = path.relative_to(ROOT).with_suffix("").parts
        modules[".".join(parts).removesuffix(".__init__")] = path
    return modules


MODULES = find_modules()
TREES = {
    name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()
}


def imports_of(name):
    """Return the modules of ours that a module imports, anywhere in it."""
    return named_in(ast.walk(TREES[name])) & set(MODULES)


def named_in(nodes):
    """Return the modules that import statements name, ours and others'."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in MODULES else node.module)
    return found


def with_users(found, uses):
    """Return what is found and all that use some of it, directly or not."""
    while True:
        users = {name for name, used in uses.items() if used & found}
        if users <= found:
            return found
        found = found | users


def standing_on(package):
    """Return our modules that cannot be imported without a package."""
    uses = {name: named_in(tree.body) for name, tree in TREES.items()}
    for named in uses.values():
        named |= set(map(room_of, named))
    return with_users({package}, uses) - {package}


def room_of(name):
    return name if name in COMMANDS else name.partition(".")[0]


def arrows_between_rooms():
    """Return a set of pairs: a room, and one that it imports from."""
    pairs = {
        (room_of(name), room_of(imported))
        for name in MODULES
        for imported in imports_of(name)
    }
    return {(room, other) for room, other in pairs if room != other}


def test_every_room_stands_on_one_layer():
    listed = [room for layer in LAYERS for room in layer]
    assert sorted(listed) == sorted(set(map(room_of, MODULES)))


def test_arrows_are_few_and_point_one_way():
    heights = {room: height for height, layer in enumerate(LAYERS) for room in layer}
    arrows = sorted(arrows_between_rooms())
    backward = [
        (room, other) for room, other in arrows if heights[other] >= heights[room]
    ]
    for room in heights:
        print(f"{room:20}", *(other for start, other in arrows if start == room))
    counted = [room for room, _ in arrows if room not in BESIDE_THE_JOB]
    print(f"{len(heights)} rooms, {len(counted)} arrows, {len(backward)} backward")
    print(f"{len(arrows) - len(counted)} more from pages, exports and benchmarks")
    assert not backward
    assert len(counted) <= MOST_ARROWS


@pytest.mark.parametrize(
    "package", sorted(n for n in MODULES if MODULES[n].stem == "__init__")
)
def test_nothing_in_a_package_goes_in_a_circle(package):
    graph = {}
    for name in MODULES:
        part = part_of(package, name)
        if part:
            others = {part_of(package, imported) for imported in imports_of(name)}
            graph.setdefault(part, set()).update(others - {part, None})
    # Raises CycleError, which names the circle.
    TopologicalSorter(graph).prepare()


def part_of(package, name):
    """Return which module or package directly in `package` holds a module, or None."""
    if not name.startswith(f"{package}."):
        return None
    return name.removeprefix(f"{package}.").partition(".")[0]


def test_entry_points_are_imported_by_nobody():
    for name in MODULES:
        assert not imports_of(name) & ENTRY_POINTS, name


def test_filters_import_of_the_main_job_only_what_is_shared():
    for name in MODULES:
        if room_of(name) == "transfer_learning":
            for imported in imports_of(name):
                allowed = SHARED | {"transfer_learning"}
                assert {imported, room_of(imported)} & allowed, (name, imported)


@pytest.mark.parametrize("package", OPTIONAL)
def test_optional_packages_are_imported_only_where_they_are_asked_for(package):
    assert standing_on(package)
    for name in standing_on(package):
        assert name.startswith(OPTIONAL[package]), name


def test_nothing_but_fetch_functions_reaches_for_the_network():
    for name, path in MODULES.items():
        text = path.read_text(encoding="utf-8")
        reaches = any(word in text for word in ("import requests", "urllib.request"))
        assert not reaches or name == "downloads.http", name
    public = [name for name in functions_that_reach("downloads.http") if name[0] != "_"]
    assert public
    assert all(name.startswith("fetch_") for name in public), public


def functions_that_reach(module):
    """Return the functions and classes that send a request, or use one that does."""
    words = {}
    reaching = set()
    for part in TREES[module].body:
        if not isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            continue
        nodes = list(ast.walk(part))
        words[part.name] = {node.id for node in nodes if isinstance(node, ast.Name)}
        for node in nodes:
            if isinstance(node, ast.Attribute) and node.attr in REQUESTS:
                if ast.unparse(node.value) == "requests":
                    reaching.add(part.name)
    return with_users(reaching, words)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_names_taken_from_other_modules_are_there(name):
    """A name that moved is missed only when a late import comes to it."""
    modules = {}
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            for alias in node.names:
                modules[alias.asname or alias.name] = alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if whole in MODULES:
                    modules[alias.asname or alias.name] = whole
                elif node.module in MODULES:
                    assert alias.name in names_in(node.module), whole
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Attribute):
            module = modules.get(ast.unparse(node.value))
            if module in MODULES:
                assert node.attr in names_in(module), f"{module}.{node.attr}"


def names_in(module):
    """Return the names at the top of a module."""
    source = MODULES[module].read_text(encoding="utf-8")
    return symtable.symtable(source, module, "exec").get_identifiers()


def test_importing_has_no_effect(tmp_path):
    names = set(MODULES)
    for package in OPTIONAL:
        if importlib.util.find_spec(package) is None:
            names -= standing_on(package)
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCH, *sorted(names)],
        cwd=tmp_path,
        env={
            "PYTHONPATH": str(ROOT),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PATH": "/usr/bin:/bin",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())
