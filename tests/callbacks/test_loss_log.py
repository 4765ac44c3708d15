import pytest

from callbacks.checkpoints import TrainingDiverged
from callbacks.loss_log import LossLog
from loss_table import read_rows
from tests.fake_training import LOGS, begin, take_step


def test_loss_log_writes_a_row_of_means_every_so_many_steps(tmp_path, writer):
    log = begin(LossLog(tmp_path / "losses.csv", 2, writer))
    for step in range(1, 6):
        take_step(log, step, {**LOGS, "loss": float(step)})
    assert log.model.resets == 2
    log.on_epoch_end(0, {**LOGS, **{f"val_{name}": 4.5 for name in LOGS}})
    assert (tmp_path / "losses.csv").read_text() == (
        "step,epoch,split,loss,reconstruction,kl,perceptual,active_dimensions,"
        "learning_rate\n"
        "2,1,train,2.0,7.0,2.0,1.0,3.0,0.5\n"
        "4,1,train,4.0,7.0,2.0,1.0,3.0,0.5\n"
        "5,1,validation,4.5,4.5,4.5,4.5,4.5,0.5\n"
    )
    assert list((tmp_path / "tensorboard").glob("events*"))


def test_loss_log_takes_back_what_is_about_to_come_again(tmp_path, writer):
    path = tmp_path / "losses.csv"
    log = begin(LossLog(path, 1, writer))
    for step in range(1, 4):
        take_step(log, step)
    before = path.read_text()
    log.on_epoch_end(0, {f"val_{name}": 1.0 for name in LOGS})
    log.on_epoch_begin(1)
    take_step(log, 4)
    with open(path, "a") as file:
        file.write("5,2,train,1.0,to")
    resumed = begin(LossLog(path, 1, writer), step=3, epoch=0)
    assert path.read_text() == before
    take_step(resumed, 4)
    assert len(read_rows(path)) == 4


def test_loss_log_keeps_the_validation_of_a_finished_epoch(tmp_path, writer):
    path = tmp_path / "losses.csv"
    log = begin(LossLog(path, 1, writer))
    take_step(log, 1)
    log.on_epoch_end(0, {f"val_{name}": 1.0 for name in LOGS})
    whole = path.read_text()
    begin(LossLog(path, 1, writer), step=1, epoch=1)
    assert path.read_text() == whole


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_stops_the_run(tmp_path, writer, value):
    log = begin(LossLog(tmp_path / "losses.csv", 1, writer))
    with pytest.raises(TrainingDiverged, match="at step 7"):
        take_step(log, 7, {**LOGS, "loss": value})


def test_an_interval_below_one_is_refused(tmp_path, writer):
    with pytest.raises(ValueError, match="every_steps: received 0"):
        LossLog(tmp_path / "losses.csv", 0, writer)
