"""Turns the axes of a trained latent space to where its codes are independent.

The prior N(0, I) looks the same from every side: codes in turned axes, and a decoder
that turns them back, redraw every picture the same. Which axes a training ends with
results from the diagonal form of the posterior alone, and that favours the directions
in which pictures vary most (Rolinek et al. 2019, "Variational Autoencoders Pursue PCA
Directions (by Accident)"), not the factors that vary by themselves. Independent
component analysis looks for these without knowing any: Hyvarinen 1999, "Fast and Robust
Fixed-Point Algorithms for Independent Component Analysis".
"""

import warnings

import numpy as np
from sklearn.decomposition import FastICA
from sklearn.exceptions import ConvergenceWarning

from latents.active import is_active
from latents.statistics import kl_per_dimension, posterior_draws

# Enough to find the axes.
MOST_PICTURES = 10_000
MOST_ROUNDS = 1000
# With fewer, chance decides about the axes.
LEAST_DRAWS_PER_DIMENSION = 20


def independent_axes(z_mean, z_log_var, seed, told=0):
    """Find the axes in which draws from the posteriors are as independent as possible.

    A rotation and nothing else, so that the prior stays what it is: the closest one to
    the directions that the analysis finds. Dimensions that are not active keep their
    axes, and so do all if there are too few draws to know better. Codes are as in
    `posterior_draws`; draws and the start of the search follow from `seed`. The first
    `told` dimensions keep their axes too.

    Returns:
        Orthogonal matrix `(latent_dim, latent_dim)`; its rows are the new axes in
        terms of the old ones.
    """
    draws = posterior_draws(z_mean, z_log_var, seed)
    active = np.flatnonzero(is_active(kl_per_dimension(z_mean, z_log_var)))
    active = active[active >= told]
    axes = np.eye(draws.shape[1])
    if 1 < len(active) <= len(draws) / LEAST_DRAWS_PER_DIMENSION:
        axes[np.ix_(active, active)] = _rotate(draws[:, active], seed)
    return axes


def _rotate(draws, seed):
    analysis = FastICA(max_iter=MOST_ROUNDS, random_state=seed, whiten="unit-variance")
    with warnings.catch_warnings():
        # Axes that still turn a little after so many rounds are good enough.
        warnings.simplefilter("ignore", ConvergenceWarning)
        directions = analysis.fit(draws).components_
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    # The closest orthogonal matrix: Higham 1989, "Matrix Nearness Problems".
    left, _, right = np.linalg.svd(directions)
    return left @ right
