import math

import keras
import numpy as np
import pytest
import tensorflow as tf

import losses
import objectives
from hyperparameters import PRESETS, Hyperparameters
from latents.straightening import FUNCTIONS, MOST_CURVES, Straightening
from latents.unbending import Unbending
from model import VAE, build_decoder, build_encoder
from training import build_vae


def pictures_of(count=4, side=16, seed=0):
    noise = np.random.default_rng(seed).random((count, side, side, 3))
    return tf.constant(noise, tf.float32)


def small_vae(perceptual_network=None, **changes):
    keras.utils.set_random_seed(5)
    settings = {"beta": 2.0, "gamma": 3.0, "seed": 5, **changes}
    vae = VAE(
        build_encoder(16, filters=(4, 4), units=8, latent_dim=3),
        build_decoder(16, filters=(4, 4), channels=4, latent_dim=3),
        perceptual_network=perceptual_network,
        **settings,
    )
    vae.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    return vae


def pixels(pictures, training):
    """See of pictures what they are: the plainest of perceptual networks."""
    return [pictures]


# Weights of each layer of the full-size idea, counted by hand:
# a convolution has 9 * in * out and its normalisation 4 * out numbers.
ENCODER_128 = {
    "block1_conv1": 9 * 3 * 64,
    "block1_conv2": 9 * 64 * 64,
    "block2_conv1": 9 * 64 * 64,
    "block2_conv2": 9 * 64 * 64,
    "block3_conv1": 9 * 64 * 128,
    "block3_conv2": 9 * 128 * 128,
    "block4_conv1": 9 * 128 * 128,
    "block4_conv2": 9 * 128 * 128,
    "block5_conv1": 9 * 128 * 256,
    "block5_conv2": 9 * 256 * 256,
    "block6_conv1": 9 * 256 * 256,
    "block6_conv2": 9 * 256 * 256,
    "dense": (2 * 2 * 256 + 1) * 512,
    "z_mean": (512 + 1) * 256,
    "z_log_var": (512 + 1) * 256,
    "rotation": 256 * 256,
}
DECODER_128 = {
    "dense": (256 + 1) * 1024,
    "block1_conv1": 9 * 64 * 512,
    "block1_conv2": 9 * 512 * 512,
    "block2_conv1": 9 * 512 * 256,
    "block2_conv2": 9 * 256 * 256,
    "block3_conv1": 9 * 256 * 128,
    "block3_conv2": 9 * 128 * 128,
    "block4_conv1": 9 * 128 * 64,
    "block4_conv2": 9 * 64 * 64,
    "block5_conv1": 9 * 64 * 64,
    "block5_conv2": 9 * 64 * 64,
    "pictures": (9 * 64 + 1) * 3,
}


def test_full_size_model_has_the_layers_of_the_idea():
    settings = Hyperparameters(**{**PRESETS["landmarks_128"], "gamma": 0.0})
    vae = build_vae(settings, picture_count=10)
    for network, expected in ((vae.encoder, ENCODER_128), (vae.decoder, DECODER_128)):
        counted = {layer.name: layer.count_params() for layer in network.layers}
        for name, count in expected.items():
            assert counted.pop(name) == count, name
            if "conv" in name:
                filters = network.get_layer(name).kernel.shape[-1]
                assert counted.pop(f"{name}_norm") == 4 * filters
        assert not any(counted.values())
    assert vae.decoder.get_layer("reshape").output.shape == (None, 4, 4, 64)
    assert vae.encoder.get_layer("block6_pool").output.shape == (None, 2, 2, 256)
    assert vae.decoder.output_shape == (None, 128, 128, 3)


def test_a_strided_encoder_halves_by_its_convolutions_alone():
    encoder = build_encoder(16, (4, 6), units=8, latent_dim=3, kind="strided")
    convolutions = [layer for layer in encoder.layers if "conv" in layer.name]
    assert encoder.get_layer("block1_conv").output.shape == (None, 8, 8, 4)
    assert encoder.get_layer("block2_conv").output.shape == (None, 4, 4, 6)
    assert len([part for part in convolutions if part.name.endswith("conv")]) == 2
    mean, log_variance = encoder(pictures_of())
    assert mean.shape == log_variance.shape == (4, 3)


def test_a_modulated_decoder_begins_as_a_plain_one_and_listens_in_every_block():
    decoder = build_decoder(16, (4, 4), 4, latent_dim=3, kind="modulated")
    latents = tf.constant(np.random.default_rng(1).standard_normal((5, 3)), tf.float32)
    before = decoder(latents)
    for number in (1, 2):
        for part in ("conv1", "conv2"):
            modulation = decoder.get_layer(f"block{number}_{part}_modulation")
            assert not modulation.dense.kernel.numpy().any()
            modulation.dense.kernel.assign(tf.ones_like(modulation.dense.kernel))
            after = decoder(latents)
            assert np.abs(after - before).max() > 1e-4
            modulation.dense.kernel.assign(tf.zeros_like(modulation.dense.kernel))


