"""docs/figures.md explains every figure that a run writes."""

import numpy as np

from latents.measurement import measure
from run_folder import LOG_COLUMNS
from tests.docs.pages import ROOT, spans

EXPLAINED = set(spans(ROOT / "docs" / "figures.md"))


def test_the_columns_of_the_loss_log_are_explained():
    assert set(LOG_COLUMNS) - {"step", "epoch", "split"} <= EXPLAINED


def test_the_measures_of_the_latent_dimensions_are_explained():
    random = np.random.default_rng(0)
    z_mean, z_log_var, factors = random.standard_normal((3, 240, 2))
    measured = measure(z_mean, z_log_var, factors, ["towers", "hills"])
    too_few = measure(z_mean[:9], z_log_var[:9], factors[:9], ["towers", "hills"])
    assert set(measured) | set(too_few) | set(measured["factors"][0]) <= EXPLAINED
