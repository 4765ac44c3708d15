"""The three losses, as pure functions of tensors; each is one number a picture.

Their weighted sum, averaged over the batch, is what the network minimises:

    sum of squared errors + beta * KL divergence + gamma * perceptual loss

Owns the formulas. Weights, warm-up and averaging are the model's; other things than the
KL divergence that beta can weigh are `objectives.py`; the network whose features are
compared comes from `features/networks.py`.
"""

import tensorflow as tf


def sum_of_squared_errors(pictures, reconstructions):
    """Return the squared error summed over pixels and channels, `(batch,)`.

    Both are float32 `(batch, height, width, 3)` in [0, 1].
    """
    return tf.reduce_sum(tf.square(pictures - reconstructions), axis=(1, 2, 3))


def kl_divergence(z_mean, z_log_var):
    """Return KL(N(mean, variance) || N(0, 1)) of each dimension, in nats.

    Kingma & Welling 2014, appendix B: (mean^2 + variance - 1 - log variance) / 2.
    The loss is the sum over dimensions. All are float32 `(batch, latent_dim)`; the
    logarithm is the natural one, and the result is never negative.
    """
    return 0.5 * (tf.square(z_mean) + tf.exp(z_log_var) - 1.0 - z_log_var)


def feature_distance(features, other_features):
    """Return the absolute difference summed over all features, `(batch,)`, float32."""
    difference = tf.cast(features, tf.float32) - tf.cast(other_features, tf.float32)
    return tf.reduce_sum(tf.abs(difference), axis=(1, 2, 3))


class PerceptualLoss:
    """Compare two pictures as an early layer of a trained network sees them.

    After Johnson, Alahi & Fei-Fei 2016, section 3.2, with absolute differences. The
    network is frozen, and the gradient reaches it through the reconstruction alone.

    Args:
        network: `keras.Model` from pictures in [0, 1] to `(batch, rows, columns,
            channels)`, as `features.networks.build_features` makes it.
    """

    def __init__(self, network):
        self.network = network

    def __call__(self, pictures, reconstructions):
        """Return `(batch,)` for two tensors `(batch, height, width, 3)` in [0, 1]."""
        target = tf.stop_gradient(self.network(pictures, training=False))
        return feature_distance(target, self.network(reconstructions, training=False))
