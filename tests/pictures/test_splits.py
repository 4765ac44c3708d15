import pytest

from mistakes import UserMistake
from pictures.splits import list_splits, split_folder, split_of


def fill(folder, count, start=0):
    """Create `count` empty picture files with numbers from `start`."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(start, start + count):
        (folder / f"picture_{number:03d}.png").touch()


def test_a_divided_folder_is_taken_as_it_is(tmp_path):
    counts = {"train": 3, "validation": 2, "test": 1}
    for split, count in counts.items():
        fill(tmp_path / split / "deeper", count)
    splits = list_splits(tmp_path)
    assert {split: len(paths) for split, paths in splits.items()} == counts
    assert split_folder(tmp_path, "test") == tmp_path / "test"


def test_an_undivided_folder_is_divided_by_name_and_stays_so(tmp_path):
    fill(tmp_path, 60)
    before = list_splits(tmp_path)
    fill(tmp_path / "added", 40, start=60)
    after = list_splits(tmp_path)
    for split, paths in before.items():
        assert paths
        assert set(paths) <= set(after[split])
    assert sum(len(paths) for paths in after.values()) == 100
    assert split_folder(tmp_path, "test") == tmp_path


def test_a_tenth_is_held_out_for_each_purpose():
    splits = [split_of(f"{number}.jpg") for number in range(10_000)]
    assert splits.count("validation") == pytest.approx(1000, abs=100)
    assert splits.count("test") == pytest.approx(1000, abs=100)


def test_a_half_divided_or_empty_folder_is_refused(tmp_path):
    with pytest.raises(UserMistake, match="no picture for train: 0 found"):
        list_splits(tmp_path)
    fill(tmp_path / "train", 1)
    with pytest.raises(UserMistake, match="has train/ but no test/"):
        list_splits(tmp_path)
