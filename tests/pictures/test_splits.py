import pytest

from mistakes import UserMistake
from pictures.splits import list_splits, split_of


def fill(folder, count, start=0):
    """Create `count` empty picture files with numbers from `start`."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(start, start + count):
        (folder / f"picture_{number:03d}.png").touch()


def test_a_divided_folder_is_taken_as_it_is(tmp_path):
    counts = {"train": 3, "validation": 2, "test": 1}
    for split, count in counts.items():
        fill(tmp_path / split / "deeper", count)
    fill(tmp_path / "other", 1)
    listings, passed_over = list_splits(tmp_path)
    assert count_of(listings) == counts
    assert listings["test"].folder == tmp_path / "test"
    assert passed_over == [(tmp_path / "other", "beside train/, in none of the splits")]


def count_of(listings):
    return {split: len(listing.paths) for split, listing in listings.items()}


def test_an_undivided_folder_is_divided_by_name_and_stays_so(tmp_path):
    fill(tmp_path, 60)
    before, _ = list_splits(tmp_path)
    fill(tmp_path / "added", 40, start=60)
    after, _ = list_splits(tmp_path)
    for split, listing in before.items():
        assert listing.paths
        assert set(listing.paths) <= set(after[split].paths)
        assert listing.folder == tmp_path
    assert sum(count_of(after).values()) == 100


def test_equal_names_in_different_folders_are_divided_too(tmp_path):
    for number in range(60):
        fill(tmp_path / f"building_{number}", 1)
    listings, _ = list_splits(tmp_path)
    assert min(count_of(listings).values()) > 0
    assert sum(count_of(listings).values()) == 60


def test_a_moved_folder_is_divided_as_it_was(tmp_path):
    fill(tmp_path / "before", 60)
    names = names_of(list_splits(tmp_path / "before")[0])
    (tmp_path / "before").rename(tmp_path / "after")
    assert names_of(list_splits(tmp_path / "after")[0]) == names


def names_of(listings):
    return {
        split: [path.relative_to(listing.folder).as_posix() for path in listing.paths]
        for split, listing in listings.items()
    }


def test_folders_can_be_kept_together(tmp_path):
    for number in range(60):
        fill(tmp_path / f"building_{number}", 3)
        fill(tmp_path / f"building_{number}" / "inside", 2)
    listings, _ = list_splits(tmp_path, keep_folders_together=True)
    buildings = {
        split: {name.partition("/")[0] for name in names}
        for split, names in names_of(listings).items()
    }
    assert sum(map(len, buildings.values())) == 60
    assert sum(count_of(listings).values()) == 300


def test_too_few_folders_to_keep_together_are_refused_with_the_cure(tmp_path):
    fill(tmp_path / "one", 60)
    with pytest.raises(UserMistake, match="leave --keep-folders-together away"):
        list_splits(tmp_path, keep_folders_together=True)


@pytest.mark.parametrize("name", ["val", "valid", "dev", "VALIDATION"])
def test_other_names_of_the_validation_folder_are_known(tmp_path, name):
    for split in ("train", name, "test"):
        fill(tmp_path / split, 2)
    listings, passed_over = list_splits(tmp_path)
    assert listings["validation"].folder == tmp_path / name
    assert count_of(listings) == {"train": 2, "validation": 2, "test": 2}
    assert not passed_over


def test_what_is_missing_is_held_out_of_train_alone(tmp_path):
    fill(tmp_path / "train", 60)
    whole = names_of(list_splits(tmp_path)[0])
    assert min(map(len, whole.values())) > 0
    fill(tmp_path / "val", 60)
    listings, _ = list_splits(tmp_path)
    assert names_of(listings)["test"] == whole["test"]
    assert len(listings["validation"].paths) == 60
    assert set(names_of(listings)["train"]) >= set(whole["train"] + whole["validation"])


def test_names_that_are_no_text_are_divided(tmp_path):
    for number in range(60):
        (tmp_path / f"caf\udce9 {number}.png").touch()
    assert sum(count_of(list_splits(tmp_path)[0]).values()) == 60


def test_a_tenth_is_held_out_for_each_purpose():
    splits = [split_of(f"{number}.jpg") for number in range(10_000)]
    assert splits.count("validation") == pytest.approx(1000, abs=100)
    assert splits.count("test") == pytest.approx(1000, abs=100)


def test_a_half_divided_or_empty_folder_is_refused(tmp_path):
    with pytest.raises(UserMistake, match="no picture for train: 0 found"):
        list_splits(tmp_path)
    (tmp_path / "notes.pdf").touch()
    with pytest.raises(UserMistake, match="not named like a picture \\(1\\); add pic"):
        list_splits(tmp_path)
    fill(tmp_path / "test", 1)
    with pytest.raises(UserMistake, match="has test/ but no train/"):
        list_splits(tmp_path)
    for name in ("train", "val", "dev"):
        fill(tmp_path / name, 1)
    with pytest.raises(UserMistake, match="has val/ and dev/, both to validate on"):
        list_splits(tmp_path)
