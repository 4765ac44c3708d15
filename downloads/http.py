"""Files from servers: each one whole, or absent.

Owns the way from a URL to a file, with every fault that networks and disks have. Which
files are wanted is left to callers; what zips hold, to `archives.py`.
The transport is `requests` because the `wget` package has no time-outs, retries,
resume or checksums; it draws the bar in `progress.py`, which it does well.
One process at a time may fetch a given file.
"""

import contextlib
import errno
import hashlib
import json
import logging
import os
import shutil
import time
from pathlib import Path

import requests
import urllib3

from progress import Progress

# Zenodo turns away clients that do not name themselves.
HEADERS = {
    "User-Agent": "accidental-castle-dreamer/1.0 (python-requests)",
    "Accept-Encoding": "identity",
}
PASSING_STATUSES = (429, 500, 502, 503, 504)
LASTING_ERRORS = (
    requests.exceptions.SSLError,
    requests.exceptions.TooManyRedirects,
    ValueError,  # requests derives its complaints about malformed URLs from it
)
# Pauses are 0, 2, 4, 8 ... times this, unless the server names its own.
BACKOFF_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 600
CHUNK_BYTES = 1 << 16

LOGGER = logging.getLogger(__name__)


class DownloadError(OSError):
    """Says in one line what was fetched or unpacked, what went wrong, the cure."""


def fetch_file(url, to, md5=None, timeout_seconds=30, attempts=6, label=None) -> Path:
    """Download `url` to the file `to` and return its path.

    A file `to` that is there already, with that md5 if one is known, is returned
    without touching the network. Bytes gather in `<to>.part`, which survives an
    interruption and is continued by the next call if the server's file is still the
    same. `to` itself appears whole, by one rename.

    Args:
        url: address of the file.
        to: path of the file; missing folders are made.
        md5: hexadecimal checksum that the file must have; None when unknown.
        timeout_seconds: longest silence of the server, to connect and to read.
        attempts: requests in a row that may fail; new bytes start the count anew.
        label: text before the progress bar; the file's name by default.

    Raises:
        DownloadError: if the file cannot be had whole.
    """
    to = Path(to)
    if to.is_file() and (md5 is None or _md5(to) == md5):
        return to
    to.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(to, is_checked=md5 is not None)

    def attempt():
        _receive(url, part, timeout_seconds, label or to.name)

    with disk_full_is_clear(to):
        _with_retries(attempt, url, attempts, part.size)
    received = md5 and _md5(part.path)
    if received != md5:
        part.remove()
        raise DownloadError(
            f"{url}: the file has md5 {received} instead of {md5} and was removed; "
            f"run again to fetch it anew."
        )
    part.path.replace(to)
    part.remove()
    return to


def fetch_text(url, timeout_seconds=30, attempts=6) -> str:
    """Return the UTF-8 text at `url`, for small files such as checksums."""

    def attempt():
        with _answer(url, timeout_seconds) as response:
            return response.content.decode("utf-8", errors="replace")

    return _with_retries(attempt, url, attempts)


def fetch_json(url, timeout_seconds=30, attempts=6):
    """Return the parsed JSON document at `url`."""
    text = fetch_text(url, timeout_seconds, attempts)
    try:
        return json.loads(text)
    except ValueError as error:
        raise DownloadError(
            f"{url}: JSON was expected, received {text[:40]!r}; "
            f"open the address in a browser to see what is there."
        ) from error


def require_space(folder, needed_bytes):
    """Raise DownloadError if the disk of `folder` has fewer free bytes than that."""
    free_bytes = shutil.disk_usage(folder).free
    if needed_bytes > free_bytes:
        raise DownloadError(
            f"{folder}: {needed_bytes:,} bytes are needed and {free_bytes:,} are free; "
            f"free some space and run again."
        )


