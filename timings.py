"""How long each part of a run took."""

import json
import time
from contextlib import contextmanager

from files import whole_file


class Timings:
    """Measures the parts of a run, and writes them down.

    Args:
        is_resumed: whether an earlier sitting did some of the work, whose seconds are
            not counted.
    """

    def __init__(self, is_resumed=False):
        self.is_resumed = is_resumed
        self.seconds = {}

    @contextmanager
    def of(self, part):
        """Count what is done inside as the part's."""
        began = time.monotonic()
        yield
        self.seconds[part] = time.monotonic() - began

    def save(self, path):
        """Write the seconds of each part as json."""
        content = {"resumed": self.is_resumed, "seconds": self.seconds}
        text = json.dumps(content, indent=2) + "\n"
        with whole_file(path) as file:
            file.write(text.encode())
