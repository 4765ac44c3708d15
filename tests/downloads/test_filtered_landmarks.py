"""The author's archives, small ones of the same layout, from a server on loopback."""

import hashlib
import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from downloads import filtered_landmarks, http
from downloads.filtered_landmarks import fetch_landmarks
from downloads.http import DownloadError
from downloads.zenodo import Record
from tests.loopback import Loopback, Page

TRAIN_128, TRAIN_256, VALIDATION, TEST = 5655491, 5676514, 5654571, 5655436
PARTS = [f"red_256_part_{part}.zip.zip" for part in range(1, 6)]


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0)


@pytest.fixture
def zenodo():
    """Serve the four records in the layout of the real ones."""
    with Loopback() as server:
        add_record(server, TRAIN_128, {"reduced_128.zip": {"reduced_128/a.jpg": b"a"}})
        # The first of the parts is packed twice, as its name says.
        twice = {"red_256_part_1.zip": zipped({"part/b.jpg": b"b"})}
        once = {name: {f"{name}.jpg": b"c"} for name in PARTS[1:]}
        add_record(server, TRAIN_256, {PARTS[0]: twice} | once)
        add_record(server, VALIDATION, {"validation.zip": {"v.jpg": b"v"}})
        add_record(server, TEST, {"test.zip": {"test/deep/er/t.jpg": b"t"}})
        yield server


