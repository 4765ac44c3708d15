import pytest

from mistakes import UserMistake
from transfer_learning.selection.decisions import Jury
from transfer_learning.selection.manifests import (
    columns,
    decided_anew,
    read_csv,
    read_member_counts,
    scored_row,
    unscored_row,
    write_joined_manifest,
    write_manifest,
)

JURY = Jury((2, 1), (0.5, 0.5), "all")


def test_columns_are_path_scores_verdict_and_size():
    assert columns((2, 1)) == [
        "path", "first_1", "first_2", "second_1",
        "verdict", "reason", "width", "height", "group", "error",
    ]  # fmt: skip


def test_rows_come_back_as_they_were_written(tmp_path):
    rows = [
        scored_row("a,b\n.jpg", (0.6, 0.7, 0.8), (4, 3), JURY),
        unscored_row("un\udcffknown.jpg", "error", "the file is empty"),
    ]
    write_manifest(tmp_path / "m.csv", rows, (2, 1))
    first, second = read_csv(tmp_path / "m.csv")
    assert first["path"] == "a,b\n.jpg"
    assert (first["second_1"], first["verdict"], first["width"]) == (
        "0.800000", "chosen", "4",
    )  # fmt: skip
    assert second["path"] == "un\udcffknown.jpg"
    assert second["error"] == second["reason"] == "the file is empty"


def test_deciding_anew_equals_deciding_at_once():
    # 0.50000049 is above the threshold, and 0.500000, which the row shows, is not.
    row = scored_row("a.jpg", (0.50000049, 0.9, 0.9), (1, 1), JURY)
    assert row["verdict"] == "rejected"
    assert decided_anew(row, JURY) == row


def test_a_photo_too_small_is_rejected_with_its_scores():
    strict = Jury((2, 1), (0.5, 0.5), "all", min_side=4)
    row = scored_row("a.jpg", (0.9, 0.9, 0.9), (4, 3), strict)
    assert (row["verdict"], row["first_1"]) == ("rejected", "0.900000")
    assert row["reason"] == "its shorter side has 3 pixels, fewer than 4"
    assert decided_anew(row, JURY)["verdict"] == "chosen"


def test_deciding_anew_leaves_errors_alone():
    row = unscored_row("a.jpg", "error", "truncated")
    assert decided_anew(row, JURY) == row


def test_a_broken_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "m.csv"
    write_manifest(path, [], (2, 1))
    before = path.read_bytes()

    def rows():
        yield unscored_row("a.jpg", "error", "x")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_manifest(path, rows(), (2, 1))
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["m.csv"]


def test_member_counts_are_read_from_the_header(tmp_path):
    write_manifest(tmp_path / "m.csv", [], (2, 1))
    assert read_member_counts(tmp_path / "m.csv") == (2, 1)
    (tmp_path / "other.csv").write_text("path,verdict\n")
    with pytest.raises(UserMistake, match="not a manifest"):
        read_member_counts(tmp_path / "other.csv")


def test_parts_are_joined_in_order(tmp_path):
    for name in "ab":
        row = unscored_row(f"{name}.jpg", "error", "x")
        write_manifest(tmp_path / f"{name}.csv", [row], (1,))
    parts = [tmp_path / "a.csv", tmp_path / "b.csv"]
    write_joined_manifest(parts, tmp_path / "all.csv", (1,))
    assert [row["path"] for row in read_csv(tmp_path / "all.csv")] == [
        "a.jpg", "b.jpg",
    ]  # fmt: skip
