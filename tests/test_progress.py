import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import progress
from progress import Progress


class FakeTerminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def now(monkeypatch):
    """Return a list of the one time that it is, in seconds."""
    seconds = [100.0]
    monkeypatch.setattr("tqdm.std.time", lambda: seconds[0])
    return seconds


def test_line_tells_share_rate_and_time_left(now):
    line = Progress(2000, "pictures", "drawing")
    now[0] += 10.0
    line.advance(500, note="step 5")
    assert str(line) == (
        "drawing  25%|██▌       | 500/2,000  00:30 left, 50.00 pictures/s, step 5"
    )


def test_rate_does_not_count_what_an_earlier_call_did(now):
    line = Progress(4_000_000, "B", "file.zip", start=2_000_000)
    now[0] += 10.0
    line.advance(1_000_000)
    # The bar is the one that the wget package draws.
    assert str(line) == (
        "file.zip  75% [.......   ] 3.00MB/4.00MB  00:10 left, 100kB/s"
    )


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("B", "file 1.50kB  00:10 taken, 150B/s"),
        ("photos", "file 1,500 photos  00:10 taken, 150.00 photos/s"),
    ],
)
def test_unknown_total_counts_without_a_bar(now, unit, shown):
    line = Progress(None, unit, "file")
    now[0] += 10.0
    line.advance(1500)
    assert str(line) == shown


@pytest.mark.parametrize("unit", ["B", "photos"])
def test_more_than_the_total_is_shown_as_it_is(now, unit):
    line = Progress(1000, unit, "file")
    line.advance(1500)
    assert "1.50kB" in str(line) or "1,500" in str(line)


def test_hours_are_shown(now):
    line = Progress(100, "steps", "work")
    now[0] += 3600.0
    line.advance(25)
    assert "3:00:00 left" in str(line)


def test_terminal_is_redrawn_in_place_and_closed_with_a_newline(now, monkeypatch):
    terminal = FakeTerminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with Progress(10, "steps", "work") as line:
        for _ in range(10):
            now[0] += 1.0
            line.advance()
    text = terminal.getvalue()
    # At the start, ten times while working, and at the end.
    assert text.count("\r") == 12
    assert text.count("\n") == 1
    assert text.endswith("00:10 taken,  1.00 steps/s\n")


def test_log_file_gets_few_whole_lines(now, capsys):
    with Progress(100, "steps", "work") as line:
        for _ in range(100):
            now[0] += 0.5
            line.advance()
    text = capsys.readouterr().err
    assert "\r" not in text
    assert len(text.splitlines()) == 3
    assert re.findall(r"(\d+)/100 ", text) == ["40", "80", "100"]
    assert text.endswith("00:50 taken,  2.00 steps/s\n")


def test_a_line_inside_another_stays_plain_in_a_log(capsys):
    with Progress(1, "units", "outer") as outer, Progress(1, "B", "inner") as inner:
        inner.advance()
        outer.advance()
    inner, outer = capsys.readouterr().err.splitlines()
    assert inner.startswith("inner 100%") and outer.startswith("outer 100%")


@pytest.mark.parametrize("on_terminal", [True, False])
def test_a_closed_output_does_not_end_the_work(monkeypatch, on_terminal):
    stream = FakeTerminal() if on_terminal else io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES_ON_TERMINAL", 0)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES_IN_LOG", 0)
    with Progress(3, "steps", "work") as line:
        line.advance()
        stream.close()
        line.advance()
        line.advance()
    assert line.n == 3


WORK = """
import progress
progress.SECONDS_BETWEEN_LINES_IN_LOG = 0
with progress.Progress(3, "steps", "work") as line:
    for _ in range(3):
        line.advance()
print("done")
"""


def test_a_broken_pipe_does_not_end_the_work():
    reading_end, writing_end = os.pipe()
    os.close(reading_end)
    done = subprocess.run(
        [sys.executable, "-c", WORK],
        cwd=Path(progress.__file__).parent,
        stdout=subprocess.PIPE,
        stderr=writing_end,
        text=True,
    )
    os.close(writing_end)
    assert (done.returncode, done.stdout) == (0, "done\n")
