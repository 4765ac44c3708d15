"""How every command of both suites ends: what the user can mend is one line.

Owns the two exceptions that become such a line, the parser of all commands, and the
exit codes: 2 for a mistake in what the user gave, 1 for what went wrong outside the
program, 130 for Ctrl-C, SIGTERM and SIGHUP. Every other error is a fault of ours and
keeps its traceback. What cannot be printed never ends a program, and no process of one
outlives it. Standard library only, so that a mistyped flag is answered at once.
"""

import argparse
import contextlib
import errno
import importlib.util
import os
import signal
import sys
import threading
import warnings

# What the system says of a disk, or of a share in it, that is full.
FULL = (errno.ENOSPC, errno.EDQUOT)
# What asks a program to end; Windows has no SIGHUP.
STOP_SIGNALS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
]


class UserMistake(Exception):
    """Input that cannot work; one line: what, the value received, the cure."""


class Mishap(Exception):
    """What went wrong outside the program, a lost connection for one; one line."""


def check_installed(package, requirements):
    """Raise UserMistake unless an optional package can be imported.

    `requirements` is the file that brings it.
    """
    if importlib.util.find_spec(package) is None:
        raise UserMistake(f"{package} is not installed: pip install -r {requirements}")


class OneLineParser(argparse.ArgumentParser):
    """An argument parser for which a mistake is one line, with exit code 2.

    Flags are declared with dashes; underscores are accepted in their place.
    """

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, allow_abbrev=False, **options)

    def parse_known_args(self, args=None, namespace=None):
        """Parse as `argparse` does, with `--like_this` read as `--like-this`."""
        texts = sys.argv[1:] if args is None else args
        return super().parse_known_args(list(map(_with_dashes, texts)), namespace)

    def error(self, message):
        """End the program."""
        self.exit(2, f"{self.prog}: {message}\n")


def _with_dashes(text):
    flag, equals, value = text.partition("=")
    if not flag.startswith("--"):
        return text
    return flag.replace("_", "-") + equals + value


def run(job, prog, how_to_go_on=lambda: "give the command again"):
    """Call `job()` and return the exit code of the program.

    What the job returns is the exit code, None for 0. The line of an error begins with
    `prog`; `how_to_go_on()` says what to do after Ctrl-C or on a full disk.
    """
    with (
        contextlib.redirect_stdout(_Output(sys.stdout)),
        contextlib.redirect_stderr(_Output(sys.stderr)),
        _stopping_like_ctrl_c(),
        warnings.catch_warnings(),
    ):
        # A picture that cannot be read is named; a damaged tag of one is no news.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        return _run(job, prog, how_to_go_on)


class _Output:
    """A stream that ends no work: it falls silent once it cannot be written to."""

    def __init__(self, stream):
        # None if it was closed before the program began.
        self._stream = open(os.devnull, "w") if stream is None else stream
        if hasattr(self._stream, "reconfigure"):
            # A name that the terminal has no letters for.
            self._stream.reconfigure(errors="backslashreplace")

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        self._try(self._stream.write, text)
        return len(text)

    def flush(self):
        self._try(self._stream.flush)

    def _try(self, method, *arguments):
        try:
            method(*arguments)
        except OSError:
            # What is still in the buffer has somewhere to go to, too.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextlib.contextmanager
def _stopping_like_ctrl_c():
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt, unless they are ignored."""
    taken = [
        number for number in STOP_SIGNALS if signal.getsignal(number) == signal.SIG_DFL
    ]
    for number in taken:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _run(job, prog, how_to_go_on):
    try:
        return job() or 0
    except UserMistake as mistake:
        return _end(prog, 2, mistake)
    except Mishap as mishap:
        return _end(prog, 1, mishap)
    except KeyboardInterrupt:
        return _end(prog, 130, f"stopped; {how_to_go_on()}")
    except Exception as error:
        words = _in_words(error, how_to_go_on)
        if words is None:
            raise
        return _end(prog, 1, words)


def _end(prog, exit_code, message):
    print(f"{prog}: {message}", file=sys.stderr)
    return exit_code


def end_with_parent():
    """Let this process end at once when the one that started it does, even if killed.

    For one of `multiprocessing`, at its start.
    """
    # Not at the top, where it would delay the answer to every mistyped flag.
    from multiprocessing import parent_process

    parent = parent_process()

    def watch():
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def reason_of(error):
    """Return in one line what an error outside the program was about."""
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror}{where}"
    return " ".join(str(error).split()) or type(error).__name__


def _in_words(error, how_to_go_on):
    """Return what a fault of the surroundings means; None for any other."""
    number, name = getattr(error, "errno", None), getattr(error, "filename", None)
    where = f" ({name})" if name else ""
    # Libraries that write by themselves, as TensorFlow does, say it in words alone.
    if number in FULL or any(os.strerror(each) in str(error) for each in FULL):
        return f"the disk is full{where}: free some space, then {how_to_go_on()}"
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission{where}: change it, then {how_to_go_on()}"
    if isinstance(error, ConnectionError):
        return f"the connection was lost ({error}): {how_to_go_on()}"
    return None
