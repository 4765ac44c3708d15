"""What share of a training step the perceptual loss takes.

    python benchmarks/perceptual_loss.py

Steps with and without it alternate in one process, on pictures of noise; the medians
of their CPU seconds and wall seconds are printed, and the share of the difference.
"""

import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hyperparameters import Hyperparameters
from tensorflow_start import prepare_tensorflow

WARM_UP_STEPS, ROUNDS, STEPS_A_ROUND = 5, 9, 10


def main():
    """Print a table of both kinds of step."""
    prepare_tensorflow()
    settings = Hyperparameters()
    steps = {"with": make_step(settings), "without": make_step(without(settings))}
    for step in steps.values():
        measure(step, WARM_UP_STEPS)
    seconds = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, step in steps.items():
            seconds[name].append(measure(step, STEPS_A_ROUND))
    medians = {}
    for name, rounds in seconds.items():
        medians[name] = [
            statistics.median(column) for column in zip(*rounds, strict=True)
        ]
        cpu, wall = medians[name]
        print(f"{name:8} {1000 * cpu:7.1f} CPU ms  {1000 * wall:7.1f} wall ms a step")
    share = 1 - medians["without"][0] / medians["with"][0]
    print(f"share of the perceptual loss: {share:.1%} of the CPU time")


def without(settings):
    """Return the settings with the perceptual loss left out."""
    return replace(settings, gamma=0.0)


def make_step(settings):
    """Return a function that takes one compiled training step."""
    import numpy as np
    import tensorflow as tf

    from training import build_vae

    vae = build_vae(settings, picture_count=1000)
    shape = (settings.batch_size, settings.img_dim, settings.img_dim, 3)
    noise = np.random.default_rng(settings.seed).random(shape, np.float32)
    pictures = tf.constant(noise)
    compiled = tf.function(vae.train_step)
    return lambda: float(compiled(pictures)["loss"])


def measure(step, count):
    """Return CPU seconds and wall seconds of one of `count` steps."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(count):
        step()
    return (time.process_time() - cpu) / count, (time.perf_counter() - wall) / count


if __name__ == "__main__":
    main()
