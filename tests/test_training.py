"""Parts of the job that need little training; what does is in test_main.py."""

import os
import signal
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.plugin_event_accumulator import (
    EventAccumulator,
)

import training
from callbacks.best_epoch import BestEpoch
from data import Pictures
from devices.strategy import open_session
from hyperparameters import Hyperparameters
from optimizers import Muon
from pictures.reading import Split
from run_folder import RunFolder, read_losses


class Turning:
    """A model of two dimensions that takes note of how it is turned and unbent."""

    def __init__(self):
        self.axes, self.straightenings, self.couplings = [], [], []

    def encode(self, batches):
        """Place pictures by two independent values of theirs, turned by 30 degrees."""
        pictures = np.concatenate([batch.numpy() for batch in batches])
        values = pictures.reshape(len(pictures), -1)[:, :2] * 2.0 - 1.0
        turn = [[np.cos(np.pi / 6), np.sin(np.pi / 6)], [-0.5, np.cos(np.pi / 6)]]
        codes = values @ np.array(turn)
        for axes in self.axes:
            codes = codes @ axes.T
        return codes, np.full((len(pictures), 2), -6.0)

    def turn(self, axes):
        self.axes.append(axes)

    def straighten(self, coupling):
        # Before codes are unbent.
        assert len(self.straightenings) == len(self.couplings)
        self.straightenings.append(coupling)

    def unbend(self, coupling):
        self.couplings.append(coupling)


def test_axes_are_turned_to_where_training_codes_are_independent(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 256, (2000, 8, 8, 3), np.uint8)
    train = Split(tmp_path, [None] * 2000, 8, pixels)
    pictures = SimpleNamespace(train=train, told_count=0)
    vae = Turning()
    left = Hyperparameters(latent_dim=2, rotation="none", unbend=False)
    training.turn_axes(vae, pictures, left)
    assert vae.axes == vae.couplings == []
    training.turn_axes(vae, pictures, Hyperparameters(latent_dim=2))
    found = np.sort(np.abs(vae.axes[0]), axis=0)
    np.testing.assert_allclose(found, [[0.5, 0.5], [0.866, 0.866]], atol=0.05)


def test_a_bent_copy_is_found_along_the_axes_that_were_turned_to(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 256, (2000, 8, 8, 3), np.uint8)
    # Two uniform values; the second becomes a parabola of the first.
    free = pixels[..., 0, 0, 0] / 255
    pixels[..., 0, 0, 1] = np.rint(255 * (2 * free - 1) ** 2)
    pictures = SimpleNamespace(
        train=Split(tmp_path, [None] * 2000, 8, pixels), told_count=0
    )
    vae = Turning()
    training.turn_axes(vae, pictures, Hyperparameters(latent_dim=2))
    (straightening,), (coupling,) = vae.straightenings, vae.couplings
    assert not straightening.heights.any()
    codes, _ = vae.encode([tf.constant(pixels / 255.0)])
    left = coupling.take(codes) * coupling.scale
    assert sorted(left.std(axis=0) / codes.std(axis=0))[0] < 0.2
    training.turn_axes(vae, pictures, Hyperparameters(latent_dim=2, unbend=False))
    assert len(vae.axes) == 2 and len(vae.couplings) == 1


def test_told_dimensions_are_not_turned(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 256, (2000, 8, 8, 3), np.uint8)
    train = Split(tmp_path, [None] * 2000, 8, pixels)
    vae = Turning()
    pictures = SimpleNamespace(train=train, told_count=1)
    training.turn_axes(vae, pictures, Hyperparameters(latent_dim=2))
    np.testing.assert_array_equal(vae.axes[0], np.eye(2))


def test_untold_dimensions_pay_more_where_others_are_told():
    settings = Hyperparameters(latent_dim=3, untold_weight=8.0)
    assert training._kl_weights(settings, told_count=1).tolist() == [1.0, 8.0, 8.0]
    assert training._kl_weights(settings, told_count=0).tolist() == [1.0, 1.0, 1.0]


def rate_at(step, **changes):
    settings = Hyperparameters(initial_learning_rate=0.01, **changes)
    optimizer = training._build_optimizer(settings, steps=100)
    return float(optimizer._learning_rate(step))


