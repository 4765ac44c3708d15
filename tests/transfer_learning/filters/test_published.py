import hashlib
import io
import json
import zipfile

import pytest

from downloads import http
from downloads.http import DownloadError
from downloads.zenodo import Record
from tests.loopback import Loopback, Page
from tests.transfer_learning.tiny_filters import build_tiny_filter
from transfer_learning.filters import published, saved_models
from transfer_learning.filters.published import (
    ENSEMBLES,
    TRAITS,
    fetch_published_filters,
)
from transfer_learning.filters.traits import read_traits

NAMES = [name for ensemble in ENSEMBLES for name in ensemble]


def zip_bytes(name):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(f"{name}/variables/variables.index", name)
    return stream.getvalue()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0)
    monkeypatch.setattr(
        saved_models, "convert_saved_model", lambda folder, side: build_tiny_filter()
    )
    archives = {name: zip_bytes(name) for name in NAMES}
    files = [
        {"key": f"{name}.zip", "checksum": f"md5:{hashlib.md5(content).hexdigest()}"}
        for name, content in archives.items()
    ]
    pages = {f"/records/7/files/{name}.zip": Page(c) for name, c in archives.items()}
    pages["/api/records/7"] = Page(json.dumps({"files": files}).encode())
    with Loopback(pages) as loopback:
        monkeypatch.setattr(published, "RECORD", Record(7, loopback.url()))
        yield loopback


def test_six_filters_are_fetched_once(server, tmp_path):
    ensembles = fetch_published_filters(tmp_path)
    assert [len(paths) for paths in ensembles] == [3, 3]
    assert read_traits(ensembles[1][2]) == TRAITS
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{name}.keras" for name in NAMES
    ]
    server.requests.clear()
    assert fetch_published_filters(tmp_path) == ensembles
    assert server.requests == []


def test_a_changed_archive_is_refused(server, tmp_path):
    server.pages["/records/7/files/FirstPass_D_2.zip"].content = zip_bytes("other")
    with pytest.raises(DownloadError, match="FirstPass_D_2.zip.*md5"):
        fetch_published_filters(tmp_path)
    assert not (tmp_path / "FirstPass_D_2.keras").exists()


def test_an_archive_without_a_published_md5_is_refused(server, tmp_path):
    server.pages["/api/records/7"].content = b"{}"
    with pytest.raises(
        DownloadError, match="/records/7/files/FirstPass_D_1.zip: .* no md5 for"
    ):
        fetch_published_filters(tmp_path)
    assert server.asked("/records/7/files/FirstPass_D_1.zip") == []


def test_an_archive_without_such_a_filter_is_named(server, tmp_path, monkeypatch):
    def fail(folder, side):
        raise saved_models.NotAFilter("conv1_conv/kernel has shape missing")

    monkeypatch.setattr(saved_models, "convert_saved_model", fail)
    with pytest.raises(DownloadError, match="FirstPass_D_1.zip: conv1_conv"):
        fetch_published_filters(tmp_path)
