"""Files of records at Zenodo, checked against the md5 that the record gives.

Owns how Zenodo arranges addresses and metadata. How a file is fetched is left to
`http.py`; which records are wanted, to callers.
Source: https://developers.zenodo.org/
"""

from dataclasses import dataclass
from pathlib import Path

ZENODO = "https://zenodo.org"


@dataclass(frozen=True)
class Record:
    """One record: its number, and the server that keeps it."""

    number: int
    server: str = ZENODO

    def file_url(self, name) -> str:
        """Return the address of one file."""
        return f"{self.server}/records/{self.number}/files/{name}"


def fetch_record_file(record, name, to, needs_md5=True) -> Path:
    """Download the file `name` of a `Record` to the file `to` and return its path.

    A file for which the record gives no md5 is refused if it needs one, else fetched
    unchecked.

    Raises:
        DownloadError: if the file cannot be had whole.
    """
    # Where a record is can be told without what downloads, which loads slowly.
    from downloads.http import DownloadError, fetch_file, fetch_json

    url = record.file_url(name)
    metadata = fetch_json(f"{record.server}/api/records/{record.number}")
    md5 = _published_md5(metadata, name)
    if md5 is None and needs_md5:
        raise DownloadError(f"{url}: the record names no md5 for {name}")
    return fetch_file(url, to, md5=md5)


def _published_md5(metadata, name):
    """Return the md5 that the metadata give for a file, None if there is none."""
    files = metadata.get("files", ())
    checksums = {file.get("key"): file.get("checksum") or "" for file in files}
    kind, _, digest = checksums.get(name, "").partition(":")
    return digest if kind == "md5" and digest else None
