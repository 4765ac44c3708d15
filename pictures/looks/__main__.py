"""The command that describes photos which nobody labelled.

    python -m pictures.looks PATH/TO/PHOTOS

writes `factors.csv` into the folder, or into each of the three splits inside.
"""

import sys
from pathlib import Path

from mistakes import OneLineParser, run
from pictures.looks.table import write_looks

PROGRAM = "python -m pictures.looks"


def main(argv=None):
    """Measure what the command line asks for, and return the exit code."""
    parser = OneLineParser(
        PROGRAM, description="Measure photos, and write their looks to factors.csv."
    )
    parser.add_argument("folder", type=Path, help="of photos; they are only read")
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace a factors.csv that holds other factors",
    )
    arguments = parser.parse_args(argv)
    return run(lambda: write_looks(arguments.folder, arguments.overwrite), PROGRAM)


if __name__ == "__main__":
    sys.exit(main())
