import keras
import numpy as np
import pytest
import tensorflow as tf

import optimizers
from optimizers import Muon


def follow_the_polynomial(values):
    """Return what the iteration makes of singular values, in 64 bits."""
    for _ in range(5):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return values


@pytest.mark.parametrize("shape", [(40, 6), (6, 40), (9, 9)])
def test_singular_values_follow_the_polynomial_and_the_vectors_stay(shape):
    matrix = np.random.default_rng(1).normal(size=shape)
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    expected = follow_the_polynomial(values / np.linalg.norm(matrix))
    found = optimizers.orthogonalise(tf.constant(matrix, tf.float32))
    np.testing.assert_allclose(found, (left * expected) @ right, atol=2e-5)


def test_singular_values_end_between_0_7_and_1_2():
    ends = follow_the_polynomial(np.geomspace(0.003, 1.0, 10_000))
    assert 0.67 < ends.min()
    assert ends.max() < 1.21


def test_a_gradient_of_zeros_moves_nothing():
    assert not np.any(optimizers.orthogonalise(tf.zeros((3, 2))))


def step(optimizer, values, gradient):
    variable = keras.Variable(values)
    optimizer.build([variable])
    optimizer.apply([tf.constant(gradient, tf.float32)], [variable])
    return variable.numpy() - values


def test_a_step_of_a_kernel_by_hand():
    # The first mean is 0.05 times the gradient, and so is what lies ahead: only the
    # direction is left. Its singular values are 3 and 4, of norm 5.
    moved = step(Muon(0.01), np.zeros((2, 2), np.float32), [[3.0, 0.0], [0.0, 4.0]])
    ends = follow_the_polynomial(np.array([0.6, 0.8]))
    np.testing.assert_allclose(
        moved, -0.01 * 0.2 * np.sqrt(2.0) * np.diag(ends), rtol=1e-4, atol=1e-7
    )


def test_steps_remember_former_gradients():
    variable = keras.Variable(np.zeros((2, 2), np.float32))
    optimizer = Muon(0.01)
    for gradient in (np.eye(2), np.diag([1.0, -1.0])):
        optimizer.apply([tf.constant(gradient, tf.float32)], [variable])
    # Means 0.05 and 0.0475 +- 0.05; ahead 0.05 times the gradient more than 0.95 of it.
    ahead = np.array([0.05 + 0.95 * 0.0975, -0.05 + 0.95 * -0.0025])
    first = follow_the_polynomial(np.array([0.5, 0.5]) ** 0.5)
    second = follow_the_polynomial(ahead / np.linalg.norm(ahead))
    expected = -0.01 * 0.2 * np.sqrt(2.0) * (first + second)
    np.testing.assert_allclose(np.diag(variable.numpy()), expected, rtol=1e-4)


def test_a_convolution_is_a_matrix_of_what_goes_in_and_out():
    gradient = np.random.default_rng(1).normal(size=(3, 3, 4, 8))
    kernel = step(Muon(0.01), np.zeros((3, 3, 4, 8), np.float32), gradient)
    flat = step(Muon(0.01), np.zeros((36, 8), np.float32), gradient.reshape(36, 8))
    np.testing.assert_allclose(kernel.reshape(36, 8), flat, atol=1e-8)


def test_biases_and_scales_are_adams():
    values = np.ones(5, np.float32)
    gradient = np.random.default_rng(1).normal(size=5)
    moved = step(Muon(0.01, beta_2=0.99), values, gradient)
    by_adam = step(keras.optimizers.Adam(0.01, beta_2=0.99), values, gradient)
    np.testing.assert_array_equal(moved, by_adam)
