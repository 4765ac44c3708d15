import numpy as np
import pytest

from latents.samplers import Mixture
from latents.space import describe_space, prior_space


def decode(codes):
    """Draw pictures whose brightness is a tenth of the first number."""
    brightness = np.clip(codes[:, 0] / 10, 0, 1)
    return np.broadcast_to(brightness[:, None, None, None], (len(codes), 2, 2, 3))


def test_ranges_changes_and_the_mixture_of_codes():
    codes = np.column_stack([np.arange(101.0) / 10, np.full(101, 7.0)])
    covariances = np.array([[[4.0, 2.0], [2.0, 5.0]]])
    mixture = Mixture(np.array([1.0]), np.array([[3.0, 4.0]]), covariances, codes)
    space = describe_space(codes, mixture, decode)
    assert space["low"] == [0.1, 7.0]
    assert space["middle"] == [5.0, 7.0]
    assert space["high"] == [9.9, 7.0]
    np.testing.assert_allclose(space["change"], [0.98 * 255, 0.0], atol=1e-3)
    assert space["mixture"]["roots"] == [[[2.0], [1.0, 2.0]]]
    (start, *_, end), _ = space["mixture"]["from"]
    # Of 20,000 draws of N(3, 4) the outermost.
    assert start == pytest.approx(-5, abs=1.5) and end == pytest.approx(11, abs=1.5)
    assert space["mixture"]["to"][0] == pytest.approx(np.arange(101) / 10)


def test_the_prior_is_described_alike():
    mixture = Mixture(
        np.array([1.0]), np.zeros((1, 2)), np.eye(2)[None], np.zeros((3, 2))
    )
    space, known = prior_space(2), describe_space(np.zeros((3, 2)), mixture, decode)
    assert space.keys() == known.keys()
    assert space["mixture"].keys() == known["mixture"].keys()
    for name in ("weights", "means", "roots"):
        assert space["mixture"][name] == known["mixture"][name]
    assert space["mixture"]["from"] == space["mixture"]["to"]
