"""Turns a SavedModel of TensorFlow 2.5 into a filter of this suite.

    python -m transfer_learning.filters.conversion FOLDER.zip --to mine.keras

Owns the command; how the numbers are read is `saved_models.py`.
"""

import contextlib
import sys
import tempfile
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from devices.tensorflow_start import prepare_tensorflow
from mistakes import OneLineParser, UserMistake, run
from transfer_learning.filters.published import MOST_BYTES_UNPACKED, TRAITS
from transfer_learning.filters.traits import NETWORKS, RESIZES, Traits
from transfer_learning.flags import HelpFormatter, number


def main(argv=None):
    """Run the command line `argv` and return the exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    return run(lambda: convert(arguments), parser.prog)


def build_parser():
    """Return the parser of this command; by default the filter is as published."""
    parser = OneLineParser(
        prog="python -m transfer_learning.filters.conversion",
        formatter_class=HelpFormatter,
        description="Turn a DenseNet filter that TensorFlow 2.5 saved into a file that "
        "deploy.py takes. Only numbers are read: its graph is never run.",
    )
    add = parser.add_argument
    help_ = "the folder of a SavedModel, or a zip of it"
    add("saved_model", type=Path, metavar="SAVED_MODEL", help=help_)
    add("--to", type=Path, required=True, metavar="FILE", help="a new .keras file")
    help_ = "what it was built from"
    add("--network", choices=NETWORKS, default="densenet201", help=help_)
    help_ = "height and width of its input in pixels"
    add("--side", type=number(int, 32), default=TRAITS.side, help=help_)
    help_ = "how photos were brought to that size"
    add("--resize", choices=RESIZES, default=TRAITS.resize, help=help_)
    help_ = "what the lowest score of its ensemble has to exceed"
    add("--threshold", type=number(float, 0, 1), default=TRAITS.threshold, help=help_)
    add("--task", default="converted", metavar="NAME", help="what it recognises")
    help_ = "the class that a score near 1 stands for"
    add("--positive", default="yes", metavar="CLASS", help=help_)
    add("--negative", default="no", metavar="CLASS", help="the other class")
    help_ = (
        "an .npz of uint8 `pictures` (count, side, side, 3) and the `scores` that it "
        "gave them before: the largest difference is printed"
    )
    add("--expected", type=Path, metavar="FILE", help=help_)
    return parser


def convert(arguments):
    """Write the filter.

    Raises:
        UserMistake: there is no such SavedModel, or a file where the filter is to go.
    """
    source, target = arguments.saved_model, arguments.to
    if not source.exists():
        raise UserMistake(f"{source} does not exist: name a SavedModel, or a zip of it")
    if target.suffix != ".keras" or target.exists():
        raise UserMistake(f"--to {target}: name a new file that ends in .keras")
    pictures, scores = _read_expected(arguments.expected, arguments.side)
    prepare_tensorflow()
    from transfer_learning.filters.network import save_filter
    from transfer_learning.filters.saved_models import NotAFilter, convert_saved_model

    classes = arguments.positive, arguments.negative
    pixels = arguments.side, arguments.resize
    traits = Traits(arguments.task, *classes, arguments.threshold, *pixels)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _unpacked(source, target.parent) as folder:
        try:
            model = convert_saved_model(folder, arguments.side, arguments.network)
        except NotAFilter as error:
            raise UserMistake(f"{error}: see --side and --network") from error
    save_filter(model, traits, target)
    if len(pictures):
        difference = abs(model(pictures).numpy()[:, 0] - scores).max()
        print(f"Scores of {len(scores)} pictures differ by at most {difference:.1e}")
    print(f"{target}: give it to deploy.py by --first or --second")


def _read_expected(path, side):
    """Return float32 pictures `(count, side, side, 3)` and their scores `(count,)`."""
    if path is None:
        return [], []
    try:
        with np.load(path) as arrays:
            pictures, scores = arrays["pictures"], arrays["scores"]
    except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise UserMistake(f"--expected {path} cannot be read: {error}") from error
    if pictures.shape != (len(scores), side, side, 3):
        raise UserMistake(
            f"--expected {path} has pictures {pictures.shape} and scores "
            f"{scores.shape}: give (count, {side}, {side}, 3) and (count,)"
        )
    return pictures.astype(np.float32), scores


@contextlib.contextmanager
def _unpacked(source, beside):
    """Yield the folder of a SavedModel; a zip is unpacked in `beside` for a while."""
    if source.is_dir():
        yield source
        return
    # Needed for zips only.
    from downloads.archives import unpack_zip

    with tempfile.TemporaryDirectory(dir=beside) as folder:
        yield unpack_zip(source, Path(folder, "unpacked"), MOST_BYTES_UNPACKED)


if __name__ == "__main__":
    sys.exit(main())
