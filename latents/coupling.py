"""Additive couplings: what some dimensions tell of others is taken from these.

A coupling is undone exactly, for the dimensions that tell stay as they are, so pictures
are redrawn the same (Dinh et al. 2015, "NICE: Non-linear Independent Components
Estimation", section 3.2). What is left has mean 0 and variance 1 again, as in the
prior.

Owns what all couplings have in common, and regression on functions of one dimension
that are linear between hinges. Which dimensions tell of which, and by what functions,
belongs to straightening.py and unbending.py.
"""

from dataclasses import dataclass, replace

import numpy as np

# With fewer pictures, chance decides what is told.
LEAST_PICTURES = 1000
# Where functions of one dimension bend: at these quantiles of its codes.
HINGE_QUANTILES = np.arange(10) / 10
# In units of the variance of codes; it keeps functions flat where hinges agree.
RIDGE = 1e-3


@dataclass(frozen=True)
class Coupling:
    """What dimensions tell of others, and how what is left is scaled.

    Attributes:
        shift: `(latent_dim,)`, added to what is told.
        scale: `(latent_dim,)`, which what is left is divided by.
    """

    shift: np.ndarray
    scale: np.ndarray

    def told_of(self, codes):
        """Return what is told of codes `(n, latent_dim)`, the same shape."""
        raise NotImplementedError

    def take(self, codes):
        """Return codes `(n, latent_dim)` without what they tell of each other."""
        return (codes - self.told_of(codes)) / self.scale


def nothing(size):
    """Return shift and scale of a coupling that leaves `size` dimensions alone."""
    return np.zeros(size), np.ones(size)


def settled(coupling, z_mean, z_log_var, dimensions):
    """Return a `Coupling` that leaves mean 0 and variance 1 in some dimensions.

    Codes are as in `latents.statistics.posterior_draws`.
    """
    left = coupling.take(z_mean)[:, dimensions]
    variances = left.var(axis=0) + np.exp(z_log_var[:, dimensions]).mean(axis=0)
    shift, scale = coupling.shift.copy(), coupling.scale.copy()
    shift[dimensions], scale[dimensions] = left.mean(axis=0), np.sqrt(variances)
    return replace(coupling, shift=shift, scale=scale)


def beyond(codes, hinges):
    """Return how far codes `(n, d)` are beyond each hinge, `(n, hinges * d)`."""
    return np.maximum(codes[:, np.newaxis] - hinges, 0).reshape(len(codes), -1)


def regress(inputs, targets, ridge=RIDGE):
    """Return the slopes of ridge regression, `(inputs, targets)`."""
    inputs, targets = inputs - inputs.mean(axis=0), targets - targets.mean(axis=0)
    products = inputs.T @ inputs / len(inputs)
    return np.linalg.solve(
        products + ridge * np.eye(len(products)), inputs.T @ targets / len(inputs)
    )


def fitted_by_each(inputs, targets):
    """Return what each of some dimensions tells of targets by a function of its own.

    Args:
        inputs: codes `(n, d)`.
        targets: `(n, t)`.

    Returns:
        An iterator of `d` arrays `(n, t)`.
    """
    hinges = np.quantile(inputs, HINGE_QUANTILES, axis=0)
    for dimension in range(inputs.shape[1]):
        functions = beyond(inputs[:, [dimension]], hinges[:, [dimension]])
        centred = functions - functions.mean(axis=0)
        yield centred @ regress(functions, targets) + targets.mean(axis=0)


def r2(targets, fitted):
    """Return which share of the variance of each target is told, `(t,)`."""
    variances = np.maximum(targets.var(axis=0), 1e-12)
    return 1 - (targets - fitted).var(axis=0) / variances
