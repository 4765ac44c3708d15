"""Files from servers: each one whole, or absent.

Owns the way from a URL to a file, with every fault that networks and disks have. Which
files are wanted is left to callers; what zips hold, to `archives.py`.
`requests` and `urllib3` send and repeat a request; that a body which broke off is
continued is done here, since they do not. One process at a time may fetch a given file.
"""

import contextlib
import errno
import hashlib
import json
import logging
import os
import shutil
from functools import partial
from pathlib import Path

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3 import exceptions

from mistakes import Mishap
from progress import Progress

# Zenodo turns away clients that do not name themselves.
HEADERS = {
    "User-Agent": "accidental-castle-dreamer/1.0 (python-requests)",
    "Accept-Encoding": "identity",
}
PASSING_STATUSES = (429, 500, 502, 503, 504)
# The longest silence of a server, to connect and to read.
SILENCE_SECONDS = 30
ATTEMPTS = 6
# Pauses are 0, 2, 4, 8 ... times this, unless the server names its own.
BACKOFF_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 600
CHUNK_BYTES = 1 << 16

LOGGER = logging.getLogger(__name__)


class DownloadError(Mishap):
    """Says in one line what was fetched or unpacked, what went wrong, the cure."""


def fetch_file(url, to, md5=None, attempts=ATTEMPTS) -> Path:
    """Download `url` to the file `to` and return its path.

    A file `to` that is there already, with that md5 if one is known, costs no request.
    Bytes gather in `<to>.part`, which survives an interruption and is continued by the
    next call if the server's file is still the same; this is why it is no
    `files.whole_file`, which starts anew. `to` itself appears whole, by one rename.

    Args:
        url: address of the file.
        to: path of the file; missing folders are made.
        md5: hexadecimal checksum that the file must have; None when unknown.
        attempts: failures in a row, without a new byte, that end the download.

    Raises:
        DownloadError: if the file cannot be had whole.
    """
    to = Path(to)
    if to.is_file() and (md5 is None or _md5(to) == md5):
        return to
    to.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(to, is_checked=md5 is not None)
    receive = partial(_receive, part, to.name)
    with disk_full_is_clear(to):
        _through_breaks(url, attempts, receive, part.size)
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


def fetch_text(url) -> str:
    """Return the UTF-8 text at `url`, for small files such as checksums."""

    def receive(ask):
        with ask() as response:
            return response.raw.read().decode("utf-8", errors="replace")

    return _through_breaks(url, ATTEMPTS, receive)


def fetch_json(url):
    """Return the parsed JSON document at `url`."""
    text = fetch_text(url)
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


class _Retries(urllib3.Retry):
    """The retries of urllib3, which tell of each pause and refuse a very long one."""

    def get_retry_after(self, response):
        """Return the seconds that the server asks for; None if it does not."""
        with contextlib.suppress(exceptions.InvalidHeader):
            return super().get_retry_after(response)

    def sleep(self, response=None):
        """Pause as long as the server says, or longer each time."""
        failure, seconds = self.history[-1], self.get_backoff_time()
        reason = _reason(failure.error)
        if response is not None:
            reason = f"the server answered {failure.status}"
            seconds = self.get_retry_after(response) or seconds
        if seconds > LONGEST_PAUSE_SECONDS:
            refusal = f"{failure.status} and asks for a pause of {seconds:.0f} s"
            raise exceptions.MaxRetryError(
                None, failure.url, exceptions.ResponseError(refusal)
            )
        LOGGER.warning("%s: %s; trying again in %.0f s", failure.url, reason, seconds)
        super().sleep(response)


def _through_breaks(url, attempts, receive, received=lambda: 0):
    """Return receive(ask), called again whenever the body of an answer breaks off.

    `ask` is `_ask` for this address. `received` counts the bytes at hand: whenever they
    are more than ever before, the count of failures starts anew.
    """
    all_retries = _Retries(
        attempts - 1, backoff_factor=BACKOFF_SECONDS, status_forcelist=PASSING_STATUSES
    )
    retries, most = all_retries, received()
    with _failures_in_words(url), requests.Session() as session:
        session.headers.update(HEADERS)
        # A certificate that is refused now is refused later.
        adapter = HTTPAdapter(max_retries=all_retries.new(other=0))
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        while True:
            try:
                return receive(partial(_ask, session, url))
            except exceptions.HTTPError as error:
                if received() > most:
                    retries, most = all_retries, received()
                retries = retries.increment("GET", url, error=error)
                retries.sleep()


def _ask(session, url, range_headers=None):
    """Return the answer to one request, whole or of a range, its body unread."""
    response = session.get(
        url, headers=range_headers, stream=True, timeout=SILENCE_SECONDS
    )
    if response.status_code not in ((200, 206, 416) if range_headers else (200,)):
        response.close()
        raise requests.HTTPError(f"the server answered {response.status_code}")
    return response


@contextlib.contextmanager
def _failures_in_words(url):
    try:
        yield
    except (
        requests.ConnectionError,
        requests.exceptions.RetryError,
        exceptions.MaxRetryError,
    ) as error:
        raise DownloadError(
            f"{url}: {_reason(error)}; check the network, or run again later."
        ) from error
    except requests.RequestException as error:
        raise DownloadError(f"{url}: {error}; check the address.") from error


def _reason(error):
    """Return in a few words what is behind an error of requests or urllib3."""
    if isinstance(error, requests.RequestException):
        error = error.args[0]
    # What the last attempt came to.
    error = getattr(error, "reason", error)
    if isinstance(error, (exceptions.NewConnectionError, exceptions.ProxyError)):
        return "no connection"
    if isinstance(error, exceptions.TimeoutError):
        return "the server is silent"
    if isinstance(error, exceptions.SSLError):
        return f"no safe connection ({error})"
    if isinstance(error, exceptions.ResponseError):
        return f"the server gave {error}"
    return "the connection broke off"


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


def _receive(part, label, ask):
    """Append to `part` what is missing of it, in one request."""
    offset = part.size()
    with ask(part.range_headers()) as response:
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
            raise exceptions.ProtocolError("the part does not fit the answer")
        _append(response.raw, part.path, offset, label)


def _append(body, path, offset, label):
    """Write the body of an answer to the end of a file that holds `offset` bytes."""
    missing = body.length_remaining
    require_space(path.parent, missing or 0)
    total = None if missing is None else offset + missing
    bar = Progress(total, unit="B", label=label, start=offset)
    with path.open("ab") as file, bar as progress:
        # urllib3 raises IncompleteRead for a body shorter than its Content-Length.
        for chunk in body.stream(CHUNK_BYTES, decode_content=False):
            file.write(chunk)
            progress.advance(len(chunk))
        file.flush()
        os.fsync(file.fileno())


def _md5(path):
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