@contextlib.contextmanager
def disk_full_is_clear(path):
    """Turn the error of a disk that fills up inside into a DownloadError on `path`."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DownloadError(
            f"{path}: the disk is full; free some space and run again."
        ) from error


def _with_retries(attempt, url, attempts, received=lambda: 0):
    """Return attempt(), called again after failures that may pass.

    `received` counts the bytes at hand: whenever they are more than ever before, the
    count of failures starts anew.
    """
    fresh = retry = urllib3.Retry(
        attempts - 1,
        backoff_factor=BACKOFF_SECONDS,
        status_forcelist=PASSING_STATUSES,
    )
    most = received()
    while True:
        try:
            return attempt()
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            if received() > most:
                most, retry = received(), fresh
            retry = _pause(retry, url, error)


def _pause(retry, url, error):
    """Sleep as long as `retry` or the server says, and return the next retry."""
    response = getattr(error, "response", None)
    reason = _reason(error)
    if isinstance(error, LASTING_ERRORS) or (
        # A response that is an error counts as false: compare with None.
        response is not None and not retry.is_retry("GET", response.status_code)
    ):
        raise DownloadError(f"{url}: {reason}; check the address.") from error
    try:
        retry = retry.increment("GET", url, error=error)
    except urllib3.exceptions.MaxRetryError:
        raise DownloadError(
            f"{url}: {reason}, again and again; check the network and run again."
        ) from error
    seconds = retry.get_backoff_time()
    if response is not None:
        with contextlib.suppress(urllib3.exceptions.InvalidHeader):
            seconds = retry.get_retry_after(response) or seconds
    if seconds > LONGEST_PAUSE_SECONDS:
        raise DownloadError(
            f"{url}: {reason} and asks for a pause of {seconds:.0f} s; run again then."
        ) from error
    LOGGER.warning("%s: %s; trying again in %.0f s", url, reason, seconds)
    time.sleep(seconds)
    return retry


def _reason(error):
    """Return in a few words what is behind an error of requests or urllib3."""
    if isinstance(error, LASTING_ERRORS):
        return str(error)
    if getattr(error, "response", None) is not None:
        return f"the server answered {error.response.status_code}"
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
        return "the server is silent"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return "the connection broke off"


def _answer(url, timeout_seconds, range_headers=None):
    """Return the open response to one GET request, whole or of a range."""
    headers = HEADERS | (range_headers or {})
    response = requests.get(url, headers=headers, stream=True, timeout=timeout_seconds)
    if response.status_code not in ((200, 206, 416) if range_headers else (200,)):
        response.close()
        raise requests.HTTPError(response=response)
    return response


class _Part:
    """The bytes of a file that have come so far, and the ETag of their origin."""

    def __init__(self, to, is_checked):
        self.path = to.with_name(f"{to.name}.part")
        self.tag_path = to.with_name(f"{to.name}.part.etag")
        self.is_checked = is_checked

    def size(self):
        return self.path.stat().st_size if self.path.is_file() else 0

    def tag(self):
        return self.tag_path.read_text("utf-8") if self.tag_path.is_file() else ""

    def range_headers(self):
        """Return the headers that ask for the rest alone, where that is safe."""
        if not self.size() or not (self.tag() or self.is_checked):
            return {}
        headers = {"Range": f"bytes={self.size()}-"}
        # Unless told so, a server appends a newer file's end to an older's start.
        return headers | {"If-Range": self.tag()} if self.tag() else headers

    def restart(self, tag):
        # Emptied first: a kill in between must not leave old bytes with a new tag.
        self.path.write_bytes(b"")
        self.tag_path.write_text(tag, encoding="utf-8")

    def remove(self):
        self.path.unlink(missing_ok=True)
        self.tag_path.unlink(missing_ok=True)


def _receive(url, part, timeout_seconds, label):
    """Append to `part` what is missing of `url`, in one attempt."""
    offset = part.size()
    with _answer(url, timeout_seconds, part.range_headers()) as response:
        content_range = response.headers.get("Content-Range", "")
        if response.status_code == 416 and content_range == f"bytes */{offset}":
            return
        tag = response.headers.get("ETag", "")
        if response.status_code == 200:
            offset = 0
            # A weak tag promises equal meaning, not equal bytes.
            part.restart("" if tag.startswith("W/") else tag)
        elif not content_range.startswith(f"bytes {offset}-") or (
            tag and part.tag() and tag != part.tag()
        ):
            part.remove()
            raise urllib3.exceptions.ProtocolError("the part does not fit the answer")
        _append(response, part.path, offset, label)


def _append(response, path, offset, label):
    length = response.headers.get("Content-Length")
    require_space(path.parent, int(length or 0))
    total = offset + int(length) if length else None
    # A body shorter than its Content-Length then raises IncompleteRead.
    response.raw.enforce_content_length = True
    bar = Progress(total, unit="B", label=label, start=offset)
    with path.open("ab") as file, bar as progress:
        for chunk in response.raw.stream(CHUNK_BYTES, decode_content=False):
            file.write(chunk)
            progress.advance(len(chunk))
        file.flush()
        os.fsync(file.fileno())


def _md5(path):
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
