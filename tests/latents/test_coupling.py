from dataclasses import dataclass

import numpy as np
import pytest

from latents.coupling import Coupling, fitted_by_each, nothing, r2, settled


@dataclass(frozen=True)
class FirstTellsSecond(Coupling):
    """The first dimension tells all of itself to the second."""

    def told_of(self, codes):
        return np.column_stack((np.zeros(len(codes)), codes[:, 0])) + self.shift


def test_what_is_left_is_settled_to_mean_0_and_variance_1():
    codes = np.array([[1.0, 4.0], [2.0, 9.0], [3.0, 6.0], [4.0, 11.0]])
    coupling = FirstTellsSecond(*nothing(2))
    np.testing.assert_array_equal(coupling.take(codes)[:, 1], [3, 7, 3, 7])
    # Of the codes' variance 4 is left, and the posterior adds 5.
    coupling = settled(coupling, codes, np.full_like(codes, np.log(5.0)), [1])
    np.testing.assert_allclose(coupling.shift, [0, 5])
    np.testing.assert_allclose(coupling.scale, [1, 3])
    expected = np.column_stack((codes[:, 0], [-2 / 3, 2 / 3, -2 / 3, 2 / 3]))
    np.testing.assert_allclose(coupling.take(codes), expected)


def test_share_of_variance_that_is_told_computed_by_hand():
    targets = np.array([[0.0, 1.0, 5.0], [2.0, 3.0, 5.0]])
    fitted = np.array([[0.0, 1.0, 5.0], [1.0, 3.0, 5.0]])
    np.testing.assert_allclose(r2(targets, fitted), [0.75, 1.0, 1.0])


def test_each_dimension_tells_what_a_bent_line_through_it_says():
    inputs = np.random.default_rng(1).uniform(-1, 1, (2000, 2))
    targets = np.abs(inputs[:, [0]])
    first, second = fitted_by_each(inputs, targets)
    assert r2(targets, first)[0] > 0.98
    assert r2(targets, second)[0] == pytest.approx(0, abs=0.02)
    assert first.mean() == pytest.approx(targets.mean())
