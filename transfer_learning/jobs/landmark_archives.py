"""The archives of Google Landmarks v2: where they are and what is in them.

Owns addresses, checksums, the members of a tar and the metadata. What becomes of the
photos is left to `landmarks`. What downloads is loaded when it is needed, since
deploy.py asks here how many archives there are before it says anything.
Source: https://github.com/cvdfoundation/google-landmark
"""

import csv
import functools
import tarfile
from pathlib import Path, PureWindowsPath

BASE_URL = "https://s3.amazonaws.com/google-landmark"
ARCHIVE_COUNTS = {"train": 500, "index": 100, "test": 20}
# Only of the photos for training are the authors and the kind of landmark published.
ATTRIBUTION_NAME = "train_attribution.csv"
LANDMARKS_NAME = "train.csv"
HIERARCHY_NAME = "train_label_to_hierarchical.csv"
PUBLISHED_COLUMNS = ("title", "author", "url", "license")
ATTRIBUTION_COLUMNS = ("id", *PUBLISHED_COLUMNS, "changed")
# What `natural_photo_ids` reads.
LABEL_NAMES = (HIERARCHY_NAME, LANDMARKS_NAME)
# The longest photo has some megabytes; more is no photo and must not fill the memory.
MOST_BYTES_PER_PHOTO = 200_000_000


def fetch_archive(split, number, to, base_url=BASE_URL):
    """Download one tar to the file `to`, checked against its published md5.

    Raises:
        DownloadError: it cannot be had whole.
    """
    from downloads.http import fetch_file, fetch_text

    name = f"images_{number:03}"
    checksum = fetch_text(f"{base_url}/md5sum/{split}/md5.{name}.txt")
    return fetch_file(
        f"{base_url}/{split}/{name}.tar", to, md5=checksum.split()[0].lower()
    )


def list_members(archive):
    """Return the photos of an open tar and what is refused in it.

    Returns:
        a list of `TarInfo` of the photos, and a list of `(name, reason)`.
    """
    photos, refused, names = [], [], set()
    for member in archive:
        if member.isdir():
            continue
        reason = _refusal(member, names)
        if reason:
            refused.append((member.name, reason))
        else:
            names.add(member.name)
            photos.append(member)
    return photos, refused


def _refusal(member, names):
    # Windows rules know both kinds of slash, and drives: the stricter reading.
    path = PureWindowsPath(member.name)
    if path.drive or path.root or ".." in path.parts:
        return "its name leads out of the archive"
    if not member.isreg():
        return "it is a link or a device"
    if member.size > MOST_BYTES_PER_PHOTO:
        return f"it has {member.size} bytes"
    return "the archive holds two of this name" if member.name in names else ""


def photo_id(path):
    """Return the 16 hexadecimal digits that name a photo in the metadata."""
    return Path(path).stem


def open_archive(path):
    """Return the tar opened for reading; `tarfile.TarError` if it is damaged."""
    return tarfile.open(path, "r:")


def fetch_metadata(name, folder, base_url=BASE_URL):
    """Return the path of a metadata csv, downloaded to `folder` at first use."""
    from downloads.http import fetch_file

    return fetch_file(f"{base_url}/metadata/{name}", Path(folder, name))


@functools.cache
def natural_photo_ids(folder, base_url=BASE_URL):
    """Return the ids of the training photos whose landmark is labelled natural."""
    hierarchy = _rows(fetch_metadata(HIERARCHY_NAME, folder, base_url))
    natural = {
        row["landmark_id"]
        for row in hierarchy
        if row["natural_or_human_made"].strip().lower() == "natural"
    }
    landmarks = _rows(fetch_metadata(LANDMARKS_NAME, folder, base_url))
    return frozenset(row["id"] for row in landmarks if row["landmark_id"] in natural)


def attributions(ids, folder, base_url=BASE_URL):
    """Yield what the licences ask to be named, for each of the photos `ids`.

    Photos that the published file does not name are yielded last, with empty fields,
    so that none of the chosen is passed over in silence.
    """
    missing = set(ids)
    for row in _rows(fetch_metadata(ATTRIBUTION_NAME, folder, base_url)):
        if row["id"] in missing:
            missing.discard(row["id"])
            yield _attribution(row["id"], row)
    for identifier in sorted(missing):
        yield _attribution(identifier, {})


def _attribution(identifier, row):
    named = {name: row.get(name, "") for name in PUBLISHED_COLUMNS}
    return {"id": identifier, **named, "changed": "no, the file is as published"}


def _rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)
