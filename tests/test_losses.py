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


def test_feature_distance_by_hand():
    features = tf.constant([[[[1.0, -2.0]]], [[[0.0, 0.0]]]])
    others = tf.constant([[[[0.5, 1.0]]], [[[0.0, -4.0]]]])
    np.testing.assert_allclose(losses.feature_distance(features, others), [3.5, 4.0])


def linear_network():
    pictures = keras.Input((1, 1, 3))
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    return keras.Model(pictures, dense(pictures))


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


def log_normal(x, mean, variance):
    return -0.5 * ((x - mean) ** 2 / variance + math.log(2 * math.pi * variance))


def test_total_correlation_by_hand_for_two_of_ten_pictures():
    latents, means = [[0.5, -1.0], [2.0, 0.3]], [[0.4, -0.8], [1.5, 0.0]]
    variances = [[0.5, 1.0], [0.25, 2.0]]
    # Its own posterior has the weight 1 / 10, the only other one the rest.
    weights = [[0.1, 0.9], [0.9, 0.1]]
    by_hand = 0.0
    for i, weights_of_i in enumerate(weights):
        joint, singles = 0.0, [0.0, 0.0]
        for k, weight in enumerate(weights_of_i):
            densities = [
                math.exp(log_normal(latents[i][j], means[k][j], variances[k][j]))
                for j in range(2)
            ]
            joint += weight * densities[0] * densities[1]
            singles = [s + weight * d for s, d in zip(singles, densities, strict=True)]
        by_hand += math.log(joint / (singles[0] * singles[1])) / 2
    value = losses.total_correlation(
        tf.constant(latents), tf.constant(means), tf.math.log(variances), 10
    )
    assert float(value) == pytest.approx(by_hand, rel=1e-5)


def test_total_correlation_of_a_whole_set_is_near_the_truth():
    # With every picture in the batch the estimate is that of the true mixture. Two
    # dimensions that are copies are correlated by the entropy they share.
    random = np.random.default_rng(0)
    one = random.standard_normal((400, 1))
    log_variance = np.full((400, 2), math.log(0.1), np.float32)

    def estimate(means):
        noise = math.sqrt(0.1) * random.standard_normal((400, 2))
        tensors = (means + noise, means, log_variance)
        return float(
            losses.total_correlation(
                *(tf.constant(t, tf.float32) for t in tensors), 400
            )
        )

    other = random.standard_normal((400, 1))
    # Two normal variables of correlation r share -log(1 - r^2) / 2; r = 1 / 1.1.
    shared = -0.5 * math.log(1 - (1 / 1.1) ** 2)
    assert estimate(np.hstack([one, one])) == pytest.approx(shared, abs=0.1)
    assert estimate(np.hstack([one, other])) == pytest.approx(0.0, abs=0.1)


def test_discriminator_terms_by_hand():
    logits, shuffled = tf.constant([[2.0], [-1.0]]), tf.constant([[0.0], [1.0]])
    assert float(losses.discriminated_correlation(logits)) == pytest.approx(0.5)
    right = [1 / (1 + math.exp(-2)), 1 / (1 + math.exp(1))]
    right_of_shuffled = [0.5, 1 - 1 / (1 + math.exp(-1))]
    by_hand = -np.log(right + right_of_shuffled).sum() / 4
    value = losses.discriminator_loss(logits, shuffled)
    assert float(value) == pytest.approx(by_hand, rel=1e-6)


def test_capacity_gap_and_optimal_beta_by_hand():
    assert float(losses.capacity_gap(tf.constant(3.0), 5.0)) == 2.0
    assert float(losses.capacity_gap(tf.constant(7.0), 5.0)) == 2.0
    error = tf.constant(0.02)
    with tf.GradientTape() as tape:
        tape.watch(error)
        beta = losses.optimal_beta(error)
    assert float(beta) == pytest.approx(0.04)
    assert tape.gradient(beta, error) is None
