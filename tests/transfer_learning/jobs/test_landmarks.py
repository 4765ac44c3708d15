import errno
import hashlib
import io
import os

import pytest

from downloads import http
from tests.loopback import Loopback, Page
from tests.transfer_learning.jobs.test_landmark_archives import (
    ATTRIBUTION,
    HIERARCHY,
    LANDMARKS,
    make_tar,
)
from tests.transfer_learning.tiny_filters import draw_photo, save_tiny_filters
from transfer_learning import deploy
from transfer_learning.jobs import landmark_archives, landmarks
from transfer_learning.selection.manifests import read_csv


@pytest.fixture(scope="module")
def filters(tmp_path_factory):
    return save_tiny_filters(tmp_path_factory.mktemp("filters"), count=2)


def photo_bytes(seed):
    stream = io.BytesIO()
    draw_photo(seed).save(stream, "JPEG")
    return stream.getvalue()


@pytest.fixture
def server(monkeypatch):
    """Serve three archives of train in the published layout, and the metadata."""
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0)
    monkeypatch.setattr(landmarks, "PHOTOS_IN_MEMORY", 2)
    with Loopback() as loopback:
        monkeypatch.setattr(landmark_archives, "BASE_URL", loopback.url())
        for number in range(3):
            members = [
                (f"{number}/b/c/id_{letter}.jpg", photo_bytes(10 * number + place))
                for place, letter in enumerate("abc")
            ]
            members.append(("../outside.jpg", photo_bytes(0)))
            members.append((f"{number}/b/c/broken.jpg", b"<html>"))
            serve_archive(loopback, number, make_tar(members))
        for name, text in (
            ("train_attribution.csv", ATTRIBUTION),
            ("train.csv", LANDMARKS),
            ("train_label_to_hierarchical.csv", HIERARCHY),
        ):
            loopback.pages[f"/metadata/{name}"] = Page(text.encode())
        yield loopback


def serve_archive(loopback, number, content, **faults):
    name = f"images_{number:03}"
    loopback.pages[f"/train/{name}.tar"] = Page(content, **faults)
    line = f"{hashlib.md5(content).hexdigest()}  {name}.tar\n"
    loopback.pages[f"/md5sum/train/md5.{name}.txt"] = Page(line.encode())


def run(folder, filters, *more):
    return deploy.main(
        ["--landmarks", "train", "--archives", "0-2",
         "--chosen", str(folder / "chosen"), "--first", *filters, "--threshold", "0",
         "--batch-size", "2", *more]
    )  # fmt: skip


def done(folder):
    return sorted(os.listdir(folder / "chosen_record" / "manifests"))


def verdicts(folder):
    rows = read_csv(folder / "chosen_record" / "manifest.csv")
    return {row["path"]: row["verdict"] for row in rows}


def test_archives_become_manifests_photos_and_attribution(server, tmp_path, filters):
    assert run(tmp_path, filters) == 0
    assert done(tmp_path) == ["train_000.csv", "train_001.csv", "train_002.csv"]
    assert verdicts(tmp_path)["train/0/b/c/id_a.jpg"] == "chosen"
    assert verdicts(tmp_path)["train/../outside.jpg"] == "error"
    assert verdicts(tmp_path)["train/2/b/c/broken.jpg"] == "error"
    placed = tmp_path / "chosen" / "train" / "1" / "b" / "c" / "id_b.jpg"
    assert placed.read_bytes() == photo_bytes(11)
    assert len(list((tmp_path / "chosen").rglob("*.jpg"))) == 9
    assert not list(tmp_path.rglob("outside.jpg"))
    record = tmp_path / "chosen_record"
    assert not list((record / "in_flight").iterdir())
    attribution = {row["id"]: row for row in read_csv(record / "attribution.csv")}
    assert attribution["id_b"]["author"] == "Doe, J."
    assert (record / "sheets" / "train_000" / "chosen.jpg").exists()


