"""Archives unpacked: each one whole, or absent.

Owns the way from a zip to a folder, with every fault that archives have. Where an
archive comes from is left to `http.py`; which ones are wanted, to callers.
One process at a time may unpack to a given folder.
"""

import stat
import zipfile
import zlib
from pathlib import Path, PureWindowsPath

from downloads.http import DownloadError, disk_full_is_clear, require_space
from files import whole_folder
from progress import Progress

# What zipfile raises for flipped bits; OSError also for members in each other's way.
DAMAGE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    UnicodeError,
    OSError,
)
CHUNK_BYTES = 1 << 16


def unpack_zip(archive, to, max_bytes, nested=False) -> Path:
    """Unpack the zip file `archive` into the new folder `to` and return its path.

    A folder `to` that is there already is returned as it is: it appears whole. The
    archive is left in place. Links are refused and file permissions ignored; only
    stored and deflated members are read, since Python bounds the memory of no other
    method. The members' sizes may add up to `max_bytes`.

    With `nested` each zip inside gives way to a folder `<its name>.unpacked`. A zip
    deeper down is left alone, so that no archive can go on for ever.

    Raises:
        DownloadError: if the archive is damaged, unsafe or too large; nothing stays.
    """
    archive, to = Path(archive), Path(to)
    if to.is_dir():
        return to
    with whole_folder(to) as folder:
        try:
            with disk_full_is_clear(folder), zipfile.ZipFile(archive) as opened:
                _unpack_members(opened, folder, max_bytes, archive.name)
        except DAMAGE_ERRORS as error:
            raise DownloadError(
                f"{archive}: the archive cannot be unpacked ({error}); "
                f"remove it and run again to fetch it anew."
            ) from error
        if nested:
            inner_zips = [path for path in folder.rglob("*.zip") if path.is_file()]
            for inner in sorted(inner_zips):
                unpack_zip(inner, f"{inner}.unpacked", max_bytes)
                inner.unlink()
    return to


def _unpack_members(archive, folder, max_bytes, label):
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    if total > max_bytes:
        raise DownloadError(
            f"{archive.filename}: unpacks to {total:,} bytes, more than the "
            f"{max_bytes:,} expected of it; look at it before you trust it."
        )
    require_space(folder, total)
    with Progress(total, unit="B", label=label) as progress:
        for member in members:
            target = folder.joinpath(*_safe_parts(archive, member))
            if member.filename.endswith(("/", "\\")):
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            # zipfile ends each member at its declared size, whatever the data hold,
            # and compares the CRC: the bound on the sum bounds the bytes written.
            with archive.open(member) as source, target.open("xb") as file:
                while chunk := source.read(CHUNK_BYTES):
                    file.write(chunk)
                    progress.advance(len(chunk))


def _safe_parts(archive, member):
    """Return the folders and the name of a member that may be written."""
    # Windows rules know both kinds of slash, and drives: the stricter reading.
    path = PureWindowsPath(member.filename)
    kind = stat.S_IFMT(member.external_attr >> 16)
    if path.drive or path.root or ".." in path.parts:
        fault = "leads out of the target folder"
    elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        fault = "is a link or a device"
    elif member.flag_bits & 0x1:
        fault = "is encrypted"
    elif member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        fault = "is compressed by a method that cannot be read safely"
    else:
        return path.parts
    raise DownloadError(
        f"{archive.filename}: the member {member.filename!r} {fault}; nothing was "
        f"unpacked. Unpack by hand what you trust."
    )
