"""One promise: a file or a folder appears whole, or not at all.

A reader sees the former one or the new one, after a kill or on a full disk, and a file
also after a power cut. Only what goes on where it broke off gathers elsewhere: the
parts of a download.
"""

import contextlib
import os
import platform
import shutil
from pathlib import Path


@contextlib.contextmanager
def whole_file(path, is_shared=False, former=None):
    """Yield a binary file to write to, which replaces `path` once all is written.

    The file that was there goes to `former`, if that is given.
    If it is shared, other processes, on other machines too, may write the same file at
    this moment; the last one to end has its way.
    """
    path = Path(path)
    writer = f".{platform.node()}.{os.getpid()}" if is_shared else ""
    part = path.with_name(f"{path.name}{writer}.part")
    try:
        with open(part, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if former is not None and path.exists():
            os.replace(path, former)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(path):
    """Yield a new, empty folder to fill, which becomes `path` once all is there.

    Raises:
        FileExistsError: `path` is a file, or a folder that holds something.
    """
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise FileExistsError(f"{path} is not an empty folder")
    partial = path.with_name(f"{path.name}.partial")
    # What a killed run left behind.
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        if path.exists():
            path.rmdir()
        partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
