import errno
import os
from pathlib import Path

import pytest

from transfer_learning.selection.collection import NotPlaced, place, place_bytes


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photos" / "a.jpg"
    path.parent.mkdir()
    path.write_bytes(b"photo")
    return path


@pytest.mark.parametrize("how", ["link", "copy", "move"])
def test_placing_twice_is_placing_once(photo, tmp_path, how):
    target = tmp_path / "chosen" / "x" / "a.jpg"
    place(photo, target, how)
    place(photo, target, how)
    assert target.read_bytes() == b"photo"
    assert photo.exists() == (how != "move")
    assert os.listdir(target.parent) == ["a.jpg"]


def test_a_link_needs_no_space_of_its_own(photo, tmp_path):
    place(photo, tmp_path / "b.jpg", "link")
    assert (tmp_path / "b.jpg").samefile(photo)


def test_a_link_that_is_impossible_becomes_a_copy(photo, tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError("cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    place(photo, tmp_path / "b.jpg", "link")
    assert (tmp_path / "b.jpg").read_bytes() == b"photo"
    assert not (tmp_path / "b.jpg").samefile(photo)


@pytest.mark.parametrize("how", ["link", "copy", "move"])
def test_a_file_of_the_users_is_never_replaced(photo, tmp_path, how):
    target = tmp_path / "a.jpg"
    target.write_bytes(b"another")
    with pytest.raises(NotPlaced, match="left as it is"):
        place(photo, target, how)
    assert target.read_bytes() == b"another"
    assert photo.read_bytes() == b"photo"


def test_moving_a_symbolic_link_keeps_the_photo(photo, tmp_path):
    link = tmp_path / "photos" / "link.jpg"
    link.symlink_to("a.jpg")
    place(link, tmp_path / "chosen" / "link.jpg", "move")
    assert (tmp_path / "chosen" / "link.jpg").read_bytes() == b"photo"
    assert not link.is_symlink()
    assert photo.exists()


def refuse(number):
    def fail(path, *_):
        raise OSError(number, os.strerror(number), str(path))

    return fail


@pytest.mark.parametrize("is_other_disk", [False, True])
def test_a_photo_that_cannot_be_taken_away_stays_in_one_place(
    photo, tmp_path, monkeypatch, is_other_disk
):
    target = tmp_path / "chosen" / "a.jpg"
    denied = refuse(errno.EACCES)
    renamed = refuse(errno.EXDEV) if is_other_disk else denied
    unlink = Path.unlink

    def keep(path, **options):
        return denied(path) if path == photo else unlink(path, **options)

    monkeypatch.setattr(Path, "rename", renamed)
    monkeypatch.setattr(Path, "unlink", keep)
    with pytest.raises(PermissionError):
        place(photo, target, "move")
    assert photo.read_bytes() == b"photo"
    assert not target.exists()


def test_a_photo_is_moved_to_another_disk(photo, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "rename", refuse(errno.EXDEV))
    place(photo, tmp_path / "a.jpg", "move")
    assert (tmp_path / "a.jpg").read_bytes() == b"photo"
    assert not photo.exists()


def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28)))
    with pytest.raises(OSError):
        place_bytes(b"photo", tmp_path / "a.jpg")
    assert os.listdir(tmp_path) == []


def test_bytes_of_another_file_are_refused(tmp_path):
    place_bytes(b"photo", tmp_path / "a.jpg")
    place_bytes(b"photo", tmp_path / "a.jpg")
    with pytest.raises(NotPlaced, match="left as it is"):
        place_bytes(b"other", tmp_path / "a.jpg")


@pytest.mark.parametrize("how", ["link", "copy", "move"])
def test_a_photo_that_is_gone_is_named(tmp_path, how):
    with pytest.raises(NotPlaced, match="a.jpg is not there any more"):
        place(tmp_path / "a.jpg", tmp_path / "b.jpg", how)
