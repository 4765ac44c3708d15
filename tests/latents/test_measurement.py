"""What a run reports about its latent space."""

import json

import numpy as np
import pytest

from latents import disentanglement, information
from latents.infomec import infomec
from latents.measurement import LEAST_PICTURES, measure

NAMES = ["slant", "width"]


@pytest.fixture
def factors():
    return np.random.default_rng(0).uniform(-1.7, 1.7, size=(LEAST_PICTURES, 2))


@pytest.fixture
def z_mean(factors):
    """Dimensions: the second factor, nothing, the first factor."""
    nothing = np.zeros(len(factors))
    return np.column_stack([factors[:, 1], nothing, factors[:, 0]])


def test_codes_alone_have_the_scores_that_need_no_factors(z_mean):
    scores = measure(z_mean, np.zeros_like(z_mean))

    assert scores["picture_count"] == LEAST_PICTURES
    assert scores["active_dimensions"] == 2
    assert scores["kl_per_dimension"] == pytest.approx(np.mean(z_mean**2, axis=0) / 2)
    assert 0 <= scores["mean_correlation"] < 0.2
    assert len(scores) == 4


def test_factors_are_measured_and_their_owners_named(z_mean, factors):
    scores = measure(z_mean, np.zeros_like(z_mean), factors, NAMES)

    owners = {entry["factor"]: entry for entry in scores["factors"]}
    assert owners["slant"]["dimension"] == 2
    assert owners["width"]["dimension"] == 0
    assert owners["slant"]["gap"] == pytest.approx(
        owners["slant"]["score"] - owners["slant"]["second_score"]
    )
    assert owners["slant"]["verdict"] == "its own"
    assert owners["slant"]["r2"] > 0.97
    assert owners["slant"]["worth"] is None
    assert scores["owned_factor_count"] == 2
    assert scores["factor_names"] == NAMES
    assert np.shape(scores["normalized_mutual_information"]) == (3, 2)


def test_scores_are_those_of_the_metrics(z_mean, factors):
    factors[:, 1] = factors[:, 1].round()
    mixed = z_mean + 0.5 * z_mean[:, ::-1]

    scores = measure(mixed, np.zeros_like(mixed), factors, NAMES)

    for name in (
        "separated_attribute_predictability",
        "factor_vae_score",
        "explicitness",
    ):
        assert scores[name] == getattr(disentanglement, name)(mixed, factors), name
    mutual = information.mutual_information(mixed, factors)
    shares = information.normalize_by_entropy(mutual, factors)
    assert scores["normalized_mutual_information"] == shares.tolist()
    assert scores["modularity"] == disentanglement.modularity(mutual)
    gap = disentanglement.mutual_information_gap(shares)
    assert scores["mutual_information_gap"] == gap
    dci = disentanglement.dci(mixed, factors)
    assert dci.items() <= scores.items()
    assert len(set(dci.values())) == 3


def test_worths_stand_beside_what_was_learnt(z_mean, factors):
    # One dimension for two factors of equal weight cannot tell them apart.
    both = factors.sum(axis=1, keepdims=True)

    learnt = measure(both, np.zeros_like(both), factors, NAMES, worths=[7, 2.5])

    assert [entry["worth"] for entry in learnt["factors"]] == [7, 2.5]
    assert not any(entry["is_owned"] for entry in learnt["factors"])


def test_r2_is_read_from_other_means_that_say_more_readably_the_same(z_mean, factors):
    noise = np.random.default_rng(1).standard_normal(z_mean.shape)
    spread = np.zeros_like(z_mean)
    scores = measure(noise, spread, factors, NAMES, readable=z_mean)
    assert min(entry["r2"] for entry in scores["factors"]) > 0.99
    assert not any(entry["is_owned"] for entry in scores["factors"])


def test_infomec_is_that_of_its_module(z_mean, factors):
    scores = measure(z_mean, np.zeros_like(z_mean), factors, NAMES)

    names = ("infomec_modularity", "infomec_explicitness", "infomec_compactness")
    assert tuple(scores[name] for name in names) == infomec(z_mean, factors)


def test_scores_survive_json_unchanged(z_mean, factors):
    scores = measure(z_mean.astype(np.float32), np.zeros_like(z_mean), factors, NAMES)

    assert json.loads(json.dumps(scores, allow_nan=False)) == scores


def test_too_few_pictures_leave_the_factors_out_and_say_so(z_mean, factors):
    few = slice(LEAST_PICTURES - 1)

    scores = measure(z_mean[few], np.zeros_like(z_mean[few]), factors[few], NAMES)

    assert "mutual_information_gap" not in scores
    assert scores["factors_not_measured"] == "199 pictures are too few; 200 are needed"


@pytest.mark.parametrize("position", [0, 1])
def test_diverged_codes_are_refused(z_mean, position):
    posterior = [z_mean, np.zeros_like(z_mean)]
    posterior[position][3, 1] = np.nan

    with pytest.raises(ValueError, match="not finite"):
        measure(*posterior)


def test_factors_of_other_pictures_are_refused(z_mean, factors):
    with pytest.raises(ValueError, match="need"):
        measure(z_mean, np.zeros_like(z_mean), factors[1:], NAMES)
    with pytest.raises(ValueError, match="need"):
        measure(z_mean, np.zeros_like(z_mean), factors, ["slant"])
