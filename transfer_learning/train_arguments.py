"""The command line of train.py: its flags, their defaults and what they rule out.

Owns every check that can be made before TensorFlow is loaded.
"""

import argparse
from importlib.util import find_spec
from pathlib import Path

from transfer_learning.filters.traits import RESIZES

NETWORKS = ("densenet121", "densenet169", "densenet201")
SCALINGS = ("imagenet", "unit")
MOST_STAGES = 4


def build_parser():
    """Return the parser of train.py."""
    parser = argparse.ArgumentParser(
        prog="train.py",
        usage="train.py --task NAME --photos FOLDER [options]",
        description="Train an ensemble of filters on photos sorted into "
        "FOLDER/{train,validation,test}/{no,yes}, or any two class folders.",
    )
    _add_task(parser.add_argument_group("task").add_argument)
    _add_network(parser.add_argument_group("network").add_argument)
    _add_training(parser.add_argument_group("training").add_argument)
    return parser


def _add_task(add):
    add("--task", required=True, metavar="NAME", help="what the filters tell")
    add("--photos", type=Path, required=True, metavar="FOLDER", help="sorted photos")
    help_ = "class to be chosen; `yes` or the one named like the task if not given"
    add("--positive", metavar="CLASS", help=help_)
    help_ = "runs/filter_<task> if not given"
    add("--output", type=Path, metavar="FOLDER", help=help_)
    add("--resume", action="store_true", help="go on with the run in that folder")
    help_ = "precision on validation that the threshold is chosen for (%(default)s)"
    add("--precision", type=float, default=0.95, metavar="P", help=help_)


def _add_network(add):
    add("--network", choices=NETWORKS, default="densenet201", help="(%(default)s)")
    help_ = "imagenet, random, or a weights file without top (%(default)s)"
    add("--weights", default="imagenet", metavar="W", help=help_)
    help_ = "height and width of the input in pixels (%(default)s)"
    add("--side", type=int, default=300, metavar="N", help=help_)
    help_ = "how photos are brought to that size (%(default)s)"
    add("--resize", choices=RESIZES, default="bilinear", help=help_)
    help_ = (
        "imagenet: as the ImageNet weights were trained; unit: pixels / 255, as the "
        "published filters (%(default)s)"
    )
    add("--scaling", choices=SCALINGS, default="imagenet", help=help_)


def _add_training(add):
    help_ = "filters in the ensemble (%(default)s)"
    add("--members", type=int, default=3, metavar="N", help=help_)
    help_ = "of the first member (%(default)s)"
    add("--seed", type=int, default=1, metavar="N", help=help_)
    help_ = (
        "1 dense layers; 2 and the last block of conv5; 3 and the last three; 4 and "
        "all of conv5 (%(default)s)"
    )
    add("--stages", type=int, default=MOST_STAGES, metavar="N", help=help_)
    help_ = "most epochs of a stage (%(default)s)"
    add("--epochs-per-stage", type=int, default=20, metavar="N", help=help_)
    help_ = "epochs without a better validation loss that end a stage (%(default)s)"
    add("--patience-epochs", type=int, default=4, metavar="N", help=help_)
    help_ = "photos in one step (%(default)s)"
    add("--batch-size", type=int, default=32, metavar="N", help=help_)
    help_ = "of RMSprop (%(default)s)"
    add("--learning-rate", type=float, default=5e-5, metavar="R", help=help_)
    help_ = "train on the photos as they are: the trunk then runs once per photo"
    add("--no-augmentation", action="store_true", help=help_)


def check(arguments):
    """Fill in what depends on other arguments, and refuse what cannot be done.

    Raises:
        ValueError: with the problem, the value received and the cure.
    """
    if find_spec("matplotlib") is None:
        raise ValueError(
            "matplotlib is missing, which draws the figures: "
            "pip install -r transfer_learning/requirements.txt"
        )
    if arguments.output is None:
        arguments.output = Path("runs", f"filter_{arguments.task}")
    if not arguments.photos.is_dir():
        raise ValueError(f"--photos {arguments.photos} is not a folder")
    is_begun = Path(arguments.output, "settings.json").is_file()
    if is_begun and not arguments.resume:
        raise ValueError(
            f"{arguments.output} holds a run already: go on with it by --resume, or "
            f"choose another --output"
        )
    if not 0 < arguments.precision <= 1:
        raise ValueError(f"--precision {arguments.precision}: give 0 < P <= 1")
    if arguments.side < 32:
        raise ValueError(f"--side {arguments.side}: DenseNet needs 32 pixels or more")
    if not 1 <= arguments.stages <= MOST_STAGES:
        raise ValueError(f"--stages {arguments.stages}: give 1 to {MOST_STAGES}")
    for name in ("members", "epochs_per_stage", "patience_epochs", "batch_size"):
        if getattr(arguments, name) < 1:
            flag = name.replace("_", "-")
            raise ValueError(f"--{flag} {getattr(arguments, name)}: give 1 or more")
    if not arguments.learning_rate > 0:
        raise ValueError(f"--learning-rate {arguments.learning_rate}: give more than 0")
