import warnings

import numpy as np
import pytest

from latents import samplers


def blobs(count=600, seed=3):
    """Three quarters of the codes around (4, 0), the others around (-4, 0)."""
    random = np.random.default_rng(seed)
    codes = random.standard_normal((count, 2)) * (1.0, 0.2)
    codes[:, 0] += np.where(np.arange(count) % 4, 4.0, -4.0)
    return codes


def test_draws_have_the_means_and_the_spread_of_the_posteriors():
    means = np.tile([5.0, 0.0], (4000, 1))
    log_variances = np.tile(np.log([0.25, 1.0]), (4000, 1))
    draws = samplers.posterior_draws(means, log_variances, seed=1)
    np.testing.assert_allclose(draws.mean(axis=0), [5.0, 0.0], atol=0.06)
    np.testing.assert_allclose(draws.std(axis=0), [0.5, 1.0], atol=0.03)


def test_few_pictures_are_drawn_from_several_times():
    draws = samplers.posterior_draws(np.zeros((3, 2)), np.full((3, 2), -99.0), seed=1)
    assert draws.shape == (3 * 334, 2)
    samplers.fit_mixture(draws[:1].repeat(1000, axis=0), seed=1)


def test_as_many_components_as_the_codes_have():
    fitted = samplers.fit_mixture(blobs(), seed=1)
    assert sorted(fitted.weights_) == pytest.approx([0.25, 0.75], abs=0.01)
    np.testing.assert_allclose(
        fitted.means_[fitted.means_[:, 0].argsort()], [[-4, 0], [4, 0]], atol=0.15
    )
    # One correlated cloud needs no second component.
    random = np.random.default_rng(1)
    cloud = random.standard_normal((1000, 2)) @ [[1.0, 0.9], [0.0, 0.4]]
    assert len(samplers.fit_mixture(cloud, seed=1).weights_) == 1


def test_codes_in_many_dimensions_get_no_more_components_than_they_can_tell():
    codes = np.random.default_rng(1).standard_normal((30, 20))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(samplers.fit_mixture(codes, seed=1).weights_) == 1


def test_latents_are_drawn_from_the_mixture_itself():
    codes = blobs()
    draws = samplers.draw(samplers.fit_mixture(codes, seed=1), 4000, 1.0, seed=2)
    assert draws.dtype == np.float32
    assert np.mean(draws[:, 0] > 0) == pytest.approx(0.75, abs=0.03)
    np.testing.assert_allclose(np.cov(draws.T), np.cov(codes.T), atol=0.4)
    # None lands between the two, where the prior would put most of them.
    assert np.mean(np.abs(draws[:, 0]) < 1) < 0.01


def test_temperature_scales_the_spread_within_each_component():
    fitted = samplers.fit_mixture(blobs(), seed=1)
    cool, warm = (samplers.draw(fitted, 500, heat, seed=2) for heat in (0.5, 1.0))
    centres = samplers.draw(fitted, 500, 1e-9, seed=2)
    np.testing.assert_allclose(cool - centres, 0.5 * (warm - centres), atol=1e-5)
    np.testing.assert_allclose(np.abs(centres[:, 0]), 4.0, atol=0.15)


def test_fit_and_draws_follow_from_the_seed():
    one, same = (
        samplers.draw(samplers.fit_mixture(blobs(), seed=1), 9, 1.0, seed=2)
        for _ in range(2)
    )
    np.testing.assert_array_equal(one, same)
    other = samplers.draw(samplers.fit_mixture(blobs(), seed=1), 9, 1.0, seed=3)
    assert not np.array_equal(one, other)
