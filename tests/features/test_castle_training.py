import keras
import numpy as np
import pytest

from castles.drawing import draw_castle
from castles.factors import FACTORS, sample_factors
from features import castle_training
from features.castle_training import (
    build_reader,
    draw_castles,
    even_out,
    main,
    train_reader,
)
from features.networks import build_castle_features


def test_pictures_and_factors_are_scaled_and_belong_together():
    pictures, factors = draw_castles(20, seed=3)
    assert pictures.shape == (20, 64, 64, 3)
    assert pictures.dtype == np.float32
    assert 0 <= pictures.min() and pictures.max() <= 1
    assert factors.shape == (20, len(FACTORS))
    assert 0 <= factors.min() and factors.max() <= 1

    sample = sample_factors(20, seed=3)
    eighth = {name: column[7] for name, column in sample.items()}
    np.testing.assert_array_equal(np.rint(pictures[7] * 255), draw_castle(eighth, 64))
    # Two to five towers become 0 to 1.
    np.testing.assert_allclose(factors[:, 0], (sample["tower_count"] - 2) / 3)


def test_training_lowers_the_loss():
    keras.utils.set_random_seed(1)
    pictures, factors = draw_castles(64, seed=3)
    reader = build_reader(build_castle_features(64))
    losses = train_reader(reader, pictures, factors, epochs=6).history["loss"]
    assert losses[-1] < 0.7 * losses[0]


def test_evening_out_keeps_what_the_network_computes():
    keras.utils.set_random_seed(1)
    pictures, _ = draw_castles(16, seed=3)
    network = build_castle_features(64)
    before = network.predict(pictures, verbose=0)
    spread = before.std(axis=(0, 1, 2))
    even_out(network, pictures)
    after = network.predict(pictures, verbose=0)
    heard = spread > 0
    np.testing.assert_allclose(
        after[..., heard], (before / np.where(heard, spread, 1))[..., heard], atol=1e-3
    )
    for layer in network.layers[-4:]:
        features = keras.Model(network.inputs, layer.output).predict(
            pictures, verbose=0
        )
        spreads = features.std(axis=(0, 1, 2))
        np.testing.assert_allclose(spreads[spreads > 0], 1.0, atol=1e-3)


def test_command_prints_each_factor_and_writes_the_weights(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(castle_training, "HELD_OUT_CASTLES", 16)
    argv = f"--castles 64 --epochs 1 --to {tmp_path / 'new.npz'}".split()
    assert main(argv) == 0
    printed = capsys.readouterr().out
    for factor in FACTORS:
        assert factor.name in printed
    with np.load(tmp_path / "new.npz") as weights:
        assert weights["features_2_kernel"].shape == (3, 3, 16, 32)


def test_mistyped_number_ends_with_exit_code_2(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--castles", "many"])
    assert stop.value.code == 2
    assert "invalid int value: 'many'" in capsys.readouterr().err
