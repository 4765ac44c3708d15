"""Scores of several filters for the same pictures; what they share is run once.

conv1 to pool4 take 92 % of the multiplications of DenseNet201 and are never trained:
filters that started from the same weights share them bit for bit.
"""

import keras
import numpy as np
import tensorflow as tf

from transfer_learning.filters.network import network_hash, split_filter


class Scorer:
    """Runs filters of the same input shape on batches of one fixed size."""

    def __init__(self, models, batch_size):
        self.batch_size = batch_size
        self.model, self.trunk_count = join_filters(models)
        shape = (batch_size, *self.model.input_shape[1:])
        self._score = tf.function(
            lambda pictures: self.model(tf.cast(pictures, tf.float32), training=False),
            input_signature=[tf.TensorSpec(shape, tf.uint8)],
        )

    def __call__(self, pictures):
        """Return scores float32 `(count, filters)` of uint8 pictures.

        `pictures` are `(count, side, side, 3)`, at most one batch. A short batch is
        padded with black pictures, so that all are computed in the same way.
        """
        missing = self.batch_size - len(pictures)
        filled = np.pad(pictures, [(0, missing), (0, 0), (0, 0), (0, 0)])
        return self._score(filled).numpy()[: len(pictures)]


def join_filters(models):
    """Return one model with all scores `(batch, filters)`, and how many trunks it has.

    Raises:
        ValueError: the filters take pictures of different sizes.
    """
    shapes = {model.input_shape[1:] for model in models}
    if len(shapes) > 1:
        raise ValueError(f"the filters of one run take one input size, not {shapes}")
    pictures = keras.Input(models[0].input_shape[1:], name="pictures")
    features, scores = {}, []
    for index, model in enumerate(models):
        trunk, tail = split_filter(model)
        key = network_hash(trunk)
        if key not in features:
            trunk.name = f"trunk_{len(features)}"
            features[key] = trunk(pictures)
        tail.name = f"tail_{index}"
        scores.append(tail(features[key]))
    joined = keras.ops.concatenate(scores, axis=1)
    return keras.Model(pictures, joined, name="ensemble"), len(features)
