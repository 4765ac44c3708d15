"""The twelve factors of a castle, and how they are sampled.

No factor decides about another one, and there is no other chance in a picture. So it
can be measured whether a latent dimension stands for the slant of the roof or for the
width of the windows.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Factor:
    """One property of a castle, uniform over its levels or, without any, its range."""

    name: str
    low: float
    high: float
    note: str
    levels: tuple[int, ...] | None = None


# Lengths are fractions of the picture's side; colours are places on a short path.
FACTORS = (
    Factor("tower_count", 2, 5, "number of towers", levels=(2, 3, 4, 5)),
    Factor("tower_height", 0.375, 0.475, "from the ground to the eaves"),
    Factor("roof_slant", 0.8, 2.6, "rise over run of the pointed roofs"),
    Factor("window_width", 0.018, 0.066, "of each arched window"),
    Factor("wall_height", 0.14, 0.25, "from the ground to the wall-walk"),
    Factor("gate_width", 0.06, 0.16, "of the gate and the road that leads to it"),
    Factor("stone_colour", 0.0, 1.0, "grey-blue, sand, terracotta"),
    Factor("roof_colour", 0.0, 1.0, "slate blue, green, red"),
    Factor("time_of_day", 6.0, 24.0, "hour: dawn, noon, dusk, night"),
    Factor("horizontal_position", 0.46, 0.54, "of the middle of the castle"),
    Factor("hill_height", 0.06, 0.34, "of the hills behind the castle"),
    Factor("tree_size", 0.12, 0.36, "height of the tree in front"),
)


def sample_factors(count, seed):
    """Sample the factors of `count` castles, each factor uniform and independent.

    The first castles of a larger sample with the same seed are the same castles.

    Returns:
        dict from each factor's name to an array (count,): int64 if the factor has
        levels, float64 otherwise.
    """
    shares = np.random.Generator(np.random.PCG64(seed)).random((count, len(FACTORS)))
    return {
        factor.name: _scale(factor, share)
        for factor, share in zip(FACTORS, shares.T, strict=True)
    }


def _scale(factor, share):
    if factor.levels:
        return np.array(factor.levels)[(share * len(factor.levels)).astype(np.int64)]
    return factor.low + (factor.high - factor.low) * share
