import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import tensorflow as tf

from devices import collectives, strategy
from hyperparameters import Hyperparameters

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
    with pytest.raises(ValueError, match="--strategy: received 'multi_worker'"):
        strategy.build_strategy("multi_worker")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch_size": 16}, "--batch_size: received 16, but 3"),
        ({"xla": True}, "--xla"),
    ],
)
def test_what_three_devices_cannot_do_is_said(changes, words):
    three = SimpleNamespace(num_replicas_in_sync=3)
    settings = dataclasses.replace(Hyperparameters(), **{"batch_size": 15, **changes})
    with pytest.raises(ValueError, match=words):
        strategy.check_devices(settings, three)
