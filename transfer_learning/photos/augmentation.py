"""Random changes to training photos: mirrored, turned, zoomed, darker or brighter.

The same seed gives the same pictures, so that an interrupted training goes on exactly.
The ranges are those of the published filters, without their shear of 0.1 degrees.
"""

import math

import keras
import tensorflow as tf

MOST_DEGREES = 25.0
ZOOM_RANGE = (0.8, 1.2)
BRIGHTNESS_RANGE = (0.8, 1.2)


def augment(pictures, seed):
    """Return changed pictures, float32 `(batch, side, side, 3)` in 0..255, as given.

    Half of them are mirrored. Pixels are resampled once; beyond the border its pixels
    are repeated. The seed is two integers.
    """
    pictures = tf.cast(pictures, tf.float32)
    count, side = tf.shape(pictures)[0], pictures.shape[1]
    moved = keras.ops.image.affine_transform(
        pictures,
        _random_transforms(count, side, seed),
        interpolation="bilinear",
        fill_mode="nearest",
        data_format="channels_last",
    )
    light = _uniform((count, 1, 1, 1), BRIGHTNESS_RANGE, seed, salt=4)
    return tf.clip_by_value(moved * light, 0.0, 255.0)


def _random_transforms(count, side, seed):
    """Return a matrix `(8,)` for each picture that maps output to input pixels."""
    angle = _uniform((count,), (-MOST_DEGREES, MOST_DEGREES), seed, salt=0)
    angle = angle * math.pi / 180
    zoom_x = _uniform((count,), ZOOM_RANGE, seed, salt=1)
    zoom_y = _uniform((count,), ZOOM_RANGE, seed, salt=2)
    mirror = tf.sign(_uniform((count,), (-1.0, 1.0), seed, salt=3))
    # Turned and zoomed about the centre, then mirrored.
    a, b = mirror * zoom_x * tf.cos(angle), -zoom_y * tf.sin(angle)
    c, d = mirror * zoom_x * tf.sin(angle), zoom_y * tf.cos(angle)
    centre = (side - 1) / 2
    shift_x, shift_y = centre - (a + b) * centre, centre - (c + d) * centre
    zero = tf.zeros((count,))
    return tf.stack([a, b, shift_x, c, d, shift_y, zero, zero], axis=1)


def _uniform(shape, bounds, seed, salt):
    seed = tf.stack([tf.cast(seed[0], tf.int32), tf.cast(seed[1], tf.int32) * 8 + salt])
    return tf.random.stateless_uniform(shape, seed, *bounds)
