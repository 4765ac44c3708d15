"""The command that writes the report of a finished run again.

python -m report runs/castles
"""

import sys
from pathlib import Path

from mistakes import OneLineParser, run
from report.page import write_report


def main(argv=None):
    """Write the report that the command line asks for, and return the exit code."""
    parser = OneLineParser(
        prog="report", description="Write report.html of a finished run."
    )
    parser.add_argument("run_folder", type=Path, help="such as runs/castles")
    arguments = parser.parse_args(argv)

    def write():
        print(f"written: {write_report(arguments.run_folder)}")

    return run(write, parser.prog)


if __name__ == "__main__":
    sys.exit(main())