def test_running_again_fetches_nothing(server, tmp_path, filters):
    run(tmp_path, filters)
    server.requests.clear()
    assert run(tmp_path, filters) == 0
    assert server.requests == []


def test_a_wrong_checksum_leaves_its_archive_undone_and_the_rest_goes_on(
    server, tmp_path, filters, capsys
):
    server.pages["/md5sum/train/md5.images_001.txt"] = Page(b"0" * 32 + b"  x\n")
    assert run(tmp_path, filters) == 1
    assert done(tmp_path) == ["train_000.csv", "train_002.csv"]
    assert "Undone: train_001" in capsys.readouterr().err
    assert not list((tmp_path / "chosen_record" / "in_flight").iterdir())
    assert not list(tmp_path.glob("chosen/train/1/**/*.jpg"))


def test_a_fault_that_nobody_foresaw_costs_its_archive_alone(
    server, tmp_path, filters, monkeypatch, capsys
):
    fetch = landmark_archives.fetch_archive

    def fail_at_the_first(split, number, to):
        if number == 0:
            raise IndexError("list index out of range")
        return fetch(split, number, to)

    monkeypatch.setattr(landmark_archives, "fetch_archive", fail_at_the_first)
    assert run(tmp_path, filters) == 1
    assert done(tmp_path) == ["train_001.csv", "train_002.csv"]
    error = capsys.readouterr().err
    assert "Undone: train_000: IndexError: list index out of range" in error
    assert "Traceback" in error


def test_an_undone_archive_is_done_by_the_next_run(server, tmp_path, filters):
    whole = tmp_path / "whole"
    run(whole, filters)
    tar, checksum = "/train/images_001.tar", "/md5sum/train/md5.images_001.txt"
    kept = server.pages[checksum]
    server.pages[checksum] = Page(b"0" * 32)
    assert run(tmp_path, filters) == 1
    server.pages[checksum] = kept
    assert run(tmp_path, filters) == 0
    assert len(server.asked(tar)) == 3
    name = "chosen_record/manifest.csv"
    assert (tmp_path / name).read_bytes() == (whole / name).read_bytes()


def test_a_broken_connection_and_a_busy_server_are_got_over(server, tmp_path, filters):
    server.pages["/train/images_000.tar"].breaks_after = 9_000
    server.pages["/train/images_000.tar"].breaks = 1
    server.pages["/train/images_002.tar"].failures = [503, 503]
    assert run(tmp_path, filters) == 0
    assert len(done(tmp_path)) == 3


def test_a_full_disk_leaves_the_archive_undone(server, tmp_path, filters, monkeypatch):
    place = landmarks.place_bytes

    def fill(content, target):
        if "/1/b/c/" in str(target):
            raise OSError(errno.ENOSPC, "No space left on device")
        place(content, target)

    with monkeypatch.context() as patch:
        patch.setattr(landmarks, "place_bytes", fill)
        assert run(tmp_path, filters) == 1
    assert done(tmp_path) == ["train_000.csv", "train_002.csv"]
    assert run(tmp_path, filters) == 0
    assert len(done(tmp_path)) == 3


def test_natural_landmarks_are_passed_over(server, tmp_path, filters):
    assert run(tmp_path, filters, "--skip-natural") == 0
    found = verdicts(tmp_path)
    assert found["train/0/b/c/id_a.jpg"] == "skipped"
    assert found["train/0/b/c/id_b.jpg"] == "chosen"


def test_shards_share_the_archives_out(server, tmp_path, filters):
    assert run(tmp_path, filters, "--shard", "2/2") == 0
    assert done(tmp_path) == ["train_001.csv"]
    assert run(tmp_path, filters, "--shard", "1/2") == 0
    rows = list(read_csv(tmp_path / "chosen_record" / "manifest.csv"))
    assert len(rows) == 3 * 5


def test_list_keeps_no_photos(server, tmp_path, filters):
    assert run(tmp_path, filters, "--how", "list") == 0
    assert not (tmp_path / "chosen").exists()
