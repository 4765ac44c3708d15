import math

import keras
import numpy as np
import pytest
import tensorflow as tf

import losses


def test_squared_errors_are_summed_over_a_picture_and_kept_apart():
    pictures = tf.constant([[[[0.0, 0.5, 1.0]]], [[[0.0, 0.0, 0.0]]]])
    reconstructions = tf.constant([[[[0.5, 0.5, 0.0]]], [[[0.1, 0.2, 0.2]]]])
    by_hand = [0.25 + 0.0 + 1.0, 0.01 + 0.04 + 0.04]
    values = losses.sum_of_squared_errors(pictures, reconstructions)
    np.testing.assert_allclose(values, by_hand, rtol=1e-6)


def test_kl_divergence_by_hand_in_nats():
    # (mean^2 + variance - 1 - log variance) / 2
    mean = tf.constant([[0.0, 2.0, 0.0]])
    log_variance = tf.constant([[0.0, 0.0, math.log(4.0)]])
    by_hand = [[0.0, 2.0, (4 - 1 - math.log(4.0)) / 2]]
    np.testing.assert_allclose(
        losses.kl_divergence(mean, log_variance), by_hand, rtol=1e-6
    )


def test_kl_divergence_agrees_with_an_integral():
    mean, deviation = 0.7, 0.4
    x = np.linspace(-12, 12, 200_001)
    density = np.exp(-0.5 * ((x - mean) / deviation) ** 2) / deviation
    density /= math.sqrt(2 * math.pi)
    log_ratio = -0.5 * ((x - mean) / deviation) ** 2 - math.log(deviation) + x**2 / 2
    integral = np.sum(density * log_ratio) * (x[1] - x[0])
    value = losses.kl_divergence(
        tf.constant([[mean]]), tf.constant([[2 * math.log(deviation)]])
    )
    assert float(value[0, 0]) == pytest.approx(integral, rel=1e-5)


def test_told_errors_leave_out_what_is_not_known():
    z_mean = tf.Variable([[0.5, 2.0, 9.0], [1.0, 0.0, 9.0]])
    scores = tf.constant([[0.0, math.nan], [-1.0, 0.5]])
    with tf.GradientTape() as tape:
        errors = losses.told_errors(z_mean, scores)
    np.testing.assert_allclose(errors, [0.25, 4.25])
    gradient = tape.gradient(errors, z_mean)
    np.testing.assert_allclose(gradient, [[1.0, 0.0, 0.0], [4.0, -1.0, 0.0]])


def test_feature_distance_of_one_layer_is_the_sum_of_differences():
    features = tf.constant([[[[1.0, -2.0]]], [[[0.0, 0.0]]]])
    others = tf.constant([[[[0.5, 1.0]]], [[[0.0, -4.0]]]])
    distance = losses.feature_distance([features], [others])
    np.testing.assert_allclose(distance, [3.5, 4.0], rtol=1e-6)


def test_several_layers_have_as_much_to_say_as_the_first():
    first = tf.constant([[[[1.0, -3.0]]]]), tf.constant([[[[2.0, -3.0]]]])
    # Ten times as strong, and with twice as many features.
    strong = [
        tf.reshape(10.0 * tf.tile(layer, (1, 2, 1, 1)), (1, 2, 1, 2)) for layer in first
    ]
    alone = losses.feature_distance([first[0]], [first[1]])
    both = losses.feature_distance([first[0], strong[0]], [first[1], strong[1]])
    np.testing.assert_allclose(alone, [1.0], rtol=1e-5)
    np.testing.assert_allclose(both, alone, rtol=1e-5)
    # Where the second layer sees no difference, half of it is left.
    half = losses.feature_distance([first[0], strong[0]], [first[1], strong[0]])
    np.testing.assert_allclose(half, [0.5], rtol=1e-5)


def linear_network():
    pictures = keras.Input((1, 1, 3))
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    return keras.Model(pictures, [dense(pictures)])


def test_perceptual_loss_compares_features_and_spares_the_target():
    perceptual = losses.PerceptualLoss(linear_network())
    pictures = tf.constant([[[[0.1, 0.2, 0.3]]]])
    redrawn = tf.constant([[[[0.5, 0.5, 0.5]]]])
    with tf.GradientTape() as tape:
        tape.watch([pictures, redrawn])
        value = perceptual(pictures, redrawn)
    to_target, to_redrawn = tape.gradient(value, [pictures, redrawn])
    np.testing.assert_allclose(value, [0.9], rtol=1e-6)
    assert to_target is None
    np.testing.assert_allclose(to_redrawn, [[[[1.0, 1.0, 1.0]]]])
