"""Parts of the job that need no training; what does is in test_main.py."""

import numpy as np
import tensorflow as tf

import data
import training
from hyperparameters import Hyperparameters


def encode(pictures, training):
    """Put every picture at (7, 0), in a cloud that is narrow in the first dimension."""
    assert not training
    count = len(pictures)
    return np.tile([7.0, 0.0], (count, 1)), np.tile([-4.0, 0.0], (count, 1))


def test_dreams_come_from_the_prior_or_from_where_the_pictures_are(tmp_path):
    pixels = np.zeros((20, 8, 8, 3), np.uint8)
    pictures = data.Pictures(tmp_path, [None] * 20, 8, pixels, [])
    expected = {"prior": ([0.0, 0.0], [0.5, 0.5]), "mixture": ([7, 0], [0.068, 0.5])}
    for sampler, (means, deviations) in expected.items():
        settings = Hyperparameters(
            latent_dim=2,
            demo_iterations=2000,
            demo_sampler=sampler,
            demo_temperature=0.5,
        )
        latents = training.draw_latents(encode, pictures, settings, seed=1)
        assert latents.shape == (2000, 2)
        assert latents.dtype == np.float32
        np.testing.assert_allclose(latents.mean(axis=0), means, atol=0.06)
        np.testing.assert_allclose(latents.std(axis=0), deviations, rtol=0.1)


class Turning:
    """A model that only takes note of the axes it is turned to."""

    def __init__(self, encoder):
        self.encoder, self.axes = encoder, []

    def turn(self, axes):
        self.axes.append(axes)


def encode_turned_sources(pictures, training):
    """Place pictures by two independent values of theirs, turned by 30 degrees."""
    values = tf.reshape(pictures, (len(pictures), -1))[:, :2] * 2.0 - 1.0
    turn = [[np.cos(np.pi / 6), np.sin(np.pi / 6)], [-0.5, np.cos(np.pi / 6)]]
    return values @ tf.constant(turn, tf.float32), tf.fill((len(pictures), 2), -6.0)


def test_latents_are_turned_to_where_training_codes_are_independent(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 256, (2000, 8, 8, 3), np.uint8)
    pictures = {"train": data.Pictures(tmp_path, [None] * 2000, 8, pixels, [])}
    vae = Turning(encode_turned_sources)
    training.turn_latents(vae, pictures, Hyperparameters(latent_dim=2, rotation="none"))
    assert vae.axes == []
    training.turn_latents(vae, pictures, Hyperparameters(latent_dim=2))
    found = np.sort(np.abs(vae.axes[0]), axis=0)
    np.testing.assert_allclose(found, [[0.5, 0.5], [0.866, 0.866]], atol=0.05)
