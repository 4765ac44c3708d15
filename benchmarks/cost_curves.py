"""How the cost of a training step grows with img_dim, latent_dim and batch_size.

    python -m benchmarks.cost_curves

From the preset `castles_plain` one setting is changed at a time. A side twice as long
gets a block more at the picture's end, with half the filters, as `landmarks_256` has it
against `landmarks_128`. All kinds of step live in one process and take turns, on
pictures of noise; medians count. A table, a json file and a plot beside it are written.
"""

from dataclasses import replace
from functools import partial

from benchmarks import side_by_side
from benchmarks.train_step import our_step
from hyperparameters import PRESETS, Hyperparameters

DEFAULTS = Hyperparameters(**PRESETS["castles_plain"])
HALF_THE_SIDE = {
    "img_dim": DEFAULTS.img_dim // 2,
    "encoder_filters": DEFAULTS.encoder_filters[1:],
    "decoder_filters": DEFAULTS.decoder_filters[:-1],
}
TWICE_THE_SIDE = {
    "img_dim": DEFAULTS.img_dim * 2,
    "encoder_filters": (DEFAULTS.encoder_filters[0] // 2, *DEFAULTS.encoder_filters),
    "decoder_filters": (*DEFAULTS.decoder_filters, DEFAULTS.decoder_filters[-1] // 2),
}
CHANGES = {
    "img_dim": (HALF_THE_SIDE, {}, TWICE_THE_SIDE),
    "latent_dim": [{"latent_dim": value} for value in (2, 16, 32, 128, 256)],
    "batch_size": [{"batch_size": value} for value in (4, 8, 16, 32, 64)],
}
UNITS = {
    "img_dim": "side of a picture, pixels",
    "latent_dim": "latent dimensions",
    "batch_size": "pictures in a step",
}
COLUMNS = {"CPU ms": ("cpu_ms", ".2f"), "wall ms": ("wall_ms", ".2f")}


def main():
    """Measure every kind of step; print, write and draw what a picture costs."""
    options = side_by_side.build_parser(__doc__, rounds=5, seconds=1.5).parse_args()
    settings = {
        name: [replace(DEFAULTS, **changes) for changes in curve]
        for name, curve in CHANGES.items()
    }
    # The defaults lie on every curve, and are measured once.
    kinds = {kind for curve in settings.values() for kind in curve}
    ways = {kind: partial(side_by_side.measure, our_step(kind)) for kind in kinds}
    figures = side_by_side.alternate(ways, options.rounds, options.seconds)
    curves = {
        name: [_point(name, kind, figures[kind]) for kind in curve]
        for name, curve in settings.items()
    }
    for name, points in curves.items():
        rows = {f"{name} {point['value']}": point for point in points}
        side_by_side.print_table(rows, COLUMNS)
    file = side_by_side.write("cost_curves", options, curves)
    draw(curves, file.with_suffix(".png"))


def _point(name, settings, figures):
    """Return what one picture costs in steps of these settings."""
    milliseconds = 1000 / settings.batch_size
    return {
        "value": getattr(settings, name),
        "cpu_ms": milliseconds * figures["cpu_seconds"],
        "cpu_ms_range": [milliseconds * end for end in figures["cpu_seconds_range"]],
        "wall_ms": milliseconds * figures["wall_seconds"],
    }


def draw(curves, path):
    """Write a plot with one panel for each setting: medians, and their range."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.4), layout="constrained")
    panels = figure.subplots(1, len(curves), sharey=True)
    for panel, (name, points) in zip(panels, curves.items(), strict=True):
        values = [point["value"] for point in points]
        costs = [point["cpu_ms"] for point in points]
        low, high = zip(*(point["cpu_ms_range"] for point in points), strict=True)
        panel.loglog(values, costs, "o-", base=2, label="measured")
        panel.fill_between(values, low, high, alpha=0.2, linewidth=0)
        for value, cost in zip(values, costs, strict=True):
            panel.text(value, 1.1 * cost, f"{cost:.1f}", ha="center", fontsize=8)
        if name == "img_dim":
            pixels = [costs[0] * (value / values[0]) ** 2 for value in values]
            panel.plot(values, pixels, "--", color="grey", label="as the pixels")
            panel.legend(frameon=False)
        panel.set_xticks(values, values)
        panel.set(title=name, xlabel=UNITS[name])
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("CPU ms a picture, training step")
    panels[0].yaxis.set_major_formatter("{x:g}")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
