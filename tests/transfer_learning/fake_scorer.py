"""A scorer without a network, whose process can be made to die at a photo."""

import errno
import os
import signal
import time
import zlib
from pathlib import Path

from mistakes import UserMistake
from transfer_learning.selection.decisions import Jury
from transfer_learning.selection.manifests import scored_row


class FakeScorer:
    """Scores files by their checksum, and keeps a journal of loads and scored photos.

    A file that holds `fatal` kills the process. One that holds `halt` writes the ids
    of the process and of its parent to the file `halted` in the journal and waits to
    be killed, unless that file is there. One that holds `broken disk` raises an error.
    """

    jury = Jury((2,), (0.5,), "all")

    def __init__(self, journal, threads=None):
        self.journal = Path(journal)
        self._write("loaded", os.getpid())

    def trunk_line(self):
        return "No trunk."

    def choose_decoding(self, sources, bound):
        return False, f"{len(sources)} photos looked at by {os.getpid()}."

    def rows(self, names, sources, is_reduced=False, advance=None):
        for name, source in zip(names, sources, strict=True):
            content = Path(source).read_bytes()
            if content == b"fatal":
                os.kill(os.getpid(), signal.SIGKILL)
            if content == b"halt":
                self._halt_once()
            if content == b"broken disk":
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            self._write("scored", name)
            score = zlib.crc32(content) / 2**32
            yield scored_row(name, [score, 1 - score / 3], (1, 1), self.jury)
            advance(1)

    def _write(self, journal, entry):
        with open(self.journal / journal, "a", errors="surrogateescape") as file:
            file.write(f"{entry}\n")

    def _halt_once(self):
        try:
            with open(self.journal / "halted", "x") as file:
                file.write(f"{os.getpid()} {os.getppid()}")
        except FileExistsError:
            return
        time.sleep(120)


def miss_a_filter(journal, threads=None):
    raise UserMistake("the filter tiny.keras does not exist")


def fail_to_load(journal, threads=None):
    raise ZeroDivisionError("a fault of ours")


def die_in_loading(journal, threads=None):
    os.kill(os.getpid(), signal.SIGKILL)
