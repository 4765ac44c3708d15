"""How the cost of a training step grows with img_dim, latent_dim and batch_size.

    python -m benchmarks.cost_curves

From the default settings one is changed at a time. A side twice as long gets a block
more at the picture's end, with half the filters, as `landmarks_256` has it against
`landmarks_128`. All kinds of step live in one process and take turns, on pictures of
noise; medians count. A table, a json file and a plot beside it are written.
"""

import json
import statistics
import time
from dataclasses import replace
from pathlib import Path

from benchmarks import side_by_side
from devices.tensorflow_start import prepare_tensorflow
from hyperparameters import Hyperparameters

VALUES = {
    "img_dim": (32, 64, 128),
    "latent_dim": (2, 16, 32, 128, 256),
    "batch_size": (4, 8, 16, 32, 64),
}
UNITS = {
    "img_dim": "side of a picture, pixels",
    "latent_dim": "latent dimensions",
    "batch_size": "pictures in a step",
}
WARM_UP_SECONDS = 0.5


def main():
    """Measure every kind of step; print, write and draw what a picture costs."""
    options = _parse()
    prepare_tensorflow()
    steps = {settings: make_step(settings) for settings in all_settings()}
    for step in steps.values():
        measure(step, WARM_UP_SECONDS)
    rounds = {settings: [] for settings in steps}
    for _ in range(options.rounds):
        for settings, step in steps.items():
            rounds[settings].append(measure(step, options.seconds))
    curves = {
        name: [_point(settings, name, rounds[settings]) for settings in along(name)]
        for name in VALUES
    }
    _print(curves)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(curves, indent=2) + "\n", encoding="utf-8")
    draw(curves, options.json.with_suffix(".png"))


def _parse():
    parser = side_by_side.build_parser(__doc__, rounds=5, seconds=1.5)
    path = side_by_side.RESULTS / "cost_curves.json"
    parser.add_argument("--json", type=Path, default=path)
    return parser.parse_args()


def along(name):
    """Return the settings on one curve, the defaults among them."""
    settings = Hyperparameters()
    if name == "img_dim":
        return [with_side(settings, side) for side in VALUES[name]]
    return [replace(settings, **{name: value}) for value in VALUES[name]]


def all_settings():
    """Return all settings on all curves, each once."""
    return list(dict.fromkeys(settings for name in VALUES for settings in along(name)))


def with_side(settings, side):
    """Return the settings for another side, a block more for each doubling."""
    encoder, decoder = settings.encoder_filters, settings.decoder_filters
    for _ in range((side // settings.img_dim).bit_length() - 1):
        encoder = (encoder[0] // 2, *encoder)
        decoder = (*decoder, decoder[-1] // 2)
    for _ in range((settings.img_dim // side).bit_length() - 1):
        encoder, decoder = encoder[1:], decoder[:-1]
    return replace(
        settings, img_dim=side, encoder_filters=encoder, decoder_filters=decoder
    )


def make_step(settings):
    """Return a function that trains on one batch and returns its picture count."""
    import numpy as np
    import tensorflow as tf

    from training import build_vae

    vae = build_vae(settings, picture_count=20_000)
    shape = (settings.batch_size, settings.img_dim, settings.img_dim, 3)
    noise = np.random.default_rng(settings.seed).random(shape, np.float32)
    pictures = tf.constant(noise)
    compiled = tf.function(vae.train_step)

    def step():
        float(compiled(pictures)["loss"])
        return settings.batch_size

    return step


def measure(step, seconds):
    """Repeat a step for `seconds`; return CPU and wall seconds for each picture."""
    cpu, wall = time.process_time(), time.perf_counter()
    pictures = 0
    while not pictures or time.perf_counter() - wall < seconds:
        pictures += step()
    return (
        (time.process_time() - cpu) / pictures,
        (time.perf_counter() - wall) / pictures,
    )


def _point(settings, name, rounds):
    cpu, wall = zip(*rounds, strict=True)
    return {
        "value": getattr(settings, name),
        "cpu_ms": 1000 * statistics.median(cpu),
        "cpu_ms_range": [1000 * min(cpu), 1000 * max(cpu)],
        "wall_ms": 1000 * statistics.median(wall),
    }


def _print(curves):
    print(f"{'':12}{'value':>6}{'CPU ms':>9}{'(range)':>16}{'wall ms':>9}  a picture")
    for name, points in curves.items():
        for point in points:
            low, high = point["cpu_ms_range"]
            print(
                f"{name:12}{point['value']:6}{point['cpu_ms']:9.2f}"
                f"{f'({low:.2f}-{high:.2f})':>16}{point['wall_ms']:9.2f}"
            )


def draw(curves, path):
    """Write a plot with one panel for each setting."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(curves), figsize=(11, 3.4), sharey=True)
    for panel, (name, points) in zip(panels, curves.items(), strict=True):
        values = [point["value"] for point in points]
        costs = [point["cpu_ms"] for point in points]
        ranges = [point["cpu_ms_range"] for point in points]
        low, high = zip(*ranges, strict=True)
        panel.fill_between(values, low, high, alpha=0.2, linewidth=0)
        panel.plot(values, costs, marker="o", label="measured")
        for value, cost in zip(values, costs, strict=True):
            panel.annotate(
                f"{cost:.1f}",
                (value, cost),
                textcoords="offset points",
                xytext=(0, 7),
                ha="center",
                fontsize=8,
            )
        if name == "img_dim":
            pixels = [costs[0] * (value / values[0]) ** 2 for value in values]
            panel.plot(values, pixels, "--", color="grey", label="as the pixels")
            panel.legend(frameon=False)
        panel.set_xscale("log", base=2)
        panel.set_yscale("log", base=2)
        panel.set_xticks(values, values)
        panel.set_xlabel(UNITS[name])
        panel.set_title(name)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("CPU ms a picture, training step")
    panels[0].yaxis.set_major_formatter("{x:g}")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
