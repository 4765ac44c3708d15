"""What share of a training step the perceptual loss takes.

    python -m benchmarks.perceptual_loss

Steps with and without it alternate in one process, on pictures of noise; the medians
of their CPU seconds and wall seconds are printed, and the share of the difference.
"""

import statistics
from dataclasses import replace

from benchmarks import side_by_side
from benchmarks.cost_curves import WARM_UP_SECONDS, make_step, measure
from devices.tensorflow_start import prepare_tensorflow
from hyperparameters import Hyperparameters


def main():
    """Print a table of both kinds of step."""
    options = side_by_side.build_parser(__doc__, rounds=9, seconds=2.0).parse_args()
    prepare_tensorflow()
    settings = Hyperparameters()
    steps = {"with": make_step(settings), "without": make_step(without(settings))}
    for step in steps.values():
        measure(step, WARM_UP_SECONDS)
    seconds = {name: [] for name in steps}
    for _ in range(options.rounds):
        for name, step in steps.items():
            seconds[name].append(measure(step, options.seconds))
    medians = {}
    for name, rounds in seconds.items():
        medians[name] = [
            statistics.median(column) for column in zip(*rounds, strict=True)
        ]
        cpu, wall = medians[name]
        print(
            f"{name:8} {1000 * cpu:7.1f} CPU ms  {1000 * wall:7.1f} wall ms a picture"
        )
    share = 1 - medians["without"][0] / medians["with"][0]
    print(f"share of the perceptual loss: {share:.1%} of the CPU time")


def without(settings):
    """Return the settings with the perceptual loss left out."""
    return replace(settings, gamma=0.0)


if __name__ == "__main__":
    main()
