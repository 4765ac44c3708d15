import numpy as np
import pytest

from tests.transfer_learning.tiny_filters import SIDE, build_tiny_filter, write_photos
from transfer_learning.filters.network import split_filter
from transfer_learning.fine_tuning.random_start import (
    settle_on_photos,
    settle_statistics,
)


def pictures(seed, count=6):
    shape = (count, SIDE, SIDE, 3)
    return np.random.default_rng(seed).uniform(0, 255, shape).astype("float32")


def inputs_of_normalisation(model, batch):
    """Return what the normalisation layer sees, `(values, channels)`."""
    x = split_filter(model)[0](batch)
    return model.get_layer("conv5_block1_conv")(x).numpy().reshape(-1, 4)


def test_statistics_are_the_mean_over_the_batches():
    model, batches = build_tiny_filter(), [pictures(1), pictures(2), pictures(3)]
    settle_statistics(model, batches)
    seen = [inputs_of_normalisation(model, batch) for batch in batches]
    layer = model.get_layer("conv5_block1_bn")
    means = np.mean([values.mean(axis=0) for values in seen], axis=0)
    variances = np.mean([values.var(axis=0) for values in seen], axis=0)
    np.testing.assert_allclose(layer.moving_mean, means, rtol=1e-4)
    np.testing.assert_allclose(layer.moving_variance, variances, rtol=1e-4)
    assert layer.momentum == pytest.approx(0.99)


def test_statistics_are_kept_for_the_other_members(tmp_path):
    first, second = build_tiny_filter(), build_tiny_filter()
    paths = write_photos(tmp_path / "photos", 5)
    kept = tmp_path / "start" / "start.npz"
    settle_on_photos(first, paths, "bilinear", kept)
    settle_on_photos(second, [], "bilinear", kept)
    for left, right in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    assert not np.allclose(first.get_layer("conv5_block1_bn").moving_mean, 0)