def zipped(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def add_record(server, record, archives):
    files = []
    for name, members in archives.items():
        content = zipped(members)
        server.pages[f"/records/{record}/files/{name}"] = Page(content)
        md5 = hashlib.md5(content).hexdigest()
        files.append({"key": name, "checksum": f"md5:{md5}"})
    metadata = json.dumps({"files": files}).encode()
    server.pages[f"/api/records/{record}"] = Page(metadata)


def page(server, record, name):
    return server.pages[f"/records/{record}/files/{name}"]


def files_in(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


SET_128 = {
    "train/reduced_128/reduced_128/a.jpg": b"a",
    "validation/validation/v.jpg": b"v",
    "test/test/test/deep/er/t.jpg": b"t",
}


def test_addresses_are_those_of_zenodo():
    # Copied from the pages of the records.
    base = "https://zenodo.org/records"
    assert [
        Record(number).file_url(name)
        for number, names in [
            filtered_landmarks.TRAIN[128],
            filtered_landmarks.VALIDATION,
            filtered_landmarks.TEST,
            filtered_landmarks.TRAIN[256],
        ]
        for name in names
    ] == [
        f"{base}/5655491/files/reduced_128.zip",
        f"{base}/5654571/files/validation.zip",
        f"{base}/5655436/files/test.zip",
        *(f"{base}/5676514/files/{name}" for name in PARTS),
    ]


@pytest.mark.parametrize("img_dim", [64, 128])
def test_set_of_128(zenodo, tmp_path, img_dim):
    folder = fetch_landmarks(img_dim, str(tmp_path), zenodo.url())
    assert folder == tmp_path / "landmarks_128"
    # Neither archives nor partial folders are left.
    assert files_in(tmp_path) == {
        f"landmarks_128/{name}": content for name, content in SET_128.items()
    }


def test_set_of_256_with_a_zip_in_a_zip(zenodo, tmp_path):
    folder = fetch_landmarks(129, tmp_path, zenodo.url())
    assert folder == tmp_path / "landmarks_256"
    inner = "red_256_part_1.zip.unpacked"
    assert files_in(folder / "train") == {
        f"red_256_part_1/{inner}/part/b.jpg": b"b",
        **{f"{name.removesuffix('.zip.zip')}/{name}.jpg": b"c" for name in PARTS[1:]},
    }


def test_set_that_is_there_costs_no_request(zenodo, tmp_path):
    fetch_landmarks(128, tmp_path, zenodo.url())
    zenodo.requests.clear()
    fetch_landmarks(128, tmp_path, zenodo.url())
    assert zenodo.requests == []


def test_only_the_missing_split_is_fetched(zenodo, tmp_path):
    (tmp_path / "landmarks_128" / "train").mkdir(parents=True)
    (tmp_path / "landmarks_128" / "test").mkdir(parents=True)
    fetch_landmarks(128, tmp_path, zenodo.url())
    assert {request.path.split("/")[-1] for request in zenodo.requests} == {
        str(VALIDATION),
        "validation.zip",
    }


def test_parts_that_are_done_are_not_fetched_again(zenodo, tmp_path):
    third = page(zenodo, TRAIN_256, PARTS[2])
    third.failures = [404]
    with pytest.raises(DownloadError, match="404"):
        fetch_landmarks(256, tmp_path, zenodo.url())
    assert not (tmp_path / "landmarks_256" / "train").exists()
    zenodo.requests.clear()
    fetch_landmarks(256, tmp_path, zenodo.url())
    assert len(files_in(tmp_path / "landmarks_256" / "train")) == 5
    for name, times in zip(PARTS, (0, 0, 1, 1, 1), strict=True):
        assert len(zenodo.asked(f"/records/{TRAIN_256}/files/{name}")) == times


class Killed(BaseException):
    """Ends a call as kill -9 would: nothing of ours catches it."""


@pytest.mark.parametrize("rename", range(11))
def test_killed_at_any_rename_goes_on(zenodo, tmp_path, monkeypatch, rename):
    """Stop before the nth rename: each of them makes something whole."""
    twice = {"in.zip": zipped({"v.jpg": b"v"})}
    add_record(zenodo, VALIDATION, {"validation.zip": twice})
    inner = "validation/validation/in.zip.unpacked/v.jpg"
    expected = SET_128 | {inner: b"v"}
    del expected["validation/validation/v.jpg"]
    done = []

    def counted(original):
        def call(path, target):
            if len(done) == rename:
                raise Killed
            done.append(target)
            return original(path, target)

        return call

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", counted(Path.rename))
        patched.setattr(Path, "replace", counted(Path.replace))
        patched.setattr(shutil, "rmtree", lambda *args, **options: None)
        try:
            fetch_landmarks(128, tmp_path, zenodo.url())
        except Killed:
            pass
        else:
            assert len(done) == 10
    for split in (tmp_path / "landmarks_128").glob("*[!l]"):
        whole = {name for name in expected if name.startswith(f"{split.name}/")}
        assert {f"{split.name}/{name}" for name in files_in(split)} == whole
    folder = fetch_landmarks(128, tmp_path, zenodo.url())
    assert files_in(folder) == expected


def test_killed_before_the_archive_is_removed(zenodo, tmp_path, monkeypatch):
    def killed(path, missing_ok=False):
        if path.name == "reduced_128.zip":
            raise Killed
        original(path, missing_ok)

    original = Path.unlink
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Path, "unlink", killed)
        fetch_landmarks(128, tmp_path, zenodo.url())
    fetch_landmarks(128, tmp_path, zenodo.url())
    assert not list(tmp_path.rglob("*.zip"))
    assert len(zenodo.asked(f"/records/{TRAIN_128}/files/reduced_128.zip")) == 1


def test_archive_that_is_there_is_not_asked_for(zenodo, tmp_path):
    partial = tmp_path / "landmarks_128" / "train.partial"
    partial.mkdir(parents=True)
    archive = page(zenodo, TRAIN_128, "reduced_128.zip").content
    (partial / "reduced_128.zip").write_bytes(archive)
    assert files_in(fetch_landmarks(128, tmp_path, zenodo.url())) == SET_128
    assert zenodo.asked(f"/api/records/{TRAIN_128}") == []


def test_archives_put_there_by_hand_need_no_network_and_stay(tmp_path):
    archives = tmp_path / "archives"
    archives.mkdir()
    for name in ("reduced_128.zip", "validation.zip", "test.zip"):
        (archives / name).write_bytes(zipped({f"{name}.jpg": b"x"}))
    folder = fetch_landmarks(128, tmp_path, "http://127.0.0.1:1")
    assert len(files_in(folder)) == len(files_in(archives)) == 3


def test_no_network_says_what_can_be_done(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    base_url = "http://127.0.0.1:1"
    with pytest.raises(DownloadError) as caught:
        fetch_landmarks(128, tmp_path, base_url)
    message = str(caught.value)
    assert "\n" not in message
    assert "no connection" in message
    assert f"{base_url}/records/{TRAIN_128}/files/reduced_128.zip" in message
    assert str(tmp_path / "archives") in message
    assert "--dataset castles" in message


def test_corrupt_archive_is_refused(zenodo, tmp_path):
    page(zenodo, TRAIN_128, "reduced_128.zip").content = zipped({"evil.jpg": b"evil"})
    with pytest.raises(DownloadError, match="md5"):
        fetch_landmarks(128, tmp_path, zenodo.url())
    assert files_in(tmp_path) == {}


def test_record_without_a_checksum_we_know(zenodo, tmp_path):
    files = [{"key": "validation.zip", "checksum": "sha512:00"}, {"key": "b"}]
    metadata = Page(json.dumps({"files": files}).encode())
    zenodo.pages[f"/api/records/{VALIDATION}"] = metadata
    assert files_in(fetch_landmarks(128, tmp_path, zenodo.url())) == SET_128


def test_folder_named_like_a_zip(zenodo, tmp_path):
    add_record(zenodo, TEST, {"test.zip": {"odd.zip/t.jpg": b"t"}})
    folder = fetch_landmarks(128, tmp_path, zenodo.url())
    assert files_in(folder / "test") == {"test/odd.zip/t.jpg": b"t"}


def test_inner_zip_is_as_suspect_as_the_outer(zenodo, tmp_path):
    add_record(zenodo, TEST, {"test.zip": {"in.zip": zipped({"../evil": b"evil"})}})
    with pytest.raises(DownloadError, match="leads out of the target folder"):
        fetch_landmarks(128, tmp_path, zenodo.url())
    assert not list(tmp_path.rglob("evil"))
    assert not (tmp_path / "landmarks_128" / "test").exists()


def test_archive_that_unpacks_to_too_much(zenodo, tmp_path, monkeypatch):
    monkeypatch.setattr(filtered_landmarks, "MAX_UNPACKED_BYTES", 0)
    with pytest.raises(DownloadError, match="more than the 0 expected"):
        fetch_landmarks(128, tmp_path, zenodo.url())
