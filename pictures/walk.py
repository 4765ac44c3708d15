"""Walks through a folder: each file once, and of all that is passed over the reason.

Owns which files and folders count at all. Reads no file: which of them are pictures is
`files.py`.
"""

import os
import stat
from collections import Counter, deque
from pathlib import Path
from typing import NamedTuple

from files import whole_file
from mistakes import UserMistake

# Of folders that may be deleted and come back: https://bford.info/cachedir/
CACHE_TAG = "CACHEDIR.TAG"
# A folder with such a file is not walked into, unless it is asked for by name.
OF_THIS_SUITE = {
    "hyperparameters.json": "a run of main.py",
    "surroundings.json": "a record of deploy.py",
    # `datasets/` has one.
    CACHE_TAG: "a cache",
}
# Thumbnails, remains and bins that systems leave in folders of others.
OF_SYSTEMS = {"@eaDir", "__MACOSX", "#recycle", "$RECYCLE.BIN", "lost+found"}
SPECIAL_FILES = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
READ_ALREADY = "read already, by another name"
NO_WAY = "no way to it"


class Found(NamedTuple):
    """What a walk found.

    Attributes:
        paths: of files, sorted; the order does not depend on the file system.
        passed_over: pairs of (path, reason) of other files, and of whole folders.
    """

    paths: list[Path]
    passed_over: list[tuple[Path, str]]

    def closed(self):
        """Return those passed over for want of a permission, or a sound disk."""
        return [pair for pair in self.passed_over if pair[1].startswith(NO_WAY)]


def walk(folder, apart_from=()) -> Found:
    """Find all files in `folder` and below it.

    Links are followed, but no file or folder is found twice, and none that leads into
    the folders `apart_from`. Hidden ones, and what this suite wrote below `folder`, are
    passed over.

    Raises:
        UserMistake: `folder` is not a folder.
        OSError: it cannot be listed.
    """
    if not Path(folder).is_dir():
        raise UserMistake(f"{printable(folder)} is not a folder of pictures")
    walker = _Walker(Path(folder), [Path(other).resolve() for other in apart_from])
    walker.walk()
    return Found(sorted(walker.files, key=Path.as_posix), sorted(walker.passed_over))


def is_of_a_system(name):
    """Return whether a file or folder of this name is none of the user's pictures."""
    return name.startswith(".") or name in OF_SYSTEMS


def save_cache_tag(folder):
    """Mark a folder as one that walks, and good programs for backups, leave out."""
    tag = folder / CACHE_TAG
    if not tag.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(tag, is_shared=True) as file:
            file.write(b"Signature: 8a477f597d28d172789f06886806bc55\n")


def printable(text):
    """Return a path or text as one line that every terminal and file can take.

    Names on disk may hold line breaks, and bytes that are no UTF-8.
    """
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1]
        for character in str(text)
    )


def in_words(passed_over):
    """Return in one line how much was passed over, and for what reasons."""
    counts = Counter(reason for _, reason in passed_over)
    reasons = "; ".join(f"{reason} ({count:,})" for reason, count in counts.items())
    return f"passed over {len(passed_over):,}: {reasons}"


class _Walker:
    """One walk through `root`, with what it has found so far."""

    def __init__(self, root, apart_from):
        self.root, self.apart_from = root, apart_from
        self.files, self.passed_over = [], []
        self._links = deque()
        # Device and inode of each folder and file.
        self._seen = set()

    def walk(self):
        self._enter(self.root)
        # Last, so that what stands in the folder itself is found there.
        while self._links:
            self._follow(self._links.popleft())

    def _enter(self, folder):
        """Find what is in a folder and below it; links are left for later."""
        waiting = [folder]
        while waiting:
            folder = waiting.pop()
            try:
                identity = _identity(folder.stat())
                with os.scandir(folder) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except OSError as error:
                if folder == self.root:
                    raise
                self._pass_over(folder, f"{NO_WAY}: {error.strerror}")
                continue
            reason = self._reason_to_stay_out(folder, identity, entries)
            if reason:
                self._pass_over(folder, reason)
                continue
            self._seen.add(identity)
            for entry in entries:
                if is_of_a_system(entry.name):
                    self._pass_over(entry, "hidden, or left by a system")
                elif entry.is_symlink():
                    self._links.append(Path(entry))
                elif entry.is_dir():
                    waiting.append(Path(entry))
                else:
                    self._take(Path(entry))

    def _reason_to_stay_out(self, folder, identity, entries):
        if identity in self._seen:
            return READ_ALREADY
        marks = [entry.name for entry in entries if entry.name in OF_THIS_SUITE]
        if marks and folder != self.root:
            return OF_THIS_SUITE[marks[0]]
        return None

    def _follow(self, link):
        try:
            target = Path(os.path.realpath(link, strict=True))
        except OSError as error:
            self._pass_over(link, f"a link that leads nowhere: {error.strerror}")
            return
        if any(map(target.is_relative_to, self.apart_from)):
            self._pass_over(link, "a link into a folder that this run writes")
        elif not target.is_dir():
            self._take(link)
        elif any(
            place.resolve().is_relative_to(target) for place in (self.root, link.parent)
        ):
            self._pass_over(link, "a link back to a folder that holds it")
        else:
            self._enter(link)

    def _take(self, path):
        try:
            found = path.stat()
        except OSError as error:
            self._pass_over(path, f"{NO_WAY}: {error.strerror}")
            return
        if not stat.S_ISREG(found.st_mode):
            self._pass_over(path, _kind(found))
        elif _identity(found) in self._seen and path.is_symlink():
            self._pass_over(path, READ_ALREADY)
        else:
            self._seen.add(_identity(found))
            self.files.append(path)

    def _pass_over(self, path, reason):
        self.passed_over.append((Path(path), reason))


def _kind(found):
    return SPECIAL_FILES.get(stat.S_IFMT(found.st_mode), "neither a file nor a folder")


def _identity(found):
    return found.st_dev, found.st_ino
