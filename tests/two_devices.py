"""Trains a small model on one and on two logical CPUs; run by test_strategy.py."""

import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import data
from devices import strategy
from hyperparameters import Hyperparameters
from pictures.reading import Split
from training import build_vae

SETTINGS = Hyperparameters(
    img_dim=16,
    batch_size=8,
    latent_dim=3,
    encoder_filters=(4,),
    decoder_filters=(4,),
    perceptual_layers=("features_1",),
    encoder_units=8,
    decoder_channels=4,
    kl_warm_up_steps=3,
    initial_learning_rate=0.01,
    # Short enough to act.
    clip_norm=30.0,
)


def noise(count):
    """Return a `Split` of noise."""
    pixels = np.random.default_rng(count).integers(0, 256, (count, 16, 16, 3), np.uint8)
    return Split(Path(), [Path()] * count, 16, pixels)


def train(settings, strategy, steps=3):
    """Return losses of training and validation, and all variables after it."""
    # 11 are a batch of 6 and one of 5, which two devices cannot share equally.
    training, held_out = (noise(count) for count in (8 * steps, 11))
    with strategy.scope():
        vae = build_vae(settings, picture_count=100)
    history = vae.fit(
        data.training_batches(training, 8, seed=1, epochs=range(1), steps=steps),
        steps_per_epoch=steps,
        validation_data=data.evaluation_batches(held_out, 8),
        verbose=0,
        shuffle=False,
    )
    state = vae.variables + vae.optimizer.variables
    return history.history, {each.path: each.numpy() for each in state}


def main():
    """Exit with an assertion where two devices differ from one."""
    for objective in sys.argv[1:]:
        settings = replace(SETTINGS, objective=objective)
        one = train(settings, strategy.build_strategy("one"))
        keras.backend.clear_session()
        mirrored = strategy.build_strategy("mirrored")
        assert mirrored.num_replicas_in_sync == 2
        two = train(settings, mirrored)
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
