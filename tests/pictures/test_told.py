import numpy as np
import pytest

from mistakes import UserMistake
from pictures.factors import KnownFactors
from pictures.told import choose_told, normal_scores


def test_scores_are_the_normal_quantiles_of_the_ranks():
    # Ranks 1 to 4 of 4: quantiles 1/8, 3/8, 5/8 and 7/8.
    scores = normal_scores(np.array([30.0, 10.0, 20.0, 1000.0]))
    np.testing.assert_allclose(scores, [0.3186, -1.1503, -0.3186, 1.1503], atol=1e-4)


def test_equal_values_share_a_score_and_unknown_ones_have_none():
    scores = normal_scores(np.array([2.0, np.nan, 2.0, 3.0]))
    # Ranks 1.5, 1.5 and 3 of 3: quantiles 1/3, 1/3 and 5/6.
    np.testing.assert_allclose(scores, [-0.4307, np.nan, -0.4307, 0.9674], atol=1e-4)


def test_no_score_is_beyond_what_a_few_pictures_can_say():
    scores = normal_scores(np.arange(1000.0))
    assert scores.min() == pytest.approx(-2.0537, abs=1e-4)
    assert scores.max() == pytest.approx(2.0537, abs=1e-4)


def known(words=None, count=10):
    matrix = np.column_stack([np.arange(count), np.arange(count) % 3]).astype(float)
    matrix[4, 0] = np.nan
    names = ["slant", "style"]
    return KnownFactors(names, [3 * n for n in range(count)], matrix, words or {})


def test_dimension_k_is_column_k():
    told = choose_told(known(), most=100, latent_dim=2, seed=1)
    assert told.names == ["slant", "style"]
    assert told.indices.tolist() == [3 * n for n in range(10)]
    assert told.scores.dtype == np.float32
    np.testing.assert_allclose(told.scores[:, 0], normal_scores(known().matrix[:, 0]))
    assert np.isnan(told.scores[4, 0]) and not np.isnan(told.scores[4, 1])


def test_some_pictures_are_chosen_by_the_seed():
    chosen = [choose_told(known(), 4, 2, seed).indices.tolist() for seed in (1, 1, 2)]
    assert len(chosen[0]) == 4
    assert chosen[0] == chosen[1] != chosen[2]


def test_each_word_without_an_order_has_a_dimension_of_its_own():
    words = {"style": ["baroque", "gothic", "tudor"]}
    told = choose_told(known(words), 100, latent_dim=4, seed=1)
    assert told.names == ["slant", "style: baroque", "style: gothic", "style: tudor"]
    gothic = known().matrix[:, 1] == 1
    assert (told.scores[gothic, 2] > told.scores[~gothic, 2].max()).all()


def test_more_factors_than_dimensions_are_refused():
    with pytest.raises(UserMistake, match="--latent-dim: received 1, but .* 2"):
        choose_told(known(), 100, latent_dim=1, seed=1)
