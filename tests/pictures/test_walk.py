"""Which files a walk finds, and what it says of those that it passes over."""

import os
import socket

import pytest

from mistakes import UserMistake
from pictures.walk import CACHE_TAG, in_words, printable, walk


def fill(folder, *names):
    """Create empty files, with their folders."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def names_in(folder):
    return [path.relative_to(folder).as_posix() for path in walk(folder).paths]


def reasons_in(folder):
    return {
        path.relative_to(folder).as_posix(): reason
        for path, reason in walk(folder).passed_over
    }


def test_files_are_found_in_an_order_of_their_own(tmp_path):
    fill(tmp_path, "b.JPG", "a/z.png", "a b/y.txt", "ü ö.jpeg")
    assert names_in(tmp_path) == ["a b/y.txt", "a/z.png", "b.JPG", "ü ö.jpeg"]
    assert not reasons_in(tmp_path)


def test_hidden_files_and_remains_of_systems_are_passed_over(tmp_path):
    fill(tmp_path, "a.png", ".b.png", ".c/d.png", "@eaDir/e.png", "__MACOSX/f.png")
    assert names_in(tmp_path) == ["a.png"]
    assert set(reasons_in(tmp_path)) == {".b.png", ".c", "@eaDir", "__MACOSX"}


def test_links_in_a_circle_end_and_nothing_is_found_twice(tmp_path):
    pictures = fill(tmp_path / "pictures", "a.png", "deep/er/b.png")
    for name, target in {
        "loop": ".",
        "deep/up": "..",
        "deep/er/top": tmp_path,
        "another": "deep/er",
        "b again.png": "deep/er/b.png",
    }.items():
        (pictures / name).symlink_to(target)
    assert names_in(pictures) == ["a.png", "deep/er/b.png"]
    back = "a link back to a folder that holds it"
    again = "read already, by another name"
    assert reasons_in(pictures) == {
        "loop": back,
        "deep/up": back,
        "deep/er/top": back,
        "another": again,
        "b again.png": again,
    }


def test_links_to_elsewhere_are_followed_once_and_not_upwards(tmp_path):
    fill(tmp_path / "elsewhere/inside", "a.png")
    fill(tmp_path / "elsewhere", "not asked for.png")
    (tmp_path / "elsewhere/inside/up").symlink_to("..")
    fill(tmp_path / "alone", "b.png")
    pictures = fill(tmp_path / "pictures", "z/c.png")
    (pictures / "one").symlink_to(tmp_path / "elsewhere/inside")
    (pictures / "two").symlink_to(tmp_path / "elsewhere/inside")
    (pictures / "b.png").symlink_to(tmp_path / "alone/b.png")
    (pictures / "nowhere.png").symlink_to("missing")
    (pictures / "round").symlink_to("round")
    assert names_in(pictures) == ["b.png", "one/a.png", "z/c.png"]
    assert reasons_in(pictures) == {
        "one/up": "a link back to a folder that holds it",
        "two": "read already, by another name",
        "nowhere.png": "a link that leads nowhere: No such file or directory",
        "round": "a link that leads nowhere: Too many levels of symbolic links",
    }


def test_special_files_are_named(tmp_path, monkeypatch):
    fill(tmp_path, "a.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "linked pipe.png").symlink_to("pipe.png")
    # Its whole path may be too long to bind.
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.png")
    assert names_in(tmp_path) == ["a.png"]
    assert reasons_in(tmp_path) == {
        "linked pipe.png": "a named pipe",
        "pipe.png": "a named pipe",
        "socket.png": "a socket",
    }


def test_folders_that_cannot_be_listed_are_named(tmp_path, monkeypatch):
    fill(tmp_path, "a.png", "closed/b.png")
    scandir = os.scandir

    def refuse(path):
        if path.name == "closed":
            # Root, who may run these tests, may list what it likes.
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert names_in(tmp_path) == ["a.png"]
    assert reasons_in(tmp_path) == {"closed": "no way to it: Permission denied"}
    with pytest.raises(PermissionError):
        walk(tmp_path / "closed")


def test_what_this_suite_wrote_is_read_only_when_asked_for(tmp_path):
    fill(tmp_path, "a.png", "runs/one/hyperparameters.json", "runs/one/monitor/b.png")
    fill(tmp_path, "kept_record/surroundings.json", "kept_record/sheets/c.jpg")
    fill(tmp_path, f"datasets/{CACHE_TAG}", "datasets/castles/train/d.png")
    assert names_in(tmp_path) == ["a.png"]
    assert reasons_in(tmp_path) == {
        "datasets": "a cache",
        "kept_record": "a record of deploy.py",
        "runs/one": "a run of main.py",
    }
    assert "monitor/b.png" in names_in(tmp_path / "runs/one")


def test_what_is_no_folder_is_refused(tmp_path):
    with pytest.raises(UserMistake, match="is not a folder"):
        walk(tmp_path / "missing")


def test_every_name_is_found_and_can_be_printed(tmp_path):
    names = [b"caf\xe9", b"two\nlines", b"carriage\rreturn", b"tab\t", "ü".encode()]
    for name in names:
        (tmp_path / os.fsdecode(name)).touch()
    found = [os.fsencode(path.name) for path in walk(tmp_path).paths]
    assert sorted(found) == sorted(names)
    assert [printable(os.fsdecode(name)) for name in names] == [
        r"caf\udce9",
        r"two\nlines",
        r"carriage\rreturn",
        r"tab\t",
        "ü",
    ]


def test_what_is_passed_over_is_one_line(tmp_path):
    fill(tmp_path, ".a", ".b")
    os.mkfifo(tmp_path / "pipe")
    assert in_words(walk(tmp_path).passed_over) == (
        "passed over 3: hidden, or left by a system (2); a named pipe (1)"
    )
