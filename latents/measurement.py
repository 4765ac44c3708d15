"""Measures what the latent space of one training came to mean, in plain numbers.

Owns the choice of scores that a run reports. How each is computed belongs to
disentanglement.py, infomec.py, information.py, learning.py and statistics.py.
"""

import numpy as np

from latents import disentanglement, information, learning, statistics
from latents.active import is_active
from latents.infomec import infomec

# With fewer pictures, tables of 10 by 10 bins mostly count chance.
LEAST_PICTURES = 200


def measure(
    z_mean, z_log_var, factors=None, names=(), worths=None, readable=None
) -> dict:
    """Return every score of a set of pictures, ready for JSON.

    Takes about 6 s on one core for 2000 pictures, 12 dimensions and 12 continuous
    factors, nearly all of it for DCI and explicitness, and grows with all three.

    Args:
        z_mean: posterior means `(n, latent_dim)`.
        z_log_var: logarithms of the posterior variances, `(n, latent_dim)`.
        factors: `(n, factor_count)` of the same pictures, or None if not known.
        names: of the factors, `(factor_count,)`.
        worths: of the factors, `(factor_count,)`: `learning.worths`; None without
            the pictures.
        readable: means `(n, latent_dim)` that say the same, which R^2 is read from;
            None for `z_mean`. Axes that were unbent tell as much as they did before,
            but nearly noise has the height of the rest there, and hides it.

    Returns:
        Plain numbers, words and lists. Without factors, only the scores that need
        none; with fewer than 200 pictures also the reason, as `factors_not_measured`.

    Raises:
        ValueError: if the codes are not finite or the shapes do not match.
    """
    z_mean = np.asarray(z_mean, np.float64)
    z_log_var = np.asarray(z_log_var, np.float64)
    if not (np.isfinite(z_mean).all() and np.isfinite(z_log_var).all()):
        raise ValueError(
            "the codes hold values that are not finite: the training diverged; "
            "lower the learning rate"
        )
    kl = statistics.kl_per_dimension(z_mean, z_log_var)
    scores = {
        "picture_count": len(z_mean),
        "kl_per_dimension": kl.tolist(),
        "active_dimensions": int(np.sum(is_active(kl))),
        "mean_correlation": statistics.mean_correlation(z_mean, kl),
    }
    if factors is None:
        return scores
    if len(z_mean) < LEAST_PICTURES:
        reason = f"{len(z_mean)} pictures are too few; {LEAST_PICTURES} are needed"
        return scores | {"factors_not_measured": reason}
    factors = np.asarray(factors, np.float64)
    readable = z_mean if readable is None else readable
    return scores | _measure_factors(z_mean, factors, names, worths, readable)


def _measure_factors(codes, factors, names, worths, readable) -> dict:
    """Return the scores that compare the codes with known factors."""
    if factors.shape != (len(codes), len(names)):
        raise ValueError(
            f"factors have the shape {factors.shape}; {len(codes)} pictures and "
            f"{len(names)} names need {(len(codes), len(names))}"
        )
    mutual = information.mutual_information(codes, factors)
    shares = information.normalize_by_entropy(mutual, factors)
    owners = information.factor_owners(shares, names)
    infom, infoe, infoc = infomec(codes, factors)
    r2s = learning.r2_from_all_dimensions(readable, factors)
    return {
        "mutual_information_gap": disentanglement.mutual_information_gap(shares),
        **disentanglement.dci(codes, factors),
        "separated_attribute_predictability": (
            disentanglement.separated_attribute_predictability(codes, factors)
        ),
        "factor_vae_score": disentanglement.factor_vae_score(codes, factors),
        "modularity": disentanglement.modularity(mutual),
        "explicitness": disentanglement.explicitness(codes, factors),
        "infomec_modularity": infom,
        "infomec_explicitness": infoe,
        "infomec_compactness": infoc,
        "factor_names": list(names),
        "normalized_mutual_information": shares.tolist(),
        "factors": learning.factors_learnt(owners, r2s, worths),
        "owned_factor_count": sum(owner["is_owned"] for owner in owners),
    }
