import warnings

import numpy as np
import pytest

from latents.rotation import independent_axes

EXACT = -50.0


def axes_of(means, seed=1):
    """Return the axes for posteriors that are all but points."""
    return independent_axes(means, np.full_like(means, EXACT), seed)


def turned_sources(count=4000, angle=0.7):
    """Two independent uniform sources, turned; and the rotation that was used."""
    sources = np.random.default_rng(1).uniform(-1, 1, (count, 2)) * np.sqrt(3)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return sources @ turn.T, turn


def test_turned_sources_are_found_again():
    draws, turn = turned_sources()
    axes = axes_of(draws)
    # Each new axis is one source, but for its sign and place.
    found = np.abs(axes @ turn)
    np.testing.assert_allclose(np.sort(found, axis=0), [[0, 0], [1, 1]], atol=0.05)


def test_axes_are_a_rotation_even_of_draws_that_are_correlated():
    draws, _ = turned_sources()
    draws[:, 1] += 0.5 * draws[:, 0]
    axes = axes_of(draws)
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-12)
    assert not np.allclose(np.abs(axes), np.eye(2), atol=0.05)


def test_dimensions_that_tell_nothing_keep_their_axes():
    draws, turn = turned_sources()
    means = np.column_stack((draws[:, 0], np.zeros(len(draws)), draws[:, 1]))
    log_variances = np.tile([EXACT, 0.0, EXACT], (len(draws), 1))
    axes = independent_axes(means, log_variances, seed=1)
    np.testing.assert_array_equal(axes[1], [0, 1, 0])
    np.testing.assert_array_equal(axes[:, 1], [0, 1, 0])
    found = np.abs(axes[np.ix_([0, 2], [0, 2])] @ turn)
    np.testing.assert_allclose(np.sort(found, axis=0), [[0, 0], [1, 1]], atol=0.05)


def test_told_dimensions_keep_their_axes():
    draws, turn = turned_sources()
    told = np.random.default_rng(2).uniform(-1, 1, len(draws))
    means = np.column_stack((told + draws[:, 0], draws))
    axes = independent_axes(means, np.full_like(means, EXACT), seed=1, told=1)
    np.testing.assert_array_equal(axes[0], [1, 0, 0])
    np.testing.assert_array_equal(axes[:, 0], [1, 0, 0])
    found = np.abs(axes[1:, 1:] @ turn)
    np.testing.assert_allclose(np.sort(found, axis=0), [[0, 0], [1, 1]], atol=0.05)


def test_a_single_active_dimension_has_nothing_to_turn_to():
    draws, _ = turned_sources()
    log_variances = np.tile([EXACT, 0.0], (len(draws), 1))
    axes = independent_axes(draws * [1, 0], log_variances, seed=1)
    np.testing.assert_array_equal(axes, np.eye(2))


@pytest.mark.parametrize(("latent_dim", "is_turned"), [(50, True), (51, False)])
def test_too_few_draws_leave_the_axes_as_they_are(latent_dim, is_turned):
    draws = np.random.default_rng(2).uniform(-1, 1, (1000, latent_dim))
    assert np.array_equal(axes_of(draws), np.eye(latent_dim)) != is_turned


def test_gaussian_draws_have_no_axes_of_their_own_and_no_complaint():
    draws = np.random.default_rng(3).standard_normal((400, 6))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        axes = axes_of(draws)
    np.testing.assert_allclose(axes @ axes.T, np.eye(6), atol=1e-12)


def test_the_same_seed_finds_the_same_axes():
    draws, _ = turned_sources(400)
    one, same = (axes_of(draws, seed=4) for _ in range(2))
    np.testing.assert_array_equal(one, same)
