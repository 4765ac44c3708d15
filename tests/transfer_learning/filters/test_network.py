import hashlib

import keras
import numpy as np
import pytest

from mistakes import UserMistake
from tests.loopback import Loopback, Page
from tests.transfer_learning.tiny_filters import build_tiny_filter
from transfer_learning.filters import network
from transfer_learning.filters.network import (
    build_filter,
    load_filter,
    network_hash,
    save_filter,
    split_filter,
)
from transfer_learning.filters.traits import Traits, file_fingerprint, read_traits

TRAITS = Traits("task", "castle", "other", 0.7, 16, "nearest")


@pytest.fixture(scope="module")
def dense_filter():
    keras.utils.set_random_seed(0)
    return build_filter("densenet121", 32, "imagenet")


def test_input_is_scaled_as_the_imagenet_weights_expect(dense_filter):
    white = np.full((1, 32, 32, 3), 255.0, "float32")
    scaled = dense_filter.get_layer("scaling")(white)[0, 0, 0]
    expected = keras.applications.imagenet_utils.preprocess_input(white, mode="torch")
    np.testing.assert_allclose(scaled, expected[0, 0, 0], rtol=1e-5)


def test_published_filters_divide_by_255_exactly():
    pixels = np.arange(256, dtype="float32").reshape(1, 16, 16, 1).repeat(3, 3)
    scaled = build_tiny_filter().layers[1](pixels).numpy()
    np.testing.assert_array_equal(scaled, pixels / np.float32(255))


def test_head_is_three_dense_layers_and_a_score(dense_filter):
    shapes = [
        layer.kernel.shape
        for layer in dense_filter.layers
        if isinstance(layer, keras.layers.Dense)
    ]
    assert shapes == [(1024, 512), (512, 512), (512, 512), (512, 1)]


def test_trunk_and_tail_are_the_whole_filter(dense_filter):
    trunk, tail = split_filter(dense_filter)
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype("f")
    whole = dense_filter(pictures).numpy()
    np.testing.assert_array_equal(tail(trunk(pictures)).numpy(), whole)
    names = {layer.name for layer in trunk.layers}
    assert "pool4_conv" in names and "conv5_block1_0_bn" not in names


def test_hash_tells_weights_apart():
    same, other = build_tiny_filter(trunk_seed=0), build_tiny_filter(trunk_seed=1)
    assert network_hash(build_tiny_filter()) == network_hash(same)
    assert network_hash(build_tiny_filter()) != network_hash(other)


def test_file_holds_network_and_traits(tmp_path):
    model = build_tiny_filter()
    save_filter(model, TRAITS, tmp_path / "a.keras")
    assert read_traits(tmp_path / "a.keras") == TRAITS
    assert network_hash(load_filter(tmp_path / "a.keras")) == network_hash(model)
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]


def test_fingerprint_follows_the_weights(tmp_path):
    for seed, name in ((0, "a"), (1, "b")):
        save_filter(build_tiny_filter(seed), TRAITS, tmp_path / f"{name}.keras")
    first, second = (file_fingerprint(tmp_path / f"{n}.keras") for n in "ab")
    assert first != second


@pytest.mark.parametrize("content", [b"", b"PK no zip"])
def test_a_file_that_is_no_filter_is_named(tmp_path, content):
    (tmp_path / "a.keras").write_bytes(content)
    with pytest.raises(UserMistake, match="a.keras is not a filter"):
        read_traits(tmp_path / "a.keras")
    with pytest.raises(UserMistake, match="does not exist"):
        read_traits(tmp_path / "b.keras")


def test_imagenet_weights_are_fetched_to_where_keras_looks(tmp_path, monkeypatch):
    content = b"weights"
    md5 = hashlib.md5(content).hexdigest()
    monkeypatch.setitem(network.WEIGHTS_MD5, "densenet121", md5)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    name = "densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5"
    with Loopback({f"/densenet/{name}": Page(content)}) as server:
        path = network.fetch_imagenet_weights("densenet121", server.url("/densenet"))
    assert path == tmp_path / "models" / name
    assert path.read_bytes() == content


def test_a_file_without_such_weights_is_named(tmp_path):
    (tmp_path / "w.h5").write_bytes(b"no weights")
    with pytest.raises(UserMistake, match="w.h5 does not hold densenet121 .*random"):
        build_filter("densenet121", 32, "unit", weights=str(tmp_path / "w.h5"))
