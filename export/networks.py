"""Trained networks for those without this project: plain Keras layers, and ONNX.

A plain network computes what the trained one computes, of stock layers alone:
normalisation is part of the convolution before it, the folded upsampling a transposed
convolution, the scales and shifts of a modulation two dense layers, the turned axes
matrix products, and what dimensions tell of others two dense layers.
"""

import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf

from latents.samplers import Prior
from layers import (
    Bending,
    FusedBatchNormalization,
    Modulation,
    Rotation,
    Straightening,
    Unbending,
    UpsampledConvolution,
    Winding,
)

# Pictures that are compared.
COMPARED = 10
OUTPUTS = {"encoder": ("mean", "log_variance"), "decoder": ("pictures",)}


@dataclass(frozen=True)
class Portable:
    """A network for those without this project.

    Attributes:
        plain: the network, of stock Keras layers.
        onnx: the same as the content of an ONNX file.
        difference: by how much its outputs differ at most from those of the trained
            network, for ten pictures.
    """

    plain: keras.Model
    onnx: bytes
    difference: float


def make_portable(vae):
    """Return the `Portable` encoder and decoder of a `VAE`, by name."""
    latent_dim = vae.decoder.input_shape[1]
    codes = Prior(latent_dim).sample(COMPARED, temperature=1.0, seed=0)
    pictures = vae.decode(codes)
    means, log_variances = vae.encode([pictures])
    return {
        "encoder": _portable(vae.encoder, pictures, means, log_variances),
        "decoder": _portable(vae.decoder, codes, pictures),
    }


def _portable(network, inputs, *expected):
    stock = plain(network)
    content = to_onnx(stock, OUTPUTS[network.name])
    outputs = run_onnx(content, inputs)
    differences = [
        np.abs(one - other).max() for one, other in zip(outputs, expected, strict=True)
    ]
    return Portable(stock, content, float(max(differences)))


def plain(network):
    """Return a network of stock layers, in float32, that computes the same.

    Args:
        network: an encoder or decoder as `model.build_encoder` and `build_decoder`
            make it.
    """
    layers = {layer.name: layer for layer in network.layers}

    def call(layer, *inputs, **options):
        if isinstance(layer, FusedBatchNormalization):
            return inputs[0]
        if isinstance(layer, Modulation):
            return _modulate(layer, *inputs)
        if isinstance(layer, Rotation):
            return _rotate(layer, *inputs)
        if isinstance(layer, (Straightening, Unbending)):
            return _take(layer, *inputs)
        if isinstance(layer, (Winding, Bending)):
            return _couple(layer, *inputs, layer.scale.numpy(), 1.0)
        norm = layers.get(f"{layer.name}_norm")
        if norm is not None:
            return _convolve_and_normalise(layer, norm, *inputs)
        return _same(layer)(*inputs, **options)

    return keras.models.clone_model(
        network, clone_function=lambda layer: layer, call_function=call
    )


def _same(layer):
    """Return a copy of a stock layer or operation, in float32."""
    if not isinstance(layer, keras.layers.Layer):
        return type(layer).from_config(layer.get_config())
    copied = type(layer).from_config({**layer.get_config(), "dtype": "float32"})
    if layer.weights:
        copied.build(layer.input.shape)
        copied.set_weights(layer.get_weights())
    return copied


def _convolve_and_normalise(layer, norm, inputs):
    scale = norm.gamma / tf.sqrt(norm.moving_variance + norm.epsilon)
    bias = norm.beta - norm.moving_mean * scale
    if isinstance(layer, UpsampledConvolution):
        # Its kernel has filters before channels.
        kernel = layer.folded_kernel() * scale[:, tf.newaxis]
        convolution = keras.layers.Conv2DTranspose(
            layer.filters, 4, 2, "same", name=layer.name
        )
    else:
        kernel = layer.kernel * scale
        convolution = keras.layers.Conv2D(
            layer.filters, 3, layer.strides, "same", name=layer.name
        )
    return _with(convolution, inputs, kernel, bias)


def _modulate(layer, pictures, style):
    kernel, bias = (
        np.split(values, 2, axis=-1) for values in layer.dense.get_weights()
    )
    channels = pictures.shape[-1]
    parts = []
    for part, weights, shift in zip(("scale", "shift"), kernel, bias, strict=True):
        # A scale is one more than what the layer has learnt.
        shift = shift + (part == "scale")
        dense = keras.layers.Dense(channels, name=f"{layer.name}_{part}")
        values = _with(dense, style, weights, shift)
        parts.append(
            keras.layers.Reshape((1, 1, channels), name=f"{dense.name}s")(values)
        )
    return pictures * parts[0] + parts[1]


