"""What the posteriors of a set of pictures tell by themselves, without known factors.

`z_mean` and `z_log_var`, means and natural logarithms of the variances, are
`(n, latent_dim)`, one row per picture. Comparing several trainings is ranking.py;
scores that need factors are disentanglement.py.
"""

import math

import numpy as np

from latents.active import is_active

# Few pictures are drawn from several times.
LEAST_DRAWS = 1000


def kl_per_dimension(z_mean, z_log_var) -> np.ndarray:
    """Return the mean KL divergence from N(0, 1) in nats, `(latent_dim,)`.

    Kingma & Welling 2014, "Auto-Encoding Variational Bayes", appendix B. 0 for a
    dimension whose posterior equals the prior for every picture.
    """
    divergence = 0.5 * (np.square(z_mean) + np.exp(z_log_var) - 1.0 - z_log_var)
    return np.mean(divergence, axis=0)


def mean_correlation(z_mean, kl_nats) -> float:
    """Return the mean absolute correlation of two different active dimensions.

    From 0, what independent factors would give, to 1. Dimensions that are not active
    are left out, or a collapsed code would look independent. 0 if fewer than two are.
    `kl_nats` is the KL divergence of each dimension, `(latent_dim,)`.
    """
    active = standardise(z_mean[:, is_active(kl_nats)])
    count = active.shape[1]
    if count < 2:
        return 0.0
    correlations = np.abs(active.T @ active)
    return float(correlations[np.triu_indices(count, k=1)].mean())


def standardise(columns) -> np.ndarray:
    """Return columns with mean 0 and length 1, whose products are correlations.

    A column that is constant becomes 0.
    """
    centred = columns - np.mean(columns, axis=0)
    lengths = np.linalg.norm(centred, axis=0)
    return centred / np.where(lengths > 0, lengths, 1.0)


def posterior_draws(z_mean, z_log_var, seed) -> np.ndarray:
    """Return draws from the posteriors of all pictures, at least 1000 of them.

    Draws and not means, because draws are what the decoder was trained on. Means lie
    closer together: a density fitted to them would leave out how far each picture's
    cloud reaches, and would be flat in every dimension that is not active.

    Returns:
        `(draw_count, latent_dim)`; every picture is drawn from equally often.
    """
    times = math.ceil(LEAST_DRAWS / len(z_mean))
    means = np.repeat(z_mean, times, axis=0)
    deviations = np.exp(0.5 * np.repeat(z_log_var, times, axis=0))
    noise = np.random.default_rng(seed).standard_normal(means.shape)
    return means + deviations * noise
