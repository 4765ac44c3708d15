"""Tells whether each known factor was learnt, and whether a dimension is its own.

A factor that no dimension owns may be missing from the code or spread over several
dimensions: what all dimensions together tell of it decides. Beside it stands its worth,
the error that a picture has without it, for what is worth little is learnt last. Which
dimension knows most belongs to information.py.

Both figures come from kernel ridge regression, whose prediction of each picture from
all the others has a closed form: nothing is held out, and nothing drawn by chance but
the shuffles, which are seeded.
"""

import numpy as np
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import StandardScaler

# Of the factor's variance, told by all dimensions together.
LEARNT_R2 = 0.5
# The tables of n x n are those of so many pictures at most.
MOST_PICTURES = 1000

# 1 / (2 length^2) of the kernel, and the ridge, in units of the kernel's height. From
# nearly linear with little noise to bent with much; the best is taken for each factor.
READERS = ((0.003, 1e-5), (0.003, 1e-3), (0.01, 0.01), (0.03, 0.1), (0.01, 1.0))
PAINTER = (0.01, 0.01)

# One shuffle of the brightest factors of castles errs by 0.3 of squared error.
SHUFFLE_COUNT = 2
SEED = 0


def r2_from_all_dimensions(codes, factors) -> np.ndarray:
    """Return how much of each factor's variance all dimensions together tell.

    Dimensions keep their scale: that of a posterior mean says how much it tells. Words
    that were numbered count as these numbers.

    Args:
        codes: posterior means `(n, latent_dim)`.
        factors: `(n, factor_count)` of the same pictures.

    Returns:
        R^2 `(factor_count,)` from 0, no better than the mean, to 1, of pictures that
        the reader was not fitted to.
    """
    codes, factors = spread(codes), StandardScaler().fit_transform(spread(factors))
    scale = np.std(codes, axis=0).max()
    if scale == 0:
        return np.zeros(factors.shape[1])
    codes = codes / scale
    scores = []
    for gamma, ridge in READERS:
        inverse = _inverse(codes, gamma, ridge)
        errors = inverse @ factors / np.diag(inverse)[:, np.newaxis]
        scores.append(1.0 - np.mean(errors**2, axis=0))
    return np.clip(np.max(scores, axis=0), 0.0, 1.0)


def worths(factors, pictures) -> np.ndarray:
    """Return the squared error that pictures have without each factor.

    Pictures are redrawn from their factors by regression; a factor's worth is by how
    much the error grows when the factor is shuffled among the pictures. It estimates
    the variance of pictures in which all other factors are equal, half the squared
    difference of two of them: at the optimum of the loss, 1 - R^2 = beta / (2 worth).
    For 1,000 castles of 64 px it comes to 0.2 (windows, which other factors move
    about) to 0.9 (light, colours, tree) of what redrawing them exactly gives, in much
    the same order. Of factors that go together each counts only for what it adds.

    Args:
        factors: `(n, factor_count)`; about 1,000 rows, see `spread`.
        pictures: uint8 `(n, height, width, 3)` of the same pictures.

    Returns:
        `(factor_count,)` in units of the loss: sum of squared errors over pixels and
        channels in [0, 1]. Chance alone shows up to about 0.2 % of the variance.
    """
    factors = StandardScaler().fit_transform(factors)
    products = _products(pictures)
    random = np.random.default_rng(SEED)
    least = _redrawing_error(factors, products)
    without = [
        np.mean(
            [
                _redrawing_error(_shuffled(factors, column, random), products)
                for _ in range(SHUFFLE_COUNT)
            ]
        )
        for column in range(factors.shape[1])
    ]
    return np.maximum(np.array(without) - least, 0.0)


def factors_learnt(owners, r2s, worths=None) -> list[dict]:
    """Add to each of `information.factor_owners` its R^2, its worth and the verdict."""
    if worths is None:
        worths = [None] * len(owners)
    return [
        {
            **owner,
            "r2": float(r2),
            "worth": None if worth is None else float(worth),
            "verdict": verdict(r2, owner["is_owned"]),
        }
        for owner, r2, worth in zip(owners, r2s, worths, strict=True)
    ]


def verdict(r2, is_owned) -> str:
    """Say in a word what became of a factor: "its own", "mixed" or "not learnt"."""
    if is_owned:
        return "its own"
    return "mixed" if r2 >= LEARNT_R2 else "not learnt"


def spread(rows) -> np.ndarray:
    """Return at most `MOST_PICTURES` rows, evenly spread over all."""
    count = min(len(rows), MOST_PICTURES)
    return np.asarray(rows)[np.linspace(0, len(rows) - 1, count).astype(int)]


def _inverse(inputs, gamma, ridge) -> np.ndarray:
    """Return the inverse kernel matrix of ridge regression, `(n, n)`.

    With it, the error of predicting each row from all others is (inverse @ targets) /
    diagonal (Rasmussen & Williams 2006, equation 5.12).
    """
    kernel = rbf_kernel(inputs, gamma=gamma)
    return np.linalg.inv(kernel + ridge * np.eye(len(inputs)))


def _products(pictures) -> np.ndarray:
    """Return the scalar products of pictures, less their mean: all that errors need."""
    products = np.zeros((len(pictures), len(pictures)))
    for line in np.moveaxis(pictures, 1, 0):
        pixels = line.reshape(len(line), -1) / np.float32(255)
        pixels -= pixels.mean(axis=0)
        products += pixels @ pixels.T
    return products


def _redrawing_error(factors, products) -> float:
    """Return the mean squared error of pictures, from their products `(n, n)` alone."""
    inverse = _inverse(factors, *PAINTER)
    squares = np.einsum("ij,ij->i", inverse @ products, inverse)
    return float(np.mean(squares / np.diag(inverse) ** 2))


def _shuffled(factors, column, random) -> np.ndarray:
    shuffled = factors.copy()
    random.shuffle(shuffled[:, column])
    return shuffled
