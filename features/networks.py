"""Builds the networks whose early layers the perceptual loss compares.

Owns how each is built, where its weights come from and which values it wants to see.
All take pictures in [0, 1]. `castles` is small, ships with the suite and was trained by
`castle_training.py`; `vgg16` knows photographs and is fetched at first use;
`vgg16_random` is the same network untrained, for machines without the internet.
"""

import os
from pathlib import Path

import keras
import numpy as np

from downloads.http import DownloadError, fetch_file
from files import whole_file
from mistakes import UserMistake

CASTLE_WEIGHTS = Path(__file__).with_name("castles.npz")
CASTLE_FILTERS = (16, 32, 64, 64)

# Layers whose output can be compared.
LAYERS = (keras.layers.Conv2D, keras.layers.MaxPooling2D)

# Address and checksum as in keras.applications.vgg16.
VGG16_URL = (
    "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/"
    "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
)
VGG16_MD5 = "6d6bbae143d832006294945121d1f1fc"


def build_features(name, layers, img_dim) -> keras.Model:
    """Build the frozen beginning of a network, up to the last of some layers.

    Returns:
        Model from float32 (batch, img_dim, img_dim, 3) in [0, 1] to the features
        (batch, rows, columns, channels); of several layers, a list of them.

    Raises:
        UserMistake: the name or the layer is unknown, or the weights cannot be had.
    """
    network = _build_network(name, img_dim)
    known = [part.name for part in network.layers if isinstance(part, LAYERS)]
    for layer in layers:
        if layer not in known:
            raise UserMistake(
                f"--perceptual-layers: received {layer!r}; {name} has "
                f"{', '.join(known)}"
            )
    outputs = [network.get_layer(layer).output for layer in layers]
    beginning = keras.Model(network.inputs[0], outputs, name=f"{name}_features")
    beginning.trainable = False
    return beginning


def _build_network(name, img_dim):
    match name:
        case "castles":
            return _build_trained_castle_features(img_dim)
        case "vgg16":
            return _build_vgg16(img_dim, fetch_vgg16_weights())
        case "vgg16_random":
            return _build_vgg16(img_dim, weights=None)
    raise UserMistake(
        f"--perceptual-network: received {name!r}; "
        "expected castles, vgg16 or vgg16_random"
    )


def build_castle_features(img_dim) -> keras.Model:
    """Build our own network, untrained: convolutions that each halve the picture."""
    pictures = keras.Input((img_dim, img_dim, 3), name="pictures")
    x = keras.layers.Rescaling(2.0, offset=-1.0, name="centred")(pictures)
    for number, filters in enumerate(CASTLE_FILTERS, start=1):
        x = keras.layers.Conv2D(
            filters,
            kernel_size=3,
            strides=2,
            padding="same",
            activation="relu",
            kernel_initializer="he_normal",
            name=f"features_{number}",
        )(x)
    return keras.Model(pictures, x, name="castle_features")


def _build_trained_castle_features(img_dim):
    network = build_castle_features(img_dim)
    with np.load(CASTLE_WEIGHTS) as arrays:
        network.set_weights([arrays[_name(weight)] for weight in network.weights])
    return network


def _name(weight):
    return weight.path.replace("/", "_")


def save_castle_features(network, path):
    """Write the weights of a trained `build_castle_features`, whole or not at all."""
    arrays = {_name(weight): weight.numpy() for weight in network.weights}
    with whole_file(path) as file:
        np.savez(file, **arrays)


def _build_vgg16(img_dim, weights):
    """Build VGG16 behind the preprocessing that its weights were trained with."""
    pictures = keras.Input((img_dim, img_dim, 3), name="pictures")
    # From 0-255 RGB to BGR minus the mean colour of ImageNet.
    prepared = keras.applications.vgg16.preprocess_input(pictures * 255.0)
    return keras.applications.VGG16(
        include_top=False, weights=weights, input_tensor=prepared
    )


def fetch_vgg16_weights() -> Path:
    """Return the path of the ImageNet weights, where Keras keeps them as well.

    Raises:
        UserMistake: they are not there and cannot be fetched.
    """
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    path = home / "models" / VGG16_URL.rpartition("/")[2]
    try:
        return fetch_file(VGG16_URL, path, md5=VGG16_MD5, attempts=3)
    except DownloadError as error:
        raise UserMistake(
            f"--perceptual-network vgg16 needs {VGG16_URL} as {path} ({error}); "
            "put it there by hand, or use --perceptual-network castles"
        ) from error
