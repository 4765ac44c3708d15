"""The parts of the main job: pictures, model, fit, dreams; `main.py` orders them.

Owns how settings become objects, and the layout of the run folder.
"""

import contextlib
import os
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import keras
import tensorflow as tf

import data
import monitoring
from callbacks.checkpoints import (
    Checkpoints,
    PoliteInterrupt,
    Restoration,
    read_place,
    restore_checkpoint,
)
from callbacks.loss_log import LossLog
from devices.cluster import read_cluster
from devices.precision import computing_in, scale_losses
from evaluation import encode
from features.networks import build_features
from hyperparameters import sampler_in_words, save
from latents import rotation, samplers, traversals
from losses import PerceptualLoss
from model import VAE, build_decoder, build_encoder
from objectives import build_objective

TO_RECONSTRUCT = Path(__file__).parent / "to_reconstruct"
GENERATED = 12
# Held-out pictures of which the most ordinary one is walked away from.
HELD_OUT_SHOWN = 100


@dataclass(frozen=True)
class RunFolder:
    """Where everything stands that a run writes."""

    path: Path

    @property
    def settings(self):
        """Return the file of the settings, the first one of a run."""
        return self.path / "hyperparameters.json"

    @property
    def checkpoint(self):
        """Return the file that a run continues from."""
        return self.path / "checkpoint.npz"

    @property
    def metrics(self):
        """Return the file of the figures on held-out pictures."""
        return self.path / "metrics.json"

    @property
    def timings(self):
        """Return the file of the seconds that each part took."""
        return self.path / "timings.json"


@contextlib.contextmanager
def written_by_the_chief(path, cluster):
    """Yield the `RunFolder` that this worker writes to, as long as this is entered.

    All workers take the same steps, and so write the same; what the others write, to
    disk or on the screen, is dropped.

    Args:
        path: of the run, in a file system that all workers share.
        cluster: `cluster.Cluster`.
    """
    if cluster.is_chief:
        yield RunFolder(path)
        return
    with tempfile.TemporaryDirectory() as scratch, open(os.devnull, "w") as nowhere:
        run = RunFolder(Path(scratch))
        begun = RunFolder(path).checkpoint
        if begun.exists():
            shutil.copy(begun, run.checkpoint)
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            yield run


def read_pictures(settings, datasets=Path("datasets")):
    """Return a dict of split to `data.Pictures`: drawn, fetched or the user's own.

    Raises:
        ValueError: the folder cannot be trained on; says why.
    """
    folder = data.prepare_folder(settings, datasets)
    splits = data.list_splits(folder)
    check_enough(settings, len(splits["train"]), folder)
    budget = settings.cache_gigabytes * 1e9
    pictures = {
        split: data.read_pictures(
            data.split_folder(folder, split),
            paths,
            settings.img_dim,
            budget,
            f"reading {split}",
        )
        for split, paths in splits.items()
    }
    skipped = sum(len(part.skipped) for part in pictures.values())
    if skipped:
        print(f"{skipped} files cannot be decoded and are left out")
    for split, part in pictures.items():
        if not len(part):
            raise ValueError(f"no picture for {split} in {folder} can be decoded")
    check_enough(settings, len(pictures["train"]), folder)
    return pictures


def read_originals(settings, folder=TO_RECONSTRUCT):
    """Return the pictures to redraw while training, uint8 `(count, side, side, 3)`."""
    return monitoring.read_to_reconstruct(folder, settings.img_dim)


def check_enough(settings, count, folder):
    """Raise ValueError unless `count` training pictures fill the steps asked for."""
    steps = count // settings.batch_size
    if not steps:
        raise ValueError(
            f"--batch_size: received {settings.batch_size}, but {folder} has only "
            f"{count} pictures to train on; use a smaller batch or more pictures"
        )
    if (settings.steps_per_epoch or 0) > steps:
        raise ValueError(
            f"--steps_per_epoch: received {settings.steps_per_epoch}, but an epoch of "
            f"{count} pictures has {steps} steps of {settings.batch_size}"
        )


