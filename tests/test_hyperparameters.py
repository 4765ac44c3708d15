import dataclasses
import math

import pytest

from hyperparameters import (
    PRESETS,
    Hyperparameters,
    describe,
    expected,
)
from mistakes import UserMistake


def test_every_preset_holds_and_names_existing_settings():
    for preset in PRESETS.values():
        Hyperparameters(**preset)


def test_every_setting_has_a_note():
    for setting in dataclasses.fields(Hyperparameters):
        assert len(setting.metadata["note"]) > 15, setting.name


def test_full_size_preset_has_the_values_of_the_idea():
    settings = Hyperparameters(**PRESETS["landmarks_128"])
    assert settings.epochs == 20
    assert settings.batch_size == 32
    assert settings.img_dim == 128
    assert settings.latent_dim == 256
    assert settings.beta == 1.5
    assert settings.gamma == 0.001
    assert settings.initial_learning_rate == 0.0005
    assert (settings.decay_rate, settings.decay_steps) == (0.96, 2500)
    assert settings.monitor_every_steps == 1000
    assert settings.demo_iterations == 100
    assert settings.perceptual_layers == ("block2_conv2",)
    assert (settings.encoder, settings.decoder) == ("pooled", "plain")
    assert (settings.schedule, settings.adam_beta_2) == ("exponential", 0.999)


def test_settings_cannot_be_changed_by_accident():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Hyperparameters().beta = 3.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("batch_size", -3),
        ("steps_per_epoch", 0),
        ("beta", -0.1),
        ("beta", math.nan),
        ("gamma", math.inf),
        ("initial_learning_rate", 0.0),
        ("decay_rate", 1.5),
        ("seed", -1),
        ("seed", 2**31),
        ("name", ""),
        ("name", ".."),
        ("name", "a/b"),
        ("name", "-a"),
        ("name", "a\0b"),
        ("name", "é" * 101),
        ("dataset", ""),
        ("perceptual_network", "vgg19"),
        ("encoder_filters", (16, 0)),
        ("img_dim", 100),
        ("checkpoint_every_steps", 30),
        ("demo_iterations", -1),
        ("demo_sampler", "posterior"),
        ("demo_temperature", 0.0),
        # Of the wrong type, as an edited file may have them.
        ("epochs", "3"),
        ("epochs", True),
        ("beta", None),
        ("flip", "no"),
        ("flip", 1),
        ("latent_dim", 64.0),
        ("encoder_filters", [16, 32]),
        ("encoder_filters", ()),
        ("name", 5),
    ],
)
def test_a_value_that_cannot_work_is_named_with_its_cure(name, value):
    flag = name.replace("_", "-")
    with pytest.raises(UserMistake, match=f"^--{flag}: received .*") as caught:
        dataclasses.replace(Hyperparameters(), **{name: value})
    assert "\n" not in str(caught.value).replace(str(value), "")


def test_side_must_be_halved_by_every_block():
    settings = dataclasses.replace(
        Hyperparameters(),
        img_dim=96,
        encoder_filters=(8,) * 5,
        decoder_filters=(8,) * 5,
    )
    with pytest.raises(UserMistake, match="use a multiple of 64"):
        dataclasses.replace(settings, decoder_filters=(8,) * 6)


def test_implied_sigma_is_where_both_terms_balance():
    assert dataclasses.replace(Hyperparameters(), beta=0.02).implied_sigma == 0.1
    for objective in ("sigma", "capacity"):
        settings = dataclasses.replace(Hyperparameters(), objective=objective)
        assert settings.implied_sigma is None


def test_limits_are_said_in_words():
    words = {s.name: expected(s) for s in dataclasses.fields(Hyperparameters)}
    assert words["epochs"] == "a whole number from 1"
    assert words["decay_rate"] == "a number above 0 up to 1"
    assert words["rotation"] == "ica or none"
    assert words["flip"] == "true or false"
    assert words["steps_per_epoch"] == "none, or a whole number from 1"


def test_description_shows_every_setting():
    text = describe(Hyperparameters())
    for setting in dataclasses.fields(Hyperparameters):
        assert f"{setting.name} " in text
