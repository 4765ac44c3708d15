"""What codes tell by themselves, computed by hand."""

import numpy as np
import pytest

from latents.statistics import kl_per_dimension, mean_correlation, posterior_draws

pytestmark = pytest.mark.filterwarnings("error")


def test_kl_in_nats_by_hand():
    z_mean = np.array([[0.0, 1.0, 0.0], [0.0, -3.0, 0.0]])
    z_log_var = np.array([[0.0, 0.0, np.log(4)], [0.0, 0.0, np.log(4)]])

    expected = [0, (1 / 2 + 9 / 2) / 2, (4 - 1 - np.log(4)) / 2]
    np.testing.assert_allclose(kl_per_dimension(z_mean, z_log_var), expected)


def test_mean_correlation_by_hand():
    ramp = np.arange(-2.0, 3.0)
    bowl = ramp**2 - 2
    codes = np.column_stack([ramp, 0.1 * bowl, bowl, -ramp])

    assert mean_correlation(codes[:, [0, 3]], np.ones(2)) == pytest.approx(1)
    kl_nats = np.array([1.0, 0.009, 1.0, 1.0])
    assert mean_correlation(codes, kl_nats) == pytest.approx((0 + 1 + 0) / 3)
    assert mean_correlation(codes, np.array([1.0, 0.0, 0.0, 0.0])) == 0


def test_an_active_dimension_whose_mean_stands_still_correlates_with_none():
    codes = np.column_stack([np.arange(5.0), np.full(5, 3.0), np.arange(5.0)])

    assert mean_correlation(codes, np.ones(3)) == pytest.approx(1 / 3)


def test_draws_have_the_means_and_the_spread_of_the_posteriors():
    means = np.tile([5.0, 0.0], (4000, 1))
    log_variances = np.tile(np.log([0.25, 1.0]), (4000, 1))

    draws = posterior_draws(means, log_variances, seed=1)

    np.testing.assert_allclose(draws.mean(axis=0), [5.0, 0.0], atol=0.06)
    np.testing.assert_allclose(draws.std(axis=0), [0.5, 1.0], atol=0.03)


def test_few_pictures_are_drawn_from_several_times():
    means = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

    draws = posterior_draws(means, np.full((3, 2), -99.0), seed=1)

    np.testing.assert_allclose(draws, means.repeat(334, axis=0))
