"""Networks of the shape of a filter, small enough for tests, and photos for them."""

import keras
import numpy as np
from PIL import Image

from transfer_learning.filters.network import LAST_TRUNK_LAYER, SCALINGS, save_filter
from transfer_learning.filters.traits import Traits

SIDE = 16


def build_tiny_filter(trunk_seed=0, tail_seed=0, scaling="unit"):
    """Return a network with the layer names of a filter, in a fraction of a second."""
    uniform = keras.initializers.RandomUniform
    pictures = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Normalization(**SCALINGS[scaling])(pictures)
    x = keras.layers.Conv2D(
        4, 3, activation="relu", kernel_initializer=uniform(-1, 1, trunk_seed)
    )(x)
    x = keras.layers.AveragePooling2D(2, name=LAST_TRUNK_LAYER)(x)
    x = keras.layers.Conv2D(
        4, 1, kernel_initializer=uniform(0, 1, tail_seed), name="conv5_block1_conv"
    )(x)
    x = keras.layers.BatchNormalization(name="conv5_block1_bn")(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dropout(0.2, name="dropout_0")(x)
    x = keras.layers.Dense(
        1,
        activation="sigmoid",
        kernel_initializer=uniform(-0.02, 0.03, tail_seed),
        name="score",
    )(x)
    return keras.Model(pictures, x)


def save_tiny_filters(folder, count=6, threshold=0.5, resize="bilinear"):
    """Write filters that share one trunk, and return their paths."""
    traits = Traits("tiny", "yes", "no", threshold, SIDE, resize)
    paths = [folder / f"tiny_{number}.keras" for number in range(count)]
    for seed, path in enumerate(paths):
        save_filter(build_tiny_filter(tail_seed=seed), traits, path)
    return list(map(str, paths))


def draw_photo(seed, width=24, height=20, patches=(3, 4)):
    """Return a photo of smooth random colours, so many of them down and across."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256, (*patches, 3), np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BILINEAR)


def write_photos(folder, count, first_seed=0, **size):
    """Write `count` JPEGs into `folder` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:03}.jpg" for number in range(count)]
    for seed, path in enumerate(paths, start=first_seed):
        draw_photo(seed, **size).save(path, quality=95)
    return paths
