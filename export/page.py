"""Writes the explorer as one file that opens from disk and draws by itself."""

import base64
import gzip

import numpy as np

from export.networks import largest_difference, to_onnx
from export.runtime import BINARY, SCRIPT, fetch_runtime
from files import whole_file
from latents.samplers import Prior
from pages.explorer.model import open_run
from pages.explorer.page import render_alone

COMPARED = 10


def write_page(run_folder, path):
    """Write the page of a run; return how far its networks differ from those of Keras.

    Raises:
        UserMistake: there is no run, or no npm.
        mistakes.Mishap: the runtime cannot be fetched.
    """
    explored = open_run(run_folder)
    runtime = fetch_runtime()
    encoder, decoder = explored.vae.encoder, explored.vae.decoder
    carried = {
        "script": (runtime / SCRIPT).read_bytes(),
        "binary": (runtime / BINARY).read_bytes(),
        "encoder": to_onnx(encoder),
        "decoder": to_onnx(decoder),
    }
    codes = Prior(explored.facts["latentCount"]).sample(COMPARED, 1.0, seed=0)
    pictures = np.asarray(decoder(codes, training=False))
    differences = {
        "decoder": largest_difference(carried["decoder"], decoder, codes),
        "encoder": largest_difference(carried["encoder"], encoder, pictures),
    }
    packed = {name: _packed(content) for name, content in carried.items()}
    with whole_file(path) as file:
        file.write(render_alone(explored.facts, packed).encode())
    return differences


def _packed(content) -> str:
    # The same file gives the same page, whenever it is made.
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()
