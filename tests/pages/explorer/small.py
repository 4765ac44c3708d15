"""A run to explore without networks: each of two numbers is a colour of the picture."""

import json

import numpy as np

from latents.space import prior_space
from pages.explorer import model
from run_folder import RunFolder, save_json
from tests.small_run import FACTORS, LATENTS, fill

SIDE = 8


class Painter:
    """Draws pictures whose red and green are the two numbers, and reads them back."""

    step = 60

    def decode(self, latents):
        colours = np.clip((np.asarray(latents) + 3) / 6, 0, 1)
        pictures = np.zeros((len(latents), SIDE, SIDE, 3), np.float32)
        pictures[..., :2] = colours[:, None, None]
        return pictures

    def encode(self, batches):
        means = [6 * batch[..., :2].mean(axis=(1, 2)) - 3 for batch in batches]
        return np.concatenate(means), np.zeros_like(np.concatenate(means))


def explored(folder, monkeypatch):
    """Return the `ExploredRun` of a small run written into a folder."""
    fill(folder, LATENTS | FACTORS)
    run = RunFolder(folder)
    settings = json.loads(run.settings.read_text())
    settings |= {"name": "small", "img_dim": SIDE, "latent_dim": 2}
    settings |= {"encoder_filters": [4, 4], "decoder_filters": [4, 4]}
    run.settings.write_text(json.dumps(settings))
    save_json(run.latents, prior_space(2))
    for name in ("encoder", "decoder"):
        run.network(name).touch()
    monkeypatch.setattr(model, "load_networks", lambda run: Painter())
    return model.open_run(folder)
