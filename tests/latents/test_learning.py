"""What was learnt of a factor, and what the factor is worth."""

import numpy as np
import pytest
from scipy.special import ndtri

from castles.drawing import draw_castle
from castles.factors import sample_factors
from latents.learning import r2_from_all_dimensions, verdict, worths

COUNT = 1000


@pytest.fixture(scope="module")
def factors():
    """Twelve factors as of castles, the first of which has four levels."""
    factors = np.random.default_rng(0).uniform(size=(COUNT, 12))
    factors[:, 0] = np.floor(4 * factors[:, 0]) + 2
    return factors


@pytest.fixture(scope="module")
def codes(factors):
    """24 dimensions: factors bent in several ways, one on an arc, and idle ones."""
    random = np.random.default_rng(1)
    arc = 1.5 * np.pi * factors[:, 1]
    normal = ndtri(np.clip(factors, 0.01, 0.99))
    bent = [
        (factors[:, 0] - 3.5) + random.normal(0, 0.05, COUNT),
        np.cos(arc),
        np.sin(arc),
        np.tanh(3 * factors[:, 2] - 1.5),
        np.exp(factors[:, 3]),
        4 * factors[:, 4] + 0.3 * np.sin(6 * factors[:, 4]),
        # Told only by one who knows the next dimension too.
        normal[:, 5] + normal[:, 6] ** 2 / 4,
    ]
    idle = random.normal(0, 0.1, (COUNT, 24 - len(bent) - 6))
    return np.column_stack([*bent, normal[:, 6:], idle])


def random_turn(size):
    return np.linalg.qr(np.random.default_rng(2).normal(size=(size, size)))[0]


def test_bent_factors_count_as_learnt(codes, factors):
    assert r2_from_all_dimensions(codes, factors).min() > 0.97


def test_factors_spread_over_all_dimensions_count_as_learnt(codes, factors):
    turned = codes @ random_turn(codes.shape[1])

    assert r2_from_all_dimensions(turned, factors).min() > 0.97


@pytest.mark.parametrize("count", [200, COUNT])
def test_noise_tells_nothing(factors, count):
    noise = np.random.default_rng(3).normal(size=(count, 24))

    assert r2_from_all_dimensions(noise, factors[:count]).max() < 0.05


def test_noise_on_the_code_is_not_learnt_by_heart(factors):
    signal = factors / factors.std(axis=0)
    noisy = signal + np.random.default_rng(4).normal(size=signal.shape)

    # Half of a dimension's variance is noise, and the readers lose a little.
    assert r2_from_all_dimensions(noisy, factors) == pytest.approx(0.48, abs=0.07)


def test_a_collapsed_code_tells_nothing(factors):
    assert not r2_from_all_dimensions(np.ones((COUNT, 2)), factors).any()


def test_many_pictures_are_spread_over():
    late = np.maximum(np.arange(3000.0), 1000)[:, np.newaxis]

    (r2,) = r2_from_all_dimensions(late, late)

    assert r2 > 0.97


def test_worth_of_pixels_is_their_variance():
    random = np.random.default_rng(5)
    factors = random.uniform(size=(400, 3))
    levels = np.zeros((400, 2, 4, 3))
    # The first factor moves three channels of one pixel, the second one channel by
    # half; a third does nothing.
    levels[:, 0, 0] = factors[:, :1]
    levels[:, 1, 2, 1] = factors[:, 1] / 2

    worth = worths(factors, np.round(255 * levels).astype(np.uint8))

    assert worth == pytest.approx([3 / 12, 1 / 48, 0], rel=0.15, abs=1e-3)


def test_what_two_factors_do_together_is_worth_something_to_each():
    factors = np.random.default_rng(6).uniform(-1, 1, size=(400, 2))
    product = 0.5 + factors.prod(axis=1) / 2
    pictures = np.zeros((400, 1, 1, 3), np.uint8)
    pictures[..., 0] = np.round(255 * product)[:, np.newaxis, np.newaxis]

    # The variance over one factor with the other fixed: of a^2 / 4 * 1 / 3 the mean.
    assert worths(factors, pictures) == pytest.approx(1 / 36, rel=0.15)


def test_worths_of_castles_are_much_like_those_of_exact_redrawing():
    sampled, others = sample_factors(300, seed=7), sample_factors(300, seed=8)
    pictures = draw(sampled)
    found = worths(np.column_stack(list(sampled.values())), pictures)
    estimated = dict(zip(sampled, found, strict=True))

    def redrawn(name):
        changed = draw({**sampled, name: others[name]}) / 255.0
        return np.mean(np.sum((changed - pictures / 255.0) ** 2, axis=(1, 2, 3))) / 2

    for name in ("time_of_day", "stone_colour", "hill_height"):
        assert estimated[name] == pytest.approx(redrawn(name), rel=0.3), name
    assert estimated["window_width"] < redrawn("window_width")


def draw(factors):
    castles = [
        dict(zip(factors, row, strict=True))
        for row in zip(*factors.values(), strict=True)
    ]
    return np.stack([np.asarray(draw_castle(castle, 32)) for castle in castles])


@pytest.mark.parametrize(
    ("r2", "is_owned", "word"),
    [
        (0.95, True, "its own"),
        (0.95, False, "mixed"),
        (0.5, False, "mixed"),
        (0.49, False, "not learnt"),
        # Words numbered at random: a dimension may know them, but not their numbers.
        (0.2, True, "its own"),
    ],
)
def test_a_factor_has_one_verdict(r2, is_owned, word):
    assert verdict(r2, is_owned) == word
