"""What codes tell by themselves, without known factors.

Owns the statistics of the posterior over a set of pictures, and the ranking of several
trainings by how far they agree. `z_mean` and `z_log_var` are `(n, latent_dim)`, one
row per picture. Scores that need factors belong to disentanglement.py.
"""

import numpy as np
from scipy.stats import rankdata

ACTIVE_VARIANCE = 0.01
INFORMATIVE_KL_NATS = 0.01


def kl_per_dimension(z_mean, z_log_var) -> np.ndarray:
    """Mean KL divergence from N(0, 1) in nats, `(latent_dim,)`.

    Kingma & Welling 2014, "Auto-Encoding Variational Bayes", appendix B. 0 for a
    dimension whose posterior equals the prior for every picture.
    """
    divergence = 0.5 * (np.square(z_mean) + np.exp(z_log_var) - 1.0 - z_log_var)
    return np.mean(divergence, axis=0)


def is_active(z_mean) -> np.ndarray:
    """Whether each dimension's posterior mean moves with the picture, `(latent_dim,)`.

    Burda et al. 2016, "Importance Weighted Autoencoders", section 5.2: its variance
    over the pictures is above 0.01.
    """
    return np.var(z_mean, axis=0) > ACTIVE_VARIANCE


def active_units(z_mean) -> int:
    """Number of dimensions that `is_active`, from 0 to latent_dim."""
    return int(np.sum(is_active(z_mean)))


def mean_correlation(z_mean) -> float:
    """Mean absolute correlation of two different active dimensions.

    From 0, the aggregate for which independent factors hope, to 1. Dimensions that are
    not active are left out, else a collapsed code would look independent. 0 if fewer
    than two are active.
    """
    active = np.asarray(z_mean)[:, is_active(z_mean)]
    if active.shape[1] < 2:
        return 0.0
    correlations = np.abs(np.corrcoef(active, rowvar=False))
    return float(correlations[np.triu_indices_from(correlations, k=1)].mean())


def udr(codes_per_training, kl_per_training) -> np.ndarray:
    """Rank trainings that differ in their seed by how far they agree.

    Unsupervised disentanglement ranking of Duan et al. 2020, "Unsupervised Model
    Selection", section 4, in its Spearman version. Dimensions with a KL divergence of
    at most 0.01 nats are left out.

    Args:
        codes_per_training: one `(n, latent_dim)` per training, all of the same
            pictures in the same order.
        kl_per_training: one `(latent_dim,)` in nats per training.

    Returns:
        `(training_count,)`, each from 0 to 1: the median agreement with the others. It
        is 1 if all found the same uncorrelated dimensions, whatever their order, sign
        and monotone scale. Trainings may well agree on the same mixture of factors.

    Raises:
        ValueError: for fewer than two trainings.
    """
    if len(codes_per_training) < 2:
        raise ValueError(
            f"UDR compares trainings, but got {len(codes_per_training)}; "
            "train with at least two seeds"
        )
    informative = [
        np.asarray(codes)[:, np.asarray(kl) > INFORMATIVE_KL_NATS]
        for codes, kl in zip(codes_per_training, kl_per_training, strict=True)
    ]
    return np.array(
        [
            np.median(
                [
                    agreement(rank_correlations(codes, others))
                    for j, others in enumerate(informative)
                    if j != i
                ]
            )
            for i, codes in enumerate(informative)
        ]
    )


def rank_correlations(codes, other_codes) -> np.ndarray:
    """Absolute Spearman correlations of the columns; 0 for one that is constant."""
    ranks, other_ranks = _unit_ranks(codes), _unit_ranks(other_codes)
    return np.abs(ranks.T @ other_ranks)


def agreement(correlations) -> float:
    """How far two sets of dimensions match one to one, from 0 to 1.

    For every row and column of the absolute correlations: the square of the largest,
    divided by the sum; averaged over all rows and columns together.
    """
    if correlations.size == 0:
        return 0.0
    scores = [*map(_dominance, correlations), *map(_dominance, correlations.T)]
    return float(np.mean(scores))


def _dominance(correlations) -> float:
    total = correlations.sum()
    return correlations.max() ** 2 / total if total > 0 else 0.0


def _unit_ranks(codes) -> np.ndarray:
    """Ranks of each column with mean 0 and length 1, so that products correlate."""
    ranks = rankdata(codes, axis=0)
    ranks -= ranks.mean(axis=0)
    lengths = np.linalg.norm(ranks, axis=0)
    return ranks / np.where(lengths > 0, lengths, 1.0)
