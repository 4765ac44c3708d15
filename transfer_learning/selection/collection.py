"""The chosen photos on their way into their folder.

Owns the promise that no file of the user's is lost: a file that is already there is
never replaced, and a photo is moved only if the user asked for exactly that.
"""

import contextlib
import filecmp
import os
import shutil
from pathlib import Path

from files import whole_file

HOWS = ("link", "copy", "move", "list")


class Occupied(OSError):
    """Another file has the name that a chosen photo should get."""


class Gone(OSError):
    """The photo is no longer where it was when it was scored."""


def place(source, target, how):
    """Bring the photo `source` to `target`; done before is fine, others' files stay.

    Args:
        source: path of the photo.
        target: path that it gets; missing folders are made.
        how: `link` (a hard link, a copy where that is impossible), `copy` or `move`.

    Raises:
        Occupied: a different file is at `target`.
        Gone: there is no photo at `source`.
        OSError: the disk is full, or the like; `target` is then absent.
    """
    source, target = Path(source), Path(target)
    if not source.exists():
        if how == "move" and target.exists():
            return
        raise Gone(f"{source} is not there any more")
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
    target = Path(target)
    if target.exists():
        if target.read_bytes() != content:
            raise Occupied(f"{target} is a different file; it was left as it is")
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as file:
        file.write(content)


def _is_taken(source, target):
    """Tell whether `target` is this photo already; raise if it is something else."""
    if not os.path.lexists(target):
        return False
    if target.is_file() and (
        target.samefile(source) or filecmp.cmp(source, target, shallow=False)
    ):
        return True
    raise Occupied(f"{target} is a different file; it was left as it is")


def _link_or_copy(source, target):
    try:
        # Of a symbolic link in the collection the photo is wanted, not the link.
        os.link(source.resolve(), target)
    except OSError:
        _copy(source, target)


def _copy(source, target):
    with source.open("rb") as opened:
        with whole_file(target) as file:
            shutil.copyfileobj(opened, file)
    shutil.copystat(source, target)


def _move(source, target):
    # A symbolic link may be relative: moved, it would lead nowhere.
    if not source.is_symlink():
        with contextlib.suppress(OSError):
            source.rename(target)
            return
    _copy(source, target)
    source.unlink()
