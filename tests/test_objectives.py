import dataclasses
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

import objectives
from hyperparameters import Hyperparameters


def encoding(step=0, count=8, latent_dim=3):
    random = np.random.default_rng(0)
    mean, log_variance, latents = (
        tf.constant(random.standard_normal((count, latent_dim)), tf.float32)
        for _ in range(3)
    )
    return objectives.Encoding(
        mean,
        log_variance,
        latents,
        kl=tf.constant(4.0),
        squared_error_per_value=tf.constant(0.01),
        step=tf.constant(step),
    )


def build(objective, **changes):
    settings = Hyperparameters(objective=objective, latent_dim=3, **changes)
    return objectives.build_objective(settings, picture_count=100)


def test_beta_is_the_divergence_itself():
    assert float(build("beta")(encoding(), training=True)) == 4.0


def test_beta_tc_adds_the_weight_beyond_one():
    given = encoding()
    correlation = objectives.total_correlation(
        given.latents, given.z_mean, given.z_log_var, 100
    )
    value = build("beta_tc", tc_weight=3.0)(given, training=True)
    assert float(value) == pytest.approx(4.0 + 2.0 * float(correlation), rel=1e-6)
    assert float(build("beta_tc", tc_weight=1.0)(given, training=True)) == 4.0


@pytest.mark.parametrize(("step", "gap"), [(0, 4.0), (5, 1.0), (10, 6.0), (99, 6.0)])
def test_capacity_follows_its_target(step, gap):
    objective = build("capacity", capacity_nats=10.0, capacity_steps=10)
    assert float(objective(encoding(step), training=True)) == pytest.approx(gap)


def test_sigma_weighs_by_the_variance_achieved():
    given = encoding()
    error = given.squared_error_per_value
    with tf.GradientTape() as tape:
        tape.watch(error)
        value = build("sigma")(given, training=True)
    assert float(value) == pytest.approx(0.08)
    assert tape.gradient(value, error) is None


def test_factor_starts_from_the_divergence_when_nothing_can_be_told():
    objective = build("factor")
    last = objective.discriminator.get_layer("logit")
    last.kernel.assign(tf.zeros_like(last.kernel))
    assert float(objective(encoding(), training=False)) == 4.0
    in_training = float(objective(encoding(), training=True))
    assert in_training == pytest.approx(4.0 + math.log(2.0), rel=1e-6)


def test_factor_adds_the_mean_logit_times_the_weight_beyond_one():
    objective = build("factor", tc_weight=3.0)
    last = objective.discriminator.get_layer("logit")
    last.kernel.assign(tf.zeros_like(last.kernel))
    last.bias.assign([0.5])
    assert float(objective(encoding(), training=False)) == pytest.approx(4.0 + 2 * 0.5)
    untouched, given = build("factor", tc_weight=2.0), encoding()
    logits = untouched.discriminator(given.latents)
    value = untouched(given, training=False)
    assert float(value) == pytest.approx(4.0 + np.mean(logits), rel=1e-5)


def test_factor_parts_what_each_side_learns_from():
    objective, given = build("factor", tc_weight=1.0), encoding()
    weights = objective.discriminator.trainable_variables
    with tf.GradientTape() as tape:
        tape.watch(given.latents)
        value = objective(given, training=True)
    to_latents, *to_weights = tape.gradient(value, [given.latents, *weights])
    # At a weight of 1 nothing presses on the latents, but the discriminator learns.
    np.testing.assert_array_equal(to_latents, np.zeros((8, 3)))
    assert any(np.abs(gradient).max() > 0 for gradient in to_weights)
    with tf.GradientTape() as tape:
        value = build("factor")(given, training=False)
    assert tape.gradient(value, weights) == [None] * len(weights)


def test_shuffling_keeps_each_dimension_and_breaks_the_rows():
    objective = build("factor")
    latents = encoding(count=64).latents
    shuffled = objective._shuffled(latents)
    np.testing.assert_array_equal(np.sort(shuffled, 0), np.sort(latents, 0))
    orders = [
        [list(latents[:, j].numpy()).index(value) for value in shuffled[:, j].numpy()]
        for j in range(3)
    ]
    assert orders[0] != orders[1] != orders[2]
    assert not np.array_equal(shuffled, objective._shuffled(latents))


def test_the_discriminator_learns_to_tell_copies_from_independent_dimensions():
    keras.utils.set_random_seed(1)
    objective = build("factor")
    optimizer = keras.optimizers.Adam(0.001)
    weights = objective.discriminator.trainable_variables
    noise = np.random.default_rng(1).standard_normal((60, 64, 1))
    for column in noise:
        copies = tf.constant(np.repeat(column, 3, axis=1), tf.float32)
        given = encoding()._replace(latents=copies)
        with tf.GradientTape() as tape:
            value = objective(given, training=True)
        optimizer.apply(tape.gradient(value, weights), weights)
    shuffled = objective._shuffled(copies)
    told = objective.discriminator(copies), objective.discriminator(shuffled)
    assert float(objectives.discriminator_loss(*told)) < 0.4 < math.log(2.0)


def test_every_objective_has_a_builder():
    settings = {field.name: field for field in dataclasses.fields(Hyperparameters)}
    for name in ("beta", "beta_tc", "capacity", "factor", "sigma"):
        assert f"`{name}`" in settings["objective"].metadata["note"]
        assert callable(build(name))


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
    value = objectives.total_correlation(
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
            objectives.total_correlation(
                *(tf.constant(t, tf.float32) for t in tensors), 400
            )
        )

    other = random.standard_normal((400, 1))
    # Two normal variables of correlation r share -log(1 - r^2) / 2; r = 1 / 1.1.
    shared = -0.5 * math.log(1 - (1 / 1.1) ** 2)
    assert estimate(np.hstack([one, one])) == pytest.approx(shared, abs=0.1)
    assert estimate(np.hstack([one, other])) == pytest.approx(0.0, abs=0.1)


def test_discriminator_loss_by_hand():
    logits, shuffled = tf.constant([[2.0], [-1.0]]), tf.constant([[0.0], [1.0]])
    right = [1 / (1 + math.exp(-2)), 1 / (1 + math.exp(1))]
    right_of_shuffled = [0.5, 1 - 1 / (1 + math.exp(-1))]
    by_hand = -np.log(right + right_of_shuffled).sum() / 4
    value = objectives.discriminator_loss(logits, shuffled)
    assert float(value) == pytest.approx(by_hand, rel=1e-6)
