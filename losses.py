"""The losses, as pure functions of tensors; each is one number a picture.

Their weighted sum, averaged over the batch, is what the network minimises:

    sum of squared errors + beta * KL divergence + gamma * perceptual loss
        + told_weight * told errors

Owns the formulas. Weights, warm-up and averaging are the model's; other things than the
KL divergence that beta can weigh are `objectives.py`; the network whose features are
compared comes from `features/networks.py`.
"""

import math

import tensorflow as tf

# Keeps a layer that sees nothing in a picture from dividing by zero.
TINY = 1e-6


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


def told_errors(z_mean, scores):
    """Return the squared errors of told dimensions, summed over them, `(batch,)`.

    Locatello et al. 2020, "Disentangling Factors of Variation Using Few Labels",
    section 3: a dimension is told its factor. Dimension k is told column k.

    Args:
        z_mean: float32 `(batch, latent_dim)`.
        scores: float32 `(batch, dimension_count)`, NaN where nothing is known.
    """
    is_known = tf.math.is_finite(scores)
    # Not only hidden from the sum, for the gradient of a hidden NaN is NaN.
    scores = tf.where(is_known, scores, 0.0)
    errors = tf.square(z_mean[:, : scores.shape[1]] - scores)
    return tf.reduce_sum(tf.where(is_known, errors, 0.0), axis=1)


def feature_distance(features, others):
    """Return how far two pictures are apart as several layers see them, `(batch,)`.

    Of a single layer, the absolute differences summed over all features. Of several,
    the mean over the layers of such sums, each in units of the layer's mean absolute
    value: every layer has as much to say as the first.

    Args:
        features: of the picture, a list with `(batch, rows, columns, channels)` of each
            layer.
        others: of the other picture, the same shapes.
    """
    parts = [_mean_difference(*pair) for pair in zip(features, others, strict=True)]
    scales = [_mean(tf.abs(layer)) + TINY for layer in features]
    relative = [part / scale for part, scale in zip(parts, scales, strict=True)]
    feature_count = math.prod(features[0].shape[1:])
    return feature_count * scales[0] * tf.add_n(relative) / len(relative)


def _mean_difference(features, others):
    return _mean(tf.abs(tf.cast(features, tf.float32) - tf.cast(others, tf.float32)))


def _mean(features):
    return tf.reduce_mean(tf.cast(features, tf.float32), axis=(1, 2, 3))


class PerceptualLoss:
    """Compare two pictures as early layers of a trained network see them.

    After Johnson, Alahi & Fei-Fei 2016, section 3.2, with absolute differences. The
    network is frozen, and the gradient reaches it through the reconstruction alone.

    Args:
        network: `keras.Model` from pictures in [0, 1] to the features of one layer or
            several, as `features.networks.build_features` makes it.
    """

    def __init__(self, network):
        self.network = network

    def __call__(self, pictures, reconstructions):
        """Return `(batch,)` for two tensors `(batch, height, width, 3)` in [0, 1]."""
        targets = map(tf.stop_gradient, self._features(pictures))
        return feature_distance(list(targets), self._features(reconstructions))

    def _features(self, pictures):
        # Keras hands out a list of one as its only member.
        return tf.nest.flatten(self.network(pictures, training=False))
