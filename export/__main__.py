"""The command that packs a finished run for others.

    python -m export runs/castles --page explorer.html
    python -m export runs/castles --pretrained pretrained/castles

The second writes the run that comes with the suite and that `python explore.py` opens.
"""

import sys
from pathlib import Path

from devices.tensorflow_start import prepare_tensorflow
from mistakes import OneLineParser, check_installed, run


def main(argv=None):
    """Pack what the command line asks for, and return the exit code."""
    parser = OneLineParser(
        "python -m export", description="Pack a finished run for others."
    )
    parser.add_argument("run_folder", type=Path, help="such as runs/castles")
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument(
        "--pretrained",
        type=Path,
        metavar="FOLDER",
        help="write a small run folder: networks in half precision, settings, figures",
    )
    wanted.add_argument(
        "--page",
        type=Path,
        metavar="FILE",
        help="write the explorer as one .html file, which draws without a server",
    )
    arguments = parser.parse_args(argv)
    return run(lambda: export(arguments), parser.prog)


def export(arguments):
    """Write what is asked for."""
    if arguments.page:
        for package in ("onnx", "onnxruntime", "tf2onnx"):
            check_installed(package, "requirements-export.txt")
    prepare_tensorflow()
    if arguments.page:
        from export.page import write_page

        differences = write_page(arguments.run_folder, arguments.page)
        words = ", ".join(f"{name} {value:.1e}" for name, value in differences.items())
        print(f"written: {arguments.page}; largest difference from Keras: {words}")
        return
    from export.pretrained import write_pretrained

    difference = write_pretrained(arguments.run_folder, arguments.pretrained)
    print(
        f"written: {arguments.pretrained}; pictures differ by at most {difference} "
        "of 255 levels from those of the run"
    )


if __name__ == "__main__":
    sys.exit(main())
