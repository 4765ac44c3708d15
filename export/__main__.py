"""The command that packs a finished run for others.

    python -m export runs/castles --pretrained pretrained/castles

writes the run that comes with the suite and that `python explore.py` opens.
"""

import sys
from pathlib import Path

from devices.tensorflow_start import prepare_tensorflow
from mistakes import OneLineParser, run


def main(argv=None):
    """Pack what the command line asks for, and return the exit code."""
    parser = OneLineParser(
        "python -m export", description="Pack a finished run for others."
    )
    parser.add_argument("run_folder", type=Path, help="such as runs/castles")
    parser.add_argument(
        "--pretrained",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="write a small run folder: networks in half precision, settings, figures",
    )
    arguments = parser.parse_args(argv)
    return run(lambda: export(arguments), parser.prog)


def export(arguments):
    """Write what is asked for."""
    prepare_tensorflow()
    from export.pretrained import write_pretrained

    difference = write_pretrained(arguments.run_folder, arguments.pretrained)
    print(
        f"written: {arguments.pretrained}; pictures differ by at most {difference} "
        "of 255 levels from those of the run"
    )


if __name__ == "__main__":
    sys.exit(main())
