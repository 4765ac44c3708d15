"""Labels that are probably wrong, to be looked at again.

Each photo is scored by a network that did not learn from it; confident learning
(Northcutt, Jiang and Chuang, 2021, https://arxiv.org/abs/1911.00068) tells from the
scores which labels to doubt.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pictures.sheets import sheet
from transfer_learning.selection.contact_sheets import (
    COLUMNS,
    PHOTOS_PER_SHEET,
    read_tile,
)
from transfer_learning.selection.manifests import write_csv

# `photo` comes first: the annotation page reads the file.
ISSUE_COLUMNS = ("photo", "number", "part", "label", "score")
FOLDS = 5


def out_of_fold_scores(features, labels, groups):
    """Return scores float32 `(count,)` of logistic regressions on other groups.

    None if a class has too few groups to be divided.

    Args:
        features: float `(count, channels)`.
        labels: `(count,)`, 1 for the positive class.
        groups: what belongs together, a text for each photo.
    """
    numbers = np.unique(groups, return_inverse=True)[1]
    groups_of_class = [len(set(numbers[labels == label])) for label in (0, 1)]
    if min(groups_of_class) < FOLDS:
        return None
    classifier = LogisticRegression(max_iter=1000, class_weight="balanced")
    scores = cross_val_predict(
        make_pipeline(StandardScaler(), classifier),
        features,
        labels,
        groups=numbers,
        cv=StratifiedGroupKFold(FOLDS),
        method="predict_proba",
    )
    return scores[:, 1].astype(np.float32)


def find_issues(labels, scores):
    """Return the indices of doubtful labels, the most doubtful first.

    Photos labelled alike have a mean score for their class: that is its threshold
    (equation 2). What a photo shows is the likeliest of the classes whose thresholds
    its scores reach (equation 1); its label is doubtful if it says otherwise.

    Args:
        labels: `(count,)` of 0 and 1, both of which occur.
        scores: for class 1, from networks that did not learn from the photo.
    """
    labels = labels.astype(int)
    likelihoods = np.stack([1 - scores, scores], axis=1)
    thresholds = [likelihoods[labels == label, label].mean() for label in (0, 1)]
    confident = np.where(likelihoods >= thresholds, likelihoods, -1)
    shown = confident.argmax(axis=1)
    is_doubtful = (confident.max(axis=1) >= 0) & (shown != labels)
    indices = np.flatnonzero(is_doubtful)
    own = likelihoods[indices, labels[indices]]
    return indices[np.argsort(own, kind="stable")]


def list_issues(parts, scores, classes, folder):
    """Return a row for each doubtful label, the most doubtful first.

    Args:
        parts: `LabelledPhotos` by the name of the part.
        scores: of photos by the name of their part; None for a part without.
        classes: names of the negative and of the positive class.
        folder: of all photos.
    """
    rows = []
    for part, own_scores in scores.items():
        photos = parts[part]
        if own_scores is None:
            print(f"{part}: too few groups to look for doubtful labels")
            continue
        for index in find_issues(photos.labels, own_scores):
            label, score = int(photos.labels[index]), float(own_scores[index])
            row = {
                "photo": photos.paths[index].relative_to(folder).as_posix(),
                "part": part,
                "label": classes[label],
                "score": f"{score:.6f}",
            }
            rows.append((score if label else 1 - score, row))
    rows.sort(key=lambda pair: pair[0])
    return [row | {"number": number} for number, (_, row) in enumerate(rows, 1)]


def write_issues(path, rows, folder):
    """Write the rows as csv, and beside it a sheet of the first of them."""
    write_csv(path, rows, ISSUE_COLUMNS)
    shown = rows[:PHOTOS_PER_SHEET]
    if shown:
        tiles = [read_tile(folder / row["photo"]) for row in shown]
        captions = [
            f"{row['number']}: {row['label']}, {100 * float(row['score']):.0f} %"
            for row in shown
        ]
        picture = sheet(tiles, min(COLUMNS, len(tiles)), captions=captions)
        picture.save(path.with_suffix(".jpg"), quality=88)
