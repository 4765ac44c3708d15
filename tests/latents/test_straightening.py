import warnings

import numpy as np
import pytest
from scipy.stats import spearmanr

from latents.straightening import (
    FUNCTIONS,
    MOST_CURVES,
    WEIGHT_OF_PLACE,
    Straightening,
    find_straightening,
)

EXACT = -50.0


def wound_codes(count=2000, seed=1, turns=0.9):
    """Return codes along a curve in three dimensions, one more, noise; and places."""
    random = np.random.default_rng(seed)
    place = random.uniform(-1, 1, count)
    curve = np.sin(np.pi * (np.outer(place, [turns, turns, 2]) + [0, 0.5, 0]))
    codes = np.column_stack((curve, random.standard_normal(count)))
    return codes + 0.05 * random.standard_normal(codes.shape), place


def found(codes, told=0):
    return find_straightening(codes, np.full_like(codes, EXACT), told)


def best_order(codes, place):
    """Return the highest rank correlation of a dimension with the place."""
    return max(abs(spearmanr(code, place).statistic) for code in codes.T)


def test_what_a_coupling_tells_computed_by_hand():
    centres, reach, heights = np.zeros((3, MOST_CURVES * FUNCTIONS, 3))
    # At 1 and 2 of the first two it tells 6 of the third.
    centres[0], reach[0], heights[0, 2] = [1, 2, 9], [4, 1, 0], 6.0
    shift, scale = np.array([0, 0, 0.5]), np.array([1, 1, 2.0])
    coupling = Straightening(shift, scale, centres, reach, heights)
    codes = np.array([[1.0, 2.0, 7.0], [1.5, 3.0, 7.0]])
    expected = [[1, 2, 0.5 / 2], [1.5, 3, (6.5 - 6 * np.exp(-1)) / 2]]
    np.testing.assert_allclose(coupling.take(codes), expected)


def test_one_dimension_is_given_the_place_on_the_curve():
    codes, place = wound_codes()
    coupling = found(codes)
    straight = coupling.take(codes)
    assert best_order(codes, place) < 0.9 and best_order(straight, place) > 0.97
    is_given = np.any(straight != codes, axis=0)
    assert is_given.sum() == 1 and not is_given[3]
    assert straight[:, is_given].mean() == pytest.approx(0, abs=1e-9)
    assert straight[:, is_given].var() == pytest.approx(1)
    # The rest of what it said is a fraction of the place.
    assert coupling.scale[is_given] == pytest.approx(WEIGHT_OF_PLACE, rel=0.2)
    assert not np.any(coupling.reach[:, is_given])


def test_codes_that_no_curve_was_fitted_to_are_straightened_too():
    coupling = found(wound_codes()[0])
    codes, place = wound_codes(seed=2)
    assert best_order(coupling.take(codes), place) > 0.97


def test_pictures_may_come_in_the_order_of_the_curve():
    codes, place = wound_codes(4000)
    order = np.argsort(place)
    assert best_order(found(codes[order]).take(codes), place) > 0.97


def test_two_curves_are_straightened_by_themselves():
    one, place = wound_codes()
    other, other_place = wound_codes(seed=2)
    codes = np.column_stack((one, other))
    straight = found(codes).take(codes)
    assert best_order(straight, place) > 0.97
    assert best_order(straight, other_place) > 0.97
    assert np.any(straight != codes, axis=0).sum() == 2


def tent():
    """Return three dimensions that know of each other but lie along no curve."""
    free = np.random.default_rng(1).uniform(-1, 1, (2000, 2))
    return np.column_stack((free, np.abs(free).sum(axis=1)))


@pytest.mark.parametrize(
    "codes",
    [
        np.random.default_rng(2).standard_normal((2000, 4)),
        tent(),
        wound_codes(turns=1.2)[0],
        # A parabola: a bend, not a curve through three.
        np.column_stack((np.linspace(-1, 1, 2000), np.linspace(-1, 1, 2000) ** 2)),
        wound_codes(999)[0],
    ],
    ids=["independent", "a surface", "crossing itself", "a pair", "few pictures"],
)
def test_codes_without_a_curve_are_left_alone_without_complaint(codes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(found(codes).take(codes), codes)


def test_told_and_inactive_dimensions_are_left_alone():
    codes, _ = wound_codes()
    np.testing.assert_array_equal(found(codes, told=1).take(codes), codes)
    log_variances = np.tile([0.0, EXACT, EXACT, EXACT], (len(codes), 1))
    coupling = find_straightening(codes * [0.01, 1, 1, 1], log_variances)
    assert not coupling.heights.any()
