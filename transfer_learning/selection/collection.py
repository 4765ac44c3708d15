"""The chosen photos on their way into their folder: no file of the user's is lost.

A file that is already there is never replaced, and a photo is moved only if the user
asked for exactly that.
"""

import errno
import filecmp
import os
import shutil

from files import whole_file

HOWS = ("link", "copy", "move", "list")


class NotPlaced(OSError):
    """A photo that is gone, or whose place another file has."""


def place(source, target, how):
    """Bring the photo `source` to `target`; done before is fine, others' files stay.

    `how` is `link` (a hard link, a copy where that is impossible), `copy` or `move`.

    Raises:
        NotPlaced: a different file is at `target`, or no photo at `source`.
        OSError: the disk is full, or the like; `target` is then absent.
    """
    if not source.exists():
        if how == "move" and target.exists():
            return
        raise NotPlaced(f"{source} is not there any more")
    if _is_taken(source, target):
        if how == "move" and not target.samefile(source):
            source.unlink()
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if how == "link":
        _link_or_copy(source, target)
    elif how == "copy":
        _copy(source, target)
    else:
        _move(source, target)


def place_bytes(content, target):
    """Write a photo that came out of an archive, on the same conditions as `place`."""
    if target.exists():
        if target.read_bytes() != content:
            raise NotPlaced(f"{target} is a different file; it was left as it is")
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as file:
        file.write(content)


def _is_taken(source, target):
    """Tell whether `target` is this photo already; raise if it is something else."""
    if not os.path.lexists(target):
        return False
    # A link to the photo need not be read.
    if target.is_file() and (
        target.samefile(source) or filecmp.cmp(source, target, shallow=False)
    ):
        return True
    raise NotPlaced(f"{target} is a different file; it was left as it is")


def _link_or_copy(source, target):
    try:
        # Of a symbolic link in the collection the photo is wanted, not the link.
        os.link(source.resolve(), target)
    except OSError:
        _copy(source, target)


def _copy(source, target):
    with source.open("rb") as opened, whole_file(target) as file:
        shutil.copyfileobj(opened, file)
    shutil.copystat(source, target)


def _move(source, target):
    try:
        # A symbolic link may be relative: moved, it would lead nowhere.
        if not source.is_symlink():
            source.rename(target)
            return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    _copy(source, target)
    try:
        source.unlink()
    except OSError:
        # It stays where it was, and nowhere else.
        target.unlink()
        raise
