import numpy as np
import pytest

from transfer_learning.fine_tuning.metrics import (
    calibration,
    choose_threshold,
    measure,
    proportion,
    save_metrics_picture,
)

LABELS = np.array([0, 0, 1, 0, 1, 1])
SCORES = np.array([0.1, 0.2, 0.3, 0.6, 0.7, 0.9])


def test_threshold_is_the_lowest_that_has_the_precision():
    assert choose_threshold(LABELS, SCORES, 1.0) == pytest.approx(0.65)
    assert choose_threshold(LABELS, SCORES, 0.75) == pytest.approx(0.25)


def test_without_such_a_threshold_the_nearest_is_taken():
    labels = np.array([0, 1, 1, 0])
    scores = np.array([0.2, 0.4, 0.6, 0.8])
    assert choose_threshold(labels, scores, 0.99) == pytest.approx(0.3)


def test_figures_of_a_small_example():
    figures = measure(LABELS, SCORES, 0.65)
    assert figures["precision"]["value"] == 1.0
    assert figures["recall"]["value"] == pytest.approx(2 / 3)
    assert figures["confusion"] == {
        "true_chosen": 2, "false_chosen": 0, "false_rejected": 1, "true_rejected": 3,
    }  # fmt: skip
    assert figures["average_precision"] == pytest.approx((1 + 1 + 3 / 4) / 3)
    squares = [0.01, 0.04, 0.49, 0.36, 0.09, 0.01]
    assert figures["brier_score"] == pytest.approx(sum(squares) / 6)


def test_none_chosen_has_no_precision():
    assert measure(LABELS, SCORES, 0.95)["precision"]["value"] is None


def test_calibration_compares_scores_with_shares():
    bins = calibration(np.array([0, 1, 1]), np.array([0.82, 0.84, 1.0]))
    assert bins[0] == pytest.approx(
        {"photos": 2, "mean_score": 0.83, "share_positive": 0.5}
    )
    assert bins[1]["photos"] == 1
    figures = measure(np.array([0, 1, 1]), np.array([0.82, 0.84, 1.0]), 0.5)
    assert figures["calibration_error"] == pytest.approx(2 / 3 * 0.33)


def test_wilson_interval_of_a_known_case():
    share = proportion(9, 10)
    assert (share["low"], share["high"]) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert proportion(0, 10)["low"] == 0.0
    assert proportion(10, 10)["high"] == 1.0


def test_picture_shows_members_and_ensemble(tmp_path):
    scores = {"member_1": SCORES, "ensemble": SCORES}
    save_metrics_picture(tmp_path / "m.png", LABELS, scores, 0.5, ("other", "castle"))
    assert (tmp_path / "m.png").stat().st_size > 10_000
