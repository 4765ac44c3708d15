"""A training step of ours beside the same model in plain Keras and in PyTorch.

    python -m benchmarks.train_step --preset landmarks_128
    python -m benchmarks.train_step --preset castles

All three learn the same picture noise with the same losses and optimizer. Plain means
what a careful user writes: stock layers, TensorFlow's and PyTorch's own defaults,
channels_last in PyTorch. They take turns, each in a process of its own; PyTorch is left
out when it is not installed (`pip install -r benchmarks/requirements.txt`).

The share of the peak is that of the plain form: the operations of its convolutions and
dense layers, in the CPU time of each way, against large float32 matrix products. Folded
upsampling saves us some of these operations; the last line says what the others would
take at the peak, which no program beats that computes each convolution directly.
"""

import argparse
import importlib.util
from dataclasses import replace

from benchmarks import plain_size, side_by_side
from hyperparameters import PRESETS, Hyperparameters

# Without oneDNN is how TensorFlow runs by default where the processor has no AVX-512
# VNNI or AMX: most of those that are not recent server processors by Intel.
WAYS = ("ours", "plain Keras", "the same, no oneDNN", "plain PyTorch")


def main():
    """Measure, print a table and write the figures as json."""
    options = parse(__doc__, WAYS, rounds=5, seconds=3.0)
    if options.serve:
        return _serve(options.serve, settings_of(options))
    settings = settings_of(options)
    ways = {
        way: start("benchmarks.train_step", way, options)
        for way in WAYS
        if _is_installed(way)
    }
    ways["matrix product"] = side_by_side.matrix_product()
    figures = side_by_side.alternate(ways, "ours", options.rounds, options.seconds)
    for way in ways.values():
        way.close()
    _complete(figures, settings)
    _print(figures, settings)
    name = f"train_step_{options.preset}"
    side_by_side.write(name, {"options": vars(options), "ways": figures})


def parse(description, ways, rounds, seconds):
    """Return the options of a benchmark of training steps.

    Args:
        description: its docstring.
        ways: names of what is compared; the benchmark serves one of them in a child.
        rounds: as `side_by_side.alternate`, unless asked for otherwise.
        seconds: likewise.
    """
    parser = side_by_side.build_parser(description, rounds, seconds)
    parser.add_argument("--preset", default="castles", choices=PRESETS)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--serve", choices=ways, help=argparse.SUPPRESS)
    return parser.parse_args()


def settings_of(options):
    """Return the preset, with VGG16 untrained where it asks for the trained one."""
    preset = Hyperparameters(**PRESETS[options.preset])
    network = preset.perceptual_network.replace("vgg16", "vgg16_random")
    return replace(preset, batch_size=options.batch_size, perceptual_network=network)


def _is_installed(way):
    return way != "plain PyTorch" or importlib.util.find_spec("torch") is not None


def start(module, way, options):
    """Return the `Alternative` that serves one way of a benchmark."""
    arguments = ["-m", module, "--serve", way, "--preset", options.preset]
    arguments += ["--batch-size", options.batch_size]
    # Only ours prepares the environment, as main.py does.
    onednn = "0" if "no oneDNN" in way else None
    return side_by_side.Alternative(
        *arguments, environment={"TF_ENABLE_ONEDNN_OPTS": onednn}
    )


def _serve(way, settings):
    make = {"ours": _our_step, "plain PyTorch": _torch}.get(way, _keras_step)
    side_by_side.serve(make(settings))


def _our_step(settings):
    from devices.tensorflow_start import prepare_tensorflow

    prepare_tensorflow()
    from training import build_vae

    return tensorflow_step(build_vae(settings, picture_count=1000), settings)


def _keras_step(settings):
    from benchmarks.plain_keras import build_vae

    return tensorflow_step(build_vae(settings), settings)


def tensorflow_step(vae, settings):
    """Return the function that takes a training step of a compiled model."""
    import tensorflow as tf

    pictures = tf.constant(noise(settings))
    step = tf.function(vae.train_step)
    return lambda: float(step(pictures)["loss"])


def _torch(settings):
    from benchmarks.plain_torch import make_step

    return make_step(settings, noise(settings))


def noise(settings):
    """Return float32 `(batch, side, side, 3)` in [0, 1]."""
    import numpy as np

    side = settings.img_dim
    shape = (settings.batch_size, side, side, 3)
    return np.random.default_rng(1).random(shape, np.float32)


def operations_of(settings, upsampled=1.0):
    """Return the operations of a whole step; see `plain_size.operations_a_picture`."""
    return settings.batch_size * plain_size.operations_a_picture(settings, upsampled)


def _complete(figures, settings):
    peak = side_by_side.operations_a_cpu_second(figures.pop("matrix product"))
    operations = operations_of(settings)
    for each in figures.values():
        each["pictures_per_second"] = settings.batch_size / each["wall_seconds"]
        each["share_of_peak"] = operations / each["cpu_seconds"] / peak
        each["ours_takes"] = 1 / each.pop("takes")
    least = operations_of(settings, plain_size.FOLDED) / peak
    figures["peak"] = {
        "gflops_a_core": peak / 1e9,
        "gflop_a_step": operations / 1e9,
        "least_cpu_seconds": least,
        "least_of_plain_keras": least / figures["plain Keras"]["cpu_seconds"],
    }


def _print(figures, settings):
    peak = figures["peak"]
    print(
        f"{settings.name}, batch {settings.batch_size}: "
        f"{peak['gflop_a_step']:.1f} GFLOP a step in the plain form; matrix products "
        f"reach {peak['gflops_a_core']:.1f} GFLOP/s a core"
    )
    heads = ("CPU s", "wall s", "pictures/s", "peak MB", "of peak", "ours takes")
    print(f"{'':20}" + "".join(f"{head:>12}" for head in heads))
    for way in WAYS:
        if way not in figures:
            print(f"{way:20}  not installed")
            continue
        each = figures[way]
        print(
            f"{way:20}{each['cpu_seconds']:12.3f}{each['wall_seconds']:12.3f}"
            f"{each['pictures_per_second']:12.1f}{each['peak_megabytes']:12.0f}"
            f"{each['share_of_peak']:12.1%}{each['ours_takes']:11.2f}x"
        )
    print(
        f"{'ours, at the peak':20}{peak['least_cpu_seconds']:12.3f}, "
        f"{peak['least_of_plain_keras']:.2f} of plain Keras"
    )


if __name__ == "__main__":
    main()
