"""The archives of Google Landmarks v2: where they are and what is in them.

Source: https://github.com/cvdfoundation/google-landmark
"""

import functools
import re
from pathlib import PureWindowsPath

from downloads.http import DownloadError, fetch_file, fetch_text
from mistakes import UserMistake
from transfer_learning.selection.manifests import read_csv

BASE_URL = "https://s3.amazonaws.com/google-landmark"
# Only of the photos for training are the authors and the kind of landmark published.
ATTRIBUTION_NAME = "train_attribution.csv"
LANDMARKS_NAME = "train.csv"
HIERARCHY_NAME = "train_label_to_hierarchical.csv"
PUBLISHED_COLUMNS = ("title", "author", "url", "license")
ATTRIBUTION_COLUMNS = ("id", *PUBLISHED_COLUMNS, "changed")
# What is read of each metadata csv; the first one is never empty.
METADATA_COLUMNS = {
    ATTRIBUTION_NAME: ("id", *PUBLISHED_COLUMNS),
    LANDMARKS_NAME: ("id", "landmark_id"),
    HIERARCHY_NAME: ("landmark_id", "natural_or_human_made"),
}
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
    url = f"{BASE_URL}/md5sum/{split}/md5.{name}.txt"
    text = fetch_text(url)
    md5 = re.match(r"\s*([0-9a-f]{32})\b", text.lower())
    if md5 is None:
        raise DownloadError(
            f"{url}: an md5 checksum was expected, received {text[:40]!r}; "
            f"run again later."
        )
    return fetch_file(f"{BASE_URL}/{split}/{name}.tar", to, md5[1])


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
    """Return the path of a metadata csv, downloaded to `folder` at first use.

    Raises:
        DownloadError: it cannot be had, or is another file; that is not kept.
    """
    url = f"{BASE_URL}/metadata/{name}"
    path = fetch_file(url, folder / name)
    if not _is_metadata(path, METADATA_COLUMNS[name]):
        path.unlink()
        raise DownloadError(
            f"{url}: a csv with {', '.join(METADATA_COLUMNS[name])} was expected, "
            f"another file came and was removed; run again later."
        )
    return path


def _is_metadata(path, columns):
    """Tell whether a csv has these columns, and a row with the first of them."""
    try:
        first = next(read_csv(path), {})
    except UserMistake:
        return False
    return first.keys() >= set(columns) and bool(first[columns[0]])


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
