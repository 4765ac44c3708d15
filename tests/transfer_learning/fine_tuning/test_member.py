from types import SimpleNamespace

import numpy as np
import pytest

from tests.transfer_learning.tiny_filters import build_tiny_filter, write_photos
from transfer_learning.filters.network import split_filter
from transfer_learning.fine_tuning.member import MemberTraining
from transfer_learning.photos.labelled import LabelledPhotos, cache_features

OPTIONS = {
    "stages": 2,
    "epochs_per_stage": 3,
    "patience_epochs": 3,
    "batch_size": 4,
    "learning_rate": 1e-2,
    "resize": "bilinear",
    "no_augmentation": False,
}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    paths = write_photos(tmp_path_factory.mktemp("photos"), 10)
    labels, hashes = np.array([1, 0] * 5, np.float32), np.arange(10, dtype="u8")
    return LabelledPhotos(paths, labels, [], hashes, paths)


def make_training(photos, folder, checkpoint="member.npz", **changes):
    model = build_tiny_filter()
    options = SimpleNamespace(**OPTIONS | changes)
    trunk = split_filter(model)[0]
    features = cache_features(trunk, photos, "bilinear", 4, folder, "train")
    parts = {"train": photos, "validation": photos}
    both = {"train": features, "validation": features}
    return MemberTraining(model, parts, both, options, 3, folder / checkpoint)


def interrupt_after(epochs):
    seen = []

    def report(figures):
        seen.append(figures)
        if len(seen) == epochs:
            raise KeyboardInterrupt

    return report


@pytest.mark.filterwarnings("error:Your input ran out of data")
@pytest.mark.parametrize("no_augmentation", [False, True])
def test_an_interrupted_training_ends_like_an_uninterrupted_one(
    photos, tmp_path, no_augmentation
):
    whole = make_training(photos, tmp_path, "a.npz", no_augmentation=no_augmentation)
    whole.run()
    for epochs in (2, 3):
        broken = make_training(
            photos, tmp_path, "b.npz", no_augmentation=no_augmentation
        )
        with pytest.raises(KeyboardInterrupt):
            broken.run(interrupt_after(epochs))
    resumed = make_training(photos, tmp_path, "b.npz", no_augmentation=no_augmentation)
    resumed.run()
    assert resumed.state.history == whole.state.history
    for left, right in zip(
        resumed.tail.get_weights(), whole.tail.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(left, right)


def test_both_classes_weigh_the_same(photos, tmp_path):
    labels = np.array([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], np.float32)
    training = make_training(photos._replace(labels=labels), tmp_path)
    weights = training.weights["train"]
    # 10 photos are to weigh 10 in all, and each class 5.
    np.testing.assert_allclose(weights, [5, *[5 / 9] * 9], rtol=1e-6)
    assert weights.dtype == np.float32


def test_a_finished_training_is_not_repeated(photos, tmp_path):
    make_training(photos, tmp_path).run()
    again = make_training(photos, tmp_path)
    again.run(interrupt_after(1))
    assert len(again.state.history) == 6


def test_trunk_stays_and_best_weights_are_kept(photos, tmp_path):
    training = make_training(photos, tmp_path, learning_rate=0.05)
    trunk = split_filter(training.model)[0]
    before = trunk.get_weights()
    training.run()
    for left, right in zip(before, trunk.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    losses = [epoch["validation_loss"] for epoch in training.state.history]
    scores = np.clip(training.scores("validation"), 1e-7, 1 - 1e-7)
    labels = training.parts["validation"].labels
    loss = -np.log(np.where(labels == 1, scores, 1 - scores)).mean()
    assert loss == pytest.approx(min(losses), rel=1e-4)


def test_a_stage_ends_when_patience_does(photos, tmp_path):
    # Steps so small change no weight: the first epoch stays the best.
    training = make_training(
        photos,
        tmp_path,
        stages=1,
        learning_rate=1e-12,
        epochs_per_stage=9,
        patience_epochs=2,
    )
    training.run()
    assert len(training.state.history) == 3
