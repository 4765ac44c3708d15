import os
import signal
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from callbacks import checkpoints
from callbacks.checkpoints import (
    Checkpoints,
    Place,
    PoliteInterrupt,
    TrainingDiverged,
    restore_checkpoint,
    save_checkpoint,
)
from mistakes import Mishap, UserMistake
from model import VAE, build_decoder, build_encoder

QUIET = SimpleNamespace(noted=False)
SUMS = np.array([7.0, 3.0])


def small_vae(latent_dim=3, seed=5):
    keras.utils.set_random_seed(seed)
    vae = VAE(
        build_encoder(8, filters=(4,), units=8, latent_dim=latent_dim),
        build_decoder(8, filters=(4,), channels=4, latent_dim=latent_dim),
        beta=0.1,
        gamma=0.0,
        seed=seed,
    )
    vae.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    return vae


def batches(count, start=0):
    noise = np.random.default_rng(3).random((16, 4, 8, 8, 3)).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices(noise[start : start + count])


def fit(vae, data, callbacks=()):
    return vae.fit(data, verbose=0, shuffle=False, callbacks=list(callbacks))


def state(vae):
    """Return all variables but the running means of an epoch's losses."""
    means = {id(variable) for variable in vae.metrics_variables}
    variables = vae.variables + vae.optimizer.variables
    return [variable.numpy() for variable in variables if id(variable) not in means]


def place_of(path):
    with np.load(path) as saved:
        return Place(*map(int, saved["place"]))


