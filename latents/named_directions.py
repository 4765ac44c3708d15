"""Finds directions of a trained latent space that stand for described properties.

Owns the fit alone. Dimensions are what training made of them; a direction leads across
them, along which one property changes and the others, as far as they are known, stay.
"""

from typing import NamedTuple

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, cross_val_predict

from latents.space import HIGH_PERCENT, LOW_PERCENT

# Of these the one that predicts best is taken, for each property by itself.
RIDGES = np.logspace(-2, 4, 13)
PARTS = 5
# Of held-out pictures' variance; what is told less leads nowhere in particular.
LEAST_R2 = 0.1


class Direction(NamedTuple):
    """A direction of latent space that stands for a property.

    Attributes:
        name: of the property.
        r2: how much of its variance the codes tell, of pictures not fitted to.
        direction: of length 1, `(latent_dim,)`; along it the property grows.
        low: percentile of codes along the direction, as in `space.describe_space`.
        middle: another one.
        high: another one.
    """

    name: str
    r2: float
    direction: np.ndarray
    low: float
    middle: float
    high: float


def find_directions(codes, names, scores) -> tuple[list[Direction], dict[str, float]]:
    """Find a direction for each property, by ridge regression of scores on codes.

    Each is orthogonal to what predicts the others: a step along it changes no other
    prediction.

    Args:
        codes: posterior means `(n, latent_dim)`.
        names: of the properties, `(count,)`.
        scores: normal scores `(n, count)`, NaN for unknown.

    Returns:
        The directions by falling R^2, and the R^2 of the properties without one.
    """
    r2s = {
        name: held_out_r2(codes, column)
        for name, column in zip(names, scores.T, strict=True)
    }
    told = [number for number, name in enumerate(names) if r2s[name] >= LEAST_R2]
    told.sort(key=lambda number: -r2s[names[number]])
    left_out = {name: r2 for name, r2 in r2s.items() if r2 < LEAST_R2}
    if not told:
        return [], left_out
    predictors = np.stack([_fit(codes, scores[:, number]) for number in told])
    ways = _ways(np.cov(codes.T), predictors)
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    ends = np.percentile(codes @ ways.T, [LOW_PERCENT, 50, HIGH_PERCENT], axis=0)
    found = [
        Direction(names[number], r2s[names[number]], way, *map(float, reach))
        for number, way, reach in zip(told, ways, ends.T, strict=True)
    ]
    return found, left_out


def held_out_r2(codes, scores) -> float:
    """Return how much of the scores' variance is told of pictures not fitted to.

    The mean of all would be 0; worse than that counts as 0, and so do scores that are
    known of too few pictures to tell.
    """
    known = np.isfinite(scores)
    if known.sum() < 2 * PARTS:
        return 0.0
    parts = KFold(PARTS, shuffle=True, random_state=0)
    predicted = cross_val_predict(
        RidgeCV(RIDGES), codes[known], scores[known], cv=parts
    )
    return max(0.0, float(r2_score(scores[known], predicted)))


def _ways(covariance, predictors):
    """Return directions `(count, latent_dim)` that each change one prediction alone.

    Of all such, those along which the codes themselves vary: Haufe et al. 2014, "On the
    interpretation of weight vectors of linear models in multivariate neuroimaging",
    theorem 1. Else noise would lead into dimensions that hold nothing.
    """
    spread = covariance @ predictors.T
    return np.linalg.pinv(predictors @ spread).T @ spread.T


def _fit(codes, scores):
    known = np.isfinite(scores)
    return RidgeCV(RIDGES).fit(codes[known], scores[known]).coef_
