"""How the explorer's page answers in a browser, and whether its sliders are honest.

    python -m benchmarks.explorer
    python -m benchmarks.explorer --minutes 10

Milliseconds from the event of a slider to the picture in the page, for the castles that
come with the suite and for `landmarks_128` with untrained weights, served and as one
file. Then what each slider changes: from some dreams it is moved from one end to the
other, and a network that reads factors from drawn castles (`features/castle_training`)
reads the pictures that the page shows. With `--minutes`, random input in two tabs, and
what memory it takes. Needs requirements-development.txt, chromium and npm.
"""

import base64
import contextlib
import io
import itertools
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import side_by_side
from castles.factors import FACTORS
from devices.tensorflow_start import prepare_tensorflow
from hyperparameters import PRESETS, Hyperparameters
from run_folder import RunFolder

ROOT = Path(__file__).resolve().parents[1]
PRETRAINED = ROOT / "pretrained" / "castles"
CASTLES_READ, HELD_OUT_CASTLES, EPOCHS = 8000, 500, 60
FAILED_UPLOAD = "400"
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
DREAM = """
const [seed, done] = [arguments[0], arguments[1]];
document.getElementById("picture").addEventListener("shown", done, { once: true });
document.getElementById("seed").value = seed;
document.getElementById("seed").dispatchEvent(new Event("change"));
"""


def main():
    """Measure, print tables and write the figures as json."""
    parser = side_by_side.build_parser(__doc__)
    parser.add_argument("--moves", type=int, default=200, help="of sliders, each page")
    parser.add_argument("--starts", type=int, default=20, help="dreams moved from")
    parser.add_argument("--minutes", type=float, default=0, help="of random input")
    options = parser.parse_args()
    prepare_tensorflow()
    with tempfile.TemporaryDirectory() as scratch, browser_in(scratch) as browser:
        runs = {"castles": PRETRAINED, "landmarks_128": untrained(Path(scratch))}
        figures = {"latency": {}}
        for name, run in runs.items():
            page = write_page(run, Path(scratch) / f"{name}.html")
            with serving(run) as (address, process):
                for kind, place in (("served", address), ("one file", page)):
                    open_page(browser, place)
                    taken = latency(browser, options.moves)
                    print(f"{name}, {kind}: {taken}", flush=True)
                    figures["latency"][f"{name}, {kind}"] = taken
                if run == PRETRAINED:
                    open_page(browser, address)
                    figures["sliders"] = read_sliders(browser, options.starts)
                    if options.minutes:
                        figures["memory"] = disturb(
                            browser, (address, page), process, options.minutes
                        )
    columns = {"median ms": ("median", ".0f"), "95 % ms": ("most", ".0f")}
    side_by_side.print_table(figures["latency"], columns)
    columns = {"moves": ("own", ".0%"), "most other": ("other", ".0%")}
    side_by_side.print_table(figures["sliders"], columns)
    side_by_side.write("explorer", options, figures)


@contextlib.contextmanager
def browser_in(folder):
    """Yield a browser without a screen that saves into a folder."""
    from tests.browser import start_browser

    browser = start_browser(folder)
    browser.set_script_timeout(60)
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
    browser.execute_async_script(DREAM, 1)
    # Small pictures at the ends of sliders are drawn when nothing else is.
    time.sleep(5)


def slider_ids(browser):
    """Return the ids of the sliders, in the order of the page."""
    script = "return [...document.querySelectorAll('.slider')].map(s => s.dataset.id)"
    return browser.execute_script(script)


def latency(browser, moves):
    """Return the median and the 95th percentile of moves, in milliseconds."""
    dice = random.Random(0)
    ids = slider_ids(browser)[:12]
    taken = [
        browser.execute_async_script(MOVE, dice.choice(ids), dice.random())[0]
        for _ in range(moves)
    ]
    median, most = np.percentile(taken, [50, 95]).tolist()
    return {"median": median, "most": most}


