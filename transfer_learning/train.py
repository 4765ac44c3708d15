"""Train an ensemble of filters on photos that were labelled or sorted into two folders.

Run `python transfer_learning/train.py --task building --photos FOLDER`, with `--labels
FILE` for photos that lie anywhere in the folder, or with `--help`. Owns the flags and
the order of the steps; what a run writes is listed in the README beside this file.
"""

import sys
from pathlib import Path

# Modules are named from the root of the repository on.
sys.path[0] = str(Path(__file__).resolve().parents[1])

import mistakes
from devices.tensorflow_start import prepare_tensorflow
from mistakes import OneLineParser, UserMistake, check_installed
from transfer_learning.filters.traits import NETWORKS, RESIZES, SCALINGS
from transfer_learning.flags import HelpFormatter, number
from transfer_learning.selection.run_record import note_surroundings, save_settings

MOST_STAGES = 4
# DenseNet halves a picture five times.
LEAST_SIDE = 32


def main(argv=None):
    """Run the command line `argv` and return the exit code."""
    options = build_parser().parse_args(argv)
    how_to_go_on = "give the same command with --resume: the run then goes on"
    return mistakes.run(lambda: train(options), "train.py", lambda: how_to_go_on)


def build_parser():
    """Return the parser of train.py."""
    parser = OneLineParser(
        prog="train.py",
        formatter_class=HelpFormatter,
        usage="train.py --task NAME --photos FOLDER [options]",
        description="Train an ensemble of filters on the photos of a labels file, or "
        "on photos sorted into FOLDER/{train,validation,test}/{no,yes}, or any two "
        "class folders.",
    )
    _add_task(parser.add_argument_group("task").add_argument)
    _add_labels(parser.add_argument_group("labels").add_argument)
    _add_network(parser.add_argument_group("network").add_argument)
    _add_training(parser.add_argument_group("training").add_argument)
    return parser


def _add_task(add):
    help_ = "what the filters recognise; names their files"
    add("--task", required=True, metavar="NAME", help=help_)
    add("--photos", type=Path, required=True, metavar="FOLDER", help="of the photos")
    help_ = "the class to be chosen; by default `yes`, or the one named like the task"
    add("--positive", metavar="CLASS", help=help_)
    help_ = "where everything is written; by default runs/filter_<task>"
    add("--output", type=Path, metavar="FOLDER", help=help_)
    add("--resume", action="store_true", help="go on with the run in that folder")
    help_ = "precision to reach on the validation photos"
    add("--precision", type=number(float, 0, 1), default=0.95, help=help_)


def _add_labels(add):
    help_ = "what annotate.py wrote; without it, photos are sorted into folders"
    add("--labels", type=Path, metavar="CSV", help=help_)
    help_ = (
        "columns id and landmark_id, as Google's train.csv; by default that in the "
        "record of deploy.py, if there is one. Photos of a landmark stay together"
    )
    add("--landmark-ids", type=Path, metavar="CSV", help=help_)
    help_ = "folders are no places: their photos need not stay together"
    add("--ignore-folders", action="store_true", help=help_)
    help_ = "of 100 groups to validate on, and as many to test on"
    add("--held-out-percent", type=number(int, 1, 45), default=20, help=help_)
    help_ = "go on though photos look like some of another part or class"
    add("--allow-leaks", action="store_true", help=help_)


def _add_network(add):
    help_ = "what the filters are built from"
    add("--network", choices=NETWORKS, default="densenet201", help=help_)
    help_ = "imagenet (fetched once), random, or a weights file without top"
    add("--weights", default="imagenet", help=help_)
    help_ = "height and width of the input in pixels"
    add("--side", type=number(int, LEAST_SIDE), default=300, help=help_)
    help_ = "how photos are brought to that size"
    add("--resize", choices=RESIZES, default="bilinear", help=help_)
    help_ = (
        "imagenet: as the ImageNet weights were trained; unit: pixels / 255, as the "
        "published filters"
    )
    add("--scaling", choices=SCALINGS, default="imagenet", help=help_)


def _add_training(add):
    def add_count(flag, default, help_):
        add(flag, type=number(int, 1), default=default, help=help_)

    add_count("--members", 3, "filters in the ensemble")
    help_ = "seed of the first member; the others count up from it"
    add("--seed", type=number(int, 0), default=1, help=help_)
    help_ = (
        "how many: 1 the dense layers; 2 the last block of conv5, too; 3 the last "
        "three; 4 all of conv5"
    )
    add("--stages", type=number(int, 1, MOST_STAGES), default=MOST_STAGES, help=help_)
    add_count("--epochs-per-stage", 20, "most epochs of a stage")
    add_count("--patience-epochs", 4, "epochs without a better loss that end a stage")
    add_count("--batch-size", 32, "photos in one step")
    add("--learning-rate", type=number(float, 1e-9, 1), default=5e-5, help="of RMSprop")
    help_ = "train on the photos as they are: the trunk then runs once per photo"
    add("--no-augmentation", action="store_true", help=help_)


def train(options):
    """Train the members, choose the threshold, measure, and write the filters."""
    check_options(options)
    prepare_tensorflow()
    from transfer_learning.fine_tuning.ensemble import EnsembleTraining

    run = EnsembleTraining(options)
    # Written before anything is trained, so that --resume cannot mix two settings.
    names = set(vars(options)) - {"resume", "output", "allow_leaks"}
    settings = {name: _plain(getattr(options, name)) for name in sorted(names)}
    save_settings(options.output, settings, cure="choose another --output")
    note_surroundings(options.output)
    run.read_photos()
    members = [run.train_member(number) for number in range(options.members)]
    models, scores = zip(*members, strict=True)
    run.save_filters(models, run.measure(scores))
    run.write_label_issues(models[0], scores)
    print(f"Filters, metrics.json and metrics.png: {options.output}")


def _plain(value):
    return str(value.resolve()) if isinstance(value, Path) else value


def check_options(options):
    """Fill in the output folder, and refuse what cannot be done.

    Raises:
        UserMistake: with the problem, the value received and the cure.
    """
    # They draw the figures, and tell which photos look alike.
    for package in ("matplotlib", "imagehash"):
        check_installed(package, "transfer_learning/requirements.txt")
    options.output = options.output or Path("runs", f"filter_{options.task}")
    if not options.photos.is_dir():
        raise UserMistake(
            f"--photos {options.photos} is not a folder: name that of the photos"
        )
    metadata = options.photos.resolve().with_name(f"{options.photos.name}_record")
    metadata /= "metadata/train.csv"
    if options.landmark_ids is None and metadata.is_file():
        options.landmark_ids = metadata
    for flag, path in (
        ("--labels", options.labels),
        ("--landmark-ids", options.landmark_ids),
    ):
        if path and not path.is_file():
            raise UserMistake(f"{flag} {path} is not a file: name a csv file")
    weights = options.weights
    if weights not in ("imagenet", "random") and not Path(weights).is_file():
        raise UserMistake(
            f"--weights {weights} is not a file: name one, or give imagenet or random"
        )
    is_begun = Path(options.output, "settings.json").is_file()
    if is_begun and not options.resume:
        raise UserMistake(
            f"{options.output} holds a run already: go on with it by --resume, or "
            f"choose another --output"
        )


if __name__ == "__main__":
    sys.exit(main())
