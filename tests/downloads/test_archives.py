"""Zips that are damaged, too large, or attack."""

import errno
import os
import stat
import zipfile
from types import SimpleNamespace

import pytest

from downloads import archives
from downloads.archives import unpack_zip
from downloads.http import DownloadError

CONTENT = bytes(range(256)) * 1000


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def zip_file(path, members, compression=zipfile.ZIP_DEFLATED):
    """Write a zip of (name or ZipInfo, content) pairs, however odd the names."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def member(name, mode=0):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def lie_about_sizes(path, declared):
    """Write another unpacked size into every header of a zip."""
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(signature) + offset
        content[at : at + 4] = declared.to_bytes(4, "little")
    path.write_bytes(content)


def files_in(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class TestUnpackZip:
    MEMBERS = {"train/château.jpg": CONTENT, "train/deep/er/城.jpg": b"", "b": b"b"}

    def test_folder_appears_alone(self, tmp_path, capsys):
        archive = zip_file(tmp_path / "a.zip", self.MEMBERS.items())
        to = tmp_path / "new" / "a"
        assert unpack_zip(str(archive), str(to), max_bytes=10**6) == to
        assert files_in(to) == self.MEMBERS
        assert names_in(to.parent) == ["a"]
        assert archive.exists()
        assert "100%" in capsys.readouterr().err

    def test_empty_folders_stay(self, tmp_path):
        archive = zip_file(tmp_path / "a.zip", [("empty/", b""), ("./", b"")])
        assert names_in(unpack_zip(archive, tmp_path / "a", 10**6)) == ["empty"]

    def test_windows_slashes_make_folders(self, tmp_path):
        archive = zip_file(
            tmp_path / "a.zip", [("train\\", b""), ("train\\a.jpg", b"a")]
        )
        assert files_in(unpack_zip(archive, tmp_path / "a", 9)) == {"train/a.jpg": b"a"}

    def test_folder_that_is_there_is_left_alone(self, tmp_path):
        (tmp_path / "a").mkdir()
        assert unpack_zip(tmp_path / "none.zip", tmp_path / "a", 9) == tmp_path / "a"

    def test_remains_of_a_killed_process_go(self, tmp_path):
        archive = zip_file(tmp_path / "a.zip", self.MEMBERS.items())
        (tmp_path / "a.partial" / "half").mkdir(parents=True)
        assert files_in(unpack_zip(archive, tmp_path / "a", 10**6)) == self.MEMBERS

    def refused(self, archive, words, max_bytes=10**6):
        """Assert that an archive is refused in one line and leaves no trace."""
        before = files_in(archive.parent)
        with pytest.raises(DownloadError, match=words) as caught:
            unpack_zip(archive, archive.parent / "inside" / "a", max_bytes)
        assert "\n" not in str(caught.value)
        assert str(caught.value).count(str(archive)) == 1
        assert files_in(archive.parent) == before
        assert names_in(archive.parent / "inside") == []

    @pytest.mark.parametrize(
        "name",
        [
            "../evil",
            "a/../../evil",
            "..\\evil",
            "/tmp/evil",
            "\\evil",
            "//host/share/evil",
            "C:evil",
            "c:\\evil",
        ],
    )
    def test_member_outside(self, tmp_path, name):
        archive = zip_file(tmp_path / "a.zip", [("good", b"good"), (name, b"evil")])
        self.refused(archive, "leads out of the target folder")

    @pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
    def test_links_and_devices(self, tmp_path, kind):
        evil = member("evil", kind | 0o777)
        archive = zip_file(tmp_path / "a.zip", [(evil, "/etc/passwd")])
        self.refused(archive, "is a link or a device")

    def test_permissions_are_ignored(self, tmp_path):
        locked = member("locked", stat.S_IFREG | 0o4000)
        archive = zip_file(tmp_path / "a.zip", [(locked, b"a")])
        mode = (unpack_zip(archive, tmp_path / "a", 9) / "locked").stat().st_mode
        assert mode & 0o7400 == 0o400

    def test_bomb(self, tmp_path):
        archive = zip_file(tmp_path / "a.zip", [("a", bytes(600)), ("b", bytes(401))])
        self.refused(archive, "unpacks to 1,001 bytes, more than the 1,000", 1000)

    def test_bomb_with_lying_header(self, tmp_path, monkeypatch):
        archive = zip_file(tmp_path / "a.zip", [("bomb", bytes(10**7))])
        lie_about_sizes(archive, declared=100)
        written = []
        advance = archives.Progress.advance
        monkeypatch.setattr(
            archives.Progress,
            "advance",
            lambda self, count: (written.append(count), advance(self, count)),
        )
        self.refused(archive, "cannot be unpacked .*CRC", max_bytes=1000)
        assert sum(written) <= 100

    def test_encrypted(self, tmp_path):
        archive = zip_file(tmp_path / "a.zip", [("secret", b"secret")])
        content = bytearray(archive.read_bytes())
        content[content.index(b"PK\x01\x02") + 8] |= 1
        archive.write_bytes(content)
        self.refused(archive, "'secret' is encrypted")

    @pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_methods_without_a_bound_on_memory(self, tmp_path, method):
        archive = zip_file(tmp_path / "a.zip", [("a", bytes(100))], method)
        self.refused(archive, "by a method that cannot be read safely")

    def test_flipped_bit(self, tmp_path):
        archive = zip_file(
            tmp_path / "a.zip", [("a", CONTENT)], compression=zipfile.ZIP_STORED
        )
        content = bytearray(archive.read_bytes())
        content[1000] ^= 1
        archive.write_bytes(content)
        self.refused(archive, "cannot be unpacked .*CRC.*; remove it and run again")

    @pytest.mark.parametrize("length", [0, 10, 1000])
    def test_truncated(self, tmp_path, length):
        archive = zip_file(tmp_path / "a.zip", [("a", os.urandom(5000))])
        archive.write_bytes(archive.read_bytes()[:length])
        self.refused(archive, "cannot be unpacked")

    @pytest.mark.parametrize(
        ("signature", "offset", "value"),
        [
            (b"PK\x05\x06", 16, 0xFFFF),  # the directory starts elsewhere
            (b"PK\x01\x02", 42, 0xFFFF),  # the member starts elsewhere
            (b"PK\x01\x02", 6, 99),  # a newer version is needed to read it
            (b"PK\x01\x02", 8, 0x820),  # patched data
            (b"PK\x01\x02", 46, 0xFFFF),  # the name is no UTF-8
            (b"PK\x01\x02", 46, 0),  # there is no name
            (b"PK\x03\x04", 38, 0xFFFF),  # the data are no deflated ones
        ],
    )
    def test_flipped_header(self, tmp_path, signature, offset, value):
        archive = zip_file(tmp_path / "a.zip", [("château", b"a")])
        content = bytearray(archive.read_bytes())
        at = content.index(signature) + offset
        content[at : at + 2] = value.to_bytes(2, "little")
        archive.write_bytes(content)
        self.refused(archive, "cannot be unpacked")

    def test_member_that_ends_beyond_the_archive(self, tmp_path):
        archive = zip_file(tmp_path / "a.zip", [("a", b"a")], zipfile.ZIP_STORED)
        content = bytearray(archive.read_bytes())
        at = content.index(b"PK\x01\x02") + 20
        content[at : at + 8] = (60_000).to_bytes(4, "little") * 2
        archive.write_bytes(content)
        self.refused(archive, "cannot be unpacked")

    def test_web_page_named_zip(self, tmp_path):
        (tmp_path / "a.zip").write_bytes(b"<html>Log in to the hotel")
        self.refused(tmp_path / "a.zip", "cannot be unpacked")

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    @pytest.mark.parametrize("names", [("a", "a"), ("a", "a/b"), ("a/b", "a")])
    def test_members_in_each_others_way(self, tmp_path, names):
        archive = zip_file(tmp_path / "a.zip", [(name, b"") for name in names])
        self.refused(archive, "cannot be unpacked")

    def test_too_little_space_is_seen_before_a_byte(self, tmp_path, monkeypatch):
        archive = zip_file(tmp_path / "a.zip", [("a", CONTENT)])
        usage = SimpleNamespace(free=999)
        monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
        with pytest.raises(DownloadError, match="256,000 bytes .* and 999 are free"):
            unpack_zip(archive, tmp_path / "a", 10**6)
        assert names_in(tmp_path) == ["a.zip"]

    def test_disk_fills_up(self, tmp_path, monkeypatch):
        archive = zip_file(tmp_path / "a.zip", [("a", CONTENT)])

        def full(self, count):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(archives.Progress, "advance", full)
        with pytest.raises(DownloadError, match="the disk is full"):
            unpack_zip(archive, tmp_path / "a", 10**6)
        assert names_in(tmp_path) == ["a.zip"]

    def test_interruption_leaves_nothing(self, tmp_path, monkeypatch):
        archive = zip_file(tmp_path / "a.zip", [("a", CONTENT)])

        def interrupt(self, count):
            raise KeyboardInterrupt

        monkeypatch.setattr(archives.Progress, "advance", interrupt)
        with pytest.raises(KeyboardInterrupt):
            unpack_zip(archive, tmp_path / "a", 10**6)
        assert names_in(tmp_path) == ["a.zip"]
