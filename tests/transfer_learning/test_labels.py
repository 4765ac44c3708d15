"""The labels file: what holds, what is never lost, what is refused."""

import os

import pytest

from mistakes import UserMistake
from transfer_learning.labels import COLUMNS, LabelsFile, read_answers, read_rows

HOSTILE = [
    "=a.jpg",
    "two\nlines.jpg",
    'quo"te,.jpg',
    os.fsdecode(b"caf\xe9.jpg"),
    "r\r",
]


def test_the_last_line_of_a_person_holds_and_the_majority_of_persons(tmp_path):
    path = tmp_path / "labels.csv"
    labels = LabelsFile(path)
    labels.add([("a", "no"), ("b", "yes"), ("c", "yes")], "ada", "random")
    labels.add([("a", "yes"), ("c", "")], "ada", "random")
    labels.add([("b", "no")], "bob", "uncertain")
    labels.add([("d", "unsure")], "bob", "uncertain")
    labels.add([("d", "yes")], "cy", "repeat")
    assert read_answers(path) == {
        "a": ("yes", True),
        "b": ("unsure", True),
        "c": ("", True),
        "d": ("unsure", False),
    }


def test_any_name_comes_back(tmp_path):
    path = tmp_path / "labels.csv"
    LabelsFile(path).add([(name, "yes") for name in HOSTILE], "ada", "random")
    assert list(read_answers(path)) == HOSTILE


@pytest.mark.parametrize("cut", [1, 3, 20])
def test_a_torn_line_is_left_out_and_cut_off(tmp_path, cut):
    path = tmp_path / "labels.csv"
    labels = LabelsFile(path)
    labels.add([("a", "yes")], "ada", "random")
    labels.add([("b", "no")], "ada", "random")
    path.write_bytes(path.read_bytes()[:-cut])
    assert list(read_answers(path)) == ["a"]
    LabelsFile(path).add([("c", "no")], "ada", "random")
    assert list(read_answers(path)) == ["a", "c"]


def test_a_full_disk_loses_no_answer_and_keeps_no_part_of_one(tmp_path, monkeypatch):
    path = tmp_path / "labels.csv"
    labels = LabelsFile(path)
    labels.add([("a", "yes")], "ada", "random")
    before = path.read_bytes()

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("transfer_learning.labels.os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        labels.add([("b", "yes")], "ada", "random")
    assert path.read_bytes() == before


def test_another_table_is_refused(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("path,verdict\na,chosen\n")
    with pytest.raises(UserMistake, match="has no column 'photo'"):
        read_rows(path)
    assert COLUMNS[0] == "photo"
