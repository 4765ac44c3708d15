import numpy as np
import pytest

from latents.coupling import HINGE_QUANTILES
from latents.unbending import Unbending, find_unbending

EXACT = -50.0


def bent_codes(count=2000):
    """Return codes: a free one, a bent copy of it with noise, another free one."""
    random = np.random.default_rng(1)
    free, noise, other = random.standard_normal((3, count))
    return np.column_stack((free, (free**2 - 1) / 2 + 0.1 * noise, other))


def found(codes, told=0, log_variances=EXACT):
    return find_unbending(codes, np.full_like(codes, log_variances), told)


def what_is_left(codes, **options):
    return found(codes, **options).take(codes)


def error_of(left):
    """Return by how much the second dimension is more than the noise in it."""
    noise = np.random.default_rng(1).standard_normal((3, 2000))[1]
    return 1 - np.corrcoef(left[:2000, 1], noise)[0, 1] ** 2


def test_what_a_coupling_tells_computed_by_hand():
    hinges, slopes = np.zeros((10, 2)), np.zeros((20, 2))
    hinges[1] = [1.0, 9.0]
    # From 0 on the first tells the second half of itself, from 1 on nothing more.
    slopes[0, 1], slopes[2, 1] = 0.5, -0.5
    shift, scale = np.array([0.0, -0.25]), np.array([1.0, 2.0])
    coupling = Unbending(shift, scale, hinges, slopes)
    codes = np.array([[-1.0, 7.0], [0.5, 7.0], [1.0, 7.0], [3.0, 7.0]])
    expected = [[-1, 7.25 / 2], [0.5, 7 / 2], [1, 6.75 / 2], [3, 6.75 / 2]]
    np.testing.assert_allclose(coupling.take(codes), expected)


def test_of_a_bent_copy_only_its_noise_is_left():
    codes = bent_codes()
    left = what_is_left(codes)
    np.testing.assert_array_equal(left[:, [0, 2]], codes[:, [0, 2]])
    # A tenth of the parabola's deviation; its strongest bends are between hinges.
    assert error_of(codes) > 0.9 and error_of(left) < 0.35
    assert left[:, 1].mean() == pytest.approx(0, abs=1e-9)
    assert left[:, 1].var() == pytest.approx(1)


def test_codes_that_no_function_was_fitted_to_are_straightened_too():
    codes = bent_codes()
    left = found(codes[:1500]).take(codes)[1500:]
    squares = codes[1500:, 0] ** 2
    assert abs(np.corrcoef(left[:, 1], squares)[0, 1]) < 0.15


def test_what_several_tell_of_one_is_added_up():
    codes = bent_codes()
    codes[:, 1] += np.abs(codes[:, 2])
    assert error_of(what_is_left(codes)) < 0.4


def test_a_dimension_that_tells_is_not_told_of():
    codes = bent_codes()
    # A chain: the first tells the second, which would tell the third.
    codes[:, 2] = codes[:, 1] ** 2
    slopes = found(codes).slopes.reshape(len(HINGE_QUANTILES), 3, 3)
    tells, is_told = (np.abs(slopes).max(axis=(0, axis)) > 0 for axis in (2, 1))
    assert tells.any() and not np.any(tells & is_told)


def test_told_dimensions_stay_and_tell_of_others():
    codes = bent_codes()
    np.testing.assert_array_equal(what_is_left(codes, told=2), codes)
    left = what_is_left(codes, told=1)
    assert error_of(left) < 0.35


def test_noise_of_the_posterior_counts_as_variance_that_is_left():
    left = what_is_left(bent_codes(), log_variances=2 * np.log(0.3))
    # 0.1 of the codes and 0.3 of the posterior.
    assert left[:, 1].var() == pytest.approx(0.1 / (0.1 + 0.9), rel=0.4)


def test_independent_or_inactive_dimensions_and_few_pictures_are_left_alone():
    random = np.random.default_rng(2).standard_normal((2000, 3))
    np.testing.assert_array_equal(what_is_left(random), random)
    few = bent_codes(999)
    np.testing.assert_array_equal(what_is_left(few), few)
    faint = bent_codes() * [1, 0.01, 1]
    log_variances = np.tile([EXACT, 0.0, EXACT], (len(faint), 1))
    assert not find_unbending(faint, log_variances).slopes.any()
