"""Scores of codes whose score is known: by hand, by symmetry, or by rank."""

import itertools

import numpy as np
import pytest

from latents.disentanglement import (
    concentration,
    dci,
    explicitness,
    factor_importances,
    factor_vae_score,
    modularity,
    mutual_information_gap,
    separated_attribute_predictability,
)
from latents.information import mutual_information, normalize_by_entropy

pytestmark = pytest.mark.filterwarnings("error")

BITS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def shares_of(codes, factors):
    return normalize_by_entropy(mutual_information(codes, factors), factors)


def all_scores(codes, factors):
    return {
        "mutual_information_gap": mutual_information_gap(shares_of(codes, factors)),
        **dci(codes, factors),
        "separated_attribute_predictability": separated_attribute_predictability(
            codes, factors
        ),
        "factor_vae_score": factor_vae_score(codes, factors),
        "modularity": modularity(mutual_information(codes, factors)),
        "explicitness": explicitness(codes, factors),
    }


@pytest.fixture(scope="module")
def grid():
    """Every combination of shape, scale, orientation, x and y, as in dSprites."""
    sizes = (3, 3, 3, 4, 4)
    return np.array(list(itertools.product(*map(range, sizes))), dtype=float)


@pytest.fixture(scope="module")
def codes(grid):
    """The factors themselves, each with mean 0 and deviation 1."""
    return (grid - grid.mean(axis=0)) / grid.std(axis=0)


@pytest.fixture(scope="module")
def noisy_codes(codes):
    return codes + 0.2 * np.random.default_rng(1).normal(size=codes.shape)


@pytest.fixture(scope="module")
def perfect_scores(codes, grid):
    return all_scores(codes, grid)


@pytest.fixture(scope="module")
def noisy_scores(noisy_codes, grid):
    return all_scores(noisy_codes, grid)


def test_the_factors_themselves_score_1(perfect_scores):
    assert perfect_scores == pytest.approx(dict.fromkeys(perfect_scores, 1.0), abs=1e-6)


def test_rotation_scores_clearly_lower(codes, grid, perfect_scores):
    random = np.random.default_rng(2)
    rotation, _ = np.linalg.qr(random.normal(size=(5, 5)))

    scores = all_scores(codes @ rotation, grid)

    # What can be told linearly does not depend on the axes it is told from.
    assert scores.pop("explicitness") > 0.95
    for name, score in scores.items():
        assert score < 0.8, name


def test_good_code_ranks_above_a_bad_one_in_every_score(
    codes, noisy_codes, noisy_scores, grid
):
    random = np.random.default_rng(2)
    # Three directions for five factors: mixed, and not all of them can be told.
    mixing = random.normal(size=(5, 3)) @ random.normal(size=(3, 5))
    noise = noisy_codes - codes

    bad_scores = all_scores(codes @ mixing + noise, grid)

    for name in bad_scores:
        assert noisy_scores[name] > bad_scores[name] + 0.05, name


def test_permuted_dimensions_change_nothing(noisy_codes, noisy_scores, grid):
    scores = all_scores(noisy_codes[:, [3, 0, 4, 1, 2]], grid)

    assert scores == pytest.approx(noisy_scores, abs=0.01)


def test_dead_dimension_takes_no_part(codes, grid, perfect_scores):
    with_dead = np.column_stack([codes, np.full(len(codes), 0.3)])

    scores = all_scores(with_dead, grid)

    expected = {**perfect_scores, "modularity": 5 / 6}
    assert scores == pytest.approx(expected, abs=1e-6)


def test_dead_code_scores_0_or_chance(grid):
    scores = all_scores(np.zeros((len(grid), 4)), grid)

    assert scores == {**dict.fromkeys(scores, 0.0), "explicitness": 0.5}


def test_shuffled_labels_score_about_nothing(codes, grid):
    scores = all_scores(codes, np.random.default_rng(3).permutation(grid))

    chance = {"factor_vae_score": 1 / 5, "explicitness": 1 / 2}
    # Unequal numbers of classes make information of chance look like a preference.
    assert scores.pop("modularity") < 0.7
    for name, score in scores.items():
        assert score == pytest.approx(chance.get(name, 0.0), abs=0.06), name
        assert score >= 0, name


def test_continuous_factors_score_nearly_1():
    factors = np.random.default_rng(4).uniform(size=(1000, 4))
    dead = np.zeros((1000, 1))

    scores = all_scores(np.hstack([factors - 0.5, dead]), factors)

    assert scores.pop("modularity") > 0.9 * 4 / 5
    for name, score in scores.items():
        assert score > 0.9, name


