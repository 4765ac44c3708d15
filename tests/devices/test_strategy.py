import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import tensorflow as tf

from devices import collectives, strategy
from devices.cluster import Cluster
from hyperparameters import Hyperparameters
from mistakes import UserMistake
from run_folder import RunFolder

ROOT = Path(__file__).parents[2]


def test_two_devices_find_the_losses_and_weights_of_one():
    # Of the objectives, this one compares the pictures of the whole batch.
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "two_devices.py"), "beta_tc"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_device_needs_no_strategy_and_changes_nothing():
    for name in ("auto", "one"):
        assert strategy.build_strategy(name) is tf.distribute.get_strategy()
    tensors = [tf.ones((2, 3)), tf.ones((2,))]
    assert collectives.whole_batch(tensors) is tensors
    assert collectives.equal_shares(tensors) is tensors
    assert collectives.device_count() == 1


def test_several_machines_without_tf_config_are_refused(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(UserMistake, match="--strategy: received 'multi_worker'"):
        strategy.build_strategy("multi_worker")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch_size": 16}, "--batch-size: received 16, but 3"),
        ({"xla": True}, "--xla"),
    ],
)
def test_what_three_devices_cannot_do_is_said(changes, words):
    three = SimpleNamespace(num_replicas_in_sync=3)
    settings = dataclasses.replace(Hyperparameters(), **{"batch_size": 15, **changes})
    with pytest.raises(UserMistake, match=words):
        strategy.check_devices(settings, three)


@pytest.mark.parametrize(
    ("devices", "machines", "words"),
    [
        (1, 1, "the CPU (TensorFlow finds no GPU)"),
        (2, 1, "2 devices of this machine"),
        (4, 2, "4 devices of 2 machines"),
    ],
)
def test_what_trains_is_said(devices, machines, words):
    devices = SimpleNamespace(num_replicas_in_sync=devices)
    session = strategy.Session(devices, Cluster(0, machines), run=None)
    assert session.in_words() == words


def test_what_another_machine_writes_and_says_is_dropped(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(strategy, "read_cluster", lambda: Cluster(1, 2))
    shared = RunFolder(tmp_path)
    shared.checkpoint.write_bytes(b"to go on from")
    settings = dataclasses.replace(Hyperparameters(), strategy="one")
    with strategy.open_session(settings, shared) as session:
        print("not heard")
        run = session.run
        assert not session.is_chief
        assert run.path != tmp_path
        assert run.checkpoint.read_bytes() == b"to go on from"
        run.losses.write_text("dropped")
    assert not run.path.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.npz"]
    assert capsys.readouterr().out == ""


def test_one_device_writes_the_run_and_reads_whole_batches(tmp_path, capsys):
    run = RunFolder(tmp_path)
    with strategy.open_session(Hyperparameters(), run) as session:
        assert session.run is run
        assert session.is_chief and session.is_alone
        print("heard")
        with session.chief_first():
            batches = session.share_input(lambda: "batches", batch_size=16)
    assert batches == "batches"
    assert capsys.readouterr().out == "heard\n"
