"""Builds what beta weighs: the KL divergence, or one of four variants of it.

The loss is: sum of squared errors + beta * objective + gamma * perceptual loss. Each
objective here turns what a step knows of its batch, an `Encoding`, into that one
number in nats. Beta, its warm-up and the step belong to `model.py`.
"""

import math
from functools import partial
from typing import NamedTuple

import keras
import tensorflow as tf

# Kim & Mnih 2018 take six layers of 1000; castles need less, and a CPU much less.
DISCRIMINATOR_UNITS = (256, 256, 256)


class Encoding(NamedTuple):
    """What one training step knows about its batch.

    Attributes:
        z_mean: float32 `(batch, latent_dim)`.
        z_log_var: natural logarithms of the variances, the same shape.
        latents: drawn from these posteriors, the same shape.
        kl: KL divergence from the prior in nats, mean over the batch, a scalar; where
            some dimensions are told, that of the others counts `untold_weight` times.
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
    """Return the function of (`Encoding`, training) that `settings.objective` names."""
    match settings.objective:
        case "beta":
            return plain
        case "beta_tc":
            return partial(
                correlated, tc_weight=settings.tc_weight, picture_count=picture_count
            )
        case "factor":
            return FactorObjective(
                settings.latent_dim, settings.tc_weight, settings.seed + 1
            )
        case "capacity":
            return partial(
                capacity, nats=settings.capacity_nats, steps=settings.capacity_steps
            )
        case "sigma":
            return calibrated


def plain(encoding, training):
    """Return objective `beta`: the KL divergence. Higgins et al. 2017, equation 4."""
    return encoding.kl


def correlated(encoding, training, tc_weight, picture_count):
    """Return objective `beta_tc`: total correlation counts tc_weight times.

    Chen et al. 2018, equation 4 with alpha = gamma = 1 in units of beta: the KL
    divergence is the sum of mutual information, total correlation and the rest.
    """
    correlation = total_correlation(
        encoding.latents, encoding.z_mean, encoding.z_log_var, picture_count
    )
    return encoding.kl + (tc_weight - 1.0) * correlation


def capacity(encoding, training, nats, steps):
    """Return objective `capacity`: how far the divergence is from its target in nats.

    The target grows from 0 to `nats` in the first `steps`. Burgess et al. 2018,
    "Understanding disentangling in beta-VAE", equation 8; their gamma is beta here.
    """
    share = tf.minimum(1.0, tf.cast(encoding.step, tf.float32) / steps)
    return tf.abs(encoding.kl - nats * share)


def calibrated(encoding, training):
    """Return objective `sigma`: beta in units of the variance achieved.

    Rybkin et al. 2021, "Simple and Effective VAE Training with Calibrated Decoders",
    equation 6: the best variance of the decoder is the mean squared error, and a
    variance of v is a beta of 2 v. A beta of 1 is then the plain VAE with the best
    variance, at every resolution and on every set of pictures.
    """
    return 2.0 * tf.stop_gradient(encoding.squared_error_per_value) * encoding.kl


class FactorObjective(keras.layers.Layer):
    """Compute objective `factor`: as `beta_tc`, by the estimate of a network.

    Kim & Mnih 2018, "Disentangling by Factorising", equations 2 and 3: the total
    correlation is the mean logit of a discriminator, log D(z) / (1 - D(z)). It learns
    in the same step: its gradient stops at the latents, and that of the correlation at
    its weights. Latents shuffled between the pictures of a batch stand for independent
    ones; how follows from `seed`.
    """

    def __init__(self, latent_dim, tc_weight, seed, **kwargs):
        super().__init__(**kwargs)
        self.tc_weight = tc_weight
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.discriminator = build_discriminator(latent_dim)

    def call(self, encoding, training=False):
        """Return the objective; in training, with the discriminator's own loss."""
        frozen = [tf.stop_gradient(weight) for weight in self.discriminator.weights]
        logits, _ = self.discriminator.stateless_call(frozen, [], encoding.latents)
        value = encoding.kl + (self.tc_weight - 1.0) * tf.reduce_mean(logits)
        if not training:
            return value
        latents = tf.stop_gradient(encoding.latents)
        return value + discriminator_loss(
            self.discriminator(latents), self.discriminator(self._shuffled(latents))
        )

    def _shuffled(self, latents):
        """Return each dimension in an order of its own."""
        columns = tf.transpose(latents)
        noise = keras.random.uniform(tf.shape(columns), seed=self.seed_generator)
        return tf.transpose(tf.gather(columns, tf.argsort(noise), batch_dims=1))


def build_discriminator(latent_dim):
    """Return the network from `(batch, latent_dim)` to a logit `(batch, 1)`."""
    latents = x = keras.Input((latent_dim,), name="latents")
    for number, count in enumerate(DISCRIMINATOR_UNITS, start=1):
        x = keras.layers.Dense(count, activation="leaky_relu", name=f"dense{number}")(x)
    logit = keras.layers.Dense(1, name="logit")(x)
    return keras.Model(latents, logit, name="discriminator")


def total_correlation(latents, z_mean, z_log_var, picture_count):
    """Return an estimate of how far the dimensions are from independent, in nats.

    KL(q(z) || product of q(z_j)) of the aggregate posterior over all training
    pictures: Chen et al. 2018, "Isolating Sources of Disentanglement", equation 2,
    estimated from one batch by stratified sampling, appendix C.2. A picture's own
    posterior has the weight 1 / N; the others of the batch share the rest equally,
    which is the mean of C.2 over the choice of its last sample. A batch is far too
    small for the number itself, which is biased: only its gradient is of use.

    `picture_count` is the number N of training pictures, the others are as in
    `Encoding`. Returns a scalar, the mean over the batch.
    """
    batch = tf.shape(latents)[0]
    own = tf.fill((batch,), -math.log(picture_count))
    rest = (1.0 - 1.0 / picture_count) / tf.cast(batch - 1, tf.float32)
    log_weights = tf.linalg.set_diag(tf.fill((batch, batch), tf.math.log(rest)), own)
    # log q(z_j of picture i | picture k), `(batch i, batch k, latent_dim)`.
    log_densities = _log_normal(latents[:, None], z_mean[None], z_log_var[None])
    joint = tf.reduce_sum(log_densities, axis=2) + log_weights
    single = log_densities + log_weights[:, :, None]
    log_joint = tf.reduce_logsumexp(joint, axis=1)
    log_product = tf.reduce_sum(tf.reduce_logsumexp(single, axis=1), axis=1)
    return tf.reduce_mean(log_joint - log_product)


def _log_normal(x, mean, log_variance):
    squares = tf.square(x - mean) * tf.exp(-log_variance)
    return -0.5 * (squares + log_variance + math.log(2.0 * math.pi))


def discriminator_loss(logits, shuffled_logits):
    """Return the cross-entropy of telling latents from shuffled ones, a scalar.

    Kim & Mnih 2018, algorithm 2. log 2 for a discriminator that cannot tell.
    """
    return 0.5 * tf.reduce_mean(
        tf.nn.softplus(-logits) + tf.nn.softplus(shuffled_logits)
    )
