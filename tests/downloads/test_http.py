"""Downloads against a server on loopback that misbehaves."""

import errno
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from downloads import http
from downloads.http import DownloadError, fetch_file, fetch_json, fetch_text
from tests.loopback import Loopback, Page

CONTENT = bytes(range(256)) * 1000
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def server():
    with Loopback() as loopback:
        yield loopback


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """Replace sleeping by a record of the pauses that were asked for."""
    seconds = []
    monkeypatch.setattr("time.sleep", seconds.append)
    return seconds


def part_of(to):
    return to.with_name(to.name + ".part")


def leave_part(to, content, etag=None):
    part_of(to).write_bytes(content)
    if etag is not None:
        to.with_name(to.name + ".part.etag").write_text(etag)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


class TestFetchFile:
    def test_whole_file_appears_alone(self, server, tmp_path):
        server.pages["/castle.zip"] = Page(CONTENT)
        to = tmp_path / "new" / "castle.zip"
        assert fetch_file(server.url("/castle.zip"), str(to), md5=MD5) == to
        assert to.read_bytes() == CONTENT
        assert names_in(to.parent) == ["castle.zip"]

    def test_client_names_itself_and_asks_for_plain_bytes(self, server, tmp_path):
        server.pages["/a"] = Page(CONTENT)
        fetch_file(server.url("/a"), tmp_path / "a")
        headers = server.requests[0].headers
        assert headers["User-Agent"].startswith("accidental-castle-dreamer/")
        assert headers["Accept-Encoding"] == "identity"
        assert "Range" not in headers

    @pytest.mark.parametrize("md5", [None, MD5])
    def test_file_that_is_there_costs_no_request(self, server, tmp_path, md5):
        (tmp_path / "a").write_bytes(CONTENT)
        fetch_file(server.url("/a"), tmp_path / "a", md5=md5)
        assert server.requests == []

    def test_file_whose_md5_is_unknown_is_not_even_read(self, tmp_path, monkeypatch):
        (tmp_path / "a").write_bytes(CONTENT)
        monkeypatch.delattr(http, "_md5")
        fetch_file("http://127.0.0.1:1", tmp_path / "a")

    def test_file_with_another_md5_is_replaced(self, server, tmp_path):
        server.pages["/a"] = Page(CONTENT)
        (tmp_path / "a").write_bytes(b"old")
        fetch_file(server.url("/a"), tmp_path / "a", md5=MD5)
        assert (tmp_path / "a").read_bytes() == CONTENT

    def test_empty_file(self, server, tmp_path):
        server.pages["/a"] = Page(b"")
        assert fetch_file(server.url("/a"), tmp_path / "a").read_bytes() == b""

    def test_unicode_names(self, server, tmp_path):
        server.pages["/ch%C3%A2teau.zip"] = Page(CONTENT)
        to = tmp_path / "Schlösser 城" / "château.zip"
        assert fetch_file(server.url("/château.zip"), to).read_bytes() == CONTENT

    def test_redirects_are_followed(self, server, tmp_path):
        server.pages["/a"] = Page(redirects_to="/b")
        server.pages["/b"] = Page(CONTENT)
        assert fetch_file(server.url("/a"), tmp_path / "a").read_bytes() == CONTENT

    def test_endless_redirects_end(self, server, tmp_path):
        server.pages["/a"] = Page(redirects_to="/a")
        with pytest.raises(DownloadError, match="redirects.*; check the address"):
            fetch_file(server.url("/a"), tmp_path / "a")

    def test_length_unknown(self, server, tmp_path):
        server.pages["/a"] = Page(CONTENT, has_length=False)
        assert fetch_file(server.url("/a"), tmp_path / "a").read_bytes() == CONTENT

    def test_progress_counts_from_what_is_there(self, server, tmp_path, capsys):
        server.pages["/a"] = Page(CONTENT)
        leave_part(tmp_path / "a", CONTENT[:200_000])
        fetch_file(server.url("/a"), tmp_path / "a", md5=MD5)
        line = capsys.readouterr().err
        assert line.startswith("a ") and "100%" in line


