"""The command line of train.py: its flags, their defaults and what they rule out.

Owns every check that can be made before TensorFlow is loaded.
"""

from importlib.util import find_spec
from pathlib import Path

from mistakes import OneLineParser, UserMistake
from transfer_learning.filters.traits import RESIZES
from transfer_learning.flags import HelpFormatter, number

NETWORKS = ("densenet121", "densenet169", "densenet201")
SCALINGS = ("imagenet", "unit")
MOST_STAGES = 4
# DenseNet halves a picture five times.
LEAST_SIDE = 32


def build_parser():
    """Return the parser of train.py."""
    parser = OneLineParser(
        prog="train.py",
        formatter_class=HelpFormatter,
        usage="train.py --task NAME --photos FOLDER [options]",
        description="Train an ensemble of filters on photos sorted into "
        "FOLDER/{train,validation,test}/{no,yes}, or any two class folders.",
    )
    _add_task(parser.add_argument_group("task").add_argument)
    _add_network(parser.add_argument_group("network").add_argument)
    _add_training(parser.add_argument_group("training").add_argument)
    return parser


def _add_task(add):
    help_ = "what the filters recognise; names their files"
    add("--task", required=True, metavar="NAME", help=help_)
    add("--photos", type=Path, required=True, metavar="FOLDER", help="sorted photos")
    help_ = "the class to be chosen; by default `yes`, or the one named like the task"
    add("--positive", metavar="CLASS", help=help_)
    help_ = "where everything is written; by default runs/filter_<task>"
    add("--output", type=Path, metavar="FOLDER", help=help_)
    add("--resume", action="store_true", help="go on with the run in that folder")
    help_ = "precision to reach on the validation photos"
    add("--precision", type=number(float, 0, 1), default=0.95, metavar="P", help=help_)


def _add_network(add):
    help_ = "what the filters are built from"
    add("--network", choices=NETWORKS, default="densenet201", help=help_)
    help_ = "imagenet (fetched once), random, or a weights file without top"
    add("--weights", default="imagenet", metavar="W", help=help_)
    help_ = "height and width of the input in pixels"
    add("--side", type=number(int, LEAST_SIDE), default=300, metavar="N", help=help_)
    help_ = "how photos are brought to that size"
    add("--resize", choices=RESIZES, default="bilinear", help=help_)
    help_ = (
        "imagenet: as the ImageNet weights were trained; unit: pixels / 255, as the "
        "published filters"
    )
    add("--scaling", choices=SCALINGS, default="imagenet", help=help_)


def _add_training(add):
    def add_count(flag, default, help_):
        add(flag, type=number(int, 1), default=default, metavar="N", help=help_)

    add_count("--members", 3, "filters in the ensemble")
    help_ = "seed of the first member; the others count up from it"
    add("--seed", type=number(int, 0), default=1, metavar="N", help=help_)
    help_ = (
        "how many: 1 the dense layers; 2 the last block of conv5, too; 3 the last "
        "three; 4 all of conv5"
    )
    stages = number(int, 1, MOST_STAGES)
    add("--stages", type=stages, default=MOST_STAGES, metavar="N", help=help_)
    add_count("--epochs-per-stage", 20, "most epochs of a stage")
    add_count("--patience-epochs", 4, "epochs without a better loss that end a stage")
    add_count("--batch-size", 32, "photos in one step")
    help_ = "of RMSprop"
    rate = number(float, 1e-9, 1)
    add("--learning-rate", type=rate, default=5e-5, metavar="R", help=help_)
    help_ = "train on the photos as they are: the trunk then runs once per photo"
    add("--no-augmentation", action="store_true", help=help_)


def check_arguments(arguments):
    """Fill in what depends on other arguments, and refuse what cannot be done.

    Raises:
        UserMistake: with the problem, the value received and the cure.
    """
    if find_spec("matplotlib") is None:
        raise UserMistake(
            "matplotlib is missing, which draws the figures: "
            "pip install -r transfer_learning/requirements.txt"
        )
    if arguments.output is None:
        arguments.output = Path("runs", f"filter_{arguments.task}")
    if not arguments.photos.is_dir():
        raise UserMistake(
            f"--photos {arguments.photos} is not a folder: name the sorted photos' one"
        )
    weights = arguments.weights
    if weights not in ("imagenet", "random") and not Path(weights).is_file():
        raise UserMistake(
            f"--weights {weights} is not a file: name one, or give imagenet or random"
        )
    is_begun = Path(arguments.output, "settings.json").is_file()
    if is_begun and not arguments.resume:
        raise UserMistake(
            f"{arguments.output} holds a run already: go on with it by --resume, or "
            f"choose another --output"
        )
