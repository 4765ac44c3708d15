"""The start from random weights: normalisation settled on the training photos.

With the statistics that Keras starts from (mean 0, variance 1) values fade from layer
to layer until all photos look alike, and frozen layers never learn better ones.
"""

import math

import keras
import numpy as np

from files import whole_file
from transfer_learning.photos.pixels import pixel_batches

PHOTOS_PER_BATCH = 32
MOST_PHOTOS = 512


def settle_on_photos(model, paths, resize, kept):
    """Give a random network the statistics of photos, the same at each call.

    All members of a run must have the same trunk, and a resumed run the one that it
    began with: the statistics are computed once and kept in the .npz file `kept`. Up to
    `MOST_PHOTOS` of the training photos `paths` are read.
    """
    if not kept.is_file():
        settle_statistics(model, _photo_batches(model, paths, resize))
        kept.parent.mkdir(parents=True, exist_ok=True)
        statistics = [variable.numpy() for variable in _statistics(model)]
        with whole_file(kept) as file:
            np.savez(file, *statistics)
    with np.load(kept) as arrays:
        for number, variable in enumerate(_statistics(model)):
            variable.assign(arrays[f"arr_{number}"])


def settle_statistics(model, batches):
    """Set the statistics of all normalisation layers to the mean over the batches.

    As in training, each batch is normalised by its own statistics, so that one pass is
    enough. `batches` are `(batch, side, side, 3)` in 0..255.
    """
    layers = _normalisations(model)
    momenta = [layer.momentum for layer in layers]
    for number, pictures in enumerate(batches):
        for layer in layers:
            # A running mean: the second batch weighs a half, the third a third.
            layer.momentum = number / (number + 1)
        model(pictures, training=True)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum


def _photo_batches(model, paths, resize):
    # The paths are sorted by class: shuffled, all batches are of the same kind.
    order = np.random.default_rng(0).permutation(len(paths))[:MOST_PHOTOS]
    batch_count = math.ceil(len(order) / PHOTOS_PER_BATCH)
    size = math.ceil(len(order) / batch_count)
    drawn = [paths[index] for index in order]
    for batch in pixel_batches(drawn, model.input_shape[1], resize, size):
        yield batch.pixels.astype(np.float32)


def _normalisations(model):
    kind = keras.layers.BatchNormalization
    return [layer for layer in model.layers if isinstance(layer, kind)]


def _statistics(model):
    return [
        variable
        for layer in _normalisations(model)
        for variable in (layer.moving_mean, layer.moving_variance)
    ]