def test_gap_of_a_table_by_hand():
    shares = np.array([[0.9, 0.2], [0.5, 0.3], [0.1, 0.8]])
    assert mutual_information_gap(shares) == pytest.approx((0.4 + 0.5) / 2)
    assert mutual_information_gap(shares[:1]) == pytest.approx((0.9 + 0.2) / 2)


def test_mutual_information_gap_by_hand():
    # With c the bits that an AND tells of one input, the gaps are 1 - c and c.
    codes = np.column_stack([BITS[:, 0], BITS.all(axis=1)])
    repeated = np.column_stack([BITS[:, 0], BITS])

    assert mutual_information_gap(shares_of(codes, BITS)) == pytest.approx(1 / 2)
    assert mutual_information_gap(shares_of(repeated, BITS)) == pytest.approx(1 / 2)


def test_modularity_by_hand():
    by_row = {(2, 1): 1 - 1 / 4, (0, 3): 1, (0, 0): 0}
    expected = np.mean(list(by_row.values()))
    assert modularity(np.array(list(by_row))) == pytest.approx(expected)
    assert modularity(np.array([[2, 1, 1]])) == pytest.approx(1 - 2 / (4 * 2))
    assert modularity(np.array([[2], [0]])) == pytest.approx(1 / 2)


def test_modularity_counts_the_information_of_the_codes():
    # An AND knows equally much about both of its inputs.
    codes = np.column_stack([BITS[:, 0], BITS.all(axis=1)])

    assert modularity(mutual_information(codes, BITS)) == pytest.approx((1 + 0) / 2)


def test_disentanglement_and_completeness_by_hand():
    importances = np.array([[1.0, 0.5], [0.0, 0.5]])

    # The first row is (2/3, 1/3) with 3/4 of the weight, the second is pure.
    first_row = 1 - (np.log2(3) - 2 / 3)
    assert concentration(importances) == pytest.approx(3 / 4 * first_row + 1 / 4 * 1)
    assert concentration(importances.T) == pytest.approx((1 + 0) / 2)


def test_disentanglement_leaves_unused_rows_out():
    assert concentration(np.array([[1.0, 0], [0, 1], [0, 0]])) == 1
    assert concentration(np.full((3, 4), 0.25)) == pytest.approx(0)
    assert concentration(np.zeros((3, 4))) == 0
    assert concentration(np.array([[0.4], [0.6]])) == 1


def test_importances_follow_the_factor_and_skill_is_held_out():
    random = np.random.default_rng(5)
    codes = random.normal(size=(6000, 2))
    continuous = codes[:, 1] + random.normal(size=6000)
    flips = random.uniform(size=6000) < 0.25
    coin = (codes[:, 0] > 0) ^ flips

    importances, skills = factor_importances(codes, np.column_stack([continuous, coin]))

    np.testing.assert_allclose(importances.sum(axis=0), 1)
    assert importances[1, 0] > 0.9
    assert importances[0, 1] > 0.8
    # Half of the variance is noise; 3/4 of the guesses are right where chance is 1/2.
    np.testing.assert_allclose(skills, 0.5, atol=0.07)


def test_skill_of_always_guessing_the_commonest_class_is_0():
    codes = np.random.default_rng(14).normal(size=(200, 1))
    whether_rare = np.arange(200)[:, np.newaxis] % 10 == 0

    _, skills = factor_importances(0 * codes, whether_rare)
    assert skills == 0

    _, skills = factor_importances(codes, whether_rare)
    assert 0 <= skills < 0.1


def test_skill_worse_than_a_constant_guess_is_0():
    codes, unrelated = np.random.default_rng(15).normal(size=(2, 60, 3))

    _, skills = factor_importances(codes, unrelated)
    assert skills.min() == 0


def test_dci_tells_repeated_dimensions_from_mixed_ones():
    factors, noise = np.random.default_rng(11).normal(size=(2, 500, 2))
    twins = factors[:, :1] + 0.1 * noise

    repeated = dci(np.hstack([twins, factors[:, 1:]]), factors)
    assert repeated["dci_disentanglement"] > 0.95
    assert repeated["dci_completeness"] < 0.8

    mixed = dci(np.hstack([factors.sum(axis=1, keepdims=True), 0 * noise]), factors)
    assert mixed["dci_disentanglement"] < 0.05
    assert mixed["dci_completeness"] > 0.95


def test_factor_that_never_varies_scores_nothing():
    codes = np.random.default_rng(6).normal(size=(50, 2))

    scores = all_scores(codes, np.zeros((50, 1)))

    assert scores == {**dict.fromkeys(scores, 0.0), "explicitness": 0.5}


