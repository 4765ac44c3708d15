"""From settings to a trained network: build it, fit it, turn its latent axes.

Owns how settings become the model, its optimizer and its callbacks. Which pictures it
learns from is `data.py`, how one step computes is `model.py`.
"""

import time
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.summary.writer.event_file_writer import EventFileWriter

import data
from callbacks.best_epoch import BestEpoch
from callbacks.checkpoints import (
    Checkpoints,
    Place,
    PoliteInterrupt,
    State,
    check_pictures,
    restore_checkpoint,
    restore_last,
    restore_networks,
)
from callbacks.loss_log import LossLog, empty_sums
from callbacks.progress_line import ProgressLine
from devices.precision import computing_in, scale_losses
from features.networks import build_features
from latents import rotation, straightening, unbending
from latents.samplers import Prior
from model import VAE, build_decoder, build_encoder
from monitoring import GenerationMonitor, ReconstructionMonitor
from objectives import build_objective
from optimizers import Muon
from run_folder import MONITORS, RunFolder

# Random vectors that are decoded again and again while the network learns.
GENERATED = 12


def build_vae(settings, picture_count, told_count=0):
    """Return the compiled `VAE` of these settings; all randomness follows the seed.

    Args:
        settings: `Hyperparameters`.
        picture_count: number of training pictures, which some objectives need.
        told_count: number of latent dimensions that are told what they stand for.

    Raises:
        UserMistake: the perceptual network or its layer cannot be had.
    """
    keras.utils.set_random_seed(settings.seed)
    size, latent_dim = settings.img_dim, settings.latent_dim
    with computing_in(settings.precision):
        encoder = build_encoder(
            size,
            settings.encoder_filters,
            settings.encoder_units,
            latent_dim,
            settings.encoder,
            settings.unbend,
        )
        decoder = build_decoder(
            size,
            settings.decoder_filters,
            settings.decoder_channels,
            latent_dim,
            settings.decoder,
            settings.unbend,
        )
        perceptual_network = _build_perceptual_network(settings)
    steps = settings.epochs * _steps_per_epoch(settings, picture_count)
    vae = VAE(
        encoder,
        decoder,
        beta=settings.beta,
        gamma=settings.gamma,
        perceptual_network=perceptual_network,
        objective=build_objective(settings, picture_count),
        kl_warm_up_steps=settings.kl_warm_up_steps,
        told_weight=settings.told_weight,
        kl_weights=_kl_weights(settings, told_count),
        kl_weights_steps=steps,
        seed=settings.seed,
        name="castle_dreamer",
    )
    vae.compile(_build_optimizer(settings, steps), jit_compile=settings.xla)
    # Variables that are born in the first step would have it traced twice.
    vae.optimizer.build(vae.trainable_variables)
    return vae


def _build_perceptual_network(settings):
    if not settings.gamma:
        return None
    return build_features(
        settings.perceptual_network, settings.perceptual_layers, settings.img_dim
    )


def _kl_weights(settings, told_count):
    """Return how often the KL divergence of each dimension counts, float32."""
    weights = np.ones(settings.latent_dim, np.float32)
    if told_count:
        weights[told_count:] = settings.untold_weight
    return weights


def _steps_per_epoch(settings, picture_count):
    return settings.steps_per_epoch or picture_count // settings.batch_size


def _build_optimizer(settings, steps):
    schedules = keras.optimizers.schedules
    if settings.schedule == "cosine":
        learning_rate = schedules.CosineDecay(settings.initial_learning_rate, steps)
    else:
        learning_rate = schedules.ExponentialDecay(
            settings.initial_learning_rate, settings.decay_steps, settings.decay_rate
        )
    # Each device hands in an equal part of the gradient: `collectives.equal_shares`.
    clip_norm = settings.clip_norm / tf.distribute.get_strategy().num_replicas_in_sync
    kind = Muon if settings.optimizer == "muon" else keras.optimizers.Adam
    optimizer = kind(
        learning_rate, beta_2=settings.adam_beta_2, global_clipnorm=clip_norm
    )
    return scale_losses(optimizer, settings.precision)


def restore(vae, pictures, settings, run, accepts_changed_pictures=False):
    """Put into a new `VAE` what training begins with, and return the `State` of it.

    Args:
        vae: as `build_vae` makes it.
        pictures: `data.Pictures`.
        settings: `Hyperparameters`.
        run: `RunFolder`, whose last checkpoint is gone on from if there is one.
        accepts_changed_pictures: whether the pictures may be others than before.

    Raises:
        UserMistake: they are, or what is restored does not fit the settings.
    """
    listing = pictures.listing
    if not (run.checkpoint.exists() or run.former_checkpoint.exists()):
        if settings.start_from:
            restore_networks(RunFolder(settings.start_from).trained_weights, vae)
        return State(Place(), empty_sums(), listing)
    state = restore_last(run, vae)
    if not accepts_changed_pictures:
        check_pictures(state, listing)
    # An epoch of fewer pictures has fewer steps.
    steps = _steps_per_epoch(settings, len(pictures.train))
    place = Place(state.place.epoch, min(state.place.step, steps))
    return State(place, state.log_sums, listing)


