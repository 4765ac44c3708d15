import numpy as np
from PIL import Image

from tests.transfer_learning.tiny_filters import write_photos
from transfer_learning.fine_tuning.label_issues import (
    find_issues,
    list_issues,
    out_of_fold_scores,
    write_issues,
)
from transfer_learning.photos.labelled import LabelledPhotos
from transfer_learning.selection.manifests import read_csv


def test_labels_are_doubtful_by_the_published_rule():
    labels = np.array([1, 1, 1, 0, 0, 0, 0])
    scores = np.array([0.9, 0.8, 0.1, 0.1, 0.2, 0.75, 0.3])
    # The thresholds are .6 of class 1, (.9 + .8 + .25 + .7) / 4 = .6625 of class 0.
    # Photo 2 has .9 for class 0, photo 5 .75 for class 1: its own label has .25.
    assert find_issues(labels, scores).tolist() == [2, 5]
    # .55 reaches neither threshold: that tells nothing.
    scores[5] = 0.55
    assert find_issues(labels, scores).tolist() == [2]


def test_scores_of_a_photo_know_nothing_of_its_group():
    generator = np.random.default_rng(0)
    number = np.arange(80)
    groups = [f"{group}" for group in number % 40]
    labels = number % 2
    features = generator.normal(size=(80, 4))
    features[:, 0] += 4 * labels
    scores = out_of_fold_scores(features, labels, groups)
    assert ((scores > 0.5) == labels).mean() > 0.9
    # Features that tell nothing but the group help nobody who has not seen the group.
    labels = generator.permutation(number[:40] % 2)[number % 40]
    scores = out_of_fold_scores(np.eye(40)[number % 40], labels, groups)
    assert ((scores > 0.5) == labels).mean() < 0.7
    assert out_of_fold_scores(features[:8], labels[:8], groups[:8]) is None


def test_doubtful_labels_are_listed_and_shown(tmp_path, capsys):
    paths = write_photos(tmp_path, 8)
    labels = np.array([1, 1, 1, 0, 0, 0, 0, 1], np.float32)
    photos = LabelledPhotos(paths, labels, [""] * 8, np.arange(8, dtype="u8"), [""] * 8)
    scores = np.array([0.9, 0.8, 0.1, 0.1, 0.2, 0.75, 0.3, 0.9])
    parts = {"train": photos, "test": photos}
    rows = list_issues(parts, {"train": None, "test": scores}, ("no", "yes"), tmp_path)
    assert "train: too few groups" in capsys.readouterr().out
    write_issues(tmp_path / "label_issues.csv", rows, tmp_path)
    assert list(read_csv(tmp_path / "label_issues.csv")) == [
        {"photo": "002.jpg", "number": "1", "part": "test", "label": "yes",
         "score": "0.100000"},
        {"photo": "005.jpg", "number": "2", "part": "test", "label": "no",
         "score": "0.750000"},
    ]  # fmt: skip
    with Image.open(tmp_path / "label_issues.jpg") as picture:
        assert picture.width >= 2 * 176
