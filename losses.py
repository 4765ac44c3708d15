"""The three losses, as pure functions of tensors; each is one number a picture.

Their weighted sum, averaged over the batch, is what the network minimises:

    sum of squared errors + beta * KL divergence + gamma * perceptual loss

Below them stand the terms by which other objectives change the KL divergence; which
objective takes which is `objectives.py`. Owns the formulas. Weights, warm-up and
averaging are the model's; the network whose features are compared comes from
`features.py`.
"""

import math

import tensorflow as tf


def sum_of_squared_errors(pictures, reconstructions):
    """Return the squared error summed over pixels and channels, `(batch,)`.

    Args:
        pictures: float32 `(batch, height, width, 3)` in [0, 1].
        reconstructions: the same shape.
    """
    return tf.reduce_sum(tf.square(pictures - reconstructions), axis=(1, 2, 3))


def kl_divergence(z_mean, z_log_var):
    """Return KL(N(mean, variance) || N(0, 1)) of each dimension, in nats.

    Kingma & Welling 2014, appendix B: (mean^2 + variance - 1 - log variance) / 2.
    The loss is the sum over dimensions.

    Args:
        z_mean: float32 `(batch, latent_dim)`.
        z_log_var: natural logarithm of the variances, the same shape.

    Returns:
        float32 `(batch, latent_dim)`, never negative.
    """
    return 0.5 * (tf.square(z_mean) + tf.exp(z_log_var) - 1.0 - z_log_var)


def feature_distance(features, other_features):
    """Return the absolute difference summed over all features, `(batch,)`, float32."""
    features, others = (
        tf.cast(each, tf.float32) for each in (features, other_features)
    )
    return tf.reduce_sum(tf.abs(features - others), axis=(1, 2, 3))


def total_correlation(latents, z_mean, z_log_var, picture_count):
    """Return an estimate of how far the dimensions are from independent, in nats.

    KL(q(z) || product of q(z_j)) of the aggregate posterior over all training
    pictures: Chen et al. 2018, "Isolating Sources of Disentanglement", equation 2,
    estimated from one batch by stratified sampling, appendix C.2. A picture's own
    posterior has the weight 1 / N; the others of the batch share the rest equally,
    which is the mean of C.2 over the choice of its last sample. A batch is far too
    small for the number itself, which is biased: only its gradient is of use.

    Args:
        latents: float32 `(batch, latent_dim)`, drawn from the posteriors.
        z_mean: their means, the same shape.
        z_log_var: natural logarithms of their variances, the same shape.
        picture_count: number N of training pictures.

    Returns:
        A scalar, the mean over the batch.
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


def discriminated_correlation(logits):
    """Return the total correlation in nats that a discriminator sees, a scalar.

    Kim & Mnih 2018, "Disentangling by Factorising", equation 3: the mean of
    log D(z) / (1 - D(z)), which is the discriminator's logit.

    Args:
        logits: float32 `(batch, 1)`; large for latents that hang together.
    """
    return tf.reduce_mean(logits)


def discriminator_loss(logits, shuffled_logits):
    """Return the cross-entropy of telling latents from shuffled ones, a scalar.

    Kim & Mnih 2018, algorithm 2. log 2 for a discriminator that cannot tell.
    """
    return 0.5 * tf.reduce_mean(
        tf.nn.softplus(-logits) + tf.nn.softplus(shuffled_logits)
    )


def capacity_gap(kl, capacity_nats):
    """Return how far the KL divergence is from its target, in nats, a scalar.

    Burgess et al. 2018, "Understanding disentangling in beta-VAE", equation 8.
    """
    return tf.abs(kl - capacity_nats)


def optimal_beta(squared_error_per_value):
    """Return the beta at which the decoder's variance is the mean squared error.

    Rybkin et al. 2021, "Simple and Effective VAE Training with Calibrated Decoders",
    equation 6: the best variance is the mean squared error, and a variance of v is a
    beta of 2 v. No gradient flows through it.
    """
    return 2.0 * tf.stop_gradient(squared_error_per_value)


class PerceptualLoss:
    """Distance of two pictures as an early layer of a trained network sees them.

    After Johnson, Alahi & Fei-Fei 2016, section 3.2, with absolute differences. The
    network is frozen, and the gradient reaches it through the reconstruction alone.

    Args:
        network: `keras.Model` from pictures in [0, 1] to `(batch, rows, columns,
            channels)`, as `features.build_features` makes it.
    """

    def __init__(self, network):
        self.network = network

    def __call__(self, pictures, reconstructions):
        """Return `(batch,)` for two tensors `(batch, height, width, 3)` in [0, 1]."""
        target = tf.stop_gradient(self.network(pictures, training=False))
        return feature_distance(target, self.network(reconstructions, training=False))
