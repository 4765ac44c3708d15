import dataclasses
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import data
from hyperparameters import Hyperparameters
from mistakes import Mishap, UserMistake
from pictures.files import find_pictures
from pictures.splits import list_splits
from pictures.told import Told
from tests.grey_pictures import fill, read


def epoch_of(split, batch_size, seed, epoch, steps=None, **options):
    """Return the batches of one epoch."""
    steps = len(split) // batch_size if steps is None else steps
    epochs = range(epoch, epoch + 1)
    return list(
        data.training_batches(split, batch_size, seed, epochs, steps, **options)
    )


def values_of(batches):
    """Return the grey value of every picture of every batch."""
    return [np.rint(batch[:, 0, 0, 0] * 255).astype(int).tolist() for batch in batches]


def test_a_dataset_that_is_no_folder_is_refused(tmp_path):
    settings = dataclasses.replace(Hyperparameters(), dataset="castels")
    with pytest.raises(UserMistake, match="received 'castels', which is no folder"):
        data.prepare_folder(settings, tmp_path)


def test_castles_are_drawn_once_and_reused(tmp_path):
    settings = dataclasses.replace(Hyperparameters(), castle_count=3, img_dim=32)
    folder = data.prepare_folder(settings, tmp_path)
    castles = list_splits(folder)[0]["train"].paths
    assert len(castles) == 3
    drawn = castles[0].stat().st_mtime_ns
    assert data.prepare_folder(settings, tmp_path) == folder
    assert castles[0].stat().st_mtime_ns == drawn


def test_drawn_castles_are_none_of_the_users_pictures(tmp_path):
    settings = dataclasses.replace(Hyperparameters(), castle_count=3, img_dim=32)
    data.prepare_folder(settings, tmp_path / "datasets")
    assert not find_pictures(tmp_path).paths


def test_landmarks_are_fetched_for_the_size_asked_for(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(data, "fetch_landmarks", lambda *given: asked.append(given))
    settings = dataclasses.replace(Hyperparameters(), dataset="landmarks", img_dim=256)
    data.prepare_folder(settings, tmp_path)
    assert asked == [(256, tmp_path)]


@pytest.mark.parametrize("cache_bytes", [1e9, 0])
def test_an_epoch_has_every_picture_once_in_an_order_of_its_own(tmp_path, cache_bytes):
    pictures = read(fill(tmp_path, 12), cache_bytes)

    def order(seed, epoch):
        return values_of(epoch_of(pictures, 4, seed, epoch))

    first = order(seed=1, epoch=0)
    assert sorted(sum(first, [])) == list(range(12))
    assert order(seed=1, epoch=0) == first
    assert order(seed=1, epoch=1) != first
    assert order(seed=2, epoch=0) != first


def test_epochs_follow_one_another_as_they_are_by_themselves(tmp_path):
    pictures = read(fill(tmp_path, 9))
    together = data.training_batches(pictures, 2, 7, range(3, 6), 4, flip=True)
    apart = [
        batch
        for epoch in (3, 4, 5)
        for batch in epoch_of(pictures, 2, 7, epoch, flip=True)
    ]
    for batch, same in zip(together, apart, strict=True):
        np.testing.assert_array_equal(batch, same)


def test_an_incomplete_batch_is_dropped_in_training_only(tmp_path):
    pictures = read(fill(tmp_path, 11))
    assert [len(batch) for batch in epoch_of(pictures, 4, 1, 0)] == [4, 4]
    assert [len(batch) for batch in data.evaluation_batches(pictures, 4)] == [4, 4, 3]


@pytest.mark.parametrize("cache_bytes", [1e9, 0])
def test_skipped_steps_leave_the_rest_of_the_epoch_as_it_is(tmp_path, cache_bytes):
    pictures = read(fill(tmp_path, 12), cache_bytes)
    whole = epoch_of(pictures, 2, 7, 3, flip=True)
    rest = epoch_of(pictures, 2, 7, 3, skip=4, flip=True)
    assert len(rest) == 2
    for batch, same in zip(rest, whole[4:], strict=True):
        np.testing.assert_array_equal(batch, same)
    assert len(epoch_of(pictures, 2, 7, 3, steps=3)) == 3
    assert not epoch_of(pictures, 2, 7, 3, skip=6)


def told_of(indices):
    """Tell one dimension the number of each picture."""
    scores = np.array(indices, np.float32)[:, None]
    return Told(["number"], np.array(indices), scores)


def test_told_pictures_stand_beside_each_batch_and_are_never_mirrored(tmp_path):
    pictures, told = read(fill(tmp_path, 12)), told_of([2, 5, 7])
    batches = epoch_of(pictures, 4, 7, 3, flip=True, told=told)
    plain = epoch_of(pictures, 4, 7, 3, flip=True)
    seen = set()
    for (batch, described, scores), same in zip(batches, plain, strict=True):
        np.testing.assert_array_equal(batch, same)
        numbers = np.rint(described[:, 0, 0, 0] * 255)
        np.testing.assert_array_equal(numbers, scores[:, 0])
        seen |= set(numbers.astype(int).tolist())
    assert seen == {2, 5, 7}


def test_told_pictures_go_on_where_an_epoch_was_interrupted(tmp_path):
    pictures, told = read(fill(tmp_path, 12)), told_of([2, 5, 7])
    whole = epoch_of(pictures, 2, 7, 3, told=told)
    rest = epoch_of(pictures, 2, 7, 3, skip=4, told=told)
    for batch, same in zip(rest, whole[4:], strict=True):
        for part, same_part in zip(batch, same, strict=True):
            np.testing.assert_array_equal(part, same_part)


def test_workers_share_each_batch(tmp_path):
    pictures = read(fill(tmp_path, 12))
    whole = values_of(epoch_of(pictures, 4, 7, 3))
    shares = [
        values_of(epoch_of(pictures, 4, 7, 3, share=(index, 2))) for index in (0, 1)
    ]
    assert [one + other for one, other in zip(*shares, strict=True)] == whole


def test_held_out_batches_differ_by_one_picture_at_most(tmp_path):
    pictures = read(fill(tmp_path, 9))
    assert values_of(data.evaluation_batches(pictures, 4)) == [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8],
    ]
    sizes = [len(batch) for batch in data.evaluation_batches(pictures, 5)]
    assert sizes == [5, 4]


