import errno
import os
from pathlib import Path

import numpy as np
import pytest

from mistakes import Mishap, UserMistake
from tests.transfer_learning.tiny_filters import SIDE, build_tiny_filter, write_photos
from transfer_learning.filters.network import split_filter
from transfer_learning.photos.labelled import (
    PARTS,
    cache_features,
    find_classes,
    read_part,
)
from transfer_learning.photos.pixels import read_pixels


def make_folders(folder, *classes):
    for part in PARTS:
        for name in classes:
            (folder / part / name).mkdir(parents=True)


@pytest.mark.parametrize(
    ("classes", "positive", "expected"),
    [
        (("no", "yes"), None, ("yes", "no")),
        (("castle", "rest"), None, ("castle", "rest")),
        (("a", "b"), "b", ("b", "a")),
    ],
)
def test_positive_class(tmp_path, classes, positive, expected):
    make_folders(tmp_path, *classes)
    assert find_classes(tmp_path, "castle", positive) == expected


@pytest.mark.parametrize(
    ("classes", "positive", "message"),
    [
        (("a", "b"), None, "which of a and b .* is called yes or castle"),
        (("a", "b"), "c", "which of .* is called c:"),
        (("no", "yes"), "c", "which of .* is called c:"),
        (("a", "b", "c"), None, "same two class folders"),
        ((), None, "same two class folders"),
    ],
)
def test_unclear_folders_are_refused(tmp_path, classes, positive, message):
    make_folders(tmp_path, *classes)
    with pytest.raises(UserMistake, match=message):
        find_classes(tmp_path, "castle", positive)


def test_photos_are_labelled_and_bad_ones_named(tmp_path):
    write_photos(tmp_path / "train" / "yes", 3)
    write_photos(tmp_path / "train" / "no", 2)
    (tmp_path / "train" / "yes" / "001.jpg").write_bytes(b"")
    photos, unreadable = read_part(tmp_path / "train", "yes", "no")
    assert photos.labels.tolist() == [1, 1, 0, 0]
    assert [path.parent.name for path in photos.paths] == ["yes", "yes", "no", "no"]
    assert [(path.name, why) for path, why in unreadable] == [
        ("001.jpg", "the file is empty")
    ]


def test_a_class_without_photos_is_refused(tmp_path):
    make_folders(tmp_path, "yes", "no")
    with pytest.raises(UserMistake, match="yes holds no readable photo"):
        read_part(tmp_path / "train", "yes", "no")


def test_a_photo_that_cannot_be_had_ends_the_check(tmp_path, monkeypatch):
    for name in ("yes", "no"):
        write_photos(tmp_path / "train" / name, 2)
    monkeypatch.setattr(Path, "read_bytes", deny)
    with pytest.raises(Mishap, match=r"Permission denied \(.*000.jpg\)"):
        read_part(tmp_path / "train", "yes", "no")


def deny(path):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def test_features_are_computed_once_and_are_those_of_the_trunk(tmp_path, monkeypatch):
    trunk = split_filter(build_tiny_filter())[0]
    for name in ("yes", "no"):
        write_photos(tmp_path / "test" / name, 2 + len(name))

    def features_of_now(resize="bilinear", trunk=trunk):
        photos, _ = read_part(tmp_path / "test", "yes", "no")
        kept = tmp_path / "features"
        return photos, cache_features(trunk, photos, resize, 2, kept, "test")

    photos, features = features_of_now()
    paths = photos.paths
    pixels = np.stack([read_pixels(path, SIDE, "bilinear")[0] for path in paths])
    np.testing.assert_allclose(features, trunk(pixels.astype("f")), atol=1e-6)
    with monkeypatch.context() as patch:
        patch.setattr("transfer_learning.photos.labelled.pixel_batches", None)
        np.testing.assert_array_equal(features_of_now()[1], features)
    # Other pixels, or another trunk, are others' features.
    others = features_of_now(resize="nearest")[1]
    assert not np.array_equal(others, features)
    other_trunk = split_filter(build_tiny_filter(trunk_seed=1))[0]
    assert not np.array_equal(features_of_now(trunk=other_trunk)[1], features)
    paths[-1].write_bytes(paths[0].read_bytes())
    # Batches of other sizes differ in the last digits.
    np.testing.assert_allclose(features_of_now()[1][-1], features[0], atol=1e-6)
    paths[-1].unlink()
    assert len(features_of_now()[1]) == len(features) - 1
