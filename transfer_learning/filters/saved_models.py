"""Filters that TensorFlow 2.5 saved, as filters of today.

Only numbers are taken from a downloaded SavedModel: its graph, which could contain
anything, is neither loaded nor run (nor could the Keras of today load it).
"""

import tensorflow as tf
from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

from transfer_learning.filters.network import build_filter

GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
VALUE_NAME = "VARIABLE_VALUE"
# The dense layers are found by their place in the model: their names depend on how
# many models the session that saved them had built before.
DENSE_KEYS = {
    "dense_0": "layer_with_weights-1",
    "dense_1": "layer_with_weights-2",
    "dense_2": "layer_with_weights-3",
    "score": "layer_with_weights-4",
}
OLD_LAYER_NAMES = {"conv1_conv": "conv1/conv", "conv1_bn": "conv1/bn"}


class NotAFilter(ValueError):
    """A SavedModel that does not hold the weights of such a filter."""


def find_saved_model(folder):
    """Return the folder with the SavedModel: `folder` itself or one folder down.

    Raises:
        NotAFilter: there is not exactly one.
    """
    name = "variables/variables.index"
    found = [path.parent.parent for path in folder.glob(f"*/{name}")]
    found += [folder] if (folder / name).is_file() else []
    if len(found) != 1:
        raise NotAFilter(f"{folder} holds {len(found)} SavedModels instead of one")
    return found[0]


def convert_saved_model(folder, side, network="densenet201"):
    """Return the filter whose weights the SavedModel in `folder` holds.

    The folder is that with `variables/`, or the one above it; `side` is height and
    width of the input in pixels.

    Raises:
        NotAFilter: a tensor is missing or has another shape than the network's.
    """
    checkpoint = tf.train.load_checkpoint(
        str(find_saved_model(folder) / "variables" / "variables")
    )
    keys, shapes = _keys_by_name(checkpoint), checkpoint.get_variable_to_shape_map()
    model = build_filter(network, side, scaling="unit")
    for layer in model.layers:
        for weight in layer.weights:
            key = _key_of(layer.name, weight.name, keys)
            if shapes.get(key) != list(weight.shape):
                raise NotAFilter(
                    f"{folder}: {layer.name}/{weight.name} has shape "
                    f"{shapes.get(key, 'missing')} instead of {list(weight.shape)}; "
                    f"nothing was converted"
                )
            weight.assign(checkpoint.get_tensor(key))
    return model


def _keys_by_name(checkpoint):
    """Return the checkpoint's key for each full name of a variable."""
    graph = TrackableObjectGraph.FromString(checkpoint.get_tensor(GRAPH_KEY))
    return {
        value.full_name: value.checkpoint_key
        for node in graph.nodes
        for value in node.attributes
        if value.name == VALUE_NAME
    }


def _key_of(layer_name, weight_name, keys):
    if layer_name in DENSE_KEYS:
        return f"{DENSE_KEYS[layer_name]}/{weight_name}/.ATTRIBUTES/{VALUE_NAME}"
    old_name = OLD_LAYER_NAMES.get(layer_name, layer_name)
    return keys.get(f"{old_name}/{weight_name}")
