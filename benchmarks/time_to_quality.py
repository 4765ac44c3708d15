"""How much CPU time redrawn castles need until they are as good as two targets.

    python -m benchmarks.time_to_quality

Each way trains on the castles of the default run, in a process of its own, one after
the other: the default run, the preset `castles_plain`, the same in stock Keras as a
careful user writes it, and a VAE of the default shape of pythae (Chadebec et al. 2022,
"Pythae: Unifying Generative Autoencoders in Python") with its optimiser. Every 100
steps 1,000 held-out castles are redrawn, which does not count. A way ends when it has
met both targets, or at `--most` CPU seconds. Given again, the command goes on with the
ways that are missing. PyTorch is needed for the last:
`pip install -r benchmarks/requirements.txt`.
"""

import json
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from benchmarks import side_by_side
from devices.tensorflow_start import prepare_tensorflow
from hyperparameters import PRESETS, Hyperparameters
from mistakes import end_with_parent

# What the idea's networks reach on castles in their whole training, and far better.
TARGETS = (0.0418, 0.03)
STEPS_BETWEEN_LOOKS = 100
# Pictures in a batch: BaseTrainerConfig of pythae.
PYTHAE_BATCH = 64


def main():
    """Train each way in its turn, then print and write what it took."""
    options = _parse()
    path = side_by_side.RESULTS / "time_to_quality.json"
    known = json.loads(path.read_text())["figures"] if path.exists() else {}
    figures = {}
    for name, train in WAYS.items():
        figures[name] = known.get(name) or _in_new_process(train, options.most)
        side_by_side.write("time_to_quality", options, figures)
    columns = {f"RMSE {target}": (str(target), ".0f") for target in TARGETS}
    side_by_side.print_table(figures, columns | {"last": ("last_rmse", ".4f")})


def _parse():
    parser = side_by_side.build_parser(__doc__)
    parser.add_argument("--most", type=float, default=3000, help="CPU seconds of a way")
    return parser.parse_args()


def _in_new_process(train, most):
    context = multiprocessing.get_context("spawn")
    # Not a Pool, which would wait for ever for a process that crashed.
    with ProcessPoolExecutor(1, context, initializer=end_with_parent) as executor:
        return executor.submit(train, most).result()


def _watch(batches, take_step, redraw, held_out, most):
    """Train until both targets are met; return the CPU seconds that each took.

    Args:
        batches: iterable of what `take_step` takes.
        take_step: function of one batch.
        redraw: function from float32 `(count, side, side, 3)` to the same.
        held_out: such pictures.
        most: CPU seconds after which the way ends.
    """
    import numpy as np

    figures, spent = {}, 0.0
    began = time.process_time()
    for step, batch in enumerate(batches, start=1):
        take_step(batch)
        if step % STEPS_BETWEEN_LOOKS:
            continue
        spent += time.process_time() - began
        parts = np.split(held_out, range(100, len(held_out), 100))
        squares = [np.mean((redraw(part) - part) ** 2) for part in parts]
        rmse = float(np.sqrt(np.mean(squares)))
        print(f"{step} steps, {spent:.0f} CPU seconds: RMSE {rmse:.4f}", flush=True)
        figures |= {
            str(target): spent
            for target in TARGETS
            if rmse <= target and str(target) not in figures
        }
        if len(figures) == len(TARGETS) or spent > most:
            break
        began = time.process_time()
    return {**figures, "last_rmse": rmse, "cpu_seconds": spent}


def _train_ours(preset, most):
    prepare_tensorflow()
    import tensorflow as tf

    import training

    settings, pictures = _read(preset)
    vae = training.build_vae(settings, len(pictures.train), pictures.told_count)
    take_step = tf.function(vae.train_step)

    def redraw(part):
        z_mean, _ = vae.encode([part])
        return vae.decode(z_mean)

    return _watch(
        _batches(settings, pictures), take_step, redraw, _held_out(pictures), most
    )


def _train_stock_keras(most):
    prepare_tensorflow()
    import tensorflow as tf

    from benchmarks import plain_keras
    from features.networks import build_features

    settings, pictures = _read("castles_plain")
    vae = plain_keras.build_vae(settings)
    # The trained ones: there they are only timed.
    vae.features = build_features(
        settings.perceptual_network, settings.perceptual_layers, settings.img_dim
    )
    take_step = tf.function(vae.train_step)

    def redraw(part):
        z_mean, _ = vae.encoder(part, training=False)
        return vae.decoder(z_mean, training=False).numpy()

    return _watch(
        _batches(settings, pictures), take_step, redraw, _held_out(pictures), most
    )


def _train_pythae_shape(most):
    from benchmarks import plain_torch

    # Before TensorFlow: what PyTorch loads for its optimiser crashes beside it.
    take_step, redraw = plain_torch.make_pythae_vae(Hyperparameters())
    settings, pictures = _read("castles")
    batches = _batches(settings, pictures, PYTHAE_BATCH)
    return _watch(
        (batch.numpy() for batch in batches),
        take_step,
        redraw,
        _held_out(pictures),
        most,
    )


WAYS = {
    "the default run": partial(_train_ours, "castles"),
    "castles_plain": partial(_train_ours, "castles_plain"),
    "the same in stock Keras": _train_stock_keras,
    "PyTorch, pythae's shape": _train_pythae_shape,
}


def _read(preset):
    """Return the settings of a preset, and the pictures of its run."""
    import data

    settings = Hyperparameters(**PRESETS[preset])
    return settings, data.read_pictures(settings)


def _batches(settings, pictures, batch_size=None):
    """Return batches without an end in sight; pictures are told where ours are fed."""
    import data

    size = batch_size or settings.batch_size
    told = None if batch_size else pictures.told
    steps = len(pictures.train) // size
    return data.training_batches(
        pictures.train, size, settings.seed, range(1000), steps, told=told
    )


def _held_out(pictures):
    return pictures.validation.read()[:1000].astype("float32") / 255


if __name__ == "__main__":
    main()
