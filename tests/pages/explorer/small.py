"""A run to explore without networks: each of two numbers is a colour of the picture."""

import json

import numpy as np
import onnx.parser

from latents.space import prior_space
from pages.explorer import model
from run_folder import RunFolder, save_json
from tests.small_run import FACTORS, LATENTS, fill

SIDE = 8
PAINTER_AS_ONNX = {
    "decoder": """<ir_version: 8, opset_import: ["": 17]>
        decoder (float[n, 2] latents) => (float[n, 8, 8, 3] pictures)
        <float three = {3}, float six = {6}, float zero = {0}, float one = {1},
         int64[4] blue = {0, 0, 0, 1}, int64[2] axes = {1, 2},
         int64[4] square = {1, 8, 8, 1}> {
            positive = Add(latents, three)
            shares = Div(positive, six)
            red_and_green = Clip(shares, zero, one)
            colours = Pad(red_and_green, blue)
            dots = Unsqueeze(colours, axes)
            pictures = Tile(dots, square)
        }""",
    "encoder": """<ir_version: 8, opset_import: ["": 17]>
        encoder (float[n, 8, 8, 3] pictures) => (float[n, 2] mean)
        <float three = {3}, float six = {6}, int64[1] first = {0},
         int64[1] last = {2}, int64[1] axis = {1}> {
            colours = ReduceMean <axes = [1, 2], keepdims = 0> (pictures)
            red_and_green = Slice(colours, first, last, axis)
            positive = Mul(red_and_green, six)
            mean = Sub(positive, three)
        }""",
}


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


def painter_as_onnx():
    """Return what `Painter` does as ONNX files, by name."""
    return {
        name: onnx.parser.parse_model(text).SerializeToString()
        for name, text in PAINTER_AS_ONNX.items()
    }


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
