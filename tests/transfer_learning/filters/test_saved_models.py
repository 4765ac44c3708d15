import keras
import numpy as np
import pytest
import tensorflow as tf

from transfer_learning.filters import saved_models
from transfer_learning.filters.network import build_filter
from transfer_learning.filters.saved_models import (
    NotAFilter,
    convert_saved_model,
    find_saved_model,
)

SIDE = 32


@pytest.fixture(scope="module")
def original():
    keras.utils.set_random_seed(7)
    return build_filter("densenet121", SIDE, "unit")


def save_like_tf25(model, folder, change=None):
    """Write the variables of a filter under the keys that TensorFlow 2.5 used."""
    base, tree = [], {}
    for layer in model.layers:
        old_name = saved_models.OLD_LAYER_NAMES.get(layer.name, layer.name)
        if layer.name in saved_models.DENSE_KEYS:
            dense = tf.Module()
            dense.kernel, dense.bias = map(tf.Variable, layer.get_weights())
            tree[saved_models.DENSE_KEYS[layer.name]] = dense
        else:
            for weight in layer.weights:
                name = f"{old_name}/{weight.name}"
                base.append(tf.Variable(weight.numpy(), name=name))
                # The optimizer's slots are saved beside the weights.
                base.append(tf.Variable(0.0, name=f"{name}/rms"))
    if change:
        change(base)
    tree["variables"] = base
    tf.train.Checkpoint(**tree).write(str(folder / "variables" / "variables"))


def test_converted_filter_gives_the_scores_of_the_original(original, tmp_path):
    save_like_tf25(original, tmp_path / "FirstPass_D_1")
    converted = convert_saved_model(tmp_path, SIDE, "densenet121")
    assert converted.input_shape == (None, SIDE, SIDE, 3)
    pictures = np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3))
    pictures = pictures.astype("float32")
    np.testing.assert_array_equal(converted(pictures), original(pictures))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda base: base.pop(0), "conv1_conv/kernel has shape missing"),
        (
            lambda base: base.__setitem__(
                0, tf.Variable(tf.zeros((7, 7, 3, 63)), name="conv1/conv/kernel")
            ),
            r"conv1_conv/kernel has shape \[7, 7, 3, 63\] instead of \[7, 7, 3, 64\]",
        ),
    ],
)
def test_a_missing_tensor_or_another_shape_is_named(
    original, tmp_path, monkeypatch, change, message
):
    save_like_tf25(original, tmp_path, change)
    monkeypatch.setattr(saved_models, "build_filter", lambda *a, **k: original)
    with pytest.raises(NotAFilter, match=message):
        convert_saved_model(tmp_path, SIDE, "densenet121")


def test_the_model_may_lie_one_folder_down(tmp_path):
    for name in ("a", "b"):
        variables = tmp_path / name / "variables"
        variables.mkdir(parents=True)
        (variables / "variables.index").touch()
        if name == "a":
            assert find_saved_model(tmp_path) == tmp_path / "a"
            assert find_saved_model(tmp_path / "a") == tmp_path / "a"
    with pytest.raises(NotAFilter, match="2 SavedModels"):
        find_saved_model(tmp_path)