def test_values_are_float32_in_unit_range(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    pixels = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    Image.fromarray(pixels).save(folder / "a.png")
    (batch,) = data.evaluation_batches(read(folder), 1)
    assert batch.dtype == np.float32
    np.testing.assert_allclose(batch[0], pixels / 255.0, atol=1e-7)


@pytest.mark.parametrize("cache_bytes", [1e9, 0])
def test_bars_beside_padded_pictures_are_no_numbers(tmp_path, cache_bytes):
    Image.new("RGB", (8, 4), "white").save(tmp_path / "a.png")
    pictures = read(tmp_path, cache_bytes, fit="pad")
    expected = np.full((8, 8, 3), np.nan)
    expected[2:6] = 1
    for batches in (data.evaluation_batches(pictures, 1), epoch_of(pictures, 1, 1, 0)):
        (batch,) = batches
        assert batch.dtype == np.float32
        np.testing.assert_array_equal(batch[0], expected)


def test_a_picture_that_is_gone_ends_a_run_in_one_line(tmp_path):
    pictures = read(fill(tmp_path, 4), cache_bytes=0)
    pictures.paths[2].unlink()
    with pytest.raises(Mishap, match="picture_002.png .* put it back") as caught:
        with data.lost_pictures_named():
            epoch_of(pictures, 2, 1, 0)
    assert "\n" not in str(caught.value)
    with pytest.raises(tf.errors.OpError, match="another fault"):
        with data.lost_pictures_named():
            raise tf.errors.UnknownError(None, None, "another fault")


@pytest.mark.parametrize("cache_bytes", [1e9, 0])
def test_flipping_mirrors_about_half_and_nothing_else(tmp_path, cache_bytes):
    folder = tmp_path / "pictures"
    folder.mkdir()
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:, :4] = 255
    for number in range(64):
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    pictures = read(folder, cache_bytes)
    (batch,) = epoch_of(pictures, 64, 1, 0, flip=True)
    mirrored = batch[:, 0, 0, 0].numpy() == 0
    assert 16 < mirrored.sum() < 48
    for picture, is_mirrored in zip(batch.numpy(), mirrored, strict=True):
        expected = pixels[:, ::-1] if is_mirrored else pixels
        np.testing.assert_array_equal(picture, expected / np.float32(255))


def listing_of(folder):
    splits = [read(folder / name) for name in ("train", "validation", "test")]
    factors = {"test_factors": None, "told": None, "to_reconstruct": None}
    return data.Pictures(*splits, **factors, passed_over=()).listing


def test_a_listing_tells_changed_pictures_and_not_where_they_stand(tmp_path):
    for split, count in (("train", 5), ("validation", 2), ("test", 1)):
        fill(tmp_path / "here" / split, count)
    before = listing_of(tmp_path / "here")
    assert before.startswith("5 + 2 + 1 pictures, ")
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    assert listing_of(tmp_path / "there") == before
    train = tmp_path / "there" / "train"
    (train / "picture_004.png").rename(train / "picture_005.png")
    renamed = listing_of(tmp_path / "there")
    Image.effect_noise((9, 9), 50).save(train / "picture_005.png")
    replaced = listing_of(tmp_path / "there")
    (train / "picture_005.png").unlink()
    removed = listing_of(tmp_path / "there")
    assert len({before, renamed, replaced, removed}) == 4


def test_a_folder_with_the_name_of_a_data_set_is_not_passed_over_in_silence(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "landmarks").mkdir()
    monkeypatch.setattr(data, "fetch_landmarks", lambda *given: None)
    settings = dataclasses.replace(Hyperparameters(), dataset="landmarks")
    data.prepare_folder(settings, tmp_path / "datasets")
    assert "give --dataset ./landmarks" in capsys.readouterr().out
    monkeypatch.chdir(data.ROOT)
    data._say_if_a_folder_has_the_name("castles")
    assert capsys.readouterr().out == ""
