"""How the explorer's page answers in a browser, and whether its sliders are honest.

    python -m benchmarks.explorer
    python -m benchmarks.explorer --parts sliders --run runs/castles

Three parts. `latency`: milliseconds from the event of a slider to the picture in the
page, for drawn castles and for `landmarks_128` with untrained weights, served and as
one file. `sliders`: what each slider changes, as a network reads it that was trained to
read factors from drawn castles. `memory`: minutes of random input in two tabs, and what
memory it takes. Needs requirements-development.txt, chromium and npm.
"""

import random
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import side_by_side
from benchmarks.explorer.memory import disturb
from benchmarks.explorer.page import (
    PRETRAINED,
    browser_in,
    move,
    open_page,
    serving,
    slider_ids,
    untrained,
    write_page,
)
from devices.tensorflow_start import prepare_tensorflow

# Of a page; those whose numbers have no names are not all on it.
SLIDERS_MOVED = 12
MILLISECONDS = {"median ms": ("median", ".0f"), "95 % ms": ("most", ".0f")}
MOVEMENTS = {
    "own": ("own", ".0%"),
    "most other": ("other", ".0%"),
    "own, drawn": ("drawn_own", ".0%"),
    "other, drawn": ("drawn_other", ".0%"),
}


def main():
    """Measure, print tables and write the figures as json."""
    parser = side_by_side.build_parser(__doc__)
    parser.add_argument("--parts", nargs="+", choices=MEASURED, default=[*MEASURED])
    parser.add_argument("--run", type=Path, default=PRETRAINED, help="of drawn castles")
    parser.add_argument("--moves", type=int, default=200, help="of sliders, each page")
    parser.add_argument("--starts", type=int, default=50, help="dreams moved from")
    parser.add_argument("--minutes", type=float, default=10, help="of random input")
    options = parser.parse_args()
    prepare_tensorflow()
    figures = {}
    with tempfile.TemporaryDirectory() as scratch, browser_in(scratch) as browser:
        for part in options.parts:
            print(f"{part}:", flush=True)
            figures[part] = MEASURED[part](browser, options, Path(scratch))
    written = side_by_side.write("explorer", options, figures)
    print(f"written: {written}")


def measure_latency(browser, options, scratch):
    """Return how long moves take, by page; print them."""
    figures = {}
    runs = {"castles": options.run, "landmarks_128": untrained(scratch)}
    for name, run in runs.items():
        page = write_page(run, scratch / f"{name}.html")
        with serving(run) as (address, _):
            for kind, place in (("served", address), ("one file", page)):
                open_page(browser, place)
                taken = time_moves(browser, options.moves)
                print(f"{name}, {kind}: {taken}", flush=True)
                figures[f"{name}, {kind}"] = taken
    side_by_side.print_table(figures, MILLISECONDS)
    return figures


def time_moves(browser, moves):
    """Return the median and the 95th percentile of moves, in milliseconds."""
    dice = random.Random(0)
    ids = slider_ids(browser)[:SLIDERS_MOVED]
    taken = [move(browser, dice.choice(ids), dice.random())[0] for _ in range(moves)]
    median, most = np.percentile(taken, [50, 95]).tolist()
    return {"median": median, "most": most}


def measure_sliders(browser, options, scratch):
    """Return what sliders move, by factor; print it."""
    # It loads Keras, after TensorFlow is prepared.
    from benchmarks.explorer.sliders import measure_sliders

    with serving(options.run) as (address, _):
        open_page(browser, address)
        figures = measure_sliders(browser, options.starts)
    side_by_side.print_table(figures, MOVEMENTS)
    return figures


def measure_memory(browser, options, scratch):
    """Return megabytes minute by minute; they are printed on the way."""
    page = write_page(options.run, scratch / "explorer.html")
    with serving(options.run) as (address, process):
        return disturb(browser, (address, page), process, options.minutes)


MEASURED = {
    "latency": measure_latency,
    "sliders": measure_sliders,
    "memory": measure_memory,
}


if __name__ == "__main__":
    main()
