"""How long one waits for an answer, and for the first training step.

    python -m benchmarks.start_up

`--help` and a mistyped flag take turns with a bare interpreter, which is what they can
come down to. The first step is that of a small folder of castles already drawn: what
counts is TensorFlow, the model and its compilation. Wall seconds, medians.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks import side_by_side
from run_folder import RunFolder

MAIN = [sys.executable, str(Path(__file__).resolve().parents[1] / "main.py")]
ANSWERS = {
    "an empty program": [sys.executable, "-c", ""],
    "main.py --help": [*MAIN, "--help"],
    "main.py --bta 3": [*MAIN, "--bta", "3"],
    "main.py --beta x": [*MAIN, "--beta", "x"],
}
CASTLES = 64
# The first run draws the castles, and does not count.
RUNS = 4


def main():
    """Measure, print a table and write the figures as json."""
    options = side_by_side.build_parser(__doc__, rounds=9).parse_args()
    ways = {}
    for name, command in ANSWERS.items():
        answer = partial(subprocess.run, command, capture_output=True)
        ways[name] = partial(side_by_side.measure, answer)
    figures = side_by_side.alternate(ways, options.rounds)
    with tempfile.TemporaryDirectory() as scratch:
        taken = [time_first_step(Path(scratch)) for _ in range(RUNS)]
    figures["first training step"] = {"wall_seconds": statistics.median(taken[1:])}
    side_by_side.print_table(figures, {"wall s": ("wall_seconds", ".3f")})
    side_by_side.write("start_up", options, figures)


def time_first_step(folder):
    """Return the wall seconds from start until the log holds the first step."""
    name = f"run_{len(list(folder.glob('runs/*')))}"
    log = RunFolder(folder / "runs" / name).losses
    command = [*MAIN, "--name", name, "--castle-count", str(CASTLES)]
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--log-every-steps", "1"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (log.exists() and log.read_text().count("\n") > 1):
            if process.poll() is not None:
                raise RuntimeError(f"{command} ended with {process.returncode}")
            time.sleep(0.01)
        return time.perf_counter() - began
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