class TestResume:
    def test_break_is_continued_where_it_happened(self, server, tmp_path, pauses):
        server.pages["/a"] = Page(CONTENT, breaks_after=200_000, breaks=1)
        fetch_file(server.url("/a"), tmp_path / "a")
        assert (tmp_path / "a").read_bytes() == CONTENT
        first, second = server.requests
        start = int(second.headers["Range"].removeprefix("bytes=").strip("-"))
        assert 100_000 < start <= 200_000
        assert second.headers["If-Range"] == server.pages["/a"].etag
        assert pauses == []

    def test_breaks_that_bring_bytes_are_no_failures(self, server, tmp_path):
        server.pages["/a"] = Page(CONTENT, breaks_after=70_000)
        fetch_file(server.url("/a"), tmp_path / "a", attempts=2)
        assert (tmp_path / "a").read_bytes() == CONTENT
        assert len(server.requests) > 3

    def test_endless_breaks_end(self, server, tmp_path):
        server.pages["/a"] = Page(CONTENT, breaks_after=70_000, honours_range=False)
        with pytest.raises(DownloadError, match="broke off; check the network"):
            fetch_file(server.url("/a"), tmp_path / "a", attempts=3)
        assert len(server.requests) == 3
        assert not (tmp_path / "a").exists()

    def test_part_of_an_earlier_process_with_its_etag(self, server, tmp_path):
        page = server.pages["/a"] = Page(CONTENT)
        leave_part(tmp_path / "a", CONTENT[:1000], etag=page.etag)
        fetch_file(server.url("/a"), tmp_path / "a")
        assert server.requests[0].headers["Range"] == "bytes=1000-"
        assert (tmp_path / "a").read_bytes() == CONTENT
        assert names_in(tmp_path) == ["a"]

    def test_part_with_a_known_md5(self, server, tmp_path):
        server.pages["/a"] = Page(CONTENT, has_etag=False)
        leave_part(tmp_path / "a", CONTENT[:1000])
        fetch_file(server.url("/a"), tmp_path / "a", md5=MD5)
        assert server.requests[0].headers["Range"] == "bytes=1000-"
        assert (tmp_path / "a").read_bytes() == CONTENT

    def test_part_of_unknown_origin_is_not_trusted(self, server, tmp_path):
        server.pages["/a"] = Page(CONTENT)
        leave_part(tmp_path / "a", b"?" * 1000)
        fetch_file(server.url("/a"), tmp_path / "a")
        assert "Range" not in server.requests[0].headers
        assert (tmp_path / "a").read_bytes() == CONTENT

    @pytest.mark.parametrize("honours_if_range", [True, False])
    def test_file_that_changed_is_fetched_anew(
        self, server, tmp_path, honours_if_range
    ):
        server.pages["/a"] = Page(CONTENT, honours_if_range=honours_if_range)
        leave_part(tmp_path / "a", b"?" * 1000, etag='"of an older state"')
        fetch_file(server.url("/a"), tmp_path / "a")
        assert (tmp_path / "a").read_bytes() == CONTENT

    def test_file_that_changes_between_two_attempts(
        self, server, tmp_path, monkeypatch
    ):
        server.pages["/a"] = Page(b"?" * len(CONTENT), breaks_after=100_000)

        def change(retries):
            server.pages["/a"] = Page(CONTENT)

        monkeypatch.setattr(http._Retries, "sleep", change)
        fetch_file(server.url("/a"), tmp_path / "a")
        assert (tmp_path / "a").read_bytes() == CONTENT

    def test_server_ignores_range(self, server, tmp_path):
        page = server.pages["/a"] = Page(CONTENT, honours_range=False)
        leave_part(tmp_path / "a", CONTENT[:1000], etag=page.etag)
        fetch_file(server.url("/a"), tmp_path / "a", md5=MD5)
        assert (tmp_path / "a").read_bytes() == CONTENT

    def test_part_that_is_whole_is_only_renamed(self, server, tmp_path):
        server.pages["/a"] = Page(CONTENT)
        leave_part(tmp_path / "a", CONTENT)
        fetch_file(server.url("/a"), tmp_path / "a", md5=MD5)
        assert (tmp_path / "a").read_bytes() == CONTENT
        assert len(server.requests) == 1

    def test_part_longer_than_the_file_is_fetched_anew(self, server, tmp_path):
        server.pages["/a"] = Page(CONTENT)
        leave_part(tmp_path / "a", CONTENT + b"?")
        fetch_file(server.url("/a"), tmp_path / "a", md5=MD5)
        assert (tmp_path / "a").read_bytes() == CONTENT

    def test_weak_etag_is_not_trusted(self, server, tmp_path, monkeypatch):
        monkeypatch.setattr(Page, "etag", 'W/"1"')
        server.pages["/a"] = Page(CONTENT, breaks_after=100_000, breaks=1)
        fetch_file(server.url("/a"), tmp_path / "a")
        assert all("Range" not in request.headers for request in server.requests)

    @pytest.mark.parametrize("fatal", [signal.SIGKILL, signal.SIGINT])
    def test_process_that_is_ended_leaves_its_part(self, server, tmp_path, fatal):
        page = server.pages["/a"] = Page(CONTENT, pause_seconds=0.5)
        to = tmp_path / "a"
        # Started in the background, it would inherit a SIGINT that is ignored.
        command = (
            "import signal, sys; from downloads import http; "
            "signal.signal(signal.SIGINT, signal.default_int_handler); "
            "http.fetch_file(*sys.argv[1:])"
        )
        child = subprocess.Popen(
            [sys.executable, "-c", command, server.url("/a"), str(to)],
            cwd=Path(http.__file__).parents[1],
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while not (part_of(to).is_file() and part_of(to).stat().st_size):
            assert time.monotonic() < deadline and child.poll() is None
            server.stopped.wait(0.01)
        child.send_signal(fatal)
        assert child.wait() != 0
        there = part_of(to).stat().st_size
        assert 0 < there < len(CONTENT) and not to.exists()
        page.pause_seconds = 0
        fetch_file(server.url("/a"), to)
        assert server.requests[-1].headers["Range"] == f"bytes={there}-"
        assert to.read_bytes() == CONTENT


class TestFailures:
    def test_404_ends_at_once(self, server, tmp_path, pauses):
        with pytest.raises(DownloadError, match="answered 404; check the address"):
            fetch_file(server.url("/none"), tmp_path / "a")
        assert len(server.requests) == 1 and pauses == []
        assert names_in(tmp_path) == []

    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_statuses_that_pass(self, server, tmp_path, pauses, status):
        server.pages["/a"] = Page(CONTENT, failures=[status] * 4)
        fetch_file(server.url("/a"), tmp_path / "a", md5=MD5)
        assert pauses == [2, 4, 8]

    def test_attempts_end(self, server, tmp_path):
        server.pages["/a"] = Page(CONTENT, failures=[503] * 9)
        with pytest.raises(DownloadError, match="gave too many 503 error responses"):
            fetch_file(server.url("/a"), tmp_path / "a", attempts=3)
        assert len(server.requests) == 3

    def test_retry_after_is_honoured(self, server, tmp_path, pauses, caplog):
        server.pages["/a"] = Page(CONTENT, failures=[429], retry_after="17")
        fetch_file(server.url("/a"), tmp_path / "a")
        assert pauses == [17]
        assert "answered 429; trying again in 17 s" in caplog.text

    def test_retry_after_that_is_no_number(self, server, tmp_path, pauses):
        server.pages["/a"] = Page(CONTENT, failures=[429], retry_after="soon")
        fetch_file(server.url("/a"), tmp_path / "a")
        assert pauses == [] and len(server.requests) == 2

    def test_retry_after_tomorrow(self, server, tmp_path, pauses):
        server.pages["/a"] = Page(CONTENT, failures=[429], retry_after="7200")
        with pytest.raises(DownloadError, match="a pause of 7200 s; .* later"):
            fetch_file(server.url("/a"), tmp_path / "a")
        assert pauses == []

    def test_silent_server(self, server, tmp_path, monkeypatch):
        monkeypatch.setattr(http, "SILENCE_SECONDS", 0.05)
        server.pages["/a"] = Page(CONTENT, pause_seconds=9)
        with pytest.raises(DownloadError, match="is silent; check the network"):
            fetch_file(server.url("/a"), tmp_path / "a", attempts=2)

    def test_server_that_never_answers(self, tmp_path, monkeypatch):
        monkeypatch.setattr(http, "SILENCE_SECONDS", 0.05)
        with socket.create_server(("127.0.0.1", 0)) as mute:
            url = f"http://127.0.0.1:{mute.getsockname()[1]}/a"
            with pytest.raises(DownloadError, match="is silent; check the network"):
                fetch_file(url, tmp_path / "a", attempts=2)

    def test_refused_certificate_ends_at_once(self, server, tmp_path, pauses, caplog):
        url = server.url("/a").replace("http:", "https:")
        with pytest.raises(DownloadError, match="SSL.*; check the network"):
            fetch_file(url, tmp_path / "a")
        assert pauses == [] and not caplog.messages

    def test_no_server(self, tmp_path, pauses, monkeypatch):
        monkeypatch.setenv("no_proxy", "*")
        with Loopback() as gone:
            url = gone.url("/a")
        with pytest.raises(DownloadError, match="no connection; check the network"):
            fetch_file(url, tmp_path / "a", attempts=3)
        assert pauses == [2]

    @pytest.mark.parametrize("url", ["no-scheme/a", "file:///etc/passwd", "http://"])
    def test_wrong_url(self, tmp_path, pauses, url):
        with pytest.raises(DownloadError, match="check the address"):
            fetch_file(url, tmp_path / "a")
        assert pauses == []

    def test_body_shorter_than_its_length(self, server, tmp_path):
        wrong = Page(CONTENT, declared_length=len(CONTENT) + 1, honours_range=False)
        server.pages["/a"] = wrong
        with pytest.raises(DownloadError, match="broke off; check the network"):
            fetch_file(server.url("/a"), tmp_path / "a", attempts=2)
        assert not (tmp_path / "a").exists()

    def test_server_corrects_its_wrong_length(self, server, tmp_path):
        server.pages["/a"] = Page(CONTENT, declared_length=len(CONTENT) + 1)
        fetch_file(server.url("/a"), tmp_path / "a")
        assert (tmp_path / "a").read_bytes() == CONTENT

    def test_body_longer_than_its_length(self, server, tmp_path):
        server.pages["/a"] = Page(CONTENT, declared_length=len(CONTENT) - 1)
        with pytest.raises(DownloadError, match=f"instead of {MD5}"):
            fetch_file(server.url("/a"), tmp_path / "a", md5=MD5)

    def test_corrupt_content_is_removed(self, server, tmp_path):
        server.pages["/a"] = Page(b"?" + CONTENT[1:])
        with pytest.raises(DownloadError, match=f"instead of {MD5} and was removed"):
            fetch_file(server.url("/a"), tmp_path / "a", md5=MD5)
        assert names_in(tmp_path) == []

    def test_too_little_space_is_seen_before_a_byte(
        self, server, tmp_path, monkeypatch
    ):
        server.pages["/a"] = Page(CONTENT)
        usage = SimpleNamespace(free=999)
        monkeypatch.setattr(http.shutil, "disk_usage", lambda path: usage)
        with pytest.raises(DownloadError, match="256,000 bytes .* and 999 are free"):
            fetch_file(server.url("/a"), tmp_path / "a")
        assert part_of(tmp_path / "a").stat().st_size == 0

    @pytest.mark.parametrize(
        "writes", [(http.os, "fsync"), (Path, "write_text"), (Path, "write_bytes")]
    )
    def test_disk_fills_up(self, server, tmp_path, monkeypatch, writes):
        server.pages["/a"] = Page(CONTENT)

        def full(*args, **options):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patched:
            patched.setattr(*writes, full)
            with pytest.raises(DownloadError, match="the disk is full"):
                fetch_file(server.url("/a"), tmp_path / "a")
        assert not (tmp_path / "a").exists()
        assert fetch_file(server.url("/a"), tmp_path / "a").read_bytes() == CONTENT

    def test_other_faults_of_the_disk_keep_their_words(
        self, server, tmp_path, monkeypatch
    ):
        server.pages["/a"] = Page(CONTENT)

        def broken(file):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr(http.os, "fsync", broken)
        with pytest.raises(OSError, match=os.strerror(errno.EIO)):
            fetch_file(server.url("/a"), tmp_path / "a")


class TestMetadata:
    def test_text_is_utf8(self, server):
        content = "château".encode() + b"\xff"
        server.pages["/md5.txt"] = Page(content, failures=[503])
        assert fetch_text(server.url("/md5.txt")) == "château\N{REPLACEMENT CHARACTER}"

    def test_json(self, server):
        server.pages["/record"] = Page(json.dumps({"files": [1]}).encode())
        assert fetch_json(server.url("/record")) == {"files": [1]}

    def test_page_instead_of_json(self, server):
        server.pages["/record"] = Page(b"<html>Log in to the hotel")
        with pytest.raises(DownloadError, match="JSON was expected, received '<html>"):
            fetch_json(server.url("/record"))

    def test_range_that_nobody_asked_for(self, server):
        server.pages["/a"] = Page(CONTENT, failures=[416])
        with pytest.raises(DownloadError, match="answered 416"):
            fetch_text(server.url("/a"))

    def test_break(self, server):
        server.pages["/a"] = Page(b"a" * 100, breaks_after=10, breaks=1)
        assert fetch_text(server.url("/a")) == "a" * 100
        assert len(server.requests) == 2
