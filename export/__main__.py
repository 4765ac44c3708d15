"""The command that packs a finished run for others.

    python -m export runs/castles --page explorer.html
    python -m export runs/castles --to shared
    python -m export runs/castles --pretrained pretrained/castles

A page that draws by itself; a folder to share, for the Hugging Face hub by --push; the
run that comes with the suite and that `python explore.py` opens.
"""

import importlib.util
import sys
from pathlib import Path

from devices.tensorflow_start import prepare_tensorflow
from export.runtime import fetch_runtime
from mistakes import OneLineParser, UserMistake, check_installed, run


def main(argv=None):
    """Pack what the command line asks for, and return the exit code."""
    parser = _build_parser()
    arguments = parser.parse_args(argv)
    if arguments.push and not arguments.to:
        parser.error("--push sends the folder of --to: give both")
    job = export_pretrained if arguments.pretrained else export_portable
    return run(lambda: job(arguments), parser.prog)


def _build_parser():
    parser = OneLineParser(
        "python -m export", description="Pack a finished run for others."
    )
    parser.add_argument("run_folder", type=Path, help="such as runs/castles")
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument(
        "--page",
        type=Path,
        metavar="FILE",
        help="write the explorer as one .html file, which draws without a server",
    )
    wanted.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help="write a new folder to share: networks as ONNX and as Keras files that "
        "need nothing of this project, page, model card",
    )
    wanted.add_argument(
        "--pretrained",
        type=Path,
        metavar="FOLDER",
        help="write a small run folder: networks in half precision, settings, figures",
    )
    parser.add_argument(
        "--push",
        metavar="USER/NAME",
        help="send the folder of --to to the Hugging Face hub, as model and as Space",
    )
    return parser


def export_pretrained(arguments):
    """Write the small run folder."""
    prepare_tensorflow()
    from export.pretrained import write_pretrained

    difference = write_pretrained(arguments.run_folder, arguments.pretrained)
    print(
        f"written: {arguments.pretrained}; pictures differ by at most {difference} "
        "of 255 levels from those of the run"
    )


def export_portable(arguments):
    """Write the page or the folder to share, and send the folder if that is asked."""
    for package in ("onnx", "onnxruntime", "tf2onnx"):
        check_installed(package, "requirements-export.txt")
    if arguments.push:
        _check_hub()
    # What can be wrong without TensorFlow comes before it.
    fetch_runtime()
    prepare_tensorflow()
    from export.networks import make_portable
    from export.page import write_page
    from export.share import write_folder
    from pages.explorer.model import open_run

    explored = open_run(arguments.run_folder)
    networks = make_portable(explored.vae)
    for name, network in networks.items():
        print(f"{name}: differs from Keras by at most {network.difference:.1e}")
    if arguments.page:
        onnx = {name: network.onnx for name, network in networks.items()}
        write_page(explored.named_facts(), onnx, arguments.page)
    else:
        write_folder(explored, networks, arguments.to)
    print(f"written: {arguments.page or arguments.to}")
    if arguments.push:
        from export.hub import push_folder

        for address in push_folder(arguments.to, arguments.push):
            print(f"sent: {address}")


def _check_hub():
    if importlib.util.find_spec("huggingface_hub") is None:
        raise UserMistake("--push needs huggingface_hub: pip install huggingface_hub")
    from export.hub import check_login

    check_login()


if __name__ == "__main__":
    sys.exit(main())
