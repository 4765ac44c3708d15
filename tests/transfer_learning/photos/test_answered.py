import numpy as np
import pytest

from mistakes import UserMistake
from tests.transfer_learning.tiny_filters import write_photos
from transfer_learning.photos.answered import (
    divide,
    join_groups,
    places_of,
    read_answered,
    read_landmarks,
)
from transfer_learning.photos.labelled import PARTS, LabelledPhotos


def no_two_alike(photos):
    return np.arange(len(photos.paths))


def alone(names):
    return names


def test_answers_become_labels_and_what_is_left_out_has_its_reason(tmp_path):
    paths = write_photos(tmp_path, 4)
    paths[1].write_bytes(b"")
    paths[2].unlink()
    answers = {"000.jpg": "no", "001.jpg": "yes", "002.jpg": "yes", "003.jpg": "yes"}
    unused = {"004.jpg": "unsure", "005.jpg": ""}
    photos, left_out = read_answered(
        tmp_path, answers | unused, "yes", alone, no_two_alike
    )
    assert photos.paths == [paths[0], paths[3]]
    assert photos.labels.tolist() == [0, 1]
    assert photos.groups == ["000.jpg", "003.jpg"]
    assert left_out == [
        (paths[2], "it is not there"),
        (paths[1], "the file is empty"),
    ]


@pytest.mark.parametrize("name", ["/etc/a.jpg", "../a.jpg", "a/../../b.jpg"])
def test_photos_outside_the_folder_are_refused(tmp_path, name):
    with pytest.raises(UserMistake, match="leads out of"):
        read_answered(tmp_path, {name: "yes"}, "yes", alone, no_two_alike)


def test_answers_of_another_folder_are_refused(tmp_path):
    with pytest.raises(UserMistake, match="no photo of .* has an answer yes or no"):
        read_answered(tmp_path, {"a.jpg": "yes"}, "yes", alone, no_two_alike)


def test_a_place_is_a_landmark_or_a_folder_or_the_photo(tmp_path):
    table = tmp_path / "train.csv"
    table.write_text("id,url,landmark_id\nabc,there,17\nother,there,18\n")
    names = ["a/b/abc.jpg", "a/b/d.jpg", "e.jpg"]
    landmarks = read_landmarks(table, names)
    assert landmarks == {"abc": "17"}
    assert places_of(names, landmarks, True) == ["landmark 17", "a/b/", "e.jpg"]
    assert places_of(names, landmarks, False) == ["landmark 17", "a/b/d.jpg", "e.jpg"]
    table.write_text("photo,landmark_id\nabc,17\n")
    with pytest.raises(UserMistake, match="no column 'id'"):
        read_landmarks(table, names)


def test_groups_are_joined_by_places_and_by_looks():
    places = ["x", "y", "y", "z", "x"]
    looks = np.array([0, 1, 2, 2, 5])
    # y and z by the third and fourth photo.
    assert join_groups(places, looks) == ["x", "y", "y", "y", "x"]


def photos_of(groups):
    count = len(groups)
    labels = np.arange(count, dtype=np.float32) % 2
    return LabelledPhotos(
        list(range(count)), labels, [""] * count, np.zeros(count, np.uint64), groups
    )


def test_no_group_is_in_two_parts_and_only_drawn_photos_are_held_out():
    groups = [f"place {number // 4}" for number in range(400)]
    is_drawn = np.random.default_rng(0).random(400) < 0.5
    parts, left_out = divide(photos_of(groups), is_drawn, 20)
    of_part = {part: set(parts[part].groups) for part in PARTS}
    assert not of_part["train"] & of_part["validation"]
    assert not of_part["train"] & of_part["test"]
    assert not of_part["validation"] & of_part["test"]
    for part in PARTS[1:]:
        assert 10 < len(of_part[part]) < 30
        assert is_drawn[parts[part].paths].all()
    assert not is_drawn[parts["train"].paths].all()
    expected = [
        number
        for number in range(400)
        if groups[number] not in of_part["train"] and not is_drawn[number]
    ]
    assert [path for path, _ in left_out] == expected
    # The others stay where they are when photos come.
    more, _ = divide(photos_of([*groups, "new", "newer"]), np.ones(402, bool), 20)
    for part in PARTS:
        assert of_part[part] <= set(more[part].groups)


def test_without_photos_drawn_at_random_there_is_no_figure():
    groups = list(map(str, range(100)))
    with pytest.raises(UserMistake, match="of 100 photos 0 were"):
        divide(photos_of(groups), np.zeros(100, bool), 20)
