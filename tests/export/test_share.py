import json

import keras
import pytest

from export import share
from export.networks import Portable
from mistakes import UserMistake
from run_folder import save_json
from tests.pages.explorer import small
from tests.small_run import LATENTS, change_metrics


@pytest.fixture
def networks():
    plain = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    return {
        "encoder": Portable(plain, b"encoder", 2e-6),
        "decoder": Portable(plain, b"decoder", 3e-7),
    }


@pytest.fixture
def explored(tmp_path, monkeypatch):
    monkeypatch.setattr(share, "write_page", lambda facts, onnx, path: path.touch())
    return small.explored(tmp_path / "run", monkeypatch)


def card_of(folder):
    return (folder / "README.md").read_text(encoding="utf-8")


def test_a_shared_folder_is_whole_and_its_card_has_the_figures(
    explored, networks, tmp_path
):
    save_json(explored.folder.names, {"z0": "warm light"})
    folder = tmp_path / "shared"
    share.write_folder(explored, networks, folder)
    assert {path.name for path in folder.iterdir()} == {
        *("encoder.onnx", "decoder.onnx", "encoder.keras", "decoder.keras"),
        *("latent.json", "index.html", "README.md", "redrawn.png"),
    }
    assert (folder / "encoder.onnx").read_bytes() == b"encoder"
    latent = json.loads((folder / "latent.json").read_text())
    assert [slider["name"] for slider in latent["sliders"]] == [
        "roof slant",
        "warm light",
    ]
    assert len(latent["mixture"]["means"][0]) == 2
    card = card_of(folder)
    front = card.split("---\n")[1]
    assert "license: mit\n" in front and "sdk: static\n" in front
    for words in (
        "from 0 to 1: 0.0421",
        "mutual information gap: 0.40",
        "1 of 2 known factors have a number of their own",
        "| roof slant | z1 | 0.75 | 0.96 | its own |",
        "number of its own: gate width is not learnt.",
        "encoder 2.0e-06, decoder 3.0e-07.",
        "Drawn by a program",
    ):
        assert words in card, words


def test_the_card_of_photos_names_whose_they_are(explored, networks, tmp_path):
    for dataset, words in (("landmarks", "photographers"), ("mine", "who took them")):
        settings = json.loads(explored.folder.settings.read_text())
        explored.folder.settings.write_text(json.dumps(settings | {"dataset": dataset}))
        share.write_folder(explored, networks, tmp_path / dataset)
        assert "license: other\n" in card_of(tmp_path / dataset)
        assert words in card_of(tmp_path / dataset)


def test_without_known_factors_the_card_has_no_table(explored, networks, tmp_path):
    change_metrics(explored.folder.path, latents=LATENTS)
    share.write_folder(explored, networks, tmp_path / "shared")
    assert "| factor |" not in card_of(tmp_path / "shared")


def test_nothing_is_written_over_and_nothing_unfinished_is_shared(
    explored, networks, tmp_path
):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    with pytest.raises(UserMistake, match="no empty folder"):
        share.write_folder(explored, networks, tmp_path / "full")
    explored.folder.metrics.unlink()
    with pytest.raises(UserMistake, match="finish the run first"):
        share.write_folder(explored, networks, tmp_path / "shared")
    assert not (tmp_path / "shared").exists()