def test_the_learning_rate_falls_to_zero_or_by_a_factor():
    for step, rate in ((0, 0.01), (50, 0.005), (100, 0.0)):
        assert rate_at(step, schedule="cosine") == pytest.approx(rate, abs=1e-9)
    exponential = {"schedule": "exponential", "decay_rate": 0.5, "decay_steps": 10}
    assert rate_at(20, **exponential) == pytest.approx(0.0025)


@pytest.mark.parametrize(
    ("kind", "expected"), [("adam", keras.optimizers.Adam), ("muon", Muon)]
)
def test_the_optimizer_is_chosen_by_name(kind, expected):
    settings = Hyperparameters(optimizer=kind, adam_beta_2=0.9)
    optimizer = training._build_optimizer(settings, steps=100)
    assert type(optimizer) is expected
    assert optimizer.beta_2 == 0.9


def points(folder):
    log = EventAccumulator(str(folder)).Reload()
    return [event.step for event in log.Tensors("loss")]


def test_tensorboard_shows_no_point_twice_after_a_kill(tmp_path):
    for steps in (range(1, 6), range(3, 9)):
        training._begin_points_after(steps.start - 1, tmp_path / "board")
        writer = tf.summary.create_file_writer(str(tmp_path / "board"))
        with writer.as_default():
            for step in steps:
                tf.summary.scalar("loss", 1.0, step)
        writer.close()
        # The names of the files, by which they are read in order, count seconds.
        for path in (tmp_path / "board").iterdir():
            path.rename(path.with_name(path.name.replace("tfevents.", "tfevents.0")))
    assert points(tmp_path / "board") == list(range(1, 9))


# Of noise nothing can be learnt: what is held out gets worse from some epoch on.
NOISY = Hyperparameters(
    img_dim=8,
    batch_size=4,
    epochs=9,
    latent_dim=2,
    encoder_filters=(4,),
    decoder_filters=(4,),
    encoder_units=8,
    decoder_channels=4,
    gamma=0.0,
    initial_learning_rate=0.03,
    strategy="one",
    keep_best=True,
    patience_epochs=2,
)


def noise(folder, name, count):
    pixels = np.random.default_rng(count).integers(0, 256, (count, 8, 8, 3), np.uint8)
    paths = [folder / name / f"{number}.png" for number in range(count)]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return Split(folder / name, paths, 8, pixels)


def train(folder, settings):
    """Train in the folder, or go on there, and return the run and the model."""
    folder.mkdir(exist_ok=True)
    run = RunFolder(folder)
    train, held_out = noise(folder, "train", 8), noise(folder, "held_out", 4)
    pictures = Pictures(train, held_out, held_out, None, None, held_out.pixels, [])
    vae = training.build_vae(settings, picture_count=8)
    with open_session(settings, run) as session:
        state = training.restore(vae, pictures, settings, run)
        return run, training.fit(vae, pictures, settings, session, state)


class CtrlC:
    """Presses Ctrl-C at the beginning of a validation, if one waits for it."""

    def __init__(self):
        self.waiting = None

    def on_test_begin(self, *_):
        if self.waiting:
            self.waiting -= 1
            if self.waiting == 0:
                os.kill(os.getpid(), signal.SIGINT)


def test_a_run_stopped_in_validations_keeps_the_same_best_epoch_and_ends_as_early(
    tmp_path, monkeypatch
):
    ctrl_c = CtrlC()
    monkeypatch.setattr(BestEpoch, "on_test_begin", ctrl_c.on_test_begin, raising=False)
    whole, expected = train(tmp_path / "whole", NOISY)
    epochs = [row["epoch"] for row in read_losses(whole.losses)]
    assert epochs == ["1", "2", "3"]
    # In the first one, and when that is done anew in the last one.
    for validations in (1, 3):
        ctrl_c.waiting = validations
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "stopped", NOISY)
    run, vae = train(tmp_path / "stopped", NOISY)
    assert run.losses.read_text() == whole.losses.read_text()
    for ours, theirs in zip(vae.variables, expected.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), ours.path)
