"""Counts how much each latent dimension knows about each factor, and which knows most.

Owns the table of mutual information between codes `(n, latent_dim)` and factors
`(n, factor_count)`, the same pictures in the same order, and the reading of it.
Scores of a whole code belong to disentanglement.py.

A factor with at most 20 different values is a set of classes. Any other is continuous,
and cut into 10 bins of equal count, as the codes are. Equal counts and not equal
widths, because a latent dimension may be any monotone function of its factor: the
result must not depend on which, nor on a single outlier.

Information counted in a table is too high by about (code bins - 1) (factor bins - 1)
/ 2n nats: 0.04 nats, a share of 0.02, for 10 bins each and 1000 pictures, and five
times that for 200; 20 bins would have four times as much of it. The gap between two
dimensions cancels most of it.
"""

import numpy as np
from scipy.special import rel_entr
from scipy.stats import entropy

CLASS_LIMIT = 20
BIN_COUNT = 10

# For a continuous factor a share of 0.5 is demanding: as a noisy copy of the factor, a
# dimension must explain 93 % of its variance to know half of which bin it is in.
OWNED_SCORE, OWNED_GAP = 0.5, 0.3


def mutual_information(codes, factors) -> np.ndarray:
    """Return the mutual information in nats of every dimension and factor.

    Returns:
        `(latent_dim, factor_count)`, from 0 to the entropy of the factor.
    """
    is_code, code_starts = _memberships(codes)
    is_factor, factor_starts = _memberships(factors)
    together = (is_code.T @ is_factor).astype(np.float64) / len(is_code)
    shares = (is_any.mean(axis=0, dtype=np.float64) for is_any in (is_code, is_factor))
    if_independent = np.outer(*shares)
    # Of each pair of levels; 0 where there is none.
    nats = rel_entr(together, if_independent)
    of_codes = np.add.reduceat(nats, code_starts, axis=0)
    return np.maximum(np.add.reduceat(of_codes, factor_starts, axis=1), 0.0)


def _memberships(columns):
    """Return whether each row is of each level, `(n, levels)`, and where columns begin.

    Counts of pairs are then one product of matrices, for all columns at once.
    """
    levels = [to_levels(column) for column in np.transpose(columns)]
    parts = [np.eye(level.max() + 1, dtype=np.float32)[level] for level in levels]
    widths = [part.shape[1] for part in parts]
    return np.hstack(parts), np.cumsum([0, *widths[:-1]])


def normalize_by_entropy(information, factors) -> np.ndarray:
    """Return mutual information as the share of each factor's entropy that it explains.

    Returns:
        `(latent_dim, factor_count)` from 0 to 1, which is a dimension that is a
        monotone function of the factor. A factor that never varies has 0.
    """
    entropies = np.array([_entropy(factor) for factor in np.transpose(factors)])
    shares = np.divide(
        information, entropies, out=np.zeros_like(information), where=entropies > 0
    )
    return np.clip(shares, 0.0, 1.0)


def factor_owners(shares, names) -> list[dict]:
    """Describe the dimension that knows most about each factor, and its closest rival.

    Nothing keeps a dimension from owning two factors; modularity and DCI
    disentanglement show that. `shares` are as from `normalize_by_entropy`.

    Returns:
        For each factor its name and, ready for JSON, the two dimensions, their shares
        as scores, the gap between these, and whether the factor is owned.
    """
    return [_owner(name, column) for name, column in zip(names, shares.T, strict=True)]


def is_discrete(column) -> bool:
    """Return whether `(n,)` values are classes: at most 20 of them differ."""
    return len(np.unique(column)) <= CLASS_LIMIT


def to_levels(column) -> np.ndarray:
    """Return integer classes `(n,)`: values if they are few, else equally full bins."""
    if is_discrete(column):
        return np.unique(column, return_inverse=True)[1]
    edges = np.quantile(column, np.arange(1, BIN_COUNT) / BIN_COUNT)
    return np.searchsorted(edges, column, side="right")


def _entropy(column) -> float:
    return float(entropy(np.bincount(to_levels(column))))


def _owner(name, shares) -> dict:
    best, *rivals = np.argsort(-shares, kind="stable").tolist()
    score = float(shares[best])
    second_score = float(shares[rivals[0]]) if rivals else 0.0
    gap = score - second_score
    return {
        "factor": name,
        "dimension": best,
        "score": score,
        "second_dimension": rivals[0] if rivals else None,
        "second_score": second_score,
        "gap": gap,
        "is_owned": score > OWNED_SCORE and gap > OWNED_GAP,
    }
