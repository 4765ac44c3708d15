import json

import keras
import numpy as np
import pytest

from export.pretrained import write_pretrained
from mistakes import UserMistake
from model import VAE, build_decoder, build_encoder, load_networks
from run_folder import RunFolder
from tests.small_run import LATENTS, fill


@pytest.fixture
def run(tmp_path):
    run = RunFolder(fill(tmp_path / "run", LATENTS))
    settings = json.loads(run.settings.read_text()) | {"latent_dim": 3}
    run.settings.write_text(json.dumps(settings))
    run.latents.write_text("{}")
    keras.utils.set_random_seed(1)
    encoder = build_encoder(16, (4, 4), units=8, latent_dim=3)
    decoder = build_decoder(16, (4, 4), channels=4, latent_dim=3, kind="modulated")
    VAE(encoder, decoder, beta=1.0, gamma=0.0).save_networks(run)
    return run


def test_a_packed_run_draws_the_same_pictures_and_says_how_it_was_made(run, tmp_path):
    folder = tmp_path / "packed"
    assert write_pretrained(run.path, folder) <= 1
    packed = RunFolder(folder)
    codes = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    pictures, others = (load_networks(each).decode(codes) for each in (run, packed))
    assert 0 < np.abs(pictures - others).max() < 1 / 255
    assert packed.read_settings() == run.read_settings()
    made = json.loads((folder / "made.json").read_text())
    assert made["by"].startswith("python -m export") and made["at_commit"]
    size = sum(path.stat().st_size for path in folder.glob("*.keras"))
    assert size < sum(path.stat().st_size for path in run.path.glob("*.keras"))


def test_where_rounding_shows_nothing_is_rounded(run, tmp_path, monkeypatch):
    monkeypatch.setattr("export.pretrained.LARGEST_DIFFERENCE", -1)
    folder = tmp_path / "packed"
    assert write_pretrained(run.path, folder) == 0
    for name in ("encoder", "decoder"):
        original = run.network(name).read_bytes()
        assert (folder / f"{name}.keras").read_bytes() == original


def test_a_run_that_is_not_finished_is_not_packed(run, tmp_path):
    run.network("decoder").unlink()
    with pytest.raises(UserMistake, match="decoder.keras is missing"):
        write_pretrained(run.path, tmp_path / "packed")
    assert not (tmp_path / "packed").exists()
