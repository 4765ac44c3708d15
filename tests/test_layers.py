import keras
import numpy as np
import pytest
import tensorflow as tf

from latents import straightening, unbending
from latents.coupling import HINGE_QUANTILES
from latents.straightening import FUNCTIONS, MOST_CURVES
from layers import (
    Bending,
    FusedBatchNormalization,
    Rotation,
    Sampling,
    Straightening,
    Unbending,
    UpsampledConvolution,
    Winding,
)


def test_sampling_returns_the_mean_outside_training():
    mean, log_variance = tf.ones((2, 3)), tf.zeros((2, 3))
    drawn = Sampling(seed=1)(mean, log_variance, training=False)
    np.testing.assert_array_equal(drawn, mean)


def test_sampling_draws_from_the_posterior_anew_each_time():
    sampling = Sampling(seed=1)
    mean = tf.fill((50_000, 1), 3.0)
    log_variance = tf.fill((50_000, 1), np.log(4.0).astype(np.float32))
    first = sampling(mean, log_variance, training=True).numpy()
    second = sampling(mean, log_variance, training=True).numpy()
    assert first.mean() == pytest.approx(3.0, abs=0.05)
    assert first.std() == pytest.approx(2.0, abs=0.05)
    assert not np.array_equal(first, second)


def test_sampling_noise_follows_from_the_seed():
    zeros = tf.zeros((4, 4))
    one, same, other = (
        Sampling(seed=seed)(zeros, zeros, training=True).numpy() for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def gradients_of(function, variables):
    with tf.GradientTape() as tape:
        for variable in variables:
            tape.watch(variable)
        outputs = function()
        # A curved function, so that a wrong value shows in the gradients too.
        total = tf.reduce_sum(tf.sin(outputs))
    return outputs, tape.gradient(total, variables)


def test_upsampled_convolution_equals_its_plain_form():
    inputs = tf.random.stateless_normal((2, 5, 7, 3), seed=(1, 2))
    folded, upsampling = UpsampledConvolution(4), keras.layers.UpSampling2D(2)
    plain = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)
    folded.build(inputs.shape)
    plain.build((2, 10, 14, 3))
    folded.set_weights(plain.get_weights())
    ours, our_gradients = gradients_of(
        lambda: folded(inputs), [inputs, folded.kernel.value]
    )
    theirs, their_gradients = gradients_of(
        lambda: plain(upsampling(inputs)), [inputs, plain.kernel.value]
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    for our, their in zip(our_gradients, their_gradients, strict=True):
        scale = np.abs(their).max()
        np.testing.assert_allclose(our / scale, their / scale, atol=1e-5)


def test_fused_normalisation_equals_its_plain_form():
    inputs = 3 + 2 * tf.random.stateless_normal((8, 6, 6, 4), seed=(3, 4))
    fused, plain = FusedBatchNormalization(), keras.layers.BatchNormalization()
    for layer in (fused, plain):
        layer.build(inputs.shape)
        layer.gamma.assign([0.5, 1.0, 1.5, 2.0])
        layer.beta.assign([-1.0, 0.0, 1.0, 2.0])
    ours, our_gradients = gradients_of(
        lambda: fused(inputs, training=True), [inputs, fused.gamma.value]
    )
    theirs, their_gradients = gradients_of(
        lambda: plain(inputs, training=True), [inputs, plain.gamma.value]
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    for our, their in zip(our_gradients, their_gradients, strict=True):
        np.testing.assert_allclose(our, their, atol=1e-3)
    np.testing.assert_allclose(fused.moving_mean, plain.moving_mean, atol=1e-5)
    # The fused operation reports the unbiased variance, n / (n - 1) times as large.
    np.testing.assert_allclose(fused.moving_variance, plain.moving_variance, rtol=5e-3)
    fused.moving_variance.assign(plain.moving_variance)
    np.testing.assert_allclose(fused(inputs), plain(inputs), atol=1e-5)


@pytest.mark.parametrize(
    "layer",
    [
        UpsampledConvolution(4),
        FusedBatchNormalization(),
        Sampling(seed=3),
        Straightening(),
        Winding(),
        Unbending(),
        Bending(),
    ],
)
def test_layers_can_be_rebuilt_from_their_configuration(layer):
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.get_config() == layer.get_config()


def test_a_rotation_leaves_everything_until_it_is_turned():
    layer = Rotation()
    mean, log_variance = tf.constant([[2.0, 0.0]]), tf.constant([[-9.5, 9.5]])
    kept = layer(mean, log_variance)
    np.testing.assert_array_equal(kept[0], mean)
    np.testing.assert_allclose(kept[1], log_variance, rtol=1e-6)
    assert not layer.trainable_variables


def test_a_rotation_turns_means_and_adds_up_variances():
    layer = Rotation()
    mean, log_variance = tf.constant([[2.0, 1.0]]), tf.math.log([[9.0, 4.0]])
    layer(mean, log_variance)
    # The first new axis points at (0.6, 0.8), the second at (-0.8, 0.6).
    layer.turn(np.array([[0.6, 0.8], [-0.8, 0.6]]))
    turned_mean, turned_log_variance = layer(mean, log_variance)
    np.testing.assert_allclose(turned_mean, [[2.0, -1.0]], rtol=1e-6)
    expected = [[0.36 * 9 + 0.64 * 4, 0.64 * 9 + 0.36 * 4]]
    np.testing.assert_allclose(np.exp(turned_log_variance), expected, rtol=1e-6)
    # Turned on, from where it is: the axes change places.
    layer.turn(np.array([[0.0, 1.0], [1.0, 0.0]]))
    np.testing.assert_allclose(layer(mean, log_variance)[0], [[-1.0, 2.0]], rtol=1e-6)


def unbending_by_hand():
    count = len(HINGE_QUANTILES)
    slopes = np.zeros((2 * count, 2))
    # Of the second dimension is told twice how far the first one is beyond -1, less 1.
    slopes[0, 1] = 2.0
    shift, scale = np.array([0.0, -1.0]), np.array([1.0, 0.5])
    return unbending.Unbending(shift, scale, np.full((count, 2), -1.0), slopes)


def straightening_by_hand():
    centres, reach, heights = np.zeros((3, MOST_CURVES * FUNCTIONS, 2))
    # Of the second dimension is told 2 where the first is 1, less beside it; less 1.
    centres[0, 0], reach[0, 0], heights[0, 1] = 1.0, 4.0, 2.0
    shift, scale = np.array([0.0, -1.0]), np.array([1.0, 0.5])
    return straightening.Straightening(shift, scale, centres, reach, heights)


@pytest.mark.parametrize(
    ("take", "give", "coupling", "expected"),
    [
        (Unbending(), Bending(), unbending_by_hand(), [[-3.0, 3.0], [0.5, -3.0]]),
        (
            Straightening(),
            Winding(),
            straightening_by_hand(),
            [[-3.0, 3.0], [0.5, 3.0 - 4.0 * np.exp(-0.5)]],
        ),
    ],
)
def test_a_coupling_takes_what_is_told_and_is_undone_exactly(
    take, give, coupling, expected
):
    means = np.random.default_rng(1).standard_normal((5, 2)).astype(np.float32)
    nothing = np.zeros_like(means)
    np.testing.assert_array_equal(take(means, nothing), [means, nothing])
    np.testing.assert_array_equal(give(means), means)
    assert not (take.trainable_variables or give.trainable_variables)
    for layer in (take, give):
        layer.couple(coupling)
    codes = np.array([[-3.0, 0.5], [0.5, 0.5]], np.float32)
    taken, log_variances = take(codes, np.zeros_like(codes))
    np.testing.assert_allclose(taken, expected, rtol=1e-6)
    np.testing.assert_allclose(log_variances, 2 * [[0, np.log(4)]], rtol=1e-6)
    np.testing.assert_allclose(give(take(means, nothing)[0]), means, atol=1e-6)
    passed = take(means, nothing, training=True)
    np.testing.assert_array_equal(passed, [means, nothing])
    np.testing.assert_array_equal(give(means, training=True), means)
    np.testing.assert_allclose(take(means, nothing)[0], coupling.take(means), 1e-5)
