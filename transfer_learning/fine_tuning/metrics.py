"""How good a filter is: figures and one picture.

Labels are 0 or 1 (the positive class), scores lie in [0, 1]; both are arrays
`(photos,)`. A photo is chosen if its score exceeds the threshold.
"""

import numpy as np
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    precision_recall_curve,
)

CALIBRATION_BINS = 10


def choose_threshold(labels, scores, precision):
    """Return the threshold with the best recall among those with this precision.

    Where no threshold reaches the precision, the one that comes nearest is returned.
    """
    reached, _, steps = precision_recall_curve(labels, scores)
    # All thresholds between two scores choose alike: the middle is the safest.
    thresholds = np.concatenate([[steps[0] / 2], (steps[1:] + steps[:-1]) / 2])
    # The curve ends with a point of its own, at which no photo is chosen.
    reached = reached[:-1]
    if reached.max() >= precision:
        return float(thresholds[reached >= precision][0])
    return float(thresholds[reached == reached.max()][-1])


def measure(labels, scores, threshold):
    """Return the figures of one filter or ensemble as a dict of plain values."""
    matrix = confusion_matrix(labels, scores > threshold).ravel().tolist()
    true_rejected, false_chosen, false_rejected, true_chosen = matrix
    bins = calibration(labels, scores)
    gaps = [abs(each["mean_score"] - each["share_positive"]) for each in bins]
    return {
        "threshold": float(threshold),
        "precision": proportion(true_chosen, true_chosen + false_chosen),
        "recall": proportion(true_chosen, true_chosen + false_rejected),
        "average_precision": float(average_precision_score(labels, scores)),
        "brier_score": float(brier_score_loss(labels, scores)),
        # The mean gap of all photos, also called expected calibration error.
        "calibration_error": float(
            np.average(gaps, weights=[each["photos"] for each in bins])
        ),
        "calibration": bins,
        "confusion": {
            "true_chosen": true_chosen,
            "false_chosen": false_chosen,
            "false_rejected": false_rejected,
            "true_rejected": true_rejected,
        },
    }


def calibration(labels, scores):
    """Return for each tenth of the score range what share of it is positive.

    Tenths without a photo are left out; a score on a border belongs to the lower one.
    """
    shares, means = calibration_curve(labels, scores, n_bins=CALIBRATION_BINS)
    borders = np.linspace(0, 1, CALIBRATION_BINS + 1)[1:-1]
    counts = np.bincount(np.searchsorted(borders, scores))
    return [
        {
            "photos": int(count),
            "mean_score": float(mean),
            "share_positive": float(share),
        }
        for count, mean, share in zip(counts[counts > 0], means, shares, strict=True)
    ]


def proportion(hits, count):
    """Return a share with its 95 % interval after Wilson (1927), as a dict."""
    if not count:
        return {"value": None, "low": 0.0, "high": 1.0, "hits": 0, "count": 0}
    low, high = binomtest(hits, count).proportion_ci(0.95, method="wilson")
    bounds = {"low": float(low), "high": float(high)}
    return {"value": hits / count, **bounds, "hits": hits, "count": count}


def save_metrics_picture(path, labels, scores, threshold, class_names):
    """Write one picture: precision and recall, calibration, confusion matrix.

    `scores` are those of each member by its name, and of the `ensemble` at the end;
    `class_names` those of the negative and of the positive class.
    """
    # Only this function needs matplotlib, and loading it takes a second.
    from matplotlib.figure import Figure
    from sklearn.calibration import CalibrationDisplay
    from sklearn.metrics import ConfusionMatrixDisplay, PrecisionRecallDisplay

    figure = Figure(figsize=(13, 4.2), layout="constrained")
    curves, reliability, matrix = figure.subplots(1, 3)
    for name, each in scores.items():
        PrecisionRecallDisplay.from_predictions(labels, each, name=name, ax=curves)
        CalibrationDisplay.from_predictions(
            labels, each, n_bins=CALIBRATION_BINS, name=name, ax=reliability
        )
    for axes in (curves, reliability):
        axes.lines[-1].set_linewidth(3)
    ConfusionMatrixDisplay.from_predictions(
        labels,
        scores["ensemble"] > threshold,
        display_labels=class_names,
        cmap="Blues",
        colorbar=False,
        ax=matrix,
    )
    curves.set_title("Precision and recall on the test photos")
    reliability.set_title("Calibration")
    matrix.set_title(f"Ensemble at {threshold:.3f}")
    figure.savefig(path, dpi=100)
