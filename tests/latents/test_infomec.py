"""InfoMEC on codes whose scores can be counted by hand."""

import numpy as np
import pytest

from latents.infomec import infomec, shares_beyond_chance

BITS = np.tile([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], (1000, 1))
CONJUNCTION = BITS.all(axis=1)
# What an AND tells of one of its bits, which has an entropy of 1 bit.
BIT_OF_AND = 1.5 - 0.75 * np.log2(3)


@pytest.fixture
def numbers():
    return np.random.default_rng(0).uniform(size=(1000, 3))


def test_a_dimension_for_each_bit_is_perfect():
    assert infomec(BITS, BITS) == pytest.approx((1, 1, 1), abs=1e-3)


def test_a_dimension_for_each_number_is_perfect(numbers):
    assert infomec(numbers[:, [2, 0, 1]], numbers) == pytest.approx((1, 1, 1))


def test_bits_known_by_one_dimension_and_by_half_of_another():
    codes = np.column_stack([BITS[:, 0], CONJUNCTION])

    modularity, explicitness, compactness = infomec(codes, BITS)

    # The second dimension knows as much of either bit; the first keeps to its own.
    assert modularity == pytest.approx(0.5, abs=1e-3)
    # Where the first bit is 0, and only there, the second remains untold.
    assert explicitness == pytest.approx((1 + 0.5) / 2, abs=0.02)
    largest = np.mean([1 / (1 + BIT_OF_AND), 1])
    assert compactness == pytest.approx(2 * largest - 1, abs=1e-3)


def test_a_number_in_two_dimensions_is_explicit_and_not_compact(numbers):
    codes = numbers[:, [0, 0, 1, 1, 2, 2]]

    # Two equal parts of six: (1/2 - 1/6) / (1 - 1/6).
    assert infomec(codes, numbers) == pytest.approx((1, 1, 0.4))


def test_a_bent_number_is_known_but_not_explicit(numbers):
    codes = (numbers - 0.5) ** 2

    modularity, explicitness, compactness = infomec(codes, numbers)

    assert modularity == compactness == 1
    assert explicitness < 0.1


def test_noise_scores_nothing(numbers):
    noise = np.random.default_rng(1).normal(size=(1000, 8))

    assert infomec(noise, numbers) == pytest.approx((0, 0, 0), abs=0.01)


def test_idle_dimensions_do_not_count(numbers):
    idle = np.random.default_rng(1).uniform(0, 0.049, size=(1000, 9))
    codes = np.column_stack([numbers, idle, np.zeros(1000)])

    assert infomec(codes, numbers) == pytest.approx((1, 1, 1))


def test_a_collapsed_code_scores_nothing(numbers):
    assert infomec(np.ones((1000, 2)), numbers) == (0, 0, 0)


def test_a_single_factor_is_kept_to_by_dimensions_that_know_it(numbers):
    noise = np.random.default_rng(1).uniform(size=1000)
    codes = np.column_stack([numbers[:, 0], noise])

    assert infomec(codes, numbers[:, :1])[0] == 0.5


def test_chance_is_taken_off_what_stands_out():
    shares = shares_beyond_chance(BITS, BITS)

    # One degree of freedom: 1 / 2n nats, of log 2.
    expected = np.eye(2) * (1 - 1 / 8000 / np.log(2))
    np.testing.assert_allclose(shares, expected, atol=1e-12)
