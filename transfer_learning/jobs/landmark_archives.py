"""The archives of Google Landmarks v2: where they are and what is in them.

Source: https://github.com/cvdfoundation/google-landmark
"""

import functools
from pathlib import PureWindowsPath

from downloads.http import fetch_file, fetch_text
from transfer_learning.selection.manifests import read_csv

BASE_URL = "https://s3.amazonaws.com/google-landmark"
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


def fetch_archive(split, number, to):
    """Download one tar to the file `to`, checked against its published md5.

    Raises:
        DownloadError: it cannot be had whole.
    """
    name = f"images_{number:03}"
    checksum = fetch_text(f"{BASE_URL}/md5sum/{split}/md5.{name}.txt")
    md5 = checksum.split()[0].lower()
    return fetch_file(f"{BASE_URL}/{split}/{name}.tar", to, md5)


def list_members(archive):
    """Return `TarInfo` of the photos in a tar, and `(name, reason)` of the refused."""
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


def fetch_metadata(name, folder):
    """Return the path of a metadata csv, downloaded to `folder` at first use."""
    return fetch_file(f"{BASE_URL}/metadata/{name}", folder / name)


@functools.cache
def natural_photo_ids(folder):
    """Return the ids of the training photos whose landmark is labelled natural."""
    natural = {
        row["landmark_id"]
        for row in read_csv(fetch_metadata(HIERARCHY_NAME, folder))
        if row["natural_or_human_made"].strip().lower() == "natural"
    }
    landmarks = read_csv(fetch_metadata(LANDMARKS_NAME, folder))
    return frozenset(row["id"] for row in landmarks if row["landmark_id"] in natural)


def attributions(ids, folder):
    """Yield what the licences ask to be named, for each of the photos `ids`.

    Photos that the published file does not name are yielded last, with empty fields,
    so that none of the chosen is passed over in silence.
    """
    missing = set(ids)
    for row in read_csv(fetch_metadata(ATTRIBUTION_NAME, folder)):
        if row["id"] in missing:
            missing.discard(row["id"])
            yield _attribution(row["id"], row)
    for identifier in sorted(missing):
        yield _attribution(identifier, {})


def _attribution(identifier, row):
    named = {name: row.get(name, "") for name in PUBLISHED_COLUMNS}
    return {"id": identifier, **named, "changed": "no, the file is as published"}
