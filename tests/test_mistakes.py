import errno
import io
import os
import signal
import sys
import warnings
from functools import partial

import pytest

from mistakes import STOP_SIGNALS, Mishap, OneLineParser, UserMistake, run


def raising(error):
    def job():
        raise error

    return job


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (UserMistake("--beta: received -1"), 2, "job: --beta: received -1\n"),
        (Mishap("no connection"), 1, "job: no connection\n"),
        (KeyboardInterrupt(), 130, "job: stopped; say it again\n"),
        (
            OSError(errno.ENOSPC, "No space left", "a.png"),
            1,
            "job: the disk is full (a.png): free some space, then say it again\n",
        ),
        (
            RuntimeError("Failed to flush 7 events; No space left on device"),
            1,
            "job: the disk is full: free some space, then say it again\n",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "runs"),
            1,
            "job: no permission (runs): change it, then say it again\n",
        ),
        (
            ConnectionResetError(errno.ECONNRESET, "reset by peer"),
            1,
            "job: the connection was lost ([Errno 104] reset by peer): say it again\n",
        ),
    ],
)
def test_what_the_user_can_mend_is_one_line(error, code, words, capsys):
    assert run(raising(error), "job", lambda: "say it again") == code
    assert capsys.readouterr().err == words


@pytest.mark.parametrize(
    "fault",
    [
        ValueError("a shape does not fit"),
        KeyError("a"),
        OSError(errno.EMFILE, "Too many open files"),
        FileNotFoundError(errno.ENOENT, "No such file", "a.png"),
    ],
)
def test_a_fault_of_ours_keeps_its_traceback(fault):
    with pytest.raises(type(fault)):
        run(raising(fault), "job")


def test_a_damaged_tag_of_a_picture_is_no_news():
    def warn(module):
        warnings.warn_explicit("Truncated File Read", UserWarning, "x.py", 1, module)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(lambda: warn("PIL.TiffImagePlugin"), "job") == 0
        with pytest.raises(UserWarning):
            run(lambda: warn("monitoring"), "job")


def test_what_a_job_returns_is_the_exit_code():
    assert run(lambda: None, "job") == 0
    assert run(lambda: 3, "job") == 3


def test_flags_take_dashes_and_underscores():
    parser = OneLineParser(prog="job")
    parser.add_argument("--img-dim", type=int)
    parser.add_argument("--name")
    assert parser.parse_args(["--img_dim=3"]).img_dim == 3
    assert parser.parse_args(["--img-dim", "4"]).img_dim == 4
    assert parser.parse_args(["--name", "a_b"]).name == "a_b"
    assert parser.parse_args(["--name=a_b"]).name == "a_b"


def test_a_mistyped_flag_is_one_line(capsys):
    parser = OneLineParser(prog="job")
    parser.add_argument("--count", type=int)
    for wrong in (["--cuont", "3"], ["--count", "x"], ["--cou", "3"]):
        with pytest.raises(SystemExit) as ended:
            parser.parse_args(wrong)
        assert ended.value.code == 2
        words = capsys.readouterr().err
        assert words.startswith("job: ") and words.count("\n") == 1


def test_a_broken_pipe_ends_the_printing_and_not_the_job(monkeypatch):
    reading, writing = os.pipe()
    os.close(reading)
    broken = open(writing, "w", buffering=1)
    monkeypatch.setattr(sys, "stdout", broken)
    done = []

    def job():
        for number in range(3):
            print("line", number, flush=True)
            done.append(number)

    assert run(job, "job") == 0
    assert done == [0, 1, 2]
    # As at the end of the program.
    broken.close()


def test_what_is_closed_is_not_printed_to(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert run(lambda: print("hello"), "job") == 0
    assert run(raising(Mishap("lost")), "job") == 1


def test_a_name_that_the_terminal_has_no_letters_for_is_spelt_out(monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    assert run(lambda: print("caf\xe9 \udce9", flush=True), "job") == 0
    assert terminal.buffer.getvalue() == b"caf\\xe9 \\udce9\n"


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_to_stop_ends_the_job_like_ctrl_c(number, capsys):
    # Not ignored, as nohup has it.
    before = signal.signal(number, signal.SIG_DFL)
    ends = partial(os.kill, os.getpid(), number)
    assert run(ends, "job", lambda: "say it again") == 130
    assert capsys.readouterr().err == "job: stopped; say it again\n"
    assert signal.signal(number, before) == signal.SIG_DFL


def test_a_signal_that_nohup_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run(partial(os.kill, os.getpid(), signal.SIGHUP), "job") == 0
    finally:
        signal.signal(signal.SIGHUP, before)
