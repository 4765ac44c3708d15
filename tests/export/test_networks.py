import keras
import numpy as np
import onnx
import pytest

from export.networks import make_portable, plain
from model import VAE, build_decoder, build_encoder, load_networks
from run_folder import RunFolder


def small_vae(encoder_kind, decoder_kind, folder):
    """Return a small `VAE`, as it is loaded; no weight is what it begins as."""
    keras.utils.set_random_seed(3)
    unbends = decoder_kind == "modulated"
    encoder = build_encoder(16, (4, 4), 8, 3, encoder_kind, unbends)
    decoder = build_decoder(16, (4, 4), 4, 3, decoder_kind, unbends)
    random = np.random.default_rng(3)
    for network in (encoder, decoder):
        for weight in network.weights:
            # Of the many heights a sum is taken.
            deviation = 0.01 if weight.name == "heights" else 0.2
            noise = random.normal(0, deviation, weight.shape)
            # Variances, scales and reaches stay positive.
            is_positive = weight.name in ("moving_variance", "scale", "reach")
            weight.assign(weight.numpy() + (np.abs(noise) if is_positive else noise))
    run = RunFolder(folder)
    VAE(encoder, decoder, beta=1.0, gamma=0.0).save_networks(run)
    # As in a new process: Keras counts names of operations from the start.
    keras.backend.clear_session()
    return load_networks(run)


@pytest.mark.parametrize("kinds", [("pooled", "plain"), ("strided", "modulated")])
def test_plain_networks_compute_the_same_of_stock_layers_alone(kinds, tmp_path):
    vae = small_vae(*kinds, tmp_path)
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


def test_onnx_files_have_named_ends_and_differ_from_keras_by_rounding_alone(tmp_path):
    networks = make_portable(small_vae("strided", "modulated", tmp_path))
    ends = {}
    for name, network in networks.items():
        assert network.difference < 1e-4
        graph = onnx.load_from_string(network.onnx).graph
        ends[name] = [[end.name for end in at] for at in (graph.input, graph.output)]
    assert ends == {
        "encoder": [["pictures"], ["mean", "log_variance"]],
        "decoder": [["latents"], ["pictures"]],
    }
