from types import SimpleNamespace

import numpy as np
import pytest

from callbacks import best_epoch
from callbacks.best_epoch import BestEpoch
from callbacks.checkpoints import Place, State
from run_folder import LOG_COLUMNS, RunFolder


@pytest.fixture
def saved(monkeypatch):
    """The places at which a checkpoint of the best epoch was saved."""
    places = []
    monkeypatch.setattr(
        best_epoch,
        "save_checkpoint",
        lambda path, vae, state: places.append((path.name, state.place)),
    )
    return places


def callback(folder, losses, keep_best=True, patience=None):
    """Return the callback of a run whose log holds these held-out losses."""
    run = RunFolder(folder)
    rows = [
        f"9,{epoch},{split}," + ",".join(["0" if split == "train" else str(loss)] * 7)
        for epoch, loss in enumerate(losses, start=1)
        for split in ("train", "validation")
    ]
    run.losses.write_text("\n".join([",".join(LOG_COLUMNS), *rows, ""]))
    best = BestEpoch(run, State(Place(), np.zeros(7), ""), keep_best, patience)
    best.set_model(SimpleNamespace(stop_training=False))
    return best


def test_the_epoch_with_the_lowest_held_out_loss_is_kept(tmp_path, saved):
    losses = [5.0, 3.0, 4.0, 3.0, 2.5]
    for epoch in range(5):
        callback(tmp_path, losses[: epoch + 1]).on_epoch_end(epoch)
    assert saved == [("checkpoint_best.npz", Place(done)) for done in (1, 2, 5)]


def test_a_loss_that_is_no_number_is_never_the_best(tmp_path, saved):
    losses = [float("nan"), 3.0, float("nan")]
    for epoch in range(3):
        callback(tmp_path, losses[: epoch + 1]).on_epoch_end(epoch)
    assert saved[1:] == [("checkpoint_best.npz", Place(2))]


def test_nothing_is_kept_unless_asked_for(tmp_path, saved):
    callback(tmp_path, [5.0], keep_best=False).on_epoch_end(0)
    assert saved == []


def test_training_ends_when_patience_is_over(tmp_path, saved):
    for losses, is_over in (
        ([5.0], False),
        ([5.0, 6.0], False),
        ([5.0, 6.0, 5.0], True),
        ([5.0, 6.0, 4.0], False),
    ):
        best = callback(tmp_path, losses, patience=2)
        best.on_epoch_end(len(losses) - 1)
        assert best.model.stop_training is is_over, losses
        # A run that goes on after its last epoch decides the same.
        assert best.is_over(len(losses)) is is_over
    assert not callback(tmp_path, [5.0, 6.0, 7.0, 8.0]).is_over(4)


def test_epochs_that_are_about_to_come_again_do_not_count(tmp_path):
    best = callback(tmp_path, [5.0, 6.0, 7.0], patience=2)
    assert not best.is_over(2)
    assert best.is_over(3)
    assert not best.is_over(0)
