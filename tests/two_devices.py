"""Trains a small model on one and on two logical CPUs; run by test_devices.py."""

import sys
from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf

import devices
from hyperparameters import Hyperparameters
from training import build_vae

SETTINGS = Hyperparameters(
    img_dim=16,
    batch_size=8,
    latent_dim=3,
    encoder_filters=(4,),
    decoder_filters=(4,),
    perceptual_layer="features_1",
    encoder_units=8,
    decoder_channels=4,
    kl_warm_up_steps=3,
    initial_learning_rate=0.01,
    # Short enough to act.
    clip_norm=30.0,
)


def train(settings, strategy, steps=3):
    """Return losses of training and validation, and all variables after it."""
    noise = np.random.default_rng(1).random((8 * steps + 11, 16, 16, 3), np.float32)
    batches, held_out = (
        tf.data.Dataset.from_tensor_slices(part).batch(8)
        for part in (noise[: 8 * steps], noise[8 * steps :])
    )
    with strategy.scope():
        vae = build_vae(settings, picture_count=100)
    history = vae.fit(
        batches,
        # The last batch is one that two devices cannot share equally.
        validation_data=held_out,
        verbose=0,
        shuffle=False,
    )
    state = vae.variables + vae.optimizer.variables
    return history.history, {each.path: each.numpy() for each in state}


def main():
    """Exit with an assertion where two devices differ from one."""
    for objective in sys.argv[1:]:
        settings = replace(SETTINGS, objective=objective)
        one = train(settings, devices.build_strategy("one"))
        keras.backend.clear_session()
        strategy = devices.build_strategy("mirrored")
        assert strategy.num_replicas_in_sync == 2
        two = train(settings, strategy)
        for name, (value,) in one[0].items():
            print(objective, name, value, two[0][name])
            np.testing.assert_allclose(two[0][name], [value], rtol=1e-5, atol=1e-5)
        for name, value in one[1].items():
            np.testing.assert_allclose(
                two[1][name], value, rtol=1e-3, atol=1e-3, err_msg=name
            )


if __name__ == "__main__":
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )
    main()
