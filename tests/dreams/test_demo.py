import numpy as np
import pytest
from PIL import Image

from dreams import demo
from hyperparameters import Hyperparameters
from pictures.reading import Split
from run_folder import RunFolder


class Painter:
    """A model that puts every picture at (7, 0) and draws codes as they are."""

    def __init__(self):
        self.decoded = []

    def encode(self, batches):
        count = sum(len(batch) for batch in batches)
        return np.tile([7.0, 0.0], (count, 1)), np.tile([-4.0, 0.0], (count, 1))

    def decode(self, latents):
        self.decoded.append(latents)
        grey = np.clip(latents[:, 0] / 10, 0, 1)
        return np.broadcast_to(grey[:, None, None, None], (len(latents), 8, 8, 3))


def dream(folder, **changes):
    settings = Hyperparameters(latent_dim=2, name="night", **changes)
    pixels = np.zeros((20, 8, 8, 3), np.uint8)
    train = Split(folder, [None] * 20, 8, pixels)
    vae = Painter()
    demo.write(vae, train, settings, RunFolder(folder))
    return vae.decoded[0]


@pytest.mark.parametrize(
    ("sampler", "means", "deviations"),
    [("prior", [0.0, 0.0], [0.5, 0.5]), ("mixture", [7, 0], [0.068, 0.5])],
)
def test_dreams_come_from_the_prior_or_from_where_the_pictures_are(
    sampler, means, deviations, tmp_path, monkeypatch
):
    monkeypatch.setattr(demo, "write_picture", lambda *_: None)
    latents = dream(
        tmp_path, demo_iterations=2000, demo_sampler=sampler, demo_temperature=0.5
    )
    assert latents.shape == (2000, 2)
    assert latents.dtype == np.float32
    np.testing.assert_allclose(latents.mean(axis=0), means, atol=0.06)
    np.testing.assert_allclose(latents.std(axis=0), deviations, rtol=0.1)


def test_single_dreams_and_one_sheet_are_written(tmp_path):
    dream(tmp_path, demo_iterations=13)
    folder = tmp_path / "demo_night"
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"dream_{number:03d}.png" for number in range(1, 14)] + [
        "dreams.png"
    ]
    with Image.open(folder / "dreams.png") as sheet:
        assert sheet.size == (2 + 10 * 10, 26 + 2 + 2 * 10)
        corner = sheet.getpixel((2, 26 + 2))
        words = np.asarray(sheet.convert("L"))[:26]
    assert words.max() > 150
    with Image.open(folder / "dream_001.png") as first:
        assert first.getpixel((0, 0)) == corner
