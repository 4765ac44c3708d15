import json

import numpy as np
import pytest
from PIL import Image

import model
from latents import directions
from pages.explorer.model import open_run
from tests.pages.explorer import small


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return the folder of a run whose two dimensions are red and green."""
    small.explored(tmp_path / "run", monkeypatch)
    monkeypatch.setattr(model, "load_networks", lambda run: small.Painter())
    return tmp_path / "run"


def describe(folder, count):
    """Write pictures of which each is as yellow as it is red and green."""
    folder.mkdir()
    lines = ["file,yellow_light,chance"]
    random = np.random.default_rng(0)
    for number in range(count):
        red, green = random.integers(40, 216, 2)
        Image.new("RGB", (8, 8), (red, green, 0)).save(folder / f"{number}.png")
        lines.append(f"{number}.png,{red + green},{random.random():.3f}")
    (folder / "factors.csv").write_text("\n".join([*lines, "gone.png,3,1", ""]))
    return folder / "factors.csv"


def test_a_direction_is_found_and_shown_before_all_dimensions(run, tmp_path, capsys):
    table = describe(tmp_path / "described", 200)
    assert directions.main([str(run), "--factors", str(table)]) == 0
    words = capsys.readouterr().out
    assert "left out gone.png" in words and "left out chance" in words
    (found,) = json.loads((run / "directions.json").read_text())
    np.testing.assert_allclose(found["direction"], [0.707, 0.707], atol=0.03)
    first, *others = open_run(run).facts["sliders"]
    assert (first["id"], first["name"]) == ("d0", "yellow light")
    assert first["note"].startswith("R2 0.9") and first["low"] < -1 < 1 < first["high"]
    assert [slider["id"] for slider in others] == ["z1", "z0"]


def test_what_cannot_be_found_is_one_line(run, tmp_path, capsys):
    table = describe(tmp_path / "few", 20)
    for path, words in (
        (table, "describes 20 pictures that can be read; at least 200"),
        (tmp_path / "missing.csv", "which is no file"),
    ):
        assert directions.main([str(run), "--factors", str(path)]) == 2
        assert words in capsys.readouterr().err
    assert not (run / "directions.json").exists()
