"""Networks as ONNX: what runs them needs neither Keras nor this project."""

import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf


def to_onnx(network) -> bytes:
    """Return a Keras network as an ONNX file, for any number of rows."""
    rows = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32, name="inputs")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "network.onnx")
        network.export(path, format="onnx", verbose=False, input_signature=[rows])
        return path.read_bytes()


def largest_difference(content, network, inputs) -> float:
    """Return how far the first outputs of an ONNX file and its network differ at most.

    Args:
        content: the file, as `to_onnx` returns it.
        network: the Keras network.
        inputs: float32 `(count, ...)`.
    """
    import onnxruntime

    # Its own number of threads is one for each core, and they wait for one another.
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options)
    outputs, *_ = session.run(None, {session.get_inputs()[0].name: inputs})
    expected = network(inputs, training=False)
    first = expected[0] if isinstance(expected, (list, tuple)) else expected
    return float(np.abs(outputs - np.asarray(first)).max())