def fit(vae, pictures, settings, session, state):
    """Train to the last epoch, or until patience is over.

    Args:
        vae: as `build_vae` makes it.
        pictures: `data.Pictures`.
        settings: `Hyperparameters`.
        session: `devices.strategy.Session`.
        state: `State` in which training begins, as `restore` returns it.

    Returns:
        The trained `VAE` as one device holds it.

    Raises:
        KeyboardInterrupt: Ctrl-C; a checkpoint has been saved.
        callbacks.checkpoints.TrainingDiverged: the loss is no longer finite.
    """
    run = session.run
    steps = _steps_per_epoch(settings, len(pictures.train))
    held_out = data.evaluation_batches(pictures.validation, settings.batch_size)
    _begin_points_after(vae.step, run.tensorboard)
    writer = tf.summary.create_file_writer(str(run.tensorboard))
    log = LossLog(run.losses, settings.log_every_steps, writer, state.log_sums)
    best = BestEpoch(run, state, settings.keep_best, settings.patience_epochs)
    print(f"training on {session.in_words()}, into {run.path}", flush=True)
    monitors = _build_monitors(pictures.to_reconstruct, settings, run, writer, steps)
    line = ProgressLine(settings.epochs, steps, settings.batch_size)
    # Machines save together or not at all: there, Ctrl-C costs the steps since the
    # last checkpoint.
    with PoliteInterrupt(is_polite=session.is_alone) as interrupt:
        checkpoints = Checkpoints(
            run, settings.checkpoint_every_steps, state, interrupt
        )
        callbacks = keras.callbacks.CallbackList(
            [log, *monitors, line, best, checkpoints], add_history=True, model=vae
        )
        batches = partial(_share_batches, pictures, settings, steps, session)
        _take_epochs(
            vae, batches, held_out, state.place, settings.epochs, steps, callbacks, best
        )
    for kind, monitor in zip(MONITORS, monitors, strict=True):
        monitor.write_animation(run.animation(kind))
    is_shared = session.strategy.num_replicas_in_sync > 1
    if is_shared:
        vae = build_vae(settings, len(pictures.train), pictures.told_count)
    if is_shared or settings.keep_best:
        restore_checkpoint(run.trained_weights, vae)
    return vae


def _begin_points_after(step, folder):
    """Have TensorBoard forget what a former sitting drew beyond a step.

    It does so at a second start, so that the first one is written, too.
    """
    writer = EventFileWriter(str(folder))
    start = SessionLog(status=SessionLog.START)
    writer.add_event(Event(step=step + 1, wall_time=time.time(), session_log=start))
    writer.close()


def _take_epochs(vae, batches, held_out, place, epochs, steps, callbacks, best):
    """Finish the epoch at `place` if it was begun, and then take all others."""
    fit = partial(
        vae.fit, validation_data=held_out, callbacks=callbacks, shuffle=False, verbose=0
    )
    epoch, step = place
    if step == steps:
        _validate(vae, held_out, epoch, callbacks)
    elif step:
        fit(
            batches(range(epoch, epoch + 1), skip=step),
            steps_per_epoch=steps - step,
            initial_epoch=epoch,
            epochs=epoch + 1,
        )
    first = epoch + 1 if step else epoch
    if first < epochs and not best.is_over(first):
        fit(
            batches(range(first, epochs)),
            steps_per_epoch=steps,
            initial_epoch=first,
            epochs=epochs,
        )


def _validate(vae, held_out, epoch, callbacks):
    """End an epoch whose steps are all taken, which was stopped in its validation."""
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(epoch)
    figures = vae.evaluate(held_out, callbacks=callbacks, return_dict=True, verbose=0)
    callbacks.on_epoch_end(epoch, {f"val_{name}": figures[name] for name in figures})


def _share_batches(pictures, settings, steps, session, epochs, skip=0):
    make_batches = partial(
        data.training_batches,
        pictures.train,
        settings.batch_size,
        settings.seed,
        epochs,
        steps,
        skip=skip,
        flip=settings.flip,
        told=pictures.told,
    )
    return session.share_input(make_batches, settings.batch_size)


def _build_monitors(originals, settings, run, writer, steps):
    options = {
        "every_steps": settings.monitor_every_steps,
        "writer": writer,
        "last_step": settings.epochs * steps,
        "singles": settings.monitor_singles,
    }
    latents = Prior(settings.latent_dim).sample(GENERATED, 1.0, settings.seed)
    return (
        ReconstructionMonitor(
            originals, folder=run.monitor("reconstruction"), **options
        ),
        GenerationMonitor(latents, folder=run.monitor("generation"), **options),
    )


def turn_axes(vae, pictures, settings):
    """Turn, straighten and unbend latent axes until training codes are independent.

    Dimensions that were told what they stand for stay as they are.

    Args:
        vae: trained `VAE`.
        pictures: `data.Pictures`.
        settings: `Hyperparameters`.
    """
    if settings.rotation == "none" and not settings.unbend:
        return
    batches = data.evaluation_batches(
        pictures.train.spread(rotation.MOST_PICTURES), settings.batch_size
    )
    told = pictures.told_count
    if settings.rotation == "ica":
        vae.turn(rotation.independent_axes(*vae.encode(batches), settings.seed, told))
    if settings.unbend:
        vae.straighten(straightening.find_straightening(*vae.encode(batches), told))
        vae.unbend(unbending.find_unbending(*vae.encode(batches), told))
