from pathlib import Path

import keras
import numpy as np
import pytest

from downloads.http import DownloadError
from features import networks
from features.networks import (
    build_castle_features,
    build_features,
    save_castle_features,
)
from mistakes import UserMistake

PICTURES = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)


@pytest.mark.parametrize(
    ("name", "layer", "shape"),
    [
        ("castles", "features_1", (None, 32, 32, 16)),
        ("castles", "features_2", (None, 16, 16, 32)),
        ("castles", "features_4", (None, 4, 4, 64)),
        ("vgg16_random", "block1_conv2", (None, 64, 64, 64)),
        ("vgg16_random", "block2_conv2", (None, 32, 32, 128)),
    ],
)
def test_features_of_a_layer(name, layer, shape):
    network = build_features(name, [layer], img_dim=64)
    assert network.input.shape == (None, 64, 64, 3)
    assert [output.shape for output in network.outputs] == [shape]


def test_several_layers_are_seen_at_once():
    network = build_features("castles", ["features_1", "features_3"], img_dim=64)
    first, third = network(np.zeros((1, 64, 64, 3), np.float32))
    assert first.shape == (1, 32, 32, 16)
    assert third.shape == (1, 8, 8, 64)


@pytest.mark.parametrize(
    ("name", "layer"), [("castles", "features_2"), ("vgg16_random", "block2_conv2")]
)
def test_network_is_frozen_and_ends_at_the_layer(name, layer):
    network = build_features(name, [layer], img_dim=32)
    assert network.layers[-1].name == layer
    assert network.trainable_variables == []
    assert network.weights


def test_vgg16_sees_bgr_without_the_mean_colour():
    network = build_features("vgg16_random", ["block1_conv1"], img_dim=32)
    kernel = np.zeros((3, 3, 3, 64), np.float32)
    # The first three filters hand on one channel each, the next three its negative.
    for channel in range(3):
        kernel[1, 1, channel, channel] = 1
        kernel[1, 1, channel, channel + 3] = -1
    network.get_layer("block1_conv1").set_weights([kernel, np.zeros(64, np.float32)])
    seen = np.asarray(network(PICTURES))
    seen = seen[..., :3] - seen[..., 3:6]

    red, green, blue = 255 * PICTURES[0, 5, 7]
    by_hand = [blue - 103.939, green - 116.779, red - 123.68]
    np.testing.assert_allclose(seen[0, 5, 7], by_hand, rtol=1e-4, atol=1e-3)
    as_keras = keras.applications.vgg16.preprocess_input(255 * PICTURES)
    np.testing.assert_allclose(seen, as_keras, rtol=1e-4, atol=1e-3)


def test_gradient_reaches_the_pictures():
    import tensorflow as tf

    network = build_features("castles", ["features_2"], img_dim=32)
    pictures = tf.constant(PICTURES)
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        total = tf.reduce_sum(network(pictures))
    assert np.abs(tape.gradient(total, pictures)).max() > 0


def test_shipped_weights_are_small_and_those_in_the_network():
    assert networks.CASTLE_WEIGHTS.stat().st_size < 1_000_000
    network = build_features("castles", ["features_4"], img_dim=32)
    with np.load(networks.CASTLE_WEIGHTS) as weights:
        assert len(weights.files) == len(network.weights) == 8
        for variable in network.weights:
            name = "_".join(variable.path.split("/")[-2:])
            np.testing.assert_array_equal(variable.numpy(), weights[name])


def test_shipped_features_have_a_spread_of_one():
    from features.castle_training import IMG_DIM, draw_castles

    pictures, _ = draw_castles(64, seed=11)
    network = build_features("castles", ["features_2"], IMG_DIM)
    spread = network.predict(pictures, verbose=0).std(axis=(0, 1, 2))
    assert np.median(spread) == pytest.approx(1.0, abs=0.15)


def test_saved_features_are_built_again(tmp_path, monkeypatch):
    monkeypatch.setattr(networks, "CASTLE_WEIGHTS", tmp_path / "new.npz")
    untrained = build_castle_features(32)
    save_castle_features(untrained, tmp_path / "new.npz")
    built = build_features("castles", ["features_4"], img_dim=32)
    np.testing.assert_array_equal(built(PICTURES), untrained(PICTURES))
    assert [path.name for path in tmp_path.iterdir()] == ["new.npz"]


@pytest.mark.parametrize(
    ("name", "layer", "complaint"),
    [
        ("alexnet", "conv1", "received 'alexnet'; expected castles, vgg16 or vgg16_r"),
        ("castles", "block2_conv2", "castles has features_1, features_2"),
        ("vgg16_random", "predictions", "vgg16_random has block1_conv1, block1_conv2"),
    ],
)
def test_unknown_name_is_answered_with_the_known_ones(name, layer, complaint):
    with pytest.raises(UserMistake, match=complaint):
        build_features(name, [layer], img_dim=32)


def test_missing_vgg16_weights_are_one_line_with_a_cure(tmp_path, monkeypatch):
    def fail(url, to, **options):
        raise DownloadError(f"{url}: no connection")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(networks, "fetch_file", fail)
    with pytest.raises(UserMistake) as raised:
        build_features("vgg16", ["block2_conv2"], img_dim=32)
    message = str(raised.value)
    assert "\n" not in message
    assert networks.VGG16_URL in message
    file_name = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
    assert str(tmp_path / "models" / file_name) in message
    assert "--perceptual-network castles" in message


def test_vgg16_weights_are_asked_for_by_checksum(tmp_path, monkeypatch):
    asked = {}

    def fetch(url, to, md5, attempts):
        asked.update(url=url, to=to, md5=md5)
        return to

    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(networks, "fetch_file", fetch)
    path = networks.fetch_vgg16_weights()
    assert path.parent == tmp_path / ".keras" / "models"
    assert path == asked["to"]
    assert asked["md5"] == "6d6bbae143d832006294945121d1f1fc"


def test_fetched_vgg16_weights_are_used(monkeypatch):
    build, asked = keras.applications.VGG16, []

    def build_untrained(weights, **options):
        asked.append(weights)
        return build(weights=None, **options)

    monkeypatch.setattr(networks, "fetch_vgg16_weights", lambda: Path("vgg16.h5"))
    monkeypatch.setattr(keras.applications, "VGG16", build_untrained)
    build_features("vgg16", ["block1_conv1"], img_dim=32)
    assert asked == [Path("vgg16.h5")]
