"""Opens a page on which one plays with the dimensions of a run.

python explore.py                    the castles that come with this suite
python explore.py runs/castles       a run of your own
"""

import sys
from functools import partial
from pathlib import Path

from devices.tensorflow_start import prepare_tensorflow
from mistakes import OneLineParser, check_installed, run
from pages.flags import add_server_flags

PRETRAINED = Path(__file__).parent / "pretrained" / "castles"


def main(argv=None):
    """Serve the page that the command line asks for, and return the exit code."""
    parser = OneLineParser(
        prog="explore.py",
        description="Play with the dimensions of a run, in the browser.",
    )
    parser.add_argument(
        "run_folder",
        type=Path,
        nargs="?",
        default=PRETRAINED,
        help="such as runs/castles; default: the castles that come with this suite",
    )
    add_server_flags(parser, port=8000)
    arguments = parser.parse_args(argv)
    return run(lambda: explore(arguments), parser.prog)


def explore(arguments):
    """Open the run and serve its page until Ctrl-C."""
    for package in ("starlette", "uvicorn"):
        check_installed(package, "requirements-pages.txt")
    # TensorFlow takes seconds to load: after all that can be wrong without it.
    prepare_tensorflow()
    from pages.explorer.model import open_run
    from pages.explorer.routes import make_routes
    from pages.server import serve

    explored = open_run(arguments.run_folder)
    serve(
        partial(make_routes, explored),
        arguments.host,
        arguments.port,
        not arguments.no_browser,
    )


if __name__ == "__main__":
    sys.exit(main())