def read_sliders(browser, starts):
    """Return by how much of its range each slider moves its own factor, and others.

    Returns:
        A dict of the factor's name to `own`, mean share of its range, and `other`, that
        of the factor which moves most besides.
    """
    read = train_reader()
    figures = {}
    for number, factor in enumerate(FACTORS):
        ends = []
        for seed in range(starts):
            browser.execute_async_script(DREAM, seed)
            for share in (0, 1):
                _, source = browser.execute_async_script(MOVE, f"z{number}", share)
                ends.append(pixels_of(source))
        factors = read(np.stack(ends) / np.float32(255))
        moved = np.abs(factors[1::2] - factors[::2]).mean(axis=0)
        others = np.delete(moved, number)
        names = [other.name for other in FACTORS if other is not factor]
        most = int(others.argmax())
        figures[factor.name] = {
            "own": float(moved[number]),
            "other": float(others[most]),
            "which": names[most],
        }
        print(f"{factor.name}: {figures[factor.name]}", flush=True)
    return figures


def train_reader():
    """Return a function from pictures to their factors, each from 0 to 1."""
    import keras

    from features import castle_training
    from features.networks import build_features

    keras.utils.set_random_seed(0)
    count = CASTLES_READ + HELD_OUT_CASTLES
    pictures, factors = castle_training.draw_castles(count, seed=2)
    features = build_features("castles", ("features_4",), castle_training.IMG_DIM)
    # The features that ship with the suite stay as they are, so one look is enough.
    seen = features.predict(pictures, verbose=0)
    inputs = keras.Input(seen.shape[1:])
    as_it_is = keras.Model(inputs, keras.layers.Identity()(inputs))
    reader = castle_training.build_reader(as_it_is)
    castle_training.train_reader(
        reader, seen[:CASTLES_READ], factors[:CASTLES_READ], EPOCHS
    )

    def read(pictures):
        return reader.predict(features.predict(pictures, verbose=0), verbose=0)

    errors = read(pictures[CASTLES_READ:]) - factors[CASTLES_READ:]
    print(f"the reader errs by {np.abs(errors).mean():.3f} of a factor's range")
    return read


def pixels_of(source):
    """Return the pixels of a data address, uint8 `(side, side, 3)`."""
    content = base64.b64decode(source.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def disturb(browser, addresses, process, minutes):
    """Do things by chance in a tab for each page; return megabytes minute by minute.

    Raises:
        RuntimeError: a page complained.
    """
    dice = random.Random(0)
    tabs = [browser.current_window_handle]
    browser.switch_to.new_window("tab")
    tabs.append(browser.current_window_handle)
    for tab, address in zip(tabs, addresses, strict=True):
        browser.switch_to.window(tab)
        open_page(browser, address)
    uploads = write_uploads(Path(tempfile.mkdtemp()))
    began, table, done = time.monotonic(), [], 0
    for minute in itertools.count(1):
        while time.monotonic() < began + 60 * minute:
            browser.switch_to.window(dice.choice(tabs))
            do_something(browser, dice, uploads)
            done += 1
        row = [megabytes_of(process)]
        for tab in tabs:
            browser.switch_to.window(tab)
            browser.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
            used = browser.execute_cdp_cmd("Runtime.getHeapUsage", {})["usedSize"]
            row.append(used / 2**20)
        table.append([round(value, 1) for value in row])
        print(
            f"minute {minute}, {done} actions: server and tabs {table[-1]} MB",
            flush=True,
        )
        for entry in browser.get_log("browser"):
            if entry["level"] == "SEVERE" and FAILED_UPLOAD not in entry["message"]:
                raise RuntimeError(entry["message"])
        if minute >= minutes:
            return table


def write_uploads(folder):
    """Write a good picture, a large one and a broken one; return their paths."""
    noise = Image.effect_noise((300, 200), 90)
    noise.save(folder / "good.png")
    noise.resize((3000, 2000)).save(folder / "large.jpg")
    (folder / "broken.png").write_bytes(b"no picture")
    return [str(path) for path in sorted(folder.iterdir())]


def do_something(browser, dice, uploads):
    """Move a slider, press a key, upload a picture or load the page again."""
    kind = dice.random()
    if kind < 0.5:
        ids = slider_ids(browser)
        browser.execute_async_script(MOVE, dice.choice(ids), dice.random())
    elif kind < 0.9:
        script = (
            "document.body.dispatchEvent("
            "new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}))"
        )
        browser.execute_script(script, dice.choice("rrrzy0mp"))
        time.sleep(0.1)
    elif kind < 0.97:
        browser.find_element("id", "upload").send_keys(dice.choice(uploads))
        time.sleep(0.3)
    else:
        browser.refresh()
        time.sleep(1)


def megabytes_of(process):
    """Return what a process takes of memory."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


if __name__ == "__main__":
    main()
