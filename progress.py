"""One progress line for all long work: drawing, fetching, training, filtering.

Owns how the line looks and where it goes: standard error. What is counted, and when,
is left to the caller. `tqdm` counts, times and draws; a download has the bar of the
`wget` package. On a terminal the line is redrawn in place; a file or a pipe gets a
plain line now and then, so that a log stays readable.
"""

import contextlib
import sys

import wget
from tqdm import tqdm

SECONDS_BETWEEN_LINES_ON_TERMINAL = 0.2
SECONDS_BETWEEN_LINES_IN_LOG = 20.0
WGET_BAR_WIDTH = 12

# What matters most comes first, since a narrow terminal cuts off the end.
TIME_LEFT, TIME_TAKEN = "{remaining} left", "{elapsed} taken"
TIME_AND_RATE = TIME_LEFT + ", {rate_noinv_fmt}{postfix}"
UNITS = "{desc} {percentage:3.0f}%|{bar:10}| {n:,}/{whole:,}  " + TIME_AND_RATE
UNITS_WITHOUT_TOTAL = "{desc} {n:,}{unit}  " + TIME_AND_RATE
BYTES = "{desc} {percentage:3.0f}% {wget_bar} {n_fmt}B/{total_fmt}B  " + TIME_AND_RATE
BYTES_WITHOUT_TOTAL = "{desc} {n_fmt}B  " + TIME_AND_RATE


class Progress(tqdm):
    """Context manager that shows how far a piece of work has come.

    What cannot be printed is left out: a lost terminal must not end the work.

    Args:
        total: how many units the work has; None when unknown.
        unit: name of one unit (`pictures`, `steps`); `B` counts bytes.
        label: what is being done, at the start of the line.
        start: units that an earlier, interrupted call has already done.
    """

    # tqdm's own thread that looks after lines which stand still is not needed.
    monitor_interval = 0

    def __init__(self, total, unit, label, start=0):
        self.on_terminal = sys.stderr.isatty()
        in_bytes = unit == "B"
        if in_bytes:
            line = BYTES if total else BYTES_WITHOUT_TOTAL
        else:
            line = UNITS if total else UNITS_WITHOUT_TOTAL
        super().__init__(
            total=total,
            initial=start,
            desc=label,
            unit=unit if in_bytes else f" {unit}",
            unit_scale=in_bytes,
            bar_format=line if total else line.replace(TIME_LEFT, TIME_TAKEN),
            # Looked at whenever units are counted, however many these are.
            miniters=1,
            mininterval=SECONDS_BETWEEN_LINES_ON_TERMINAL
            if self.on_terminal
            else SECONDS_BETWEEN_LINES_IN_LOG,
            # The rate since the start: the time left then jumps about least.
            smoothing=0,
            dynamic_ncols=self.on_terminal,
            leave=self.on_terminal,
        )

    def advance(self, units=1, note=None):
        """Count `units` more as done; `note` replaces the end of the line."""
        if note is not None:
            self.set_postfix_str(note, refresh=False)
        self.update(units)

    def close(self):
        """Leave the last state of the line standing, with the time it took."""
        self.bar_format = self.bar_format.replace(TIME_LEFT, TIME_TAKEN)
        with contextlib.suppress(OSError, ValueError):
            super().close()

    def display(self, msg=None, pos=None):
        """Redraw the line on a terminal, or write a whole new one elsewhere."""
        with contextlib.suppress(OSError, ValueError):
            if self.on_terminal:
                super().display(msg, pos)
            elif self.n > self.initial:
                print(self, file=self.fp, flush=True)

    @property
    def format_dict(self):
        """What the formats above can show."""
        fields = super().format_dict | {"whole": self.total}
        if self.total:
            shown = min(self.n, self.total)
            bar = wget.bar_thermometer(shown, self.total, WGET_BAR_WIDTH)
            fields["wget_bar"] = bar
        return fields