def test_the_divergence_of_each_dimension_has_a_weight_of_its_own():
    vae, pictures = small_vae(kl_weights=np.float32([1.0, 8.0, 8.0])), pictures_of()
    parts = vae.compute_losses(pictures, training=False)
    nats = tf.reduce_mean(losses.kl_divergence(*vae.encoder(pictures)), axis=0)
    assert float(parts["kl"]) == pytest.approx(float(tf.reduce_sum(nats)), rel=1e-5)
    kl = float(nats[0] + 8.0 * (nats[1] + nats[2]))
    expected = float(parts["reconstruction"] + 3.0 * parts["perceptual"]) + 2.0 * kl
    assert float(parts["loss"]) == pytest.approx(expected, rel=1e-5)


def test_weights_of_the_divergence_grow_from_1():
    vae = small_vae(kl_weights=np.float32([1.0, 8.0, 8.0]), kl_weights_steps=10)
    assert vae._warmed_kl_weights(training=True).numpy().tolist() == [1.0, 1.0, 1.0]
    vae.steps_taken.assign(5)
    assert vae._warmed_kl_weights(training=True).numpy().tolist() == [1.0, 4.5, 4.5]
    assert vae._warmed_kl_weights(training=False).tolist() == [1.0, 8.0, 8.0]


def test_told_pictures_reach_the_encoder_alone():
    vae, pictures = small_vae(told_weight=5.0), pictures_of()
    scores = tf.constant([[0.0, math.nan]] * 4)
    parts = vae.compute_losses(pictures, training=True, told=(pictures, scores))
    untold = vae.compute_losses(pictures, training=False)
    assert float(untold["told"]) == 0.0
    weighted = parts["reconstruction"] + 2.0 * parts["kl"] + 3.0 * parts["perceptual"]
    expected = float(weighted) + 5.0 * float(parts["told"])
    assert float(parts["loss"]) == pytest.approx(expected, rel=1e-5)
    assert float(parts["told"]) > 0
    told = tf.data.Dataset.from_tensors((pictures, pictures, scores)).repeat(60)
    vae = small_vae(told_weight=100.0, beta=0.0, gamma=0.0)
    history = vae.fit(told.take(1), verbose=0, shuffle=False).history["told"]
    vae.fit(told, verbose=0, shuffle=False)
    assert vae.fit(told.take(1), verbose=0, shuffle=False).history["told"][0] < (
        0.2 * history[0]
    )


def test_heads_are_linear_so_that_means_and_variances_are_free():
    encoder = build_encoder(16, filters=(4, 4), units=8, latent_dim=50)
    mean, log_variance = encoder(pictures_of(8), training=True)
    assert float(tf.reduce_min(mean)) < 0 < float(tf.reduce_max(mean))
    assert float(tf.reduce_min(log_variance)) < 0 < float(tf.reduce_max(log_variance))


def test_variances_that_run_off_stay_finite_and_find_back():
    encoder = build_encoder(16, filters=(4, 4), units=8, latent_dim=2)
    head = encoder.get_layer("z_log_var")
    head.kernel.assign(tf.zeros_like(head.kernel))
    head.bias.assign([30.0, 0.5])
    with tf.GradientTape() as tape:
        _, log_variance = encoder(pictures_of(2), training=False)
    bounded = [10 * np.tanh(3.0), 10 * np.tanh(0.05)]
    np.testing.assert_allclose(log_variance, [bounded, bounded], rtol=1e-6)
    assert np.all(tape.gradient(log_variance, head.bias).numpy() > 0)


def test_the_loss_is_the_weighted_sum_of_its_parts():
    vae = small_vae(pixels)
    parts = vae.compute_losses(pictures_of(), training=False)
    weighted = parts["reconstruction"] + 2.0 * parts["kl"] + 3.0 * parts["perceptual"]
    assert float(parts["loss"]) == pytest.approx(float(weighted), rel=1e-6)
    redrawn = vae(pictures_of(), training=False)
    squares = np.square(redrawn - pictures_of()).sum(axis=(1, 2, 3)).mean()
    assert float(parts["reconstruction"]) == pytest.approx(squares, rel=1e-5)
    distance = np.abs(redrawn - pictures_of()).sum(axis=(1, 2, 3)).mean()
    assert float(parts["perceptual"]) == pytest.approx(distance, rel=1e-5)


