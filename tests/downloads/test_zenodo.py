"""A record as Zenodo lays it out, from a server on loopback."""

import hashlib
import json

import pytest

from downloads.http import DownloadError
from downloads.zenodo import Record, fetch_record_file
from tests.loopback import Loopback, Page

CONTENT = b"an archive"
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def server():
    with Loopback({"/records/7/files/a.zip": Page(CONTENT)}) as loopback:
        yield loopback


def publish(server, *files):
    metadata = json.dumps({"files": files} if files else {})
    server.pages["/api/records/7"] = Page(metadata.encode())


def fetch(server, to, **options):
    return fetch_record_file(Record(7, server.url()), "a.zip", to, **options)


def test_addresses_are_those_of_zenodo():
    # Copied from the page of the record.
    url = "https://zenodo.org/records/5655491/files/reduced_128.zip"
    assert Record(5655491).file_url("reduced_128.zip") == url


def test_file_with_its_md5(server, tmp_path):
    publish(server, {"key": "b"}, {"key": "a.zip", "checksum": f"md5:{MD5}"})
    assert fetch(server, tmp_path / "a") == tmp_path / "a"
    assert (tmp_path / "a").read_bytes() == CONTENT


@pytest.mark.parametrize("needs_md5", [True, False])
def test_another_md5(server, tmp_path, needs_md5):
    publish(server, {"key": "a.zip", "checksum": f"md5:{'0' * 32}"})
    with pytest.raises(DownloadError, match=f"md5 {MD5} instead of 000"):
        fetch(server, tmp_path / "a", needs_md5=needs_md5)
    assert list(tmp_path.iterdir()) == []


WITHOUT_MD5 = [
    [],
    [{"key": "b.zip", "checksum": f"md5:{MD5}"}],
    [{"key": "a.zip"}],
    [{"key": "a.zip", "checksum": None}],
    [{"key": "a.zip", "checksum": "md5:"}],
    [{"key": "a.zip", "checksum": "sha512:00"}],
]


@pytest.mark.parametrize("files", WITHOUT_MD5)
def test_no_md5_is_an_error(server, tmp_path, files):
    publish(server, *files)
    with pytest.raises(DownloadError, match="/a.zip: the record names no md5 for a"):
        fetch(server, tmp_path / "a")
    assert server.asked("/records/7/files/a.zip") == []


@pytest.mark.parametrize("files", WITHOUT_MD5)
def test_no_md5_is_allowed(server, tmp_path, files):
    publish(server, *files)
    fetch(server, tmp_path / "a", needs_md5=False)
    assert (tmp_path / "a").read_bytes() == CONTENT
