import warnings

import numpy as np
import pytest

from latents.rotation import independent_axes


def turned_sources(count=4000, angle=0.7):
    """Two independent uniform sources, turned; and the rotation that was used."""
    sources = np.random.default_rng(1).uniform(-1, 1, (count, 2)) * np.sqrt(3)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return sources @ turn.T, turn


def test_turned_sources_are_found_again():
    draws, turn = turned_sources()
    axes = independent_axes(draws, np.array([True, True]), seed=1)
    # Each new axis is one source, but for its sign and place.
    found = np.abs(axes @ turn)
    np.testing.assert_allclose(np.sort(found, axis=0), [[0, 0], [1, 1]], atol=0.05)


def test_axes_are_a_rotation_even_of_draws_that_are_correlated():
    draws, _ = turned_sources()
    draws[:, 1] += 0.5 * draws[:, 0]
    axes = independent_axes(draws, np.array([True, True]), seed=1)
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-12)
    assert not np.allclose(np.abs(axes), np.eye(2), atol=0.05)


def test_dimensions_that_tell_nothing_keep_their_axes():
    draws, turn = turned_sources()
    noise = np.random.default_rng(2).uniform(-1, 1, len(draws))
    three = np.column_stack((draws[:, 0], noise, draws[:, 1]))
    axes = independent_axes(three, np.array([True, False, True]), seed=1)
    np.testing.assert_array_equal(axes[1], [0, 1, 0])
    np.testing.assert_array_equal(axes[:, 1], [0, 1, 0])
    found = np.abs(axes[np.ix_([0, 2], [0, 2])] @ turn)
    np.testing.assert_allclose(np.sort(found, axis=0), [[0, 0], [1, 1]], atol=0.05)


@pytest.mark.parametrize(
    ("count", "is_informative"), [(39, [True, True]), (4000, [True, False])]
)
def test_what_cannot_be_known_stays_as_it_is(count, is_informative):
    draws, _ = turned_sources(count)
    axes = independent_axes(draws, np.array(is_informative), seed=1)
    np.testing.assert_array_equal(axes, np.eye(2))


def test_gaussian_draws_have_no_axes_of_their_own_and_no_complaint():
    draws = np.random.default_rng(3).standard_normal((400, 6))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        axes = independent_axes(draws, np.full(6, True), seed=1)
    np.testing.assert_allclose(axes @ axes.T, np.eye(6), atol=1e-12)


def test_the_same_seed_finds_the_same_axes():
    draws, _ = turned_sources(400)
    one, same = (independent_axes(draws, np.full(2, True), seed=4) for _ in range(2))
    np.testing.assert_array_equal(one, same)
