"""What the README says of the house, the packages and a result is true."""

import fnmatch
import re
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from model import build_decoder
from run_folder import MONITORS, RunFolder
from tests.docs.pages import FENCED, README, ROOT, names_in_tree, read, section


def test_it_is_read_in_one_sitting():
    assert len(read(README).splitlines()) <= 220


def test_rooms_name_every_module_and_package():
    named = set(names_in_tree("The rooms of the house"))
    packages = {f"{path.parent.name}/" for path in ROOT.glob("*/__init__.py")}
    assert {name for name in named if name.endswith(".py")} == {
        path.name for path in ROOT.glob("*.py")
    }
    assert packages <= named
    assert all((ROOT / name).exists() for name in named)


def test_everything_that_a_run_writes_is_named():
    run = RunFolder(Path("runs/castles"))
    paths = [path for path in vars(run).values() if isinstance(path, Path)]
    paths.remove(run.path)
    paths += [run.network("encoder"), run.network("decoder"), run.demo("<name>")]
    for kind in MONITORS:
        paths += [run.monitor(kind), run.animation(kind)]
    written = {path.name for path in paths}
    patterns = [name.rstrip("/") for name in names_in_tree("What a run writes")]
    named = [set(fnmatch.filter(written, pattern)) for pattern in patterns]
    assert all(named)
    assert set().union(*named) == written


def test_the_least_that_uses_a_result(tmp_path, monkeypatch):
    (lines,) = FENCED.findall(section(README, "Play with it"))
    assert len([line for line in lines.splitlines() if line]) == 6
    keras.utils.set_random_seed(1)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "castles").mkdir(parents=True)
    decoder = build_decoder(16, (4, 4), channels=4, latent_dim=3)
    decoder.save("runs/castles/decoder.keras")
    exec(compile(lines, "README.md", "exec"), {})
    with Image.open("dreams.png") as dreams:
        assert dreams.size == (5 * 18 + 2, 5 * 18 + 2)
        tiles = np.asarray(dreams)[2:].reshape(5, 18, 92, 3)[:, :16, 2:18]
    assert len({tile.tobytes() for tile in tiles}) == 5


def test_every_package_is_explained():
    explained = section(README, "Packages")
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            assert re.split("[<>=]", line)[0] in explained
