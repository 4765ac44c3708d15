import errno
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.transfer_learning.exit_codes import exit_code
from tests.transfer_learning.tiny_filters import (
    draw_photo,
    save_tiny_filters,
    write_photos,
)
from transfer_learning import deploy
from transfer_learning.jobs import folder
from transfer_learning.selection.manifests import read_csv

PROGRAM = Path(deploy.__file__)


@pytest.fixture(scope="module")
def filters(tmp_path_factory):
    return save_tiny_filters(tmp_path_factory.mktemp("filters"))


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    write_photos(folder / "a", 6)
    write_photos(folder / "b", 5)
    (folder / "b" / "empty.jpg").write_bytes(b"")
    (folder / "notes.txt").write_text("no photo")
    return folder


@pytest.fixture(autouse=True)
def small_units(monkeypatch):
    monkeypatch.setattr(folder, "PHOTOS_PER_UNIT", 4)


def arguments(photos, chosen, filters, *more):
    return [
        "--photos", str(photos), "--chosen", str(chosen), "--batch-size", "3",
        "--first", *filters[:3], "--second", *filters[3:], *more,
    ]  # fmt: skip


def run(photos, chosen, filters, *more):
    assert deploy.main(arguments(photos, chosen, filters, *more)) == 0
    return chosen.with_name(f"{chosen.name}_record")


