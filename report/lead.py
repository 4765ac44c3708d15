"""The figures that matter most, which the page begins with.

Owns which these are. What each means, in plain words, is the macro `lead`.
"""

from latents.active import ACTIVE_NATS
from latents.information import OWNED_GAP, OWNED_SCORE


def lead(run):
    """Return what was trained on what, and what came of it."""
    metrics, latents = run.metrics, run.metrics["latents"]
    return {
        "dataset": run.settings.dataset,
        "img_dim": run.settings.img_dim,
        "latent_dim": run.settings.latent_dim,
        "batch_size": run.settings.batch_size,
        "picture_counts": metrics["pictures"],
        "steps": metrics["steps"],
        "rmse": metrics["test_rmse"],
        "implied_sigma": metrics["implied_sigma"],
        "active_dimensions": latents["active_dimensions"],
        "active_nats": ACTIVE_NATS,
        "factor_names": latents.get("factor_names"),
        "owned_factor_count": latents.get("owned_factor_count"),
        "owned_score": OWNED_SCORE,
        "owned_gap": OWNED_GAP,
    }
