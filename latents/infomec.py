"""Scores a code by the InfoMEC metrics of Hsu et al. 2023.

"Disentanglement via Latent Quantization", section 4. Codes are `(n, latent_dim)`,
factors `(n, factor_count)`, the same pictures in the same order. Three things differ
from the paper, whose factors are all classes:

- Information is counted in the bins of information.py, less what chance shows there,
  and not by nearest neighbours: those need classes, and keep the chance.
- A continuous factor is told by linear regression. With errors of one variance, the
  share of information that such a family uses is R^2 (Xu et al. 2020, "A Theory of
  Usable Information").
- Explicitness is measured on pictures held out from the fit, so that noise scores 0.
"""

import numpy as np
from scipy.stats import chi2
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from latents.information import (
    is_discrete,
    mutual_information,
    normalize_by_entropy,
    to_levels,
)

# A dimension whose range is a smaller part of the widest one's is left out (ibid.).
LEAST_RANGE = 1 / 20
# How often an unrelated pair of dimension and factor may seem related.
FALSE_ALARMS = 0.001


def infomec(codes, factors) -> tuple[float, float, float]:
    """Return InfoM, InfoE and InfoC, each from 0, as of noise, to 1.

    A dimension knows about one factor only (modularity), a linear model on all
    dimensions tells the factors (explicitness), and a factor is known by one dimension
    only (compactness). All are 0 if no dimension varies.
    """
    ranges = np.ptp(codes, axis=0)
    is_active = ranges > LEAST_RANGE * ranges.max()
    if not is_active.any():
        return 0.0, 0.0, 0.0
    shares = shares_beyond_chance(codes[:, is_active], factors)
    told = [_told_linearly(codes, factor) for factor in np.transpose(factors)]
    return _mean_focus(shares), float(np.mean(told)), _mean_focus(shares.T)


def shares_beyond_chance(codes, factors) -> np.ndarray:
    """Return the share of each factor that each dimension knows, less that of chance.

    2n times the information that a table of unrelated values shows is distributed
    as chi-squared. What does not stand out from that is 0: left in, the chance of a
    dozen idle dimensions would outweigh the one that knows the factor.

    Returns:
        `(latent_dim, factor_count)`, from 0 to 1.
    """
    freedom = np.outer(_steps(codes), _steps(factors))
    information = mutual_information(codes, factors)
    chance = freedom / (2 * len(codes))
    stands_out = information > chi2.isf(FALSE_ALARMS, freedom) / (2 * len(codes))
    return normalize_by_entropy(
        np.where(stands_out, information - chance, 0.0), factors
    )


def _steps(columns) -> list[int]:
    """Return one less than the number of levels of every column."""
    return [len(np.unique(to_levels(column))) - 1 for column in np.transpose(columns)]


def _mean_focus(shares) -> float:
    """Return how far each row keeps to one column: 0 if equally to all, or to none."""
    totals, uniform = shares.sum(axis=1), 1 / shares.shape[1]
    if uniform == 1:
        return float(np.mean(totals > 0))
    largest = np.full(len(shares), uniform)
    np.divide(shares.max(axis=1), totals, out=largest, where=totals > 0)
    return float((np.mean(largest) - uniform) / (1 - uniform))


def _told_linearly(codes, factor) -> float:
    """Return the share of a factor's uncertainty that a linear model takes away."""
    codes, held_out_codes, factor, held_out_factor = train_test_split(
        codes, factor, test_size=0.2, random_state=0
    )
    classes, counts = np.unique(factor, return_counts=True)
    if len(classes) < 2:
        return 0.0
    if not is_discrete(factor):
        model = LinearRegression().fit(codes, factor)
        return max(float(model.score(held_out_codes, held_out_factor)), 0.0)
    # Hardly any penalty: the paper has none, but then separable classes never converge.
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1e4, max_iter=1000))
    model.fit(codes, factor)
    told = model.predict_proba(held_out_codes)
    guess = np.tile(counts / counts.sum(), (len(held_out_factor), 1))
    left, whole = (
        log_loss(held_out_factor, probabilities, labels=classes)
        for probabilities in (told, guess)
    )
    return max(1.0 - left / whole, 0.0)