def test_held_out_figures_weigh_a_short_batch_by_its_pictures():
    vae, pictures = small_vae(), pictures_of(5)
    batches = tf.data.Dataset.from_tensor_slices(pictures).batch(4)
    figures = vae.evaluate(batches, return_dict=True, verbose=0)
    whole = vae.compute_losses(pictures, training=False)
    assert figures["loss"] == pytest.approx(float(whole["loss"]), rel=1e-5)
    again = vae.evaluate(batches, return_dict=True, verbose=0)
    assert figures == again


def test_active_dimensions_are_counted():
    vae = small_vae()
    for layer, value in (("z_mean", 0.0), ("z_log_var", 0.0)):
        head = vae.encoder.get_layer(layer)
        head.kernel.assign(tf.zeros_like(head.kernel))
        head.bias.assign(tf.fill(head.bias.shape, value))
    assert float(vae.compute_losses(pictures_of(), False)["active_dimensions"]) == 0
    vae.encoder.get_layer("z_mean").bias.assign([1.0, 0.0, 0.5])
    parts = vae.compute_losses(pictures_of(), False)
    assert float(parts["active_dimensions"]) == 2
    assert float(parts["kl"]) == pytest.approx(0.5 + 0.125)


def test_beta_warms_up_in_training_only():
    vae = small_vae(kl_warm_up_steps=10)
    pictures = pictures_of()
    for step, share in ((0, 0.0), (4, 0.4), (10, 1.0), (25, 1.0)):
        vae.steps_taken.assign(step)
        parts = vae.compute_losses(pictures, training=True)
        expected = parts["reconstruction"] + share * 2.0 * parts["kl"]
        assert float(parts["loss"]) == pytest.approx(float(expected), rel=1e-5)
    vae.steps_taken.assign(0)
    parts = vae.compute_losses(pictures, training=False)
    assert float(parts["loss"]) == pytest.approx(
        float(parts["reconstruction"] + 2.0 * parts["kl"]), rel=1e-5
    )


def test_training_lowers_the_loss_and_never_traces_again():
    vae, pictures = small_vae(beta=0.01), pictures_of(8)
    batches = tf.data.Dataset.from_tensors(pictures).repeat(30)
    traces = []
    compute_losses = vae.compute_losses

    def counted(pictures, training, told):
        traces.append(training)
        return compute_losses(pictures, training, told)

    vae.compute_losses = counted
    before = float(compute_losses(pictures, training=False)["loss"])
    vae.fit(batches.take(1), verbose=0, shuffle=False)
    after_first_step = len(traces)
    vae.beta.assign(0.02)
    vae.gamma.assign(0.0)
    vae.fit(batches, verbose=0, shuffle=False)
    assert len(traces) == after_first_step
    assert float(compute_losses(pictures, training=False)["loss"]) < before


def test_changed_beta_acts_in_the_compiled_step():
    vae, pictures = small_vae(beta=0.0, gamma=0.0), pictures_of(8)
    batches = tf.data.Dataset.from_tensors(pictures)
    vae.fit(batches, verbose=0, shuffle=False)
    vae.beta.assign(1000.0)
    history = vae.fit(batches, verbose=0, shuffle=False).history
    expected = history["reconstruction"][0] + 1000.0 * history["kl"][0]
    assert history["loss"][0] == pytest.approx(expected, rel=1e-4)


def test_saved_networks_draw_the_same_picture(tmp_path):
    vae, pictures = small_vae(), pictures_of()
    vae.fit(tf.data.Dataset.from_tensors(pictures).repeat(3), verbose=0, shuffle=False)
    vae.encoder.save(tmp_path / "encoder.keras")
    vae.decoder.save(tmp_path / "decoder.keras")
    encoder = keras.models.load_model(tmp_path / "encoder.keras")
    decoder = keras.models.load_model(tmp_path / "decoder.keras")
    again = decoder(encoder(pictures, training=False)[0], training=False)
    np.testing.assert_array_equal(again, vae(pictures, training=False))


