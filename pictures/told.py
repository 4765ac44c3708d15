"""What some latent dimensions are told: factors of a few training pictures, as scores.

A network finds dimensions of its own accord, but nothing says which. A few described
pictures settle it: Locatello et al. 2020, "Disentangling Factors of Variation Using Few
Labels". Owns which pictures are told, and what each dimension is told of them.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from mistakes import UserMistake

# Beyond, a score of a few pictures would be a guess: plus or minus 2.05 deviations.
EXTREME_QUANTILES = (0.02, 0.98)


class Told(NamedTuple):
    """What the first latent dimensions are told.

    Attributes:
        names: of these dimensions, in order.
        indices: positions of the described pictures in the split, `(n,)`.
        scores: float32 `(n, dimension_count)`; NaN where nothing is known.
    """

    names: list[str]
    indices: np.ndarray
    scores: np.ndarray


def choose_told(known, most, latent_dim, seed) -> Told:
    """Choose the pictures to tell, and return what each dimension is told of them.

    Numbers and ordered words have one dimension each, unordered words one for every
    word.

    Args:
        known: `factors.KnownFactors` of the training pictures.
        most: at most so many of them are told.
        latent_dim: number of latent dimensions there are.
        seed: whole number from which the choice follows.

    Raises:
        UserMistake: the factors need more dimensions than there are.
    """
    generator = np.random.default_rng((seed, len(known.indices)))
    chosen = np.sort(generator.permutation(len(known.indices))[:most])
    names, scores = normal_score_columns(known, chosen)
    if len(names) > latent_dim:
        raise UserMistake(
            f"--latent-dim: received {latent_dim}, but pictures are described by "
            f"{len(names)} dimensions ({', '.join(names[:3])} ...); use more, or "
            "--told-pictures 0"
        )
    indices = np.asarray(known.indices)[chosen]
    return Told(names, indices, scores.astype(np.float32))


def normal_score_columns(known, rows=slice(None)):
    """Return the normal scores of described pictures, a column for each dimension.

    Args:
        known: `factors.KnownFactors`.
        rows: which of its pictures; all of them if not given.

    Returns:
        Names `(dimension_count,)`, and scores `(n, dimension_count)`, NaN for unknown.
    """
    names, columns = [], []
    for name, column in zip(known.names, known.matrix[rows].T, strict=True):
        words = known.words.get(name)
        if words is None:
            names.append(name)
            columns.append(column)
            continue
        for number, word in enumerate(words):
            names.append(f"{name}: {word}")
            columns.append(np.where(np.isnan(column), np.nan, column == number))
    return names, np.column_stack([normal_scores(column) for column in columns])


def normal_scores(values) -> np.ndarray:
    """Return where values stand among each other, as draws of N(0, 1) would.

    Their quantiles put through the inverse of the normal distribution, so that any
    monotone function of a factor is told alike, as the prior expects it.

    Args:
        values: `(n,)`; equal ones share their mean rank; NaN for unknown.

    Returns:
        `(n,)`, NaN where the value is.
    """
    quantiles = (rankdata(values, nan_policy="omit") - 0.5) / np.isfinite(values).sum()
    return ndtri(np.clip(quantiles, *EXTREME_QUANTILES))