def middle_score(photos, tmp_path, filters):
    """Return a threshold that about half of the photos exceed by all scores."""
    record = run(photos, tmp_path / "look", filters, "--how", "list")
    assert not (tmp_path / "look").exists()
    rows = list(read_csv(record / "manifest.csv"))
    lowest = [
        min(float(row[name]) for name in row if name[-2:] in ("_1", "_2", "_3"))
        for row in rows
        if row["first_1"]
    ]
    return str(sorted(lowest)[len(lowest) // 2])


def paths_of(record, verdict):
    rows = read_csv(record / "manifest.csv")
    return {row["path"] for row in rows if row["verdict"] == verdict}


def files_in(folder):
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_every_file_is_in_the_manifest_and_the_chosen_are_placed(
    photos, tmp_path, filters
):
    before = files_in(photos)
    threshold = middle_score(photos, tmp_path, filters)
    record = run(photos, tmp_path / "chosen", filters, "--threshold", threshold)
    rows = list(read_csv(record / "manifest.csv"))
    assert [row["path"] for row in rows] == sorted(before)
    assert paths_of(record, "error") == {"b/empty.jpg", "notes.txt"}
    chosen = paths_of(record, "chosen")
    assert chosen and paths_of(record, "rejected")
    assert files_in(tmp_path / "chosen") == chosen
    assert files_in(photos) == before
    assert all(row["second_3"] for row in rows if row["verdict"] != "error")
    names = ["chosen", "rejected", "borderline", "disagreement"]
    sheets = {f"{name}.jpg" for name in names} | {"errors.png"}
    lists = {f"{name}.csv" for name in [*names, "errors"]}
    assert files_in(record / "sheets") == sheets | lists
    listed = list(read_csv(record / "sheets" / "chosen.csv"))
    assert [row["number"] for row in listed] == [str(n + 1) for n in range(len(chosen))]
    assert {row["path"] for row in listed} == chosen
    scores = {row["path"]: row["second_3"] for row in rows}
    assert all(row["second_3"] == scores[row["path"]] for row in listed)


def test_running_again_repeats_nothing(photos, tmp_path, filters, monkeypatch):
    record = run(photos, tmp_path / "chosen", filters)
    before = (record / "manifest.csv").read_bytes()
    monkeypatch.setattr("transfer_learning.jobs.photo_scoring.PhotoScorer", None)
    run(photos, tmp_path / "chosen", filters)
    assert (record / "manifest.csv").read_bytes() == before


def test_photos_added_later_are_scored_in_units_of_their_own(photos, tmp_path, filters):
    record = run(photos, tmp_path / "chosen", filters)
    before = (record / "manifest.csv").read_text()
    write_photos(photos / "A", 2)
    run(photos, tmp_path / "chosen", filters)
    after = (record / "manifest.csv").read_text()
    assert after.startswith(before)
    assert after.count("\nA/") == 2


def test_an_interrupted_run_ends_with_the_same_manifest(
    photos, tmp_path, filters, monkeypatch
):
    whole = run(photos, tmp_path / "whole", filters)
    real = folder.FolderJob.run

    def interrupt_second(self, name, *more):
        if name == "photos_000001":
            raise KeyboardInterrupt
        real(self, name, *more)

    with monkeypatch.context() as patch:
        patch.setattr(folder.FolderJob, "run", interrupt_second)
        assert deploy.main(arguments(photos, tmp_path / "broken", filters)) == 130
    record = run(photos, tmp_path / "broken", filters)
    assert (record / "manifest.csv").read_bytes() == (
        whole / "manifest.csv"
    ).read_bytes()


def test_photos_that_go_away_leave_their_unit_undone(
    photos, tmp_path, filters, monkeypatch, capsys
):
    whole = run(photos, tmp_path / "whole", filters)
    real, away = folder.FolderJob.run, tmp_path / "away"

    def run_while_away(self, name, *more):
        if name != "photos_000001":
            return real(self, name, *more)
        photos.rename(away)
        try:
            real(self, name, *more)
        finally:
            away.rename(photos)

    command = arguments(photos, tmp_path / "chosen", filters)
    with monkeypatch.context() as patch:
        patch.setattr(folder.FolderJob, "run", run_while_away)
        assert deploy.main(command) == 1
    assert "Undone: photos_000001: " in (error := capsys.readouterr().err)
    assert "No such file or directory" in error
    record = run(photos, tmp_path / "chosen", filters)
    assert (record / "manifest.csv").read_bytes() == (
        whole / "manifest.csv"
    ).read_bytes()


def test_a_replaced_photo_is_scored_anew(photos, tmp_path, filters):
    chosen = tmp_path / "chosen"
    record = run(photos, chosen, filters, "--how", "list")
    before = list(read_csv(record / "manifest.csv"))
    # That which is gone keeps its row: it may have been moved.
    (photos / "a" / "001.jpg").unlink()
    draw_photo(7, width=40).save(photos / "a" / "000.jpg")
    record = run(photos, chosen, filters, "--how", "list")
    first, *same = before
    *rest, anew = read_csv(record / "manifest.csv")
    assert rest == same
    assert (first["path"], first["width"]) == ("a/000.jpg", "24")
    assert (anew["path"], anew["width"]) == ("a/000.jpg", "40")
    run(photos, chosen, filters, "--how", "list")
    assert list(read_csv(record / "manifest.csv")) == [*rest, anew]


def test_a_photo_that_is_gone_before_it_is_scored_is_forgotten(
    photos, tmp_path, filters, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(folder.FolderJob, "run", lambda *_: deny())
        assert deploy.main(arguments(photos, tmp_path / "chosen", filters)) == 1
    kept = (photos / "a" / "000.jpg").rename(tmp_path / "kept.jpg")
    record = run(photos, tmp_path / "chosen", filters)
    assert len(list(read_csv(record / "manifest.csv"))) == 12
    kept.rename(photos / "a" / "000.jpg")
    run(photos, tmp_path / "chosen", filters)
    *_, last = read_csv(record / "manifest.csv")
    assert last["path"] == "a/000.jpg" and last["first_1"]


def deny():
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def test_of_near_duplicates_the_largest_alone_is_chosen(photos, tmp_path, filters):
    shutil.rmtree(photos)
    for seed, name in enumerate("ab"):
        small, large = (photos / name / f"{size}.jpg" for size in ("small", "large"))
        small.parent.mkdir(parents=True)
        picture = draw_photo(seed, 96, 72, (12, 16))
        picture.save(large)
        picture.resize((64, 48)).save(small, quality=60)
    chosen = tmp_path / "chosen"
    record = run(photos, chosen, filters, "--unique", "--threshold", "0")
    assert files_in(chosen) == {"a/large.jpg", "b/large.jpg"}
    rows = {row["path"]: row for row in read_csv(record / "manifest.csv")}
    assert {row["group"] for row in rows.values()} == {"a/large.jpg", "b/large.jpg"}
    assert rows["a/small.jpg"]["verdict"] == "rejected"
    assert rows["a/small.jpg"]["reason"] == "near-duplicate of a/large.jpg"
    before = (record / "manifest.csv").read_bytes()
    run(photos, chosen, filters, "--unique", "--threshold", "0")
    assert (record / "manifest.csv").read_bytes() == before
    # Nothing is lost: decided anew without it, all are chosen.
    anew = ["--from-manifest", str(record / "manifest.csv"), "--photos", str(photos)]
    assert deploy.main([*anew, "--chosen", str(tmp_path / "all")]) == 0
    assert files_in(tmp_path / "all") == set(rows)


def test_links_and_special_files_are_passed_over_by_name(
    photos, tmp_path, filters, capsys
):
    chosen = tmp_path / "chosen"
    (photos / "again").symlink_to(".")
    (photos / "a" / "up").symlink_to("..")
    (photos / "into").symlink_to(chosen)
    (photos / "deep.jpg").symlink_to(chosen / "a" / "000.jpg")
    os.mkfifo(photos / "pipe.jpg")
    for _ in range(3):
        record = run(photos, chosen, filters, "--threshold", "0", "--how", "copy")
        rows = list(read_csv(record / "manifest.csv"))
        assert len(rows) == 13
        assert "passed over 5: " in capsys.readouterr().out
        passed_over = read_csv(record / "passed_over.csv")
        reasons = {Path(row["path"]).name: row["reason"] for row in passed_over}
        assert reasons.keys() == {"again", "up", "into", "deep.jpg", "pipe.jpg"}
        assert reasons["pipe.jpg"] == "a named pipe"


def test_a_folder_without_a_way_in_is_undone(
    photos, tmp_path, filters, monkeypatch, capsys
):
    scan = os.scandir

    def scan_unless_closed(path):
        if path == photos / "b":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return scan(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scan_unless_closed)
        assert deploy.main(arguments(photos, tmp_path / "chosen", filters)) == 1
    error = capsys.readouterr().err
    assert f"Undone: {photos / 'b'}: no way to it: Permission denied" in error
    record = run(photos, tmp_path / "chosen", filters)
    assert len(list(read_csv(record / "manifest.csv"))) == 13


def test_a_killed_run_ends_with_the_same_manifest(
    photos, tmp_path, filters, monkeypatch
):
    monkeypatch.undo()  # The process that is killed has units of the usual size.
    write_photos(photos / "more", 300)
    chosen, record = tmp_path / "killed", tmp_path / "killed_record"
    command = [sys.executable, str(PROGRAM), *arguments(photos, chosen, filters)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(record.glob("manifests/*.csv")) and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (record / "manifest.csv").exists()
    run(photos, chosen, filters)
    whole = run(photos, tmp_path / "whole", filters)
    # Both processes computed in the same surroundings.
    for name in ("manifest.csv", "surroundings.json"):
        assert (record / name).read_bytes() == (whole / name).read_bytes()


def test_a_record_belongs_to_one_set_of_settings(photos, tmp_path, filters, capsys):
    run(photos, tmp_path / "chosen", filters)
    others = [*arguments(photos, tmp_path / "chosen", filters), "--rule", "mean"]
    assert deploy.main(others) == 2
    assert "begun with rule all, not mean" in capsys.readouterr().err


def test_deciding_anew_equals_scoring_with_these_settings(photos, tmp_path, filters):
    first = run(photos, tmp_path / "first", filters)
    middle = middle_score(photos, tmp_path, filters)
    more = ["--rule", "majority", "--threshold", middle, "0.1"]
    scored = run(photos, tmp_path / "scored", filters, *more)
    code = deploy.main(
        ["--from-manifest", str(first / "manifest.csv"), "--photos", str(photos),
         "--chosen", str(tmp_path / "anew"), *more]
    )  # fmt: skip
    assert code == 0
    assert (tmp_path / "anew_record" / "manifest.csv").read_bytes() == (
        scored / "manifest.csv"
    ).read_bytes()
    assert files_in(tmp_path / "anew") == files_in(tmp_path / "scored")


def test_deciding_anew_keeps_its_thresholds_and_its_folder(
    photos, tmp_path, filters, capsys
):
    first = run(photos, tmp_path / "first", filters)

    def anew(record, chosen, *more):
        return deploy.main(
            ["--from-manifest", str(record / "manifest.csv"), "--photos", str(photos),
             "--chosen", str(tmp_path / chosen), *more]
        )  # fmt: skip

    assert anew(first, "anew", "--threshold", "0.1") == 0
    # A folder with photos that other settings chose would not be what it seems.
    assert anew(first, "anew", "--threshold", "0.9") == 2
    assert "choose another --chosen" in capsys.readouterr().err
    assert anew(tmp_path / "anew_record", "again") == 0
    assert files_in(tmp_path / "again") == files_in(tmp_path / "anew")


def test_a_long_list_of_what_is_undone_is_cut(
    photos, tmp_path, filters, monkeypatch, capsys
):
    first = run(photos, tmp_path / "first", filters, "--how", "list")
    monkeypatch.setattr(deploy, "MOST_REASONS", 2)
    empty = tmp_path / "empty"
    empty.mkdir()
    code = deploy.main(
        ["--from-manifest", str(first / "manifest.csv"), "--photos", str(empty),
         "--chosen", str(tmp_path / "c"), "--threshold", "0"]
    )  # fmt: skip
    error = capsys.readouterr().err
    assert (code, error.count("not there any more")) == (1, 2)
    assert "Undone: 9 more" in error


def test_dry_run_writes_nothing_but_the_listing(photos, tmp_path, filters, capsys):
    run(photos, tmp_path / "chosen", filters, "--dry-run")
    assert "13 photos" in capsys.readouterr().out
    assert not (tmp_path / "chosen").exists()
    assert not (tmp_path / "chosen_record").exists()


def test_a_name_that_is_taken_is_reported(photos, tmp_path, filters, capsys):
    own = tmp_path / "chosen" / "a" / "000.jpg"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"mine")
    everything = [*arguments(photos, tmp_path / "chosen", filters), "--threshold", "0"]
    assert deploy.main(everything) == 1
    assert own.read_bytes() == b"mine"
    assert "a/000.jpg" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--chosen", "c"], "no photos named"),
        (["--chosen", "c", "--photos", "nowhere"], "nowhere is not a folder"),
        (["--chosen", "c", "--photos", "photos", "--record", "c"],
         "lie within each other, so that the record"),
        (["--chosen", "c", "--photos", "photos", "--record", "c/d"],
         "lie within each other, so that the record"),
        (["--chosen", ".", "--photos", "photos"], "lie within each other"),
        (["--chosen", "/", "--photos", "photos"], "--chosen / has no name"),
        (["--chosen", "photos/notes.txt", "--photos", "photos/a"], "is a file"),
        (["--chosen", "c", "--photos", "photos", "--first", "photos"],
         "python -m transfer_learning.filters.conversion"),
        (["--chosen", "photos/in", "--photos", "photos"], "lie within each other"),
        (["--chosen", "c", "--photos", "photos", "--shard", "0/4"],
         "argument --shard: 0/4: give I/N with I from 1 to N"),
        (["--chosen", "c", "--landmarks", "test", "--archives", "0-20"], "0-19"),
        (["--chosen", "c", "--landmarks", "test", "--skip-natural"], "train"),
        (["--chosen", "c", "--landmarks", "test", "--unique"], "--from-manifest"),
        (["--chosen", "c", "--photos", "photos", "--workers", "2"],
         "--workers 2: only --executor ray"),
        (["--chosen", "c", "--photos", "photos", "--cpus-per-worker", "0"],
         "argument --cpus-per-worker: 0: give 1 or more"),
        (["--chosen", "c", "--photos", "photos", "--first", "x.keras"], "x.keras"),
        (["--chosen", "c", "--photos", "photos", "--threshold", ".1", ".2", ".3"],
         "3 numbers for 2"),
        (["--chosen", "c", "--photos", "photos", "--from-manifest", "m.csv"],
         "m.csv does not exist"),
    ],
)  # fmt: skip
def test_mistakes_end_in_one_line(wrong, message, photos, monkeypatch, capsys):
    monkeypatch.chdir(photos.parent)
    assert exit_code(deploy, wrong) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        *(("--threshold", value) for value in ("nan", "90", "-1", "inf")),
        *(("--decoding-bound", value) for value in ("nan", "-1", "inf")),
        ("--batch-size", "0"),
        ("--min-side", "-1"),
        *(("--max-aspect", value) for value in ("nan", "0.5")),
    ],
)
def test_numbers_out_of_bounds_are_refused(flag, value, capsys):
    assert exit_code(deploy, ["--photos", "p", "--chosen", "c", f"{flag}={value}"]) == 2
    assert f"argument {flag}: {value}: give " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"positive": "no", "negative": "yes"}, "tiny: no or yes and tiny: yes or no"),
        ({"task": "castle"}, "castle: yes or no and tiny: yes or no"),
        ({}, "is the same filter as"),
    ],
    ids=["classes", "task", "twin"],
)
def test_members_that_do_not_belong_together_are_refused(
    photos, tmp_path, filters, changes, message, capsys
):
    other = tmp_path / "other.keras"
    with zipfile.ZipFile(filters[0]) as kept, zipfile.ZipFile(other, "w") as written:
        for name in kept.namelist():
            content = kept.read(name)
            if name == "filter.json":
                content = json.dumps(json.loads(content) | changes, indent=2)
            written.writestr(name, content)
    ensembles = [str(other), *filters[:2], *filters[3:]]
    assert deploy.main(arguments(photos, tmp_path / "c", ensembles)) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not (tmp_path / "c_record").exists()


