import io
import tarfile

import pytest

from downloads.http import DownloadError
from tests.loopback import Loopback, Page
from transfer_learning.jobs import landmark_archives
from transfer_learning.jobs.landmark_archives import (
    attributions,
    fetch_archive,
    fetch_metadata,
    list_members,
    natural_photo_ids,
)

HIERARCHY = (
    "landmark_id,category,supercategory,hierarchical_label,natural_or_human_made\n"
    "1,c,s,waterfall,natural\n2,c,s,castle,human-made\n"
)
LANDMARKS = "id,url,landmark_id\nid_a,u,1\nid_b,u,2\nid_c,u,1\n"
ATTRIBUTION = (
    "id,url,author,license,title\n"
    'id_b,http://b,"Doe, J.",CC BY 2.0,File:B.jpg\nid_x,http://x,X,CC0,X\n'
)


def make_tar(members):
    """Return a tar of (name, content) pairs; a content of None makes a link."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture
def metadata(tmp_path, monkeypatch):
    pages = {
        "/metadata/train_label_to_hierarchical.csv": Page(HIERARCHY.encode()),
        "/metadata/train.csv": Page(LANDMARKS.encode()),
        "/metadata/train_attribution.csv": Page(ATTRIBUTION.encode()),
    }
    with Loopback(pages) as server:
        monkeypatch.setattr(landmark_archives, "BASE_URL", server.url())
        yield tmp_path / "metadata"


def test_members_that_lead_out_or_are_no_files_are_refused():
    names = ["0/1/2/a.jpg", "../a.jpg", "/a.jpg", "..\\a.jpg", "C:/a.jpg"]
    content = make_tar([*((name, b"x") for name in names), ("link.jpg", None)])
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        photos, refused = list_members(archive)
    assert [member.name for member in photos] == ["0/1/2/a.jpg"]
    assert [name for name, _ in refused] == [*names[1:], "link.jpg"]


def test_the_second_member_of_a_name_is_refused():
    content = make_tar([("a.jpg", b"1"), ("a.jpg", b"2")])
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        photos, refused = list_members(archive)
    assert len(photos) == 1
    assert refused == [("a.jpg", "the archive holds two of this name")]


def test_archive_is_fetched_by_its_published_checksum(tmp_path, monkeypatch):
    import hashlib

    content = make_tar([("a.jpg", b"1")])
    md5 = hashlib.md5(content).hexdigest()
    pages = {
        "/index/images_007.tar": Page(content),
        "/md5sum/index/md5.images_007.txt": Page(f"{md5}  images_007.tar\n".encode()),
    }
    with Loopback(pages) as server:
        monkeypatch.setattr(landmark_archives, "BASE_URL", server.url())
        path = fetch_archive("index", 7, tmp_path / "a.tar")
    assert path.read_bytes() == content


@pytest.mark.parametrize("text", ["", "<html>log in</html>", "0123  images_007.tar"])
def test_a_text_that_is_no_checksum_is_named(tmp_path, monkeypatch, text):
    with Loopback({"/md5sum/index/md5.images_007.txt": Page(text.encode())}) as server:
        monkeypatch.setattr(landmark_archives, "BASE_URL", server.url())
        with pytest.raises(DownloadError, match="an md5 checksum was expected"):
            fetch_archive("index", 7, tmp_path / "a.tar")
        assert not server.asked("/index/images_007.tar")


@pytest.mark.parametrize(
    "text",
    [
        "<html>log in</html>",
        "",
        LANDMARKS.partition("\n")[0],
        ATTRIBUTION,
        "id,url,landmark_id\n,u,1\n",
        '<a href="' + "x" * 200_000,
    ],
    ids=["page", "empty", "header", "other", "no id", "no csv"],
)
def test_a_metadata_file_of_another_kind_is_not_kept(tmp_path, monkeypatch, text):
    url, name = "/metadata/train.csv", "train.csv"
    with Loopback({url: Page(text.encode())}) as server:
        monkeypatch.setattr(landmark_archives, "BASE_URL", server.url())
        with pytest.raises(DownloadError, match="another file came and was removed"):
            fetch_metadata(name, tmp_path)
        assert not list(tmp_path.iterdir())
        server.pages[url] = Page(LANDMARKS.encode())
        assert fetch_metadata(name, tmp_path).read_text() == LANDMARKS


def test_natural_landmarks_are_found_by_their_label(metadata):
    assert natural_photo_ids(metadata) == {"id_a", "id_c"}


def test_attribution_names_every_photo_known_or_not(metadata):
    known, unknown = attributions({"id_b", "id_c"}, metadata)
    assert known == {
        "id": "id_b", "title": "File:B.jpg", "author": "Doe, J.", "url": "http://b",
        "license": "CC BY 2.0", "changed": "no, the file is as published",
    }  # fmt: skip
    assert (unknown["id"], unknown["author"]) == ("id_c", "")
