"""Ranks trainings that differ in their seed by how far they agree, without factors.

Owns the unsupervised disentanglement ranking (UDR) of Duan et al. 2020, "Unsupervised
Model Selection for Variational Disentangled Representation Learning", section 4, in
its Spearman version.
"""

import numpy as np
from scipy.stats import rankdata

from latents.active import is_active
from latents.statistics import standardise


def udr(codes_per_training, kl_per_training) -> np.ndarray:
    """Return how far each training agrees with the others.

    Args:
        codes_per_training: one `(n, latent_dim)` per training, all of the same
            pictures in the same order.
        kl_per_training: one `(latent_dim,)` in nats per training; only active
            dimensions are compared.

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
    active = [
        np.asarray(codes)[:, is_active(np.asarray(kl))]
        for codes, kl in zip(codes_per_training, kl_per_training, strict=True)
    ]
    medians = []
    for number, codes in enumerate(active):
        others = active[:number] + active[number + 1 :]
        agreements = [agreement(rank_correlations(codes, other)) for other in others]
        medians.append(np.median(agreements))
    return np.array(medians)


def rank_correlations(codes, other_codes) -> np.ndarray:
    """Return absolute Spearman correlations of the columns; 0 for a constant one."""
    ranks = standardise(rankdata(codes, axis=0))
    other_ranks = standardise(rankdata(other_codes, axis=0))
    return np.abs(ranks.T @ other_ranks)


def agreement(correlations) -> float:
    """Return how far two sets of dimensions match one to one, from 0 to 1.

    For every row and column of the absolute correlations: the square of the largest,
    divided by the sum; averaged over all rows and columns together.
    """
    if correlations.size == 0:
        return 0.0
    lines = [*correlations, *correlations.T]
    # A line of zeros counts as 0.
    return float(np.mean([line.max() ** 2 / (line.sum() or 1.0) for line in lines]))
