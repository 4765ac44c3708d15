import pytest

from mistakes import UserMistake
from tests.transfer_learning.exit_codes import exit_code
from tests.transfer_learning.tiny_filters import write_photos
from transfer_learning import audit
from transfer_learning.selection.decisions import CHOSEN, REJECTED, Jury
from transfer_learning.selection.manifests import (
    read_csv,
    scored_row,
    write_csv,
    write_manifest,
)


@pytest.fixture
def manifest(tmp_path):
    paths = write_photos(tmp_path / "photos", 30)
    jury = Jury((1,), (0.5,), "all")
    rows = [
        scored_row(path.name, (0.9 if place < 10 else 0.1,), (4, 4), jury)
        for place, path in enumerate(paths)
    ]
    write_manifest(tmp_path / "record" / "manifest.csv", rows, (1,))
    return tmp_path / "record" / "manifest.csv"


def draw(manifest, count, *folders, code=0):
    folders = folders or [manifest.parent.parent / "photos"]
    command = ["draw", "--manifest", str(manifest), "--photos", *map(str, folders)]
    assert audit.main([*command, "--count", str(count)]) == code
    return manifest.parent / "audit" / "audit.csv"


def test_moved_photos_are_found_where_the_chosen_are(manifest, tmp_path, capsys):
    photos, chosen = tmp_path / "photos", tmp_path / "chosen"
    chosen.mkdir()
    for path in sorted(photos.iterdir())[:10]:
        path.rename(chosen / path.name)
    draw(manifest, 8, code=2)
    assert "name their folder too" in capsys.readouterr().err
    assert len(list(read_csv(draw(manifest, 8, photos, chosen)))) == 16


def fill_in(sample, judgement):
    rows = [row | {"judgement": judgement(row["path"])} for row in read_csv(sample)]
    write_csv(sample, rows, audit.COLUMNS)


def test_sample_is_mixed_and_does_not_tell_the_verdict(manifest):
    rows = list(read_csv(draw(manifest, 8)))
    chosen = [int(row["path"][:3]) < 10 for row in rows]
    assert chosen.count(True) == chosen.count(False) == 8
    assert chosen != sorted(chosen) and chosen != sorted(chosen, reverse=True)
    assert list(rows[0]) == ["number", "path", "judgement"]
    assert (manifest.parent / "audit" / "audit_0001.jpg").exists()


def test_judged_sample_gives_precision_and_recall(manifest, capsys):
    sample = draw(manifest, 10)
    # All chosen photos are right, and so are 2 of the 10 rejected ones in the sample.
    rejected = [r["path"] for r in read_csv(sample) if int(r["path"][:3]) >= 10]
    fill_in(sample, lambda p: "y" if p < "010" or p in rejected[:2] else "n")
    capsys.readouterr()
    assert audit.main(["judge", "--audit", str(sample)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("precision: 1.000")
    # 10 found; of 20 rejected a fifth is missed: 10 / (10 + 4).
    assert lines[1].startswith("recall: 0.714")


def test_estimate_has_an_interval_even_without_a_single_miss():
    hits = {CHOSEN: [True] * 50, REJECTED: [False] * 50}
    figures = audit.estimate(hits, {CHOSEN: 100, REJECTED: 900})
    assert figures["precision"][0] == figures["recall"][0] == 1.0
    assert 0.9 < figures["precision"][1] < figures["precision"][2] <= 1
    # Up to 5 % of 900 rejected photos may be true for all that 50 can tell.
    assert 0.6 < figures["recall"][1] < 0.8


def test_an_unjudged_photo_is_named(manifest, capsys):
    sample = draw(manifest, 2)
    assert audit.main(["judge", "--audit", str(sample)]) == 2
    assert "photo 1 has the judgement ''" in capsys.readouterr().err


def test_a_judged_sample_is_not_overwritten(manifest, capsys):
    draw(manifest, 2)
    draw(manifest, 2, code=2)
    assert "is there already" in capsys.readouterr().err


def test_a_sample_saved_by_a_spreadsheet_is_read(manifest, capsys):
    sample = draw(manifest, 2)
    fill_in(sample, lambda path: "Yes")
    sample.write_text(sample.read_text("utf-8"), encoding="utf-8-sig")
    assert audit.main(["judge", "--audit", str(sample)]) == 0


def test_semicolons_and_marks_of_a_spreadsheet_are_read(manifest, capsys):
    sample = draw(manifest, 2)
    fill_in(sample, lambda path: "y")
    for path in (sample, manifest):
        text = path.read_text("utf-8").replace(",", ";")
        path.write_text(text, encoding="utf-8-sig")
    assert audit.main(["judge", "--audit", str(sample)]) == 0
    # A row that somebody forgot.
    lines = sample.read_text("utf-8-sig").splitlines()
    sample.write_text("\n".join([*lines[:-1], "4;;"]), encoding="utf-8-sig")
    assert audit.main(["judge", "--audit", str(sample)]) == 2
    error = capsys.readouterr().err
    assert "photo 4 has the judgement ''" in error and error.count("\n") == 1


@pytest.mark.parametrize("count", ["0", "-5"])
def test_a_sample_of_nothing_is_refused(count, capsys):
    command = ["draw", "--manifest", "m.csv", "--photos", "p", f"--count={count}"]
    assert exit_code(audit, command) == 2
    assert f"argument --count: {count}: give 1 or more" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "", "\0\xff;\0", '"' * 200_001])
@pytest.mark.parametrize("name", ["audit.csv", "manifest.csv"])
def test_a_file_of_another_kind_is_named(manifest, tmp_path, name, content, capsys):
    files = {"audit.csv": draw(manifest, 2), "manifest.csv": manifest}
    files[name] = tmp_path / "other.csv"
    files[name].write_text(content, encoding="latin-1")
    audit_csv, manifest_csv = map(str, files.values())
    command = ["judge", "--audit", audit_csv, "--manifest", manifest_csv]
    assert audit.main(command) == 2
    assert "other.csv is not" in capsys.readouterr().err


def test_a_sample_without_rejected_photos_tells_no_recall():
    with pytest.raises(UserMistake, match="holds no rejected photo"):
        audit.estimate({CHOSEN: [True], REJECTED: []}, {CHOSEN: 1, REJECTED: 9})
