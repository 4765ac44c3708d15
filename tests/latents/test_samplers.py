import dataclasses
import warnings

import numpy as np
import pytest

from hyperparameters import Hyperparameters
from latents.samplers import WORDS, Mixture, Prior, in_words


def mixture_of(codes, seed=1):
    """Return the mixture for posteriors that are all but points."""
    return Mixture.fit(codes, np.full_like(codes, -50.0), seed)


def blobs(count=600, seed=3):
    """Three quarters of the codes around (4, 0), the others around (-4, 0)."""
    random = np.random.default_rng(seed)
    codes = random.standard_normal((count, 2)) * (1.0, 0.2)
    codes[:, 0] += np.where(np.arange(count) % 4, 4.0, -4.0)
    return codes


def test_as_many_components_as_the_codes_have():
    fitted = mixture_of(blobs())
    assert sorted(fitted.weights) == pytest.approx([0.25, 0.75], abs=0.01)
    np.testing.assert_allclose(
        fitted.means[fitted.means[:, 0].argsort()], [[-4, 0], [4, 0]], atol=0.15
    )
    # One correlated cloud needs no second component.
    random = np.random.default_rng(1)
    cloud = random.standard_normal((1000, 2)) @ [[1.0, 0.9], [0.0, 0.4]]
    assert len(mixture_of(cloud).weights) == 1


def test_codes_in_many_dimensions_get_no_more_components_than_they_can_tell():
    codes = np.random.default_rng(1).standard_normal((30, 20))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(mixture_of(codes).weights) == 1


def test_latents_are_drawn_from_the_mixture_itself():
    codes = blobs()
    draws = mixture_of(codes).sample(4000, 1.0, seed=2)
    assert draws.dtype == np.float32
    assert np.mean(draws[:, 0] > 0) == pytest.approx(0.75, abs=0.03)
    np.testing.assert_allclose(np.cov(draws.T), np.cov(codes.T), atol=0.4)
    # None lands between the two, where the prior would put most of them.
    assert np.mean(np.abs(draws[:, 0]) < 1) < 0.01


def test_temperature_scales_the_spread_within_each_component():
    fitted = mixture_of(blobs(count=4000))
    cool, warm = (fitted.sample(500, heat, seed=2) for heat in (0.5, 1.0))
    centres = fitted.sample(500, 1e-9, seed=2)
    np.testing.assert_allclose(cool - centres, 0.5 * (warm - centres), atol=0.4)
    np.testing.assert_allclose(np.abs(centres[:, 0]), 4.0, atol=0.15)


def test_a_dimension_is_spread_as_its_codes_are():
    # Three heaps, of which one Gaussian knows nothing.
    random = np.random.default_rng(1)
    towers = random.integers(2, 5, 3000) + 0.01 * random.standard_normal(3000)
    codes = np.column_stack([towers, random.standard_normal(3000)])
    alone = dataclasses.replace(
        mixture_of(codes),
        weights=np.ones(1),
        means=codes.mean(axis=0)[np.newaxis],
        covariances=np.cov(codes.T)[np.newaxis],
    )
    draws = alone.sample(900, 1.0, seed=2)[:, 0]
    assert np.mean(np.abs(draws - np.rint(draws)) < 0.05) > 0.99
    counts = np.bincount(np.rint(draws).astype(int))[2:]
    assert (counts > 200).all() and len(counts) == 3


def test_a_mixture_is_as_wide_as_the_posteriors_it_is_fitted_to():
    means = np.tile([7.0, 0.0], (2000, 1))
    fitted = Mixture.fit(means, np.tile(np.log([0.25, 1.0]), (2000, 1)), seed=1)
    np.testing.assert_allclose(fitted.means, [[7.0, 0.0]], atol=0.1)
    np.testing.assert_allclose(fitted.covariances, [np.diag([0.25, 1.0])], atol=0.1)


def test_a_single_picture_can_be_dreamt_from():
    assert mixture_of(np.array([[1.0, 2.0]])).sample(3, 1.0, seed=2).shape == (3, 2)


def test_the_prior_is_normal():
    draws = Prior(latent_dim=2).sample(4000, 0.5, seed=2)
    assert (draws.shape, draws.dtype) == ((4000, 2), np.float32)
    np.testing.assert_allclose(draws.mean(axis=0), 0.0, atol=0.03)
    np.testing.assert_allclose(draws.std(axis=0), 0.5, atol=0.03)


@pytest.mark.parametrize(
    "build", [lambda: Prior(2), lambda: Mixture.fit(blobs(), np.zeros((600, 2)), 1)]
)
def test_fit_and_draws_follow_from_the_seed(build):
    one, same = (build().sample(9, 1.0, seed=2) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, build().sample(9, 1.0, seed=3))


def test_samplers_are_those_that_the_setting_offers():
    (setting,) = (
        field
        for field in dataclasses.fields(Hyperparameters)
        if field.name == "demo_sampler"
    )
    for name in WORDS:
        assert f"`{name}`" in setting.metadata["note"]
    assert in_words("prior", 1.0) == "the prior N(0, 1) at temperature 1"
    assert in_words("mixture", 0.8).endswith("codes at temperature 0.8")
