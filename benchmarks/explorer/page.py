"""The explorer's page in a browser without a screen: served, and as one file."""

import contextlib
import re
import subprocess
import sys
import time
from pathlib import Path

from hyperparameters import PRESETS, Hyperparameters
from run_folder import RunFolder

ROOT = Path(__file__).resolve().parents[2]
PRETRAINED = ROOT / "pretrained" / "castles"
# What a script of the page may take, in seconds.
LONGEST_SCRIPT = 120
# Draws the dream of a seed.
DREAM = """
const [seed, done] = [arguments[0], arguments[1]];
document.getElementById("picture").addEventListener("shown", done, { once: true });
document.getElementById("seed").value = seed;
document.getElementById("seed").dispatchEvent(new Event("change"));
"""
# Moves a slider, and hands back the milliseconds until its picture is shown, and it.
MOVE = """
const [id, share, done] = [arguments[0], arguments[1], arguments[2]];
const input = document.querySelector(`[data-id=${id}] [type=range]`);
const picture = document.getElementById("picture");
const [low, high] = [Number(input.min), Number(input.max)];
// The ends of the shaded part: a sixth of the whole reaches beyond on either side.
const began = performance.now();
picture.addEventListener("shown", () => {
  done([performance.now() - began, picture.toDataURL("image/png")]);
}, { once: true });
input.value = low + (high - low) * (1 + 4 * share) / 6;
input.dispatchEvent(new Event("input"));
"""


@contextlib.contextmanager
def browser_in(folder):
    """Yield a browser without a screen that saves into a folder."""
    from tests.browser import start_browser

    browser = start_browser(folder)
    browser.set_script_timeout(LONGEST_SCRIPT)
    try:
        yield browser
    finally:
        browser.quit()


def untrained(folder):
    """Write the networks of `landmarks_128` as they begin; return their run folder."""
    from model import VAE, build_decoder, build_encoder

    settings = Hyperparameters(**PRESETS["landmarks_128"])
    run = RunFolder(folder / settings.name)
    run.path.mkdir()
    run.save_start(settings, skipped=[])
    side, size = settings.img_dim, settings.latent_dim
    encoder = build_encoder(
        side, settings.encoder_filters, settings.encoder_units, size, settings.encoder
    )
    decoder = build_decoder(
        side,
        settings.decoder_filters,
        settings.decoder_channels,
        size,
        settings.decoder,
    )
    VAE(encoder, decoder, beta=1.0, gamma=0.0).save_networks(run)
    return run.path


def write_page(run, path):
    """Write the page of a run as one file; return its address."""
    from export.networks import make_portable
    from export.page import write_page
    from pages.explorer.model import open_run

    explored = open_run(run)
    networks = make_portable(explored.vae)
    onnx = {name: network.onnx for name, network in networks.items()}
    write_page(explored.named_facts(), onnx, path)
    return path.as_uri()


@contextlib.contextmanager
def serving(run):
    """Yield the address of the explorer of a run, and its process."""
    command = [sys.executable, ROOT / "explore.py", run, "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = None
        while address is None:
            address = re.search(r"http://\S+", process.stdout.readline())
        yield address[0], process
    finally:
        process.terminate()
        process.wait()


def open_page(browser, address):
    """Open a page, and wait until it shows a picture and has nothing else to draw."""
    from tests.browser import open_page

    open_page(browser, address)
    dream(browser, 1)
    # Small pictures at the ends of sliders are drawn when nothing else is.
    time.sleep(5)


def dream(browser, seed):
    """Have the page show the dream of a seed."""
    browser.execute_async_script(DREAM, seed)


def move(browser, slider, share):
    """Move a slider to a share of its shaded part.

    Returns:
        Milliseconds until its picture was shown, and the picture as a data address.
    """
    return browser.execute_async_script(MOVE, slider, share)


def slider_ids(browser):
    """Return the ids of the sliders, in the order of the page."""
    script = "return [...document.querySelectorAll('.slider')].map(s => s.dataset.id)"
    return browser.execute_script(script)