def test_a_restored_run_goes_on_digit_for_digit(tmp_path):
    whole = small_vae()
    fit(whole, batches(8))
    half = small_vae()
    saving = Checkpoints(tmp_path / "c.npz", 5, Place(0, 0), SUMS, QUIET)
    # The epoch's own save at its end is left out: the run is killed before.
    saving.on_epoch_end = lambda *_: None
    fit(half, batches(7), [saving])
    assert place_of(tmp_path / "c.npz") == Place(0, 5)
    resumed = small_vae(seed=99)
    sums = np.zeros(2)
    place = restore_checkpoint(tmp_path / "c.npz", resumed, sums)
    assert (place, sums.tolist()) == (Place(0, 5), SUMS.tolist())
    fit(resumed, batches(3, start=5))
    for one, other in zip(state(whole), state(resumed), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_noise_goes_on_and_is_not_repeated(tmp_path):
    vae, zeros = small_vae(), tf.zeros((2, 3))
    vae.sampling(zeros, zeros, training=True)
    save_checkpoint(tmp_path / "c.npz", vae, Place(0, 1), SUMS)
    expected = vae.sampling(zeros, zeros, training=True)
    restored = small_vae()
    restore_checkpoint(tmp_path / "c.npz", restored, SUMS.copy())
    again = restored.sampling(zeros, zeros, training=True)
    np.testing.assert_array_equal(again, expected)


def test_an_epoch_ends_with_a_checkpoint_at_the_start_of_the_next(tmp_path):
    vae = small_vae()
    fit(
        vae,
        batches(4),
        [Checkpoints(tmp_path / "c.npz", 100, Place(0, 0), SUMS, QUIET)],
    )
    assert place_of(tmp_path / "c.npz") == Place(1, 0)


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    save_checkpoint(tmp_path / "c.npz", small_vae(), Place(0, 0), SUMS)
    other = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    other.compile("adam")
    with pytest.raises(UserMistake, match="a model with other layers.*--name"):
        restore_checkpoint(tmp_path / "c.npz", other, SUMS.copy())


@pytest.mark.parametrize("length", [0, 100, 5000])
def test_a_file_that_is_no_whole_checkpoint_is_refused_in_one_line(tmp_path, length):
    path = tmp_path / "c.npz"
    save_checkpoint(path, small_vae(), Place(), SUMS)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(UserMistake, match="c.npz is not a checkpoint") as caught:
        restore_checkpoint(path, small_vae(), SUMS.copy())
    assert "\n" not in str(caught.value)
    path.write_bytes(b"a page of text")
    with pytest.raises(UserMistake, match="c.npz is not a checkpoint"):
        restore_checkpoint(path, small_vae(), SUMS.copy())


def test_a_file_of_other_arrays_is_no_checkpoint(tmp_path):
    np.savez(tmp_path / "c.npz", numbers=np.zeros(3))
    with pytest.raises(UserMistake, match="c.npz is not a checkpoint"):
        restore_checkpoint(tmp_path / "c.npz", small_vae(), SUMS.copy())


def test_going_on_in_other_surroundings_is_said_in_one_line(
    tmp_path, monkeypatch, capsys
):
    vae, path = small_vae(), tmp_path / "c.npz"
    save_checkpoint(path, vae, Place(0, 1), SUMS)
    restore_checkpoint(path, vae, SUMS.copy())
    assert capsys.readouterr().out == ""
    now = {**checkpoints.read_surroundings(), "thread count": 77}
    monkeypatch.setattr(checkpoints, "read_surroundings", lambda: now)
    restore_checkpoint(path, vae, SUMS.copy())
    said = capsys.readouterr().out
    assert said.startswith("from here on no longer digit for digit: thread count was")
    assert said.count("\n") == 1 and said.endswith("and is 77\n")


def test_weights_that_are_not_finite_are_never_saved(tmp_path):
    vae = small_vae()
    save_checkpoint(tmp_path / "c.npz", vae, Place(0, 1), SUMS)
    good = (tmp_path / "c.npz").read_bytes()
    head = vae.encoder.get_layer("z_mean")
    head.bias.assign([0.0, np.nan, 0.0])
    with pytest.raises(
        TrainingDiverged, match="diverged: .*bias.*initial-learning-rate"
    ):
        save_checkpoint(tmp_path / "c.npz", vae, Place(0, 2), SUMS)
    assert (tmp_path / "c.npz").read_bytes() == good
    assert issubclass(TrainingDiverged, Mishap)


def test_a_full_disk_leaves_the_former_checkpoint(tmp_path, monkeypatch):
    vae = small_vae()
    save_checkpoint(tmp_path / "c.npz", vae, Place(0, 1), SUMS)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(tmp_path / "c.npz", vae, Place(0, 2), SUMS)
    assert place_of(tmp_path / "c.npz") == Place(0, 1)


def test_ctrl_c_finishes_the_step_saves_and_stops(tmp_path):
    vae = small_vae()

    class PressCtrlC(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 2:
                os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), PoliteInterrupt() as interrupt:
        saving = Checkpoints(tmp_path / "c.npz", 100, Place(4, 10), SUMS, interrupt)
        fit(vae, batches(8), [PressCtrlC(), saving])
    assert place_of(tmp_path / "c.npz") == Place(4, 13)
    assert vae.step == 3
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_in_the_validation_loses_no_step(tmp_path):
    vae = small_vae()

    class PressCtrlC(keras.callbacks.Callback):
        def on_test_begin(self, logs=None):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), PoliteInterrupt() as interrupt:
        saving = Checkpoints(tmp_path / "c.npz", 100, Place(0, 0), SUMS, interrupt)
        vae.fit(
            batches(3),
            validation_data=batches(2),
            callbacks=[PressCtrlC(), saving],
            verbose=0,
            shuffle=False,
        )
    assert place_of(tmp_path / "c.npz") == Place(0, 3)


def test_a_second_ctrl_c_does_not_wait():
    with pytest.raises(KeyboardInterrupt), PoliteInterrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.noted
        os.kill(os.getpid(), signal.SIGINT)


def test_an_interval_below_one_is_refused(tmp_path):
    with pytest.raises(ValueError, match="every_steps: received 0"):
        Checkpoints(tmp_path / "c.npz", 0, Place(0, 0), SUMS, QUIET)
