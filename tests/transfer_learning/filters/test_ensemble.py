import numpy as np
import pytest

from tests.transfer_learning.tiny_filters import SIDE, build_tiny_filter
from transfer_learning.filters.ensemble import Scorer

PICTURES = np.random.default_rng(0).integers(0, 256, (5, SIDE, SIDE, 3), np.uint8)


def separate_scores(models):
    return np.concatenate([m(PICTURES.astype("float32")).numpy() for m in models], 1)


def test_one_trunk_gives_the_scores_of_separate_networks():
    models = [build_tiny_filter(tail_seed=seed) for seed in range(3)]
    scorer = Scorer(models, batch_size=5)
    assert scorer.trunk_count == 1
    np.testing.assert_allclose(scorer(PICTURES), separate_scores(models), atol=1e-6)


def test_different_trunks_run_separately():
    models = [build_tiny_filter(trunk_seed=seed) for seed in (0, 1, 0)]
    scorer = Scorer(models, batch_size=5)
    assert scorer.trunk_count == 2
    np.testing.assert_allclose(scorer(PICTURES), separate_scores(models), atol=1e-6)


def test_equal_weights_with_different_scaling_are_different_trunks():
    models = [build_tiny_filter(scaling=scaling) for scaling in ("unit", "imagenet")]
    scorer = Scorer(models, batch_size=5)
    assert scorer.trunk_count == 2
    np.testing.assert_allclose(scorer(PICTURES), separate_scores(models), atol=1e-6)


def test_a_short_batch_gives_the_same_scores():
    scorer = Scorer([build_tiny_filter()], batch_size=5)
    np.testing.assert_array_equal(scorer(PICTURES[:2]), scorer(PICTURES)[:2])


def test_filters_of_different_input_sizes_are_refused():
    import keras

    other = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()])
    with pytest.raises(ValueError, match="one input size"):
        Scorer([build_tiny_filter(), other], batch_size=1)
