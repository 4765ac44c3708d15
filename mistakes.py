"""How every command of both suites ends: what the user can mend is one line.

Owns the two exceptions that become such a line, the parser of all commands, and the
exit codes: 2 for a mistake in what the user gave, 1 for what went wrong outside the
program, 130 for Ctrl-C. Every other error is a fault of ours and keeps its traceback.
Standard library only, so that a mistyped flag is answered at once.
"""

import argparse
import errno
import importlib.util
import sys


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
    try:
        return job() or 0
    except UserMistake as mistake:
        return _end(prog, 2, mistake)
    except Mishap as mishap:
        return _end(prog, 1, mishap)
    except KeyboardInterrupt:
        return _end(prog, 130, f"stopped; {how_to_go_on()}")
    except OSError as error:
        words = _in_words(error, how_to_go_on)
        if words is None:
            raise
        return _end(prog, 1, words)


def _end(prog, exit_code, message):
    print(f"{prog}: {message}", file=sys.stderr)
    return exit_code


def reason_of(error):
    """Return in one line what an error outside the program was about."""
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror}{where}"
    return " ".join(str(error).split()) or type(error).__name__


def _in_words(error, how_to_go_on):
    """Return what a fault of the surroundings means; None for any other."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full{where}: free some space, then {how_to_go_on()}"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission{where}: change it, then {how_to_go_on()}"
    if isinstance(error, ConnectionError):
        return f"the connection was lost ({error}): {how_to_go_on()}"
    return None
