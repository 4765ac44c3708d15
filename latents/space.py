"""Where in latent space the training pictures lie: what sliders and dreams go by.

Owns the content of `latents.json` of a run, read by the explorer.
"""

import numpy as np

# Beyond these percentiles of the training codes a slider leaves what is known.
LOW_PERCENT, HIGH_PERCENT = 1, 99
# At so many steps a page knows how the mixture and the codes are spread.
PERCENTS = np.linspace(0, 100, 101)
DRAWS = 20_000
# The same part of the prior N(0, 1), in its standard deviations.
PRIOR_REACH = 2.33


def describe_space(z_mean, mixture, decode) -> dict:
    """Return where codes of training pictures lie, ready for JSON.

    Args:
        z_mean: posterior means of training pictures, `(n, latent_dim)`.
        mixture: `samplers.Mixture` fitted to them.
        decode: function from codes `(count, latent_dim)` to pictures in [0, 1].

    Returns:
        For each dimension `low`, `middle` and `high`, percentiles of the codes, and
        `change`: how many levels of 255 a pixel changes by on average from low to
        high, the other dimensions in their middle. And the `mixture`, its covariances
        as the rows of their lower Cholesky factors; what it draws `from` in each
        dimension is moved `to` where the codes are, percentile by percentile.
    """
    low, middle, high = np.percentile(z_mean, [LOW_PERCENT, 50, HIGH_PERCENT], axis=0)
    ends = np.tile(middle, (2, len(middle), 1))
    diagonal = np.arange(len(middle))
    ends[0, diagonal, diagonal], ends[1, diagonal, diagonal] = low, high
    at_low, at_high = (decode(end.astype(np.float32)) for end in ends)
    change = 255 * np.abs(at_high - at_low).mean(axis=(1, 2, 3))
    roots = np.linalg.cholesky(mixture.covariances)
    draws = mixture.sample_gaussians(DRAWS, temperature=1.0, seed=0)
    return {
        "low": _rounded(low),
        "middle": _rounded(middle),
        "high": _rounded(high),
        "change": _rounded(change),
        "mixture": {
            "weights": _rounded(mixture.weights),
            "means": _rounded(mixture.means),
            "roots": [
                [_rounded(row[: number + 1]) for number, row in enumerate(root)]
                for root in roots
            ],
            "from": _rounded(np.percentile(draws, PERCENTS, axis=0).T),
            "to": _rounded(np.percentile(mixture.codes, PERCENTS, axis=0).T),
        },
    }


def prior_space(latent_dim) -> dict:
    """Return what is expected of codes before any is known, as `describe_space` does.

    How much a dimension changes is 0: unknown.
    """
    zeros, reach = [0.0] * latent_dim, PRIOR_REACH
    ends = [[-reach, reach]] * latent_dim
    rows = [[0.0] * number + [1.0] for number in range(latent_dim)]
    return {
        "low": [-reach] * latent_dim,
        "middle": zeros,
        "high": [reach] * latent_dim,
        "change": zeros,
        "mixture": {
            "weights": [1.0],
            "means": [zeros],
            "roots": [rows],
            "from": ends,
            "to": ends,
        },
    }


def _rounded(values) -> list:
    return np.round(np.asarray(values, np.float64), 5).tolist()
