"""How far trainings agree, computed by hand."""

import itertools

import numpy as np
import pytest

from latents.ranking import agreement, rank_correlations, udr

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def codes():
    """Four dimensions on a grid: their correlations are exactly 0."""
    return np.array(list(itertools.product([-2.0, -1.0, 0.0, 1.0, 2.0], repeat=4)))


def test_rank_correlation_by_hand():
    ramp = np.array([[1.0], [2.0], [3.0], [4.0]])
    others = np.array([[1, 50, 0], [2, 9, 0], [9, 8, 0], [8, 7, 0]])

    # One swap among four ranks: 1 - 6 * 2 / (4 * 15).
    np.testing.assert_allclose(rank_correlations(ramp, others), [[0.8, 1.0, 0.0]])


def test_agreement_by_hand():
    assert agreement(np.eye(3)) == 1
    assert agreement(np.array([[1, 0], [0, 0.5]])) == pytest.approx(3 / 4)
    assert agreement(np.array([[0.6, 0.3]])) == pytest.approx((0.4 + 0.6 + 0.3) / 3)
    assert agreement(np.zeros((2, 2))) == 0
    assert agreement(np.zeros((0, 2))) == 0


def test_udr_does_not_mind_order_sign_and_monotone_scale(codes):
    trainings = [codes, -codes[:, ::-1], np.exp(codes[:, [2, 0, 3, 1]])]

    np.testing.assert_allclose(udr(trainings, np.ones((3, 4))), 1)


def test_udr_tells_the_odd_one_out(codes):
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))

    *agreeing, odd = udr([codes, codes, codes, codes @ rotation], np.ones((4, 4)))

    np.testing.assert_allclose(agreeing, 1)
    assert odd < 0.5


def test_udr_leaves_dimensions_that_are_not_active_out(codes):
    noise = np.random.default_rng(2).normal(size=(len(codes), 2))
    trainings = [np.hstack([codes, noise]), np.hstack([noise[:, ::-1], codes])]
    kl = [[1, 1, 1, 1, 0, 0.01], [0.01, 0, 1, 1, 1, 1]]

    np.testing.assert_allclose(udr(trainings, kl), 1)
    assert (udr(trainings, np.ones((2, 6))) < 0.99).all()
    assert (udr(trainings, np.zeros((2, 6))) == 0).all()


def test_udr_is_the_median_over_the_other_trainings(codes):
    other = np.random.default_rng(3).normal(size=codes.shape)
    kl = np.ones((3, 4))

    scores = udr([codes, codes, other], kl)

    against_other = agreement(rank_correlations(codes, other))
    assert scores[0] == pytest.approx((1 + against_other) / 2)
    assert scores[2] == pytest.approx(against_other)


def test_udr_of_one_training_names_the_cure(codes):
    with pytest.raises(ValueError, match="at least two seeds"):
        udr([codes], np.ones((1, 4)))