def open_run(settings, run, pictures):
    """Make the run's folder, and write its settings and the list of files left out."""
    run.path.mkdir(parents=True, exist_ok=True)
    save(settings, run.settings)
    skipped = [pair for part in pictures.values() for pair in part.skipped]
    lines = [f"{path}\t{reason}\n" for path, reason in skipped]
    (run.path / "skipped_pictures.txt").write_text("".join(lines), encoding="utf-8")


def build_vae(settings, picture_count):
    """Return the compiled `VAE` of these settings; all randomness follows the seed.

    Args:
        settings: `Hyperparameters`.
        picture_count: number of training pictures, which some objectives want to know.
    """
    keras.utils.set_random_seed(settings.seed)
    size, latent_dim = settings.img_dim, settings.latent_dim
    with computing_in(settings.precision):
        encoder = build_encoder(
            size, settings.encoder_filters, settings.encoder_units, latent_dim
        )
        decoder = build_decoder(
            size, settings.decoder_filters, settings.decoder_channels, latent_dim
        )
        perceptual_loss = _perceptual_loss(settings)
    vae = VAE(
        encoder,
        decoder,
        beta=settings.beta,
        gamma=settings.gamma,
        perceptual_loss=perceptual_loss,
        objective=build_objective(settings, picture_count),
        kl_warm_up_steps=settings.kl_warm_up_steps,
        seed=settings.seed,
        name="castle_dreamer",
    )
    learning_rate = keras.optimizers.schedules.ExponentialDecay(
        settings.initial_learning_rate, settings.decay_steps, settings.decay_rate
    )
    # Each device hands in an equal part of the gradient: `devices.equal_shares`.
    clip_norm = settings.clip_norm / tf.distribute.get_strategy().num_replicas_in_sync
    adam = keras.optimizers.Adam(learning_rate, global_clipnorm=clip_norm)
    vae.compile(scale_losses(adam, settings.precision), jit_compile=settings.xla)
    # Variables that are born in the first step would have it traced twice.
    vae.optimizer.build(vae.trainable_variables)
    return vae


def _perceptual_loss(settings):
    if not settings.gamma:
        return None
    network = build_features(
        settings.perceptual_network, settings.perceptual_layer, settings.img_dim
    )
    return PerceptualLoss(network)


def train(vae, pictures, originals, settings, run):
    """Train to the last epoch, from the run's checkpoint if it has one.

    Raises:
        KeyboardInterrupt: Ctrl-C; a checkpoint has been saved.
        checkpoints.TrainingDiverged: the loss is no longer finite.
    """
    steps = settings.steps_per_epoch or len(pictures["train"]) // settings.batch_size
    place = read_place(run.checkpoint) if run.checkpoint.exists() else (0, 0)
    held_out = data.evaluation_batches(pictures["validation"], settings.batch_size)
    strategy = vae.distribute_strategy
    alone = read_cluster().size == 1
    print(f"training on {strategy.in_words(strategy)}, into {run.path}", flush=True)
    interrupt = PoliteInterrupt()
    # Machines save together or not at all: there Ctrl-C costs the steps since the last
    # checkpoint.
    with interrupt if alone else contextlib.nullcontext():
        callbacks = _callbacks(settings, run, originals, steps, place, interrupt)
        # One call of fit an epoch: only the first one may begin in the middle.
        for epoch in range(place[0], settings.epochs):
            skip = place[1] if epoch == place[0] else 0
            batches = partial(
                data.training_batches,
                pictures["train"],
                settings.batch_size,
                settings.seed,
                epoch,
                steps=steps,
                skip=skip,
                flip=settings.flip,
            )
            batches = strategy.share_input(batches, settings.batch_size, strategy)
            # Keras does not see when the shares of several machines end.
            count = None if alone else steps - skip
            _fit_epoch(vae, batches, count, held_out, epoch, callbacks)
    if place[0] >= settings.epochs:
        # Killed after its last epoch: no fit has restored it.
        restore_checkpoint(run.checkpoint, vae)
    for kind in ("reconstruction", "generation"):
        folder = run.path / f"monitor_{kind}"
        monitoring.write_animation(folder, run.path / f"monitor_{kind}.gif")


