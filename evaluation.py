"""What a trained model is worth on pictures it has never seen.

Owns the figures of `metrics.json`: losses and pixel error of the test pictures, and,
where the factors of the pictures are known, which latent dimension carries which.
"""

import json
import platform

import keras
import numpy as np
import tensorflow as tf

import data
from files import whole_file
from latents.factors import read_known_factors  # noqa: F401
from latents.measurement import measure
from model import before_rotation


def encode(encoder, batches):
    """Return means and log-variances of all pictures, two `(count, latent_dim)`."""
    codes = [encoder(batch, training=False) for batch in batches]
    means, log_variances = zip(*codes, strict=True)
    return np.concatenate(means), np.concatenate(log_variances)


def test(vae, pictures, known_factors, settings, path):
    """Measure the model on the test pictures; write the figures to `path`.

    Args:
        vae: trained `model.VAE`.
        pictures: dict of split to `data.Pictures`.
        known_factors: `KnownFactors` of the test pictures, or None.
        settings: `Hyperparameters`.
        path: the json file.

    Returns:
        The figures, as a dict of plain values.
    """
    batches = data.evaluation_batches(pictures["test"], settings.batch_size)
    figures = vae.evaluate(batches, return_dict=True, verbose=0)
    metrics = {
        "test": {name: float(value) for name, value in figures.items()},
        "test_rmse": rmse(figures["reconstruction"], settings.img_dim),
        "implied_sigma": settings.implied_sigma,
        "latents": _measure_latents(encode(vae.encoder, batches), known_factors),
        "pictures": {split: len(part) for split, part in pictures.items()},
        "skipped": sum(len(part.skipped) for part in pictures.values()),
        "steps": vae.step,
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
        },
    }
    if settings.rotation != "none" and known_factors is not None:
        codes = encode(before_rotation(vae.encoder), batches)
        metrics["latents_before_rotation"] = _measure_latents(codes, known_factors)
    text = json.dumps(metrics, indent=2) + "\n"
    with whole_file(path) as file:
        file.write(text.encode())
    return metrics


def rmse(squared_errors, img_dim):
    """Return the error per pixel and channel of a sum over one whole picture."""
    return float(np.sqrt(squared_errors / (3 * img_dim**2)))


def _measure_latents(codes, known_factors):
    if known_factors is None:
        return measure(*codes)
    described = [part[known_factors.indices] for part in codes]
    return measure(*described, known_factors.matrix, known_factors.names)


def in_words(metrics):
    """Return the figures as the lines that a run ends with."""
    latents = metrics["latents"]
    lines = [
        f"test: RMSE {metrics['test_rmse']:.4f} of a pixel's range"
        f"{_implied(metrics)}, {latents['active_dimensions']} latent dimensions in use"
    ]
    for owner in latents.get("factor_owners", ()):
        lines.append(
            f"  {owner['factor'].replace('_', ' ')}: z{owner['dimension']}, "
            f"{owner['score']:.2f}; second best {owner['second_score']:.2f}"
        )
    return "\n".join(lines)


def _implied(metrics):
    sigma = metrics["implied_sigma"]
    return "" if sigma is None else f" (beta implies {sigma:.4f})"
