import keras
import numpy as np
import tensorflow as tf

from optimizer import FusedAdam


def weights_after(optimizer, steps=5):
    weights = [keras.Variable([1.0, -2.0, 3.0]), keras.Variable([[0.5]])]
    optimizer.build(weights)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            total = sum(tf.reduce_sum(tf.sin(weight) ** 3) for weight in weights)
        optimizer.apply(tape.gradient(total, [each.value for each in weights]), weights)

    for _ in range(steps):
        step()
    return [np.array(each) for each in weights + optimizer.variables[1:]]


def test_fused_adam_takes_the_steps_of_adam():
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    settings = {"learning_rate": rate, "global_clipnorm": 0.3, "epsilon": 1e-3}
    ours = weights_after(FusedAdam(**settings))
    theirs = weights_after(keras.optimizers.Adam(**settings))
    assert not np.allclose(ours[0], [1.0, -2.0, 3.0], atol=0.01)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)