def _fit_epoch(vae, batches, count, held_out, epoch, callbacks):
    with warnings.catch_warnings():
        # An epoch interrupted in its validation has no step left to train on.
        warnings.filterwarnings("ignore", "Your input ran out of data")
        vae.fit(
            batches,
            steps_per_epoch=count,
            validation_data=held_out,
            initial_epoch=epoch,
            epochs=epoch + 1,
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        )


def _callbacks(settings, run, originals, steps, place, interrupt):
    writer = tf.summary.create_file_writer(str(run.path / "tensorboard"))
    monitor = {
        "every_steps": settings.monitor_every_steps,
        "writer": writer,
        "last_step": settings.epochs * steps,
        "singles": settings.monitor_singles,
    }
    latents = monitoring.random_latents(GENERATED, settings.latent_dim, settings.seed)
    return [
        Restoration(run.checkpoint),
        LossLog(run.path / "losses.csv", settings.log_every_steps, writer),
        monitoring.ReconstructionMonitor(
            originals, folder=run.path / "monitor_reconstruction", **monitor
        ),
        monitoring.GenerationMonitor(
            latents, folder=run.path / "monitor_generation", **monitor
        ),
        monitoring.ProgressLine(settings.epochs, steps, settings.batch_size),
        Checkpoints(run.checkpoint, settings.checkpoint_every_steps, place, interrupt),
    ]


def on_one_device(vae, settings, pictures, run):
    """Return the trained model as one device holds it, from its last checkpoint."""
    if vae.distribute_strategy.num_replicas_in_sync == 1:
        return vae
    alone = build_vae(settings, len(pictures["train"]))
    restore_checkpoint(run.checkpoint, alone)
    return alone


def turn_latents(vae, pictures, settings):
    """Turn the latent axes to where the codes of training pictures are independent."""
    if settings.rotation == "none":
        return
    codes = _encode_some(
        vae.encoder, pictures["train"], rotation.MOST_PICTURES, settings
    )
    vae.turn(rotation.independent_axes(*codes, settings.seed))


def save_networks(vae, run):
    """Save encoder and decoder, each in a file that Keras can load."""
    for network in (vae.encoder, vae.decoder):
        network.save(run.path / f"{network.name}.keras")


def explore(vae, pictures, originals, metrics, run):
    """Walk through the latent space, and draw what is met on the way."""
    some = data.spread(pictures["test"], HELD_OUT_SHOWN)
    held_out = next(iter(data.evaluation_batches(some, HELD_OUT_SHOWN))).numpy()
    traversals.write_walks(
        vae.encoder, vae.decoder, held_out, originals, metrics["latents"], run.path
    )


def dream(vae, pictures, settings, run):
    """Decode random latent vectors into the demo folder."""
    sampler = sampler_in_words(settings.demo_sampler, settings.demo_temperature)
    monitoring.write_demo(
        vae.decoder,
        run.path / f"demo_{settings.name}",
        draw_latents(vae.encoder, pictures["train"], settings, seed=settings.seed + 1),
        label=f"dreams from {sampler}",
    )


def draw_latents(encoder, pictures, settings, seed):
    """Return the latent vectors to dream from, float32 `(count, latent_dim)`."""
    count, temperature = settings.demo_iterations, settings.demo_temperature
    codes = _encode_some(encoder, pictures, samplers.MOST_PICTURES, settings)
    sampler = samplers.SAMPLERS[settings.demo_sampler].fit(*codes, seed)
    return sampler.sample(count, temperature, seed)


def _encode_some(encoder, pictures, most, settings):
    some = data.spread(pictures, most)
    return encode(encoder, data.evaluation_batches(some, settings.batch_size))