def contents(folder):
    return {name: (folder / name).read_bytes() for name in files_in(folder)}


@pytest.mark.skipif(
    importlib.util.find_spec("ray") is None,
    reason="needs `pip install -r transfer_learning/requirements-ray.txt`",
)
def test_a_run_by_ray_leaves_what_a_local_run_leaves(
    photos, tmp_path, filters, monkeypatch
):
    # Paths are given as a user gives them: workers start in other folders.
    monkeypatch.chdir(tmp_path)
    local = run(Path("photos"), Path("local"), filters)
    run(Path("photos"), Path("by_ray"), filters, "--shard", "1/2")
    more = ["--executor", "ray", "--shard", "2/2", "--workers", "1"]
    by_ray = run(Path("photos"), Path("by_ray"), filters, *more)
    assert len(files_in(by_ray / "manifests")) == 4
    assert contents(by_ray) == contents(local)
    assert contents(Path("by_ray")) == contents(Path("local"))


def test_without_ray_one_line_says_how_to_get_it(photos, filters, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    by_ray = arguments(photos, photos.with_name("chosen"), filters, "--executor", "ray")
    assert deploy.main(by_ray) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    requirements = error.partition("pip install -r ")[2].strip()
    assert "\nray>" in (PROGRAM.parent.parent / requirements).read_text()
