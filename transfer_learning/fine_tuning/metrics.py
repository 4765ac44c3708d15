"""How good a filter is: figures and one picture from labels and scores.

Pure but for `save_metrics_picture`. Labels are 0 or 1, scores lie in [0, 1].
"""

import math

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_curve

CALIBRATION_BINS = 10
# Two-sided 95 %.
NORMAL_QUANTILE = 1.959964


def choose_threshold(labels, scores, precision):
    """Return the threshold with the best recall among those with this precision.

    A photo is chosen if its score exceeds the threshold. Where no threshold reaches
    the precision, the one that comes nearest is returned.
    """
    # Whatever lies between two scores chooses alike: the middle is the safest.
    steps = np.unique(scores)
    candidates = np.concatenate([[steps[0] / 2], (steps[1:] + steps[:-1]) / 2])
    figures = [(_precision(labels, scores > each), each) for each in candidates]
    reaching = [each for reached, each in figures if reached >= precision]
    if reaching:
        return float(min(reaching))
    return float(max(figures)[1])


def _precision(labels, is_chosen):
    return labels[is_chosen].mean() if is_chosen.any() else 0.0


def measure(labels, scores, threshold):
    """Return the figures of one filter or ensemble as a dict of plain values."""
    is_chosen, is_positive = scores > threshold, labels == 1
    true_chosen = int((is_chosen & is_positive).sum())
    confusion = {
        "true_chosen": true_chosen,
        "false_chosen": int((is_chosen & ~is_positive).sum()),
        "false_rejected": int((~is_chosen & is_positive).sum()),
        "true_rejected": int((~is_chosen & ~is_positive).sum()),
    }
    bins = calibration(labels, scores)
    return {
        "threshold": float(threshold),
        "precision": proportion(true_chosen, int(is_chosen.sum())),
        "recall": proportion(true_chosen, int(is_positive.sum())),
        "average_precision": float(average_precision_score(labels, scores)),
        "brier_score": float(np.mean((scores - labels) ** 2)),
        "calibration_error": sum(
            b["photos"] * abs(b["mean_score"] - b["share_positive"]) for b in bins
        )
        / len(labels),
        "calibration": bins,
        "confusion": confusion,
    }


def calibration(labels, scores):
    """Return for each tenth of the score range what share is truly positive."""
    tenth = np.minimum((scores * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return [
        {
            "photos": int((tenth == place).sum()),
            "mean_score": float(scores[tenth == place].mean()),
            "share_positive": float(labels[tenth == place].mean()),
        }
        for place in range(CALIBRATION_BINS)
        if (tenth == place).any()
    ]


def proportion(hits, count):
    """Return a share with its 95 % interval after Wilson (1927), as a dict."""
    if not count:
        return {"value": None, "low": 0.0, "high": 1.0, "hits": 0, "count": 0}
    share, square = hits / count, NORMAL_QUANTILE**2
    centre = (share + square / (2 * count)) / (1 + square / count)
    spread = share * (1 - share) / count + square / (4 * count**2)
    half = NORMAL_QUANTILE * math.sqrt(spread) / (1 + square / count)
    bounds = {"low": max(0.0, centre - half), "high": min(1.0, centre + half)}
    return {"value": share, **bounds, "hits": hits, "count": count}


def save_metrics_picture(path, labels, scores, metrics):
    """Write one picture: precision and recall, calibration, confusion matrix.

    Args:
        path: of the picture.
        labels: of the test photos.
        scores: of them, by the name of the member or `ensemble`.
        metrics: what `measure` returned, by the same names.
    """
    # Only this function needs matplotlib, and loading it takes a second.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 4.2), layout="constrained")
    curves, reliability, matrix = figure.subplots(1, 3)
    for name, each in scores.items():
        precision, recall, _ = precision_recall_curve(labels, each)
        width = 2.5 if name == "ensemble" else 1
        curves.plot(recall, precision, label=name, linewidth=width)
        bins = metrics[name]["calibration"]
        points = [(b["mean_score"], b["share_positive"]) for b in bins]
        reliability.plot(*zip(*points, strict=True), "o-", label=name, linewidth=width)
    curves.set(xlabel="recall", ylabel="precision", ylim=(0, 1.02), title="Test photos")
    curves.legend(loc="lower left")
    reliability.plot([0, 1], [0, 1], ":", color="grey")
    reliability.set(xlabel="score", ylabel="share positive", title="Calibration")
    _draw_confusion(matrix, metrics["ensemble"])
    figure.savefig(path, dpi=100)


def _draw_confusion(axes, figures):
    cells = np.array(list(figures["confusion"].values())).reshape(2, 2)
    axes.imshow(cells, cmap="Blues")
    for (row, column), count in np.ndenumerate(cells):
        axes.text(column, row, f"{count}", ha="center", va="center", fontsize=16)
    axes.set_xticks([0, 1], ["is positive", "is negative"])
    axes.set_yticks([0, 1], ["chosen", "rejected"])
    axes.set_title(f"Ensemble at {figures['threshold']:.3f}")
