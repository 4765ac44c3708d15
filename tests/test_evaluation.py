import json

import keras
import numpy as np
import pytest
from tensorflow.python.summary.summary_iterator import summary_iterator

import data
import evaluation
from castles.dataset import write_castles
from castles.factors import FACTORS
from hyperparameters import Hyperparameters
from model import VAE, build_decoder, build_encoder
from pictures.factors import read_known_factors
from run_folder import RunFolder
from tests.grey_pictures import read


def pictures_in(folder, side=32):
    """Return pictures of which the folder holds those to test on."""
    split = read(folder, side=side)
    known = read_known_factors(split)
    return data.Pictures(split, split, split, known, None, None, passed_over=[])


@pytest.fixture(scope="module")
def castle_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("castles") / "test"
    write_castles(folder, {"": 210}, 32, seed=4)
    return folder


def test_rmse_is_per_pixel_and_channel():
    # Every one of 4 * 4 * 3 values is wrong by 0.1.
    assert evaluation.rmse(4 * 4 * 3 * 0.01, img_dim=4) == pytest.approx(0.1)
    # Half of each picture is padding, which has no errors.
    assert evaluation.rmse(4 * 2 * 3 * 0.01, 4, inside_share=0.5) == pytest.approx(0.1)


def test_figures_of_a_model_on_known_castles(castle_folder):
    keras.utils.set_random_seed(1)
    vae = VAE(
        build_encoder(32, (4, 4), 8, 3), build_decoder(32, (4, 4), 4, 3), 0.1, 0.0
    )
    vae.compile(keras.optimizers.Adam(), jit_compile=False)
    pictures = pictures_in(castle_folder)
    settings = Hyperparameters(img_dim=32)
    metrics = evaluation.test(vae, pictures, settings)
    assert json.loads(json.dumps(metrics)) == metrics
    assert metrics["pictures"] == {"train": 210, "validation": 210, "test": 210}
    redrawn = vae.predict(pictures.test.pixels / np.float32(255), verbose=0)
    error = redrawn - pictures.test.pixels / np.float32(255)
    assert metrics["test_rmse"] == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-4)
    told = {factor["factor"]: factor for factor in metrics["latents"]["factors"]}
    assert list(told) == [factor.name for factor in FACTORS]
    assert told["time_of_day"]["worth"] == max(each["worth"] for each in told.values())
    before = metrics["latents_before_rotation"]["factors"]
    assert [each["worth"] for each in before] == [
        each["worth"] for each in told.values()
    ]
    assert len(metrics["latents"]["kl_per_dimension"]) == 3
    before = metrics["latents_before_rotation"]["kl_per_dimension"]
    assert metrics["latents"]["kl_per_dimension"] == pytest.approx(before, rel=1e-4)
    vae.turn(np.roll(np.eye(3), 1, axis=1))
    turned = evaluation.test(vae, pictures, settings)
    assert turned["latents_before_rotation"]["kl_per_dimension"] == before
    assert turned["latents"]["kl_per_dimension"] == pytest.approx(
        np.roll(before, -1), rel=1e-4
    )
    words = evaluation.in_words(metrics)
    slant = told["roof_slant"]
    assert (
        f"  roof slant: {slant['verdict']}; R2 {slant['r2']:.2f} from all dimensions, "
        f"share {slant['score']:.2f} in z{slant['dimension']}" in words
    )
    assert f"RMSE {metrics['test_rmse']:.4f}" in words


def test_tensorboard_can_compare_settings_and_figures(tmp_path):
    settings = Hyperparameters(name="one", steps_per_epoch=None)
    metrics = {"test_rmse": 0.04, "steps": 30, "latents": {"active_dimensions": 2}}
    evaluation.save_for_tensorboard(metrics, settings, RunFolder(tmp_path))
    (events,) = (tmp_path / "tensorboard").iterdir()
    tags = [
        value.tag
        for event in summary_iterator(str(events))
        for value in event.summary.value
    ]
    assert tags == [
        "_hparams_/session_start_info",
        "test/rmse",
        "test/active_dimensions",
    ]
