"""The filter: a DenseNet that gives a photo one score, and the file that holds one.

A filter takes float32 pictures `(batch, side, side, 3)` in 0..255 and returns scores
`(batch, 1)` in (0, 1): how sure it is of the positive class. The scaling that its
weights expect is its first layer.
"""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import keras

from downloads.http import fetch_file
from files import whole_file
from mistakes import UserMistake
from transfer_learning.filters.traits import SCALINGS, write_traits

# Source of addresses and checksums: keras/src/applications/densenet.py
WEIGHTS_URL = "https://storage.googleapis.com/tensorflow/keras-applications/densenet"
WEIGHTS_NAME = "{network}_weights_tf_dim_ordering_tf_kernels_notop.h5"
WEIGHTS_MD5 = {
    "densenet121": "30ee3e1110167f948a6b9946edeeb738",
    "densenet169": "b8c4d4c20dd625c148057b9ff1c1176b",
    "densenet201": "c13680b51ded0fb44dff2d8f86ac8bb1",
}
# The last layer that no stage of training touches: what all members share.
LAST_TRUNK_LAYER = "pool4_pool"
BUILDERS = {
    "densenet121": keras.applications.DenseNet121,
    "densenet169": keras.applications.DenseNet169,
    "densenet201": keras.applications.DenseNet201,
}


def build_filter(network, side, scaling, weights=None, head_seed=0):
    """Return an untrained filter.

    Args:
        network: one of `NETWORKS`.
        side: height and width of the input in pixels, 32 or more.
        scaling: a key of `SCALINGS`.
        weights: `imagenet`, the path of a weights file of the network without its
            top, or None for random ones, drawn by the global seed of Keras.
        head_seed: of the dense layers; the layers below do not depend on it.

    Raises:
        UserMistake: the weights file does not fit the network.
        DownloadError: the ImageNet weights cannot be fetched.
    """
    pictures = keras.Input((side, side, 3), name="pictures")
    scaled = keras.layers.Normalization(**SCALINGS[scaling], name="scaling")(pictures)
    base = BUILDERS[network](include_top=False, weights=None, input_tensor=scaled)
    if weights == "imagenet":
        base.load_weights(fetch_imagenet_weights(network))
    elif weights:
        _load_weights(base, network, weights)
    features = keras.layers.Flatten()(base.output)
    for index in range(3):
        features = keras.layers.Dropout(0.5, name=f"dropout_{index}")(features)
        features = keras.layers.Dense(
            512,
            activation="relu",
            kernel_initializer=keras.initializers.GlorotUniform(head_seed * 4 + index),
            kernel_regularizer=keras.regularizers.L2(1e-4),
            name=f"dense_{index}",
        )(features)
    score = keras.layers.Dense(
        1,
        activation="sigmoid",
        kernel_initializer=keras.initializers.GlorotUniform(head_seed * 4 + 3),
        name="score",
    )(features)
    return keras.Model(pictures, score, name=f"{network}_filter")


def _load_weights(base, network, path):
    try:
        base.load_weights(path)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise UserMistake(
            f"--weights {path} does not hold {network} without its top ({reason}): "
            f"name another file, imagenet or random"
        ) from error


def fetch_imagenet_weights(network, url=WEIGHTS_URL):
    """Return the path of the ImageNet weights, kept where Keras itself keeps them.

    Raises:
        DownloadError: the file cannot be had whole.
    """
    folder = Path(os.environ.get("KERAS_HOME", "~/.keras"), "models").expanduser()
    name = WEIGHTS_NAME.format(network=network)
    return fetch_file(f"{url}/{name}", folder / name, WEIGHTS_MD5[network])


def split_filter(model):
    """Return the trunk (scaling, conv1 to pool4) and the tail of a filter.

    Both share the layers and weights of `model`, and tail(trunk(x)) is model(x).
    """
    border = model.get_layer(LAST_TRUNK_LAYER).output
    return (
        keras.Model(model.input, border, name="trunk"),
        keras.Model(border, model.output, name="tail"),
    )


def network_hash(model):
    """Return a checksum of the scaling and all weights: equal means same outputs."""
    digest = hashlib.sha256()
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            digest.update(f"{layer.mean} {layer.variance}".encode())
        for weight in layer.get_weights():
            digest.update(f"{weight.shape}".encode() + weight.tobytes())
    return digest.hexdigest()


def save_filter(model, traits, path):
    """Write one .keras file that also holds `traits`, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        # Keras writes to a path of this suffix only.
        saved = Path(folder, "filter.keras")
        model.save(saved)
        write_traits(saved, traits)
        with saved.open("rb") as opened, whole_file(path) as file:
            shutil.copyfileobj(opened, file)


def load_filter(path):
    """Return the model of a filter file, not compiled."""
    return keras.saving.load_model(path, compile=False)
