import pytest

from callbacks.checkpoints import TrainingDiverged
from callbacks.loss_log import LossLog
from run_folder import read_losses
from tests.fake_training import LOGS, begin, take_step


def held_out(value):
    return {f"val_{name}": value for name in LOGS}


def test_loss_log_writes_a_row_of_means_every_so_many_steps(tmp_path, writer):
    log = begin(LossLog(tmp_path / "losses.csv", 2, writer))
    for loss in (1.0, 2.0, 3.0, 4.5, 5.0):
        take_step(log, {**LOGS, "loss": loss})
    log.on_epoch_end(0, held_out(4.5))
    assert (tmp_path / "losses.csv").read_text() == (
        "step,epoch,split,loss,reconstruction,kl,perceptual,told,active_dimensions,"
        "learning_rate\n"
        "2,1,train,1.5,7.0,2.0,1.0,0.5,3.0,0.5\n"
        "4,1,train,3.75,7.0,2.0,1.0,0.5,3.0,0.5\n"
        "5,1,validation,4.5,4.5,4.5,4.5,4.5,4.5,0.5\n"
    )
    assert list((tmp_path / "tensorboard").glob("events*"))


def test_a_row_that_was_begun_goes_on_where_it_stopped(tmp_path, writer):
    stopped = begin(LossLog(tmp_path / "losses.csv", 4, writer))
    for loss in (1.0, 2.0, 3.0):
        take_step(stopped, {**LOGS, "loss": loss})
    resumed = LossLog(tmp_path / "losses.csv", 4, writer)
    resumed.sums[:] = stopped.sums
    take_step(begin(resumed, step=3), {**LOGS, "loss": 6.0})
    assert "4,1,train,3.0,7.0" in (tmp_path / "losses.csv").read_text()


def test_loss_log_takes_back_what_is_about_to_come_again(tmp_path, writer):
    path = tmp_path / "losses.csv"
    log = begin(LossLog(path, 1, writer))
    for _ in range(3):
        take_step(log)
    before = path.read_text()
    log.on_epoch_end(0, held_out(1.0))
    log.on_epoch_begin(1)
    take_step(log)
    with open(path, "a") as file:
        file.write("5,2,train,1.0,to")
    resumed = begin(LossLog(path, 1, writer), step=3, epoch=0)
    assert path.read_text() == before
    take_step(resumed)
    assert len(read_losses(path)) == 4


def test_loss_log_keeps_the_validation_of_a_finished_epoch(tmp_path, writer):
    path = tmp_path / "losses.csv"
    log = begin(LossLog(path, 1, writer))
    take_step(log)
    log.on_epoch_end(0, held_out(1.0))
    whole = path.read_text()
    begin(LossLog(path, 1, writer), step=1, epoch=1)
    assert path.read_text() == whole


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_stops_the_run(tmp_path, writer, value):
    log = begin(LossLog(tmp_path / "losses.csv", 1, writer), step=6)
    with pytest.raises(TrainingDiverged, match="at step 7"):
        take_step(log, {**LOGS, "loss": value})


def test_an_interval_below_one_is_refused(tmp_path, writer):
    with pytest.raises(ValueError, match="every_steps: received 0"):
        LossLog(tmp_path / "losses.csv", 0, writer)
