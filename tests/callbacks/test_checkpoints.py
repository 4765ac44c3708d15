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
    State,
    TrainingDiverged,
    UnusableCheckpoint,
    check_pictures,
    restore_checkpoint,
    restore_last,
    restore_networks,
    save_checkpoint,
)
from mistakes import STOP_SIGNALS, Mishap, UserMistake
from model import VAE, build_decoder, build_encoder
from run_folder import RunFolder

QUIET = SimpleNamespace(noted=False)
SUMS = np.array([7.0, 3.0])


def begun(place):
    return State(place, SUMS, "12 pictures")


def small_vae(latent_dim=3, seed=5, **changes):
    keras.utils.set_random_seed(seed)
    vae = VAE(
        build_encoder(8, filters=(4,), units=8, latent_dim=latent_dim, **changes),
        build_decoder(8, filters=(4,), channels=4, latent_dim=latent_dim, **changes),
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
    saving = Checkpoints(RunFolder(tmp_path), 5, begun(Place(0, 0)), QUIET)
    # The epoch's own save at its end is left out: the run is killed before.
    saving.on_epoch_end = lambda *_: None
    fit(half, batches(7), [saving])
    assert place_of(tmp_path / "checkpoint.npz") == Place(0, 5)
    resumed = small_vae(seed=99)
    restored = restore_checkpoint(RunFolder(tmp_path).checkpoint, resumed)
    assert (restored.place, restored.log_sums.tolist()) == (Place(0, 5), SUMS.tolist())
    assert restored.listing == "12 pictures"
    fit(resumed, batches(3, start=5))
    for one, other in zip(state(whole), state(resumed), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_noise_goes_on_and_is_not_repeated(tmp_path):
    vae, zeros = small_vae(), tf.zeros((2, 3))
    vae.sampling(zeros, zeros, training=True)
    save_checkpoint(tmp_path / "checkpoint.npz", vae, begun(Place(0, 1)))
    expected = vae.sampling(zeros, zeros, training=True)
    restored = small_vae()
    restore_checkpoint(tmp_path / "checkpoint.npz", restored)
    again = restored.sampling(zeros, zeros, training=True)
    np.testing.assert_array_equal(again, expected)


def test_an_epoch_ends_with_a_checkpoint_at_the_start_of_the_next(tmp_path):
    vae = small_vae()
    fit(
        vae,
        batches(4),
        [Checkpoints(RunFolder(tmp_path), 100, begun(Place(0, 0)), QUIET)],
    )
    assert place_of(tmp_path / "checkpoint.npz") == Place(1, 0)


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    save_checkpoint(tmp_path / "checkpoint.npz", small_vae(), begun(Place(0, 0)))
    other = small_vae(latent_dim=4)
    with pytest.raises(UserMistake, match="a model with other layers.*--name"):
        restore_checkpoint(tmp_path / "checkpoint.npz", other)


@pytest.mark.parametrize("length", [0, 100, 5000])
def test_a_file_that_is_no_whole_checkpoint_is_refused_in_one_line(tmp_path, length):
    path = tmp_path / "checkpoint.npz"
    save_checkpoint(path, small_vae(), begun(Place()))
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(UserMistake, match="is not a checkpoint") as caught:
        restore_checkpoint(path, small_vae())
    assert "\n" not in str(caught.value)
    path.write_bytes(b"a page of text")
    with pytest.raises(UserMistake, match="is not a checkpoint"):
        restore_checkpoint(path, small_vae())


def test_a_file_of_other_arrays_is_no_checkpoint(tmp_path):
    np.savez(tmp_path / "checkpoint.npz", numbers=np.zeros(3))
    with pytest.raises(UserMistake, match="is not a checkpoint"):
        restore_checkpoint(tmp_path / "checkpoint.npz", small_vae())


def test_going_on_in_other_surroundings_is_said_in_one_line(
    tmp_path, monkeypatch, capsys
):
    vae, path = small_vae(), tmp_path / "checkpoint.npz"
    save_checkpoint(path, vae, begun(Place(0, 1)))
    restore_checkpoint(path, vae)
    assert capsys.readouterr().out == ""
    now = {**checkpoints.read_surroundings(), "thread count": 77}
    monkeypatch.setattr(checkpoints, "read_surroundings", lambda: now)
    restore_checkpoint(path, vae)
    said = capsys.readouterr().out
    assert said.startswith("from here on no longer digit for digit: thread count was")
    assert said.count("\n") == 1 and said.endswith("and is 77\n")


def test_weights_that_are_not_finite_are_never_saved(tmp_path):
    vae = small_vae()
    save_checkpoint(tmp_path / "checkpoint.npz", vae, begun(Place(0, 1)))
    good = (tmp_path / "checkpoint.npz").read_bytes()
    head = vae.encoder.get_layer("z_mean")
    head.bias.assign([0.0, np.nan, 0.0])
    with pytest.raises(
        TrainingDiverged, match="diverged: .*bias.*initial-learning-rate"
    ):
        save_checkpoint(tmp_path / "checkpoint.npz", vae, begun(Place(0, 2)))
    assert (tmp_path / "checkpoint.npz").read_bytes() == good
    assert issubclass(TrainingDiverged, Mishap)


def test_a_full_disk_leaves_the_former_checkpoint(tmp_path, monkeypatch):
    vae = small_vae()
    save_checkpoint(tmp_path / "checkpoint.npz", vae, begun(Place(0, 1)))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(tmp_path / "checkpoint.npz", vae, begun(Place(0, 2)))
    assert place_of(tmp_path / "checkpoint.npz") == Place(0, 1)


def test_ctrl_c_finishes_the_step_saves_and_stops(tmp_path):
    vae = small_vae()

    class PressCtrlC(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 2:
                os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), PoliteInterrupt() as interrupt:
        saving = Checkpoints(RunFolder(tmp_path), 100, begun(Place(4, 10)), interrupt)
        fit(vae, batches(8), [PressCtrlC(), saving])
    assert place_of(tmp_path / "checkpoint.npz") == Place(4, 13)
    assert vae.step == 3
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_in_the_validation_loses_no_step(tmp_path):
    vae = small_vae()

    class PressCtrlC(keras.callbacks.Callback):
        def on_test_begin(self, logs=None):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), PoliteInterrupt() as interrupt:
        saving = Checkpoints(RunFolder(tmp_path), 100, begun(Place(0, 0)), interrupt)
        vae.fit(
            batches(3),
            validation_data=batches(2),
            callbacks=[PressCtrlC(), saving],
            verbose=0,
            shuffle=False,
        )
    assert place_of(tmp_path / "checkpoint.npz") == Place(0, 3)


def test_a_second_ctrl_c_does_not_wait():
    with pytest.raises(KeyboardInterrupt), PoliteInterrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.noted
        os.kill(os.getpid(), signal.SIGINT)


def test_an_interval_below_one_is_refused(tmp_path):
    with pytest.raises(ValueError, match="every_steps: received 0"):
        Checkpoints(RunFolder(tmp_path), 0, begun(Place(0, 0)), QUIET)


def test_the_checkpoint_before_is_kept_and_used_for_one_that_is_damaged(
    tmp_path, capsys
):
    run, vae = RunFolder(tmp_path), small_vae()
    for step in (1, 2):
        state = begun(Place(0, step))
        save_checkpoint(run.checkpoint, vae, state, run.former_checkpoint)
    assert restore_last(run, vae).place == Place(0, 2)
    assert capsys.readouterr().out == ""
    whole, before = run.checkpoint.read_bytes(), run.former_checkpoint.read_bytes()
    generator = np.random.default_rng(1)
    for _ in range(30):
        damaged = bytearray(whole[: generator.integers(len(whole))])
        for place in generator.integers(len(whole), size=20):
            if place < len(damaged):
                damaged[place] ^= 255
        run.checkpoint.write_bytes(damaged)
        run.former_checkpoint.write_bytes(before)
        assert restore_last(run, vae).place == Place(0, 1)
        said = capsys.readouterr().out
        assert said.count("\n") == 1 and "going on from the one before it" in said
        assert run.checkpoint.read_bytes() == before
    run.checkpoint.rename(run.former_checkpoint)
    assert restore_last(run, vae).place == Place(0, 1)
    run.checkpoint.unlink()
    run.former_checkpoint.write_bytes(b"")
    with pytest.raises(UnusableCheckpoint, match="checkpoint_before.npz is not"):
        restore_last(run, vae)


def test_networks_alone_are_restored_into_a_model_with_other_losses(tmp_path):
    trained, new = small_vae(), small_vae(seed=9)
    fit(trained, batches(4))
    save_checkpoint(tmp_path / "c.npz", trained, begun(Place(1)))
    restore_networks(tmp_path / "c.npz", new)
    for one, other in (
        (trained.encoder, new.encoder),
        (trained.decoder, new.decoder),
    ):
        for before, after in zip(one.weights, other.weights, strict=True):
            np.testing.assert_array_equal(before.numpy(), after.numpy())
    assert new.step == 0 and int(new.optimizer.iterations.numpy()) == 0
    with pytest.raises(UserMistake, match="other layers"):
        restore_networks(tmp_path / "c.npz", small_vae(latent_dim=4))


def test_networks_that_can_be_unbent_go_on_from_others_and_the_other_way(tmp_path):
    for unbends in (True, False):
        trained, new = (
            small_vae(unbends=unbends),
            small_vae(unbends=not unbends, seed=9),
        )
        fit(trained, batches(4))
        save_checkpoint(tmp_path / "c.npz", trained, begun(Place(1)))
        restore_networks(tmp_path / "c.npz", new)
        picture = np.ones((1, 8, 8, 3), np.float32)
        np.testing.assert_array_equal(trained(picture), new(picture))


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_every_signal_to_stop_is_only_noted(number):
    # Not ignored, as nohup has it.
    before = signal.signal(number, signal.SIG_DFL)
    with PoliteInterrupt() as interrupt:
        os.kill(os.getpid(), number)
        assert interrupt.noted
    assert signal.signal(number, before) == signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with PoliteInterrupt() as interrupt:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not interrupt.noted
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_run_goes_on_with_the_pictures_that_it_began_with():
    check_pictures(begun(Place()), "12 pictures")
    with pytest.raises(UserMistake, match="then 12 pictures, now 5 pictures.*--accept"):
        check_pictures(begun(Place()), "5 pictures")
