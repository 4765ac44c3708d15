import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from callbacks.checkpoints import (
    Place,
    State,
    restore_checkpoint,
    save_checkpoint,
)
from hyperparameters import Hyperparameters
from training import build_vae

SMALL = Hyperparameters(
    img_dim=32,
    batch_size=8,
    latent_dim=3,
    encoder_filters=(4, 8),
    decoder_filters=(8, 4),
    encoder_units=8,
    decoder_channels=4,
    kl_warm_up_steps=0,
)


def vae_in(precision="float32", xla=False):
    settings = dataclasses.replace(SMALL, precision=precision, xla=xla)
    return build_vae(settings, picture_count=8)


def pictures():
    return tf.constant(np.random.default_rng(1).random((8, 32, 32, 3)), tf.float32)


def fit(vae, steps):
    batches = tf.data.Dataset.from_tensors(pictures()).repeat(steps)
    return vae.fit(batches, verbose=0, shuffle=False).history["loss"][0]


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_the_bits_give_nearly_the_same_losses_and_gradients(precision):
    half, full = vae_in(precision), vae_in()
    for ours, theirs in zip(half.variables, full.variables, strict=True):
        assert ours.dtype == theirs.dtype
        ours.assign(theirs)
    found, expected = [
        vae.compute_losses(pictures(), training=True) for vae in (half, full)
    ]
    for name in ("loss", "reconstruction", "kl", "perceptual"):
        assert found[name].dtype == "float32"
        assert float(found[name]) == pytest.approx(float(expected[name]), rel=0.02)
    assert half.encoder.get_layer("block1_conv").compute_dtype == precision
    for head in (*half.encoder.outputs, *half.decoder.outputs):
        assert head.dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"
    for vae in (half, full):
        fit(vae, 20)
    after = [
        float(vae.compute_losses(pictures(), training=False)["loss"])
        for vae in (half, full)
    ]
    assert after[0] == pytest.approx(after[1], rel=0.1)


def test_a_gradient_that_overflows_costs_a_step_and_no_weight():
    vae = vae_in("float16")
    # The first steps overflow until the factor is small enough.
    fit(vae, 12)
    taken = int(vae.optimizer.iterations)
    assert taken
    before = [np.array(each) for each in vae.trainable_variables]
    vae.optimizer.dynamic_scale.assign(1e38)
    fit(vae, 1)
    for weight, same in zip(vae.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(weight, same)
    assert int(vae.optimizer.iterations) == taken
    assert vae.step == 13
    assert float(vae.optimizer.dynamic_scale) == pytest.approx(5e37)


def test_the_factor_of_the_loss_is_part_of_a_checkpoint(tmp_path):
    vae, resumed = vae_in("float16"), vae_in("float16")
    fit(vae, 2)
    vae.optimizer.dynamic_scale.assign(2.0**7)
    vae.optimizer.step_counter.assign(5)
    save_checkpoint(tmp_path / "c.npz", vae, State(Place(0, 2), np.zeros(6), ""))
    restore_checkpoint(tmp_path / "c.npz", resumed)
    assert float(resumed.optimizer.dynamic_scale) == 2.0**7
    assert fit(vae, 2) == fit(resumed, 2)
    state = [each.variables + each.optimizer.variables for each in (vae, resumed)]
    for one, other in zip(*state, strict=True):
        np.testing.assert_array_equal(one, other)


def test_xla_computes_the_same():
    compiled, plain = vae_in(xla=True), vae_in()
    assert compiled.jit_compile
    for vae in (compiled, plain):
        # XLA draws other noise from the same seed.
        head = vae.encoder.get_layer("z_log_var")
        head.kernel.assign(0.0 * head.kernel)
        head.bias.assign([-40.0] * 3)
    batch = tf.data.Dataset.from_tensors(pictures())
    held_out = [vae.evaluate(batch, verbose=0)[0] for vae in (compiled, plain)]
    assert held_out[0] == pytest.approx(held_out[1], rel=1e-5)
    # Normalising over one batch magnifies rounding.
    assert fit(compiled, 1) == pytest.approx(fit(plain, 1), rel=1e-3)