def test_predictability_of_classes_by_hand():
    factor = np.array([[0], [0], [1], [1]])
    codes = np.array([[0, 0], [0, 1], [1, 1], [1, 1]])

    # The second dimension finds half of class 0: balanced accuracy 3/4, rescaled 1/2.
    score = separated_attribute_predictability(codes, factor)
    assert score == pytest.approx(1 - 1 / 2)
    published = 1 - 3 / 4
    assert score * (1 - 1 / 2) == pytest.approx(published)


def test_predictability_weighs_rare_classes_like_common_ones():
    factor = np.repeat([[0], [1]], [98, 2], axis=0)
    codes = np.repeat([[0.0], [1.0]], [90, 10], axis=0)

    # The threshold finds 90 of 98 and both of 2; without weights it would find none.
    score = separated_attribute_predictability(codes, factor)
    assert score == pytest.approx(90 / 98 + 2 / 2 - 1)


def test_predictability_of_a_continuous_factor_by_hand():
    ramp = np.arange(-12.0, 13.0)
    bowl = ramp**2 - np.mean(ramp**2)
    half = ramp / ramp.std() + bowl / bowl.std()
    codes = np.column_stack([bowl, half, -3 * ramp])

    score = separated_attribute_predictability(codes, ramp[:, np.newaxis])
    assert score == pytest.approx(1 - 1 / 2)


def test_factor_vae_score_loses_the_factor_that_no_dimension_holds():
    factors = np.array(list(itertools.product([0.0, 1.0], repeat=3)) * 40)

    assert factor_vae_score(factors, factors) == 1
    assert factor_vae_score(factors[:, :2], factors) == pytest.approx(2 / 3, abs=0.05)
    assert factor_vae_score(factors[:, :1], factors) == pytest.approx(1 / 3, abs=0.05)


def test_factor_vae_score_ignores_collapsed_dimensions_however_still():
    factors = np.array(list(itertools.product([0.0, 1.0], repeat=2)) * 40)
    # Of its own deviation, nothing is left of this dimension while a factor is fixed.
    twin = 0.01 * factors[:, :1]
    noisy = factors + 0.1 * np.random.default_rng(7).normal(size=factors.shape)

    assert factor_vae_score(np.hstack([twin, noisy[:, 1:]]), factors) < 0.7
    assert factor_vae_score(np.hstack([100 * twin, noisy[:, 1:]]), factors) == 1


def test_factor_vae_score_measures_each_dimension_by_its_own_deviation():
    factors = np.array(list(itertools.product([0.0, 1.0], repeat=2)) * 40)
    noisy = factors + 0.1 * np.random.default_rng(12).normal(size=factors.shape)

    assert factor_vae_score(noisy * [1, 50], factors) == 1


def test_factor_vae_score_needs_pictures_that_share_a_value():
    codes = np.arange(12.0)[:, np.newaxis]

    assert factor_vae_score(codes, codes) == 0
    assert factor_vae_score(codes, np.ones((12, 1))) == 0


def test_explicitness_by_hand():
    random = np.random.default_rng(8)
    factor = random.integers(2, size=4000)
    code = np.where(random.uniform(size=4000) < 0.75, factor, 1 - factor)

    # The code of class 1 is larger with 9/16 and equal with 6/16, which counts half.
    score = explicitness(code[:, np.newaxis].astype(float), factor[:, np.newaxis])
    assert score == pytest.approx(9 / 16 + 3 / 16, abs=0.04)


def test_explicitness_wants_a_linear_code():
    codes = np.random.default_rng(9).choice([-1.0, 1.0], size=(1000, 2))
    whether_equal = np.prod(codes, axis=1, keepdims=True)

    assert explicitness(codes, whether_equal) == pytest.approx(0.5, abs=0.1)
    assert explicitness(np.hstack([codes, whether_equal]), whether_equal) == 1


def test_explicitness_does_not_mind_the_scale():
    codes = np.random.default_rng(13).normal(size=(500, 2))

    assert explicitness(codes, codes) > 0.95
    scaled = explicitness(1e-3 * codes, codes)
    assert scaled == pytest.approx(explicitness(codes, codes), abs=1e-3)


def test_equal_codes_have_equal_scores():
    codes, factors = np.random.default_rng(10).normal(size=(2, 300, 3))
    np.random.seed(1)
    scores = all_scores(codes, factors)
    np.random.seed(2)

    assert all_scores(codes, factors) == scores
