"""Finds dimensions that are bent copies of others, and what these tell of them.

A factor that pictures follow along a curve, such as the light of a day, takes two or
more dimensions. Their codes are uncorrelated, as a parabola is with its argument, and
no turning of axes parts them. An additive coupling does: what some dimensions tell is
taken away from others, and added again before pictures are drawn (Dinh et al. 2015,
"NICE: Non-linear Independent Components Estimation", section 3.2). It can be undone
exactly, so pictures are redrawn the same. What is left has mean 0 and variance 1 again,
as in the prior.

What is told of a dimension is the regression of its codes on those of the sources: a
sum of functions of one source each, linear between hinges.
"""

from dataclasses import dataclass

import numpy as np

from latents.active import is_active
from latents.statistics import kl_per_dimension

# Where the functions bend: at these quantiles of a source's codes.
HINGE_QUANTILES = np.arange(10) / 10
# A dimension is a bent copy if another one tells so much of its variance.
LEAST_R2 = 0.1
# With fewer pictures, chance decides what is told.
LEAST_PICTURES = 1000
# In units of the variance of codes; it keeps functions flat where hinges agree.
RIDGE = 1e-3


@dataclass(frozen=True)
class Coupling:
    """What dimensions tell of others, and how what is left is scaled.

    Attributes:
        hinges: `(len(HINGE_QUANTILES), latent_dim)`, in units of the codes.
        slopes: `(len(HINGE_QUANTILES) * latent_dim, latent_dim)`: by how much the slope
            of each function changes at each hinge, hinge after hinge.
        shift: `(latent_dim,)`, added to what is told.
        scale: `(latent_dim,)`, which what is left is divided by.
    """

    hinges: np.ndarray
    slopes: np.ndarray
    shift: np.ndarray
    scale: np.ndarray

    def unbend(self, codes):
        """Return codes `(n, latent_dim)` without what they tell of each other."""
        told = _beyond(codes, self.hinges) @ self.slopes + self.shift
        return (codes - told) / self.scale


def find_coupling(z_mean, z_log_var, told=0):
    """Return the `Coupling` that takes from bent copies what others tell of them.

    The strongest pairs come first. A dimension that tells of others is never told of
    itself, nor are the first `told` ones, those that are not active, and any if there
    are fewer than 1000 pictures.

    Args:
        z_mean: posterior means `(n, latent_dim)`.
        z_log_var: logarithms of the posterior variances, `(n, latent_dim)`.
        told: how many dimensions, from the first, are left as they are.
    """
    size = z_mean.shape[1]
    hinges = np.quantile(z_mean, HINGE_QUANTILES, axis=0)
    slopes, shift = np.zeros((len(HINGE_QUANTILES), size, size)), np.zeros(size)
    scale = np.ones(size)
    sources, copies = [], []
    if len(z_mean) >= LEAST_PICTURES:
        active = is_active(kl_per_dimension(z_mean, z_log_var))
        sources, copies = _part(_r2_of_pairs(z_mean, hinges), active, told)
    if copies:
        inputs = _beyond(z_mean[:, sources], hinges[:, sources])
        found = _regress(inputs, z_mean[:, copies])
        slopes[np.ix_(range(len(hinges)), sources, copies)] = found.reshape(
            len(hinges), len(sources), len(copies)
        )
    # So far nothing is shifted or scaled.
    coupling = Coupling(hinges, slopes.reshape(-1, size), shift, scale)
    left = coupling.unbend(z_mean)[:, copies]
    variances = left.var(axis=0) + np.exp(z_log_var[:, copies]).mean(axis=0)
    shift[copies], scale[copies] = left.mean(axis=0), np.sqrt(variances)
    return coupling


def _beyond(codes, hinges):
    """Return how far codes `(n, d)` are beyond each hinge, `(n, hinges * d)`."""
    return np.maximum(codes[:, np.newaxis] - hinges, 0).reshape(len(codes), -1)


def _r2_of_pairs(codes, hinges):
    """Return the share of each dimension's variance that each one tells, `(d, d)`."""
    centred = codes - codes.mean(axis=0)
    shares = []
    for source in range(codes.shape[1]):
        inputs = _beyond(codes[:, [source]], hinges[:, [source]])
        left = centred - (inputs - inputs.mean(axis=0)) @ _regress(inputs, codes)
        shares.append(1 - left.var(axis=0) / np.maximum(centred.var(axis=0), 1e-12))
    return np.array(shares)


def _regress(inputs, targets):
    """Return the slopes of ridge regression, `(inputs, targets)`."""
    inputs, targets = inputs - inputs.mean(axis=0), targets - targets.mean(axis=0)
    products = inputs.T @ inputs / len(inputs)
    ridge = RIDGE * np.eye(len(products))
    return np.linalg.solve(products + ridge, inputs.T @ targets / len(inputs))


def _part(r2s, active, told):
    """Return which dimensions tell of which, two lists without a common one."""
    sources, copies = [], []
    for place in np.argsort(-r2s, axis=None):
        source, copy = divmod(int(place), len(r2s))
        if r2s[source, copy] < LEAST_R2:
            break
        if source == copy or copy < told or not (active[source] and active[copy]):
            continue
        if source in copies or copy in sources:
            continue
        sources += [source] * (source not in sources)
        copies += [copy] * (copy not in copies)
    return sources, copies
