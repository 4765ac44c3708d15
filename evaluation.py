"""What a trained model is worth on pictures it has never seen.

Owns the figures of `metrics.json`: losses and pixel error of the test pictures, and,
where the factors of the pictures are known, which latent dimension carries which.
"""

import dataclasses
import platform

import numpy as np
import tensorflow as tf
from tensorboard.plugins.hparams import api as hparams

import data
from devices.surroundings import read_surroundings
from latents import learning
from latents.measurement import measure


def test(vae, pictures, settings):
    """Return the figures of a trained model on the test pictures, as plain values."""
    batches = data.evaluation_batches(pictures.test, settings.batch_size)
    figures = vae.evaluate(batches, return_dict=True, verbose=0)
    known = pictures.test_factors
    worths = _worths(pictures.test, known)
    # What is compared with known factors alone is not encoded for nothing.
    as_trained = None if known is None else vae.encode(batches, is_turned=False)
    metrics = {
        "test": {name: float(value) for name, value in figures.items()},
        "test_rmse": rmse(
            figures["reconstruction"], settings.img_dim, pictures.test.inside_share
        ),
        "implied_sigma": settings.implied_sigma,
        "latents": {
            **_measure(vae.encode(batches), as_trained, known, worths),
            "told": [] if pictures.told is None else pictures.told.names,
        },
        "pictures": {
            "train": len(pictures.train),
            "validation": len(pictures.validation),
            "test": len(pictures.test),
        },
        "told": _told(pictures),
        "skipped": len(pictures.skipped),
        "steps": vae.step,
        "surroundings": {"Python": platform.python_version(), **read_surroundings()},
    }
    if (settings.rotation != "none" or settings.unbend) and known is not None:
        before = _measure(as_trained, as_trained, known, worths)
        metrics["latents_before_rotation"] = before
    return metrics


def save_for_tensorboard(metrics, settings, run):
    """Write settings and figures of a `RunFolder` where TensorBoard compares runs."""
    values = dataclasses.asdict(settings)
    plain = (bool, int, float, str)
    texts = {k: v if isinstance(v, plain) else str(v) for k, v in values.items()}
    figures = {"test/rmse": metrics["test_rmse"]}
    for name in ("mutual_information_gap", "owned_factor_count", "active_dimensions"):
        if name in metrics["latents"]:
            figures[f"test/{name}"] = metrics["latents"][name]
    with tf.summary.create_file_writer(str(run.tensorboard)).as_default():
        hparams.hparams(texts, trial_id=settings.name)
        for name, value in figures.items():
            tf.summary.scalar(name, value, step=metrics["steps"])


def rmse(squared_errors, img_dim, inside_share=1.0):
    """Return the root mean squared error of a pixel's channel, from 0 to 1.

    `squared_errors` is their sum over one picture, `img_dim` its side in pixels, and
    `inside_share` the share of it that is no padding.
    """
    return float(np.sqrt(squared_errors / (3 * img_dim**2 * inside_share)))


def _told(pictures):
    """Return how many pictures were told, and by which dimensions; None for none."""
    if pictures.told is None:
        return None
    return {"pictures": len(pictures.told.indices), "dimensions": pictures.told.names}


def _worths(split, known):
    if known is None:
        return None
    pictures = split.take(learning.spread(known.indices)).read()
    return learning.worths(learning.spread(known.matrix), pictures)


def _measure(codes, as_trained, known, worths):
    if known is None:
        return measure(*codes)
    described = [part[known.indices] for part in codes]
    readable = as_trained[0][known.indices]
    return measure(*described, known.matrix, known.names, worths, readable)


def in_words(metrics):
    """Return the figures as the lines that a run ends with."""
    latents, sigma = metrics["latents"], metrics["implied_sigma"]
    implied = "" if sigma is None else f" (beta allows for {sigma:.4f})"
    lines = [
        _told_in_words(metrics),
        f"test: RMSE {metrics['test_rmse']:.4f}, where black is 0 and white 1"
        f"{implied}; {latents['active_dimensions']} latent dimensions in use",
    ]
    for factor in latents.get("factors", ()):
        lines.append(
            f"  {factor['factor'].replace('_', ' ')}: {factor['verdict']}; "
            f"R2 {factor['r2']:.2f} from all dimensions, share {factor['score']:.2f} "
            f"in z{factor['dimension']}, {factor['second_score']:.2f} in the next"
        )
    return "\n".join(lines)


def _told_in_words(metrics):
    told = metrics["told"]
    if told is None:
        return "told nothing: what each dimension stands for, it found by itself"
    return (
        f"told {told['pictures']:,} of {metrics['pictures']['train']:,} training "
        f"pictures: dimensions 0 to {len(told['dimensions']) - 1} have names"
    )
