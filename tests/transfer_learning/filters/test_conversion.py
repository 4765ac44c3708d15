import shutil

import keras
import numpy as np
import pytest

from tests.transfer_learning.exit_codes import exit_code
from tests.transfer_learning.tiny_filters import build_tiny_filter
from transfer_learning.filters import conversion, saved_models
from transfer_learning.filters.traits import read_traits


@pytest.fixture
def saved_model(tmp_path, monkeypatch):
    """Return the folder of a SavedModel without numbers."""
    monkeypatch.setattr(
        saved_models,
        "convert_saved_model",
        lambda folder, side, network: (
            saved_models.find_saved_model(folder) and build_tiny_filter()
        ),
    )
    (tmp_path / "mine" / "variables").mkdir(parents=True)
    (tmp_path / "mine" / "variables" / "variables.index").touch()
    return tmp_path / "mine"


@pytest.mark.parametrize("is_zip", [False, True])
def test_a_folder_or_a_zip_of_it_becomes_a_filter(saved_model, tmp_path, is_zip):
    if is_zip:
        saved_model = shutil.make_archive(saved_model, "zip", saved_model)
    target = tmp_path / "filters" / "mine.keras"
    command = [str(saved_model), "--to", str(target), "--task", "castle"]
    assert conversion.main([*command, "--threshold", "0.8"]) == 0
    traits = read_traits(target)
    assert (traits.task, traits.threshold, traits.side) == ("castle", 0.8, 300)
    assert [path.name for path in target.parent.iterdir()] == ["mine.keras"]


def test_scores_given_before_are_compared(saved_model, tmp_path, monkeypatch, capsys):
    layers = keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1, None, False)
    model = keras.Sequential([keras.Input((32, 32, 3)), *layers])
    model.set_weights([np.full((3, 1), 1 / 768)])
    monkeypatch.setattr(saved_models, "convert_saved_model", lambda *_: model)
    pictures = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)
    scores = pictures.mean((1, 2, 3)) / 256
    scores[3] += 0.25
    np.savez(tmp_path / "expected.npz", pictures=pictures, scores=scores)
    command = [str(saved_model), "--to", str(tmp_path / "mine.keras"), "--side", "32"]
    command += ["--expected", str(tmp_path / "expected.npz")]
    assert conversion.main(command) == 0
    assert "Scores of 5 pictures differ by at most 2.5e-01" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["nowhere", "--to", "a.keras"], "nowhere does not exist"),
        (["mine", "--to", "a.h5"], "--to a.h5: name a new file"),
        (["mine", "--to", "there.keras"], "--to there.keras: name a new file"),
        ([".", "--to", "a.keras"], "instead of one: see --side and --network"),
        (["mine", "--to", "a.keras", "--side", "16"], "--side: 16: give 32 or more"),
        (["mine", "--to", "a.keras", "--expected", "no.npz"], "--expected no.npz"),
        (["mine", "--to", "a.keras", "--expected", "there.keras"], "cannot be read"),
    ],
)
def test_mistakes_end_in_one_line(saved_model, wrong, message, monkeypatch, capsys):
    monkeypatch.chdir(saved_model.parent)
    shutil.copytree("mine", "other")
    (saved_model.parent / "there.keras").touch()
    assert exit_code(conversion, wrong) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
