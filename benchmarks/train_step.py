"""A training step of ours beside the same model in plain Keras and in PyTorch.

    python -m benchmarks.train_step --preset landmarks_128
    python -m benchmarks.train_step --preset castles_plain

All three learn the same picture noise with the same losses and optimizer. Plain means
what a careful user writes: stock layers, TensorFlow's and PyTorch's own defaults,
channels_last in PyTorch. They take turns, each in a process of its own; PyTorch is left
out when it is not installed (`pip install -r benchmarks/requirements.txt`).

The share of the peak is that of the plain form: the operations of its convolutions and
dense layers, in the CPU time of each way, against large float32 matrix products. Folded
upsampling saves us some of these operations; the last line says what the others would
take at the peak, which no program beats that computes each convolution directly.
"""

import importlib.util
import os
from dataclasses import replace
from functools import partial

from benchmarks import side_by_side
from devices.tensorflow_start import prepare_tensorflow
from hyperparameters import PRESETS, Hyperparameters

# Large enough to reach a processor's peak.
MATRIX_SIDE = 2048
# Of the operations of a convolution behind 2x upsampling folding leaves 16 of 36.
FOLDED = 16 / 36
# Of these presets the plain forms have the networks.
PLAIN = ("castles_plain", "landmarks_128", "landmarks_256")
COLUMNS = {
    "CPU s": ("cpu_seconds", ".3f"),
    "wall s": ("wall_seconds", ".3f"),
    "pictures/s": ("pictures_per_second", ".1f"),
    "peak MB": ("peak_megabytes", ".0f"),
    "of peak": ("share_of_peak", ".1%"),
    "ours takes": ("ours_takes", ".2f"),
    "of Keras": ("of_plain_keras", ".2f"),
}


def main():
    """Measure, print a table and write the figures as json."""
    options = build_parser(__doc__, rounds=5, seconds=3.0).parse_args()
    settings = settings_of(options.preset, options.batch_size)
    makers = {
        "ours": partial(our_step, settings),
        "plain Keras": partial(_keras_step, settings),
        "the same, no oneDNN": partial(_keras_step_without_onednn, settings),
    }
    if importlib.util.find_spec("torch") is None:
        print("PyTorch is not installed")
    else:
        makers["plain PyTorch"] = partial(_torch_step, settings)
    makers["matrix product"] = _matrix_step
    figures = side_by_side.alternate_apart(makers, options.rounds, options.seconds)
    _complete(figures, settings)
    side_by_side.write(f"train_step_{options.preset}", options, figures)
    side_by_side.print_table(figures, COLUMNS)


def build_parser(description, rounds, seconds):
    """Return the parser of a benchmark of training steps; see `side_by_side`."""
    parser = side_by_side.build_parser(description, rounds, seconds)
    parser.add_argument("--preset", default="castles_plain", choices=PLAIN)
    parser.add_argument("--batch-size", type=int, default=16)
    return parser


def settings_of(preset, batch_size):
    """Return the preset, with VGG16 untrained where it asks for the trained one."""
    settings = Hyperparameters(**PRESETS[preset])
    network = settings.perceptual_network.replace("vgg16", "vgg16_random")
    return replace(settings, batch_size=batch_size, perceptual_network=network)


def our_step(settings):
    """Return the function that takes a training step of this suite."""
    prepare_tensorflow()
    from training import build_vae

    return tensorflow_step(build_vae(settings, picture_count=20_000), settings)


def _keras_step(settings):
    # Its greetings alone: what TensorFlow computes with stays its own choice.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from benchmarks.plain_keras import build_vae

    return tensorflow_step(build_vae(settings), settings)


def _keras_step_without_onednn(settings):
    # How TensorFlow runs by default where the processor has no AVX-512 VNNI or AMX:
    # most of those that are not recent server processors by Intel.
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    return _keras_step(settings)


def _torch_step(settings):
    from benchmarks.plain_torch import make_step

    return make_step(settings, _noise(settings))


def tensorflow_step(vae, settings):
    """Return the function that takes a training step of a compiled model."""
    import tensorflow as tf

    pictures = tf.constant(_noise(settings))
    step = tf.function(vae.train_step)
    return lambda: float(step(pictures)["loss"])


def _noise(settings):
    """Return float32 `(batch, side, side, 3)` in [0, 1]."""
    import numpy as np

    side = settings.img_dim
    shape = (settings.batch_size, side, side, 3)
    return np.random.default_rng(1).random(shape, np.float32)


def _matrix_step():
    prepare_tensorflow()
    import tensorflow as tf

    matrix = tf.random.stateless_uniform((MATRIX_SIDE, MATRIX_SIDE), seed=(1, 2))
    multiply = tf.function(lambda: tf.reduce_sum(matrix @ matrix))
    return lambda: float(multiply())


def _complete(figures, settings):
    prepare_tensorflow()
    from benchmarks.plain_keras import build_vae, operations_a_picture

    vae, batch_size = build_vae(settings), settings.batch_size
    peak = 2 * MATRIX_SIDE**3 / figures.pop("matrix product")["cpu_seconds"]
    operations = batch_size * operations_a_picture(vae)
    for row in figures.values():
        row["pictures_per_second"] = batch_size / row["wall_seconds"]
        row["share_of_peak"] = operations / row["cpu_seconds"] / peak
        row["ours_takes"] = 1 / row.pop("takes")
    least = batch_size * operations_a_picture(vae, FOLDED) / peak
    beside = least / figures["plain Keras"]["cpu_seconds"]
    figures["ours, at the peak"] = {"cpu_seconds": least, "of_plain_keras": beside}
    print(
        f"{settings.name}, batch {batch_size}: {operations / 1e9:.1f} GFLOP a step in "
        f"the plain form; matrix products reach {peak / 1e9:.1f} GFLOP/s a core"
    )


if __name__ == "__main__":
    main()
