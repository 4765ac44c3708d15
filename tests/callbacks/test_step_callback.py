import keras
import numpy as np
import pytest
import tensorflow as tf

from callbacks.step_callback import StepCallback


class CountedModel(keras.Model):
    """Takes steps that do nothing, and notes how often its count is read."""

    def __init__(self, steps_before):
        super().__init__()
        self.steps_taken = self.add_weight(
            shape=(), dtype="int64", initializer="zeros", trainable=False
        )
        self.steps_taken.assign(steps_before)
        self.reads = 0

    @property
    def step(self):
        self.reads += 1
        return int(self.steps_taken.numpy())

    def train_step(self, pictures):
        self.steps_taken.assign_add(1)
        return {"loss": tf.reduce_sum(pictures)}


class Noting(StepCallback):
    def __init__(self, every_steps=1):
        super().__init__(every_steps)
        self.noted = []

    def on_step_end(self, logs):
        if self.is_due:
            self.noted.append((self.step, int(self.model.steps_taken)))


class Restoring(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 0:
            self.model.steps_taken.assign(100)


def fit(model, callbacks, epochs=2):
    batches = tf.data.Dataset.from_tensor_slices(np.ones((4, 2), np.float32))
    model.compile("sgd")
    model.fit(batches, epochs=epochs, callbacks=callbacks, verbose=0, shuffle=False)


def test_steps_are_counted_from_the_step_that_the_model_stands_at():
    model, every, third = CountedModel(steps_before=7), Noting(), Noting(3)
    fit(model, [every, third])
    assert every.noted == [(step, step) for step in range(8, 16)]
    assert third.noted == [(9, 9), (12, 12), (15, 15)]
    assert every.step == 15


def test_the_model_is_asked_once_an_epoch_not_once_a_step():
    model = CountedModel(steps_before=0)
    fit(model, [Noting(), Noting(2)], epochs=3)
    assert model.reads == 6


def test_a_restored_model_is_asked_after_it_was_restored():
    model, noting = CountedModel(steps_before=0), Noting(4)
    fit(model, [Restoring(), noting])
    assert noting.noted == [(104, 104), (108, 108)]


def test_an_interval_below_one_is_refused():
    with pytest.raises(ValueError, match="every_steps: received 0"):
        StepCallback(0)