def test_pictures_are_encoded_and_decoded_batch_by_batch_alike():
    vae, pictures = small_vae(), pictures_of(5)
    means, log_variances = vae.encode([pictures[:2], pictures[2:]])
    at_once = vae.encoder(pictures, training=False)
    np.testing.assert_allclose(means, at_once[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(log_variances, at_once[1], rtol=1e-5, atol=1e-6)
    latents = np.random.default_rng(1).standard_normal((70, 3)).astype(np.float32)
    decoded = vae.decode(latents)
    assert decoded.shape == (70, 16, 16, 3)
    expected = vae.decoder(latents, training=False)
    np.testing.assert_allclose(decoded, expected, rtol=1e-5, atol=1e-6)


def test_turned_axes_redraw_the_same_pictures(tmp_path):
    vae, pictures = small_vae(), pictures_of()
    vae.fit(tf.data.Dataset.from_tensors(pictures).repeat(3), verbose=0, shuffle=False)
    before, drawn = vae.encoder(pictures)[0].numpy(), vae(pictures).numpy()
    losses = vae.evaluate(tf.data.Dataset.from_tensors(pictures), verbose=0)
    # A third of a turn about the diagonal: each axis becomes the next one.
    vae.turn(np.roll(np.eye(3), 1, axis=1))
    np.testing.assert_allclose(
        vae.encoder(pictures)[0], np.roll(before, -1, axis=1), rtol=1e-6
    )
    np.testing.assert_allclose(vae(pictures), drawn, atol=1e-6)
    again = vae.evaluate(tf.data.Dataset.from_tensors(pictures), verbose=0)
    assert again == pytest.approx(losses, rel=1e-5)
    vae.encoder.save(tmp_path / "encoder.keras")
    saved = keras.models.load_model(tmp_path / "encoder.keras")
    np.testing.assert_array_equal(saved(pictures)[0], vae.encoder(pictures)[0])


def test_straightened_and_unbent_dimensions_redraw_the_same_pictures():
    random, pictures = np.random.default_rng(1), pictures_of()
    encoder = build_encoder(16, (4, 4), 8, latent_dim=3, unbends=True)
    decoder = build_decoder(16, (4, 4), 4, latent_dim=3, unbends=True)
    vae = VAE(encoder, decoder, beta=0.1, gamma=0.0)
    before, drawn = vae.encode([pictures]), vae(pictures).numpy()
    shape = (MOST_CURVES * FUNCTIONS, 3)
    centres, reach, heights = random.standard_normal((3, *shape)) / 10
    # The last two dimensions say what the first is given.
    reach[:, 0], heights[:, 1:] = 0.0, 0.0
    scale = np.array([3.0, 1.0, 1.0])
    straight = Straightening(np.zeros(3), scale, centres, reach**2, heights)
    vae.straighten(straight)
    slopes = np.zeros((30, 3))
    # The first dimension tells of the other two.
    slopes[::3, 1:] = random.standard_normal((10, 2))
    hinges, scale = random.standard_normal((10, 3)), np.array([1.0, 0.5, 2.0])
    unbent = Unbending(np.zeros(3), scale, hinges, slopes)
    vae.unbend(unbent)
    means, log_variances = vae.encode([pictures])
    expected = unbent.take(straight.take(before[0]))
    np.testing.assert_allclose(means, expected, rtol=1e-4, atol=1e-6)
    assert not np.isclose(means, before[0]).any()
    expected = before[1] - 2 * np.log(straight.scale * scale)
    np.testing.assert_allclose(log_variances, expected, rtol=1e-5)
    np.testing.assert_allclose(vae(pictures), drawn, atol=1e-6)


def test_perceptual_network_is_no_part_of_what_is_trained_or_saved():
    seen = keras.Input((16, 16, 3))
    network = keras.Model(seen, [keras.layers.Conv2D(2, 3)(seen)])
    without, with_network = small_vae(), small_vae(network)
    assert len(with_network.variables) == len(without.variables)


def test_no_loss_sees_the_bars_beside_a_picture():
    vae = small_vae(pixels)
    pictures = pictures_of().numpy()
    pictures[:, :5] = np.nan
    black = np.nan_to_num(pictures)
    parts = vae.compute_losses(tf.constant(pictures), training=False)
    errors = (vae(black).numpy() - black)[:, 5:]
    squares = np.square(errors).sum(axis=(1, 2, 3)).mean()
    assert float(parts["reconstruction"]) == pytest.approx(squares, rel=1e-4)
    assert float(parts["perceptual"]) == pytest.approx(
        np.abs(errors).sum(axis=(1, 2, 3)).mean(), rel=1e-4
    )
    for codes, same in zip(vae.encode([pictures]), vae.encode([black]), strict=True):
        np.testing.assert_array_equal(codes, same)


def test_a_step_on_padded_pictures_is_finite():
    vae = small_vae(pixels, objective=objectives.calibrated, told_weight=1.0)
    pictures = pictures_of().numpy()
    pictures[:, :5] = np.nan
    scores = tf.zeros((4, 2))
    vae.train_step((tf.constant(pictures), tf.constant(pictures), scores))
    for weight in vae.weights:
        assert np.all(np.isfinite(weight))
