"""Finds dimensions that are bent copies of others, and what these tell of them.

A factor that pictures follow along a curve takes two or more dimensions. Their codes
are uncorrelated, as a parabola is with its argument, and no turning of axes parts them.
What one dimension tells of another is the regression of its codes on those of the
first: a function that is linear between hinges. An additive coupling
(`latents.coupling`) takes it away.
"""

from dataclasses import dataclass

import numpy as np

from latents.active import is_active
from latents.coupling import (
    HINGE_QUANTILES,
    LEAST_PICTURES,
    Coupling,
    beyond,
    fitted_by_each,
    nothing,
    r2,
    regress,
    settled,
)
from latents.statistics import kl_per_dimension

# A dimension is a bent copy if another one tells so much of its variance.
LEAST_R2 = 0.1


@dataclass(frozen=True)
class Unbending(Coupling):
    """A coupling that is a sum of functions of one dimension each.

    Attributes:
        hinges: `(len(HINGE_QUANTILES), latent_dim)`, in units of the codes.
        slopes: `(len(HINGE_QUANTILES) * latent_dim, latent_dim)`: by how much the slope
            of each function changes at each hinge, hinge after hinge.
    """

    hinges: np.ndarray
    slopes: np.ndarray

    def told_of(self, codes):
        """Return what is told of codes `(n, latent_dim)`, the same shape."""
        return beyond(codes, self.hinges) @ self.slopes + self.shift


def find_unbending(z_mean, z_log_var, told=0):
    """Return the `Unbending` that takes from bent copies what others tell of them.

    The strongest pairs come first. A dimension that tells of others is never told of
    itself, nor are the first `told` ones, those that are not active, and any if there
    are fewer than 1000 pictures.

    Args:
        z_mean: posterior means `(n, latent_dim)`.
        z_log_var: logarithms of the posterior variances, `(n, latent_dim)`.
        told: how many dimensions, from the first, are left as they are.
    """
    size, count = z_mean.shape[1], len(HINGE_QUANTILES)
    hinges = np.quantile(z_mean, HINGE_QUANTILES, axis=0)
    slopes = np.zeros((count, size, size))
    sources, copies = [], []
    if len(z_mean) >= LEAST_PICTURES:
        active = is_active(kl_per_dimension(z_mean, z_log_var))
        fitted = fitted_by_each(z_mean, z_mean)
        r2s = np.array([r2(z_mean, by_one) for by_one in fitted])
        sources, copies = _part(r2s, active, told)
    if copies:
        inputs = beyond(z_mean[:, sources], hinges[:, sources])
        found = regress(inputs, z_mean[:, copies])
        slopes[np.ix_(range(count), sources, copies)] = found.reshape(
            count, len(sources), len(copies)
        )
    coupling = Unbending(*nothing(size), hinges, slopes.reshape(-1, size))
    return settled(coupling, z_mean, z_log_var, copies)


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
