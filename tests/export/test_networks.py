import keras
import numpy as np
import onnx
import pytest

from export.networks import make_portable, plain
from model import VAE, build_decoder, build_encoder


def small_vae(encoder_kind, decoder_kind):
    """Return a small `VAE` in which no weight is what it begins as."""
    keras.utils.set_random_seed(3)
    unbends = decoder_kind == "modulated"
    encoder = build_encoder(16, (4, 4), 8, 3, encoder_kind, unbends)
    decoder = build_decoder(16, (4, 4), 4, 3, decoder_kind, unbends)
    random = np.random.default_rng(3)
    for network in (encoder, decoder):
        for weight in network.weights:
            # Variances stay positive.
            noise = np.abs(random.normal(0, 0.2, weight.shape))
            weight.assign(weight.numpy() + noise)
    return VAE(encoder, decoder, beta=1.0, gamma=0.0)


@pytest.mark.parametrize("kinds", [("pooled", "plain"), ("strided", "modulated")])
def test_plain_networks_compute_the_same_of_stock_layers_alone(kinds, tmp_path):
    vae = small_vae(*kinds)
    codes = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    pictures = vae.decode(codes)
    for network, inputs, expected in (
        (vae.decoder, codes, [pictures]),
        (vae.encoder, pictures, vae.encode([pictures])),
    ):
        stock = plain(network)
        stock.save(tmp_path / "stock.keras")
        modules = {type(layer).__module__ for layer in stock.layers}
        assert all(module.startswith("keras.") for module in modules), modules
        loaded = keras.models.load_model(tmp_path / "stock.keras")
        outputs = keras.tree.flatten(loaded(inputs))
        for one, other in zip(outputs, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_onnx_files_have_named_ends_and_differ_from_keras_by_rounding_alone():
    networks = make_portable(small_vae("strided", "modulated"))
    ends = {}
    for name, network in networks.items():
        assert network.difference < 1e-4
        graph = onnx.load_from_string(network.onnx).graph
        ends[name] = [[end.name for end in at] for at in (graph.input, graph.output)]
    assert ends == {
        "encoder": [["pictures"], ["mean", "log_variance"]],
        "decoder": [["latents"], ["pictures"]],
    }
