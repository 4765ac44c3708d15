"""The command that writes the report of a finished run again, or an index of runs.

python -m report runs/castles
python -m report --index runs
"""

import sys
from pathlib import Path

from mistakes import OneLineParser, run
from report.index import write_index
from report.page import write_report


def main(argv=None):
    """Write the report that the command line asks for, and return the exit code."""
    parser = OneLineParser(
        prog="report",
        description="Write report.html of a finished run, or index.html of many.",
    )
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("run_folder", type=Path, nargs="?", help="such as runs/castles")
    wanted.add_argument(
        "--index",
        type=Path,
        metavar="FOLDER",
        help="compare all finished runs of a folder, such as runs",
    )
    arguments = parser.parse_args(argv)

    def write():
        if arguments.index is not None:
            path = write_index(arguments.index)
        else:
            path = write_report(arguments.run_folder)
        print(f"written: {path}")

    return run(write, parser.prog)


if __name__ == "__main__":
    sys.exit(main())
