"""What holds the latent vectors together: five objectives, one setting.

The loss is: sum of squared errors + beta * objective + gamma * perceptual loss. Each
objective here turns what a step knows of its batch, an `Encoding`, into that one
number in nats. The plain one is the KL divergence itself. Formulas and their sources
are in `losses.py`; beta, its warm-up and the step belong to `model.py`.
"""

from functools import partial
from typing import NamedTuple

import keras
import tensorflow as tf

import losses

# Kim & Mnih 2018 take six layers of 1000; castles need less, and a CPU much less.
DISCRIMINATOR_UNITS = (256, 256, 256)


class Encoding(NamedTuple):
    """What one step knows of its batch.

    Attributes:
        z_mean: float32 `(batch, latent_dim)`.
        z_log_var: natural logarithms of the variances, the same shape.
        latents: drawn from these posteriors, the same shape.
        kl: KL divergence from the prior in nats, mean over the batch, a scalar.
        squared_error_per_value: mean over pictures, pixels and channels, a scalar.
        step: training steps taken so far, a scalar.
    """

    z_mean: tf.Tensor
    z_log_var: tf.Tensor
    latents: tf.Tensor
    kl: tf.Tensor
    squared_error_per_value: tf.Tensor
    step: tf.Tensor


def build_objective(settings, picture_count):
    """Return the function of (`Encoding`, training) that `settings.objective` names.

    Args:
        settings: `Hyperparameters`.
        picture_count: number of training pictures.
    """
    builders = {
        "beta": lambda: plain,
        "beta_tc": lambda: partial(
            correlated, tc_weight=settings.tc_weight, picture_count=picture_count
        ),
        "capacity": lambda: partial(
            capacity, nats=settings.capacity_nats, steps=settings.capacity_steps
        ),
        "factor": lambda: FactorObjective(
            settings.latent_dim, settings.tc_weight, settings.seed + 1
        ),
        "sigma": lambda: calibrated,
    }
    return builders[settings.objective]()


def plain(encoding, training):
    """Objective `beta`: the KL divergence. Higgins et al. 2017, equation 4."""
    return encoding.kl


def correlated(encoding, training, tc_weight, picture_count):
    """Objective `beta_tc`: total correlation counts tc_weight times, the rest once.

    Chen et al. 2018, equation 4 with alpha = gamma = 1 in units of beta: the KL
    divergence is the sum of mutual information, total correlation and the rest.
    """
    correlation = losses.total_correlation(
        encoding.latents, encoding.z_mean, encoding.z_log_var, picture_count
    )
    return encoding.kl + (tc_weight - 1.0) * correlation


def capacity(encoding, training, nats, steps):
    """Objective `capacity`: the KL divergence shall follow a target from 0 to `nats`.

    Burgess et al. 2018, equation 8; their gamma is beta here.
    """
    share = tf.minimum(1.0, tf.cast(encoding.step, tf.float32) / steps)
    return losses.capacity_gap(encoding.kl, nats * share)


def calibrated(encoding, training):
    """Objective `sigma`: beta in units of the variance that the decoder achieves.

    Rybkin et al. 2021: a beta of 1 is the plain VAE with the best variance, at every
    resolution and on every set of pictures.
    """
    return losses.optimal_beta(encoding.squared_error_per_value) * encoding.kl


class FactorObjective(keras.layers.Layer):
    """Objective `factor`: as `beta_tc`, with the correlation told by a network.

    Kim & Mnih 2018, equation 2. The discriminator learns in the same step: its
    gradient stops at the latents, and that of the correlation at its weights. Latents
    shuffled between the pictures of a batch stand for independent ones.

    Args:
        latent_dim: size of the latent vector.
        tc_weight: how many times the total correlation counts.
        seed: whole number from which the shuffling follows.
    """

    def __init__(self, latent_dim, tc_weight, seed, **kwargs):
        super().__init__(**kwargs)
        self.tc_weight = tc_weight
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.discriminator = build_discriminator(latent_dim)

    def call(self, encoding, training=False):
        """Return the objective; in training, with the discriminator's own loss."""
        frozen = [tf.stop_gradient(each) for each in self.discriminator.weights]
        logits, _ = self.discriminator.stateless_call(frozen, [], encoding.latents)
        correlation = losses.discriminated_correlation(logits)
        value = encoding.kl + (self.tc_weight - 1.0) * correlation
        if not training:
            return value
        latents = tf.stop_gradient(encoding.latents)
        return value + losses.discriminator_loss(
            self.discriminator(latents), self.discriminator(self._shuffled(latents))
        )

    def _shuffled(self, latents):
        """Return each dimension in an order of its own."""
        columns = tf.transpose(latents)
        noise = keras.random.uniform(tf.shape(columns), seed=self.seed_generator)
        return tf.transpose(tf.gather(columns, tf.argsort(noise), batch_dims=1))


def build_discriminator(latent_dim, units=DISCRIMINATOR_UNITS):
    """Return the network from `(batch, latent_dim)` to a logit `(batch, 1)`."""
    latents = x = keras.Input((latent_dim,), name="latents")
    for number, count in enumerate(units, start=1):
        x = keras.layers.Dense(count, activation="leaky_relu", name=f"dense{number}")(x)
    logit = keras.layers.Dense(1, name="logit")(x)
    return keras.Model(latents, logit, name="discriminator")