def _rotate(layer, z_mean, z_log_var):
    axes = layer.axes.numpy().T
    size = axes.shape[1]
    turned_mean = keras.layers.Dense(size, use_bias=False, name="mean")
    turned_variance = keras.layers.Dense(size, use_bias=False, name="variance")
    variances = _with(turned_variance, keras.ops.exp(z_log_var), np.square(axes))
    return _with(turned_mean, z_mean, axes), keras.ops.log(variances)


def _take(layer, z_mean, z_log_var):
    scale, size = layer.scale.numpy(), z_mean.shape[-1]
    moved = keras.layers.Dense(size, name=f"{layer.name}_log_variance")
    log_variances = _with(moved, z_log_var, np.eye(size), -2.0 * np.log(scale))
    return _couple(layer, z_mean, 1.0 / scale, -1.0 / scale), log_variances


def _couple(layer, latents, kept, told):
    """Return `kept` times each dimension, plus `told` times what others tell of it.

    Of named layers alone: operations would be named like others of a loaded network.
    """
    is_hinged = isinstance(layer, (Unbending, Bending))
    functions = _hinges(layer, latents) if is_hinged else _radials(layer, latents)
    slopes = layer.slopes if is_hinged else layer.heights
    size = latents.shape[-1]
    summed = keras.layers.Dense(size, name=f"{layer.name}_told")
    same = keras.layers.Dense(size, use_bias=False, name=f"{layer.name}_kept")
    parts = [
        _with(same, latents, np.diag(kept)),
        _with(summed, functions, slopes.numpy() * told, layer.shift.numpy() * told),
    ]
    return keras.layers.Add(name=f"{layer.name}_sum")(parts)


def _hinges(layer, latents):
    hinges = layer.hinges.numpy()
    count, size = hinges.shape
    beyond = keras.layers.Dense(count * size, "relu", name=f"{layer.name}_beyond")
    return _with(beyond, latents, np.tile(np.eye(size), count), -hinges.ravel())


def _radials(layer, latents):
    centres, reach = layer.centres.numpy(), layer.reach.numpy()
    squared = keras.layers.Multiply(name=f"{layer.name}_squares")([latents, latents])
    quadratic, linear = (
        keras.layers.Dense(len(reach), use_bias=has_bias, name=f"{layer.name}_{name}")
        for name, has_bias in (("quadratic", False), ("linear", True))
    )
    constant = -np.sum(reach * centres**2, axis=1) / 2.0
    parts = [
        _with(quadratic, squared, -reach.T / 2.0),
        _with(linear, latents, (reach * centres).T, constant),
    ]
    summed = keras.layers.Add(name=f"{layer.name}_exponents")(parts)
    return keras.layers.Activation("exponential", name=f"{layer.name}_near")(summed)


def _with(layer, inputs, *weights):
    """Return what a new layer with these weights computes."""
    outputs = layer(inputs)
    layer.set_weights([np.asarray(values) for values in weights])
    return outputs


def to_onnx(network, outputs) -> bytes:
    """Return a network as an ONNX file, for any number of rows.

    Args:
        network: as `plain` returns it; the input has the name it has there.
        outputs: names for what comes out.
    """
    rows = [
        tf.TensorSpec((None, *values.shape[1:]), tf.float32, name=values.name)
        for values in network.inputs
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "network.onnx")
        with warnings.catch_warnings():
            # Keras looks for a name that numpy gave up.
            warnings.simplefilter("ignore", FutureWarning)
            network.export(path, format="onnx", verbose=False, input_signature=rows)
        written = onnx.load(path)
    names = dict(zip((o.name for o in written.graph.output), outputs, strict=True))
    for output in written.graph.output:
        output.name = names[output.name]
    for node in written.graph.node:
        for names_of_node in (node.input, node.output):
            renamed = [names.get(name, name) for name in names_of_node]
            names_of_node[:] = renamed
    return written.SerializeToString()


def run_onnx(content, inputs) -> list:
    """Return what an ONNX file, as `to_onnx` returns it, computes of float32 inputs."""
    # Its own number of threads is one for each core, and they wait for one another.
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options)
    return session.run(None, {session.get_inputs()[0].name: inputs})
