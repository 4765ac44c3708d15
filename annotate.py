"""Opens a page on which people answer questions about photos, by keyboard.

python annotate.py --photos DUMP --question "a building?" --labels building.csv
python annotate.py --photos MINE --factors "tower_count:2,3,4,5" "roof_slant:1-5"
python annotate.py --photos DUMP --audit audit.csv
"""

import getpass
import sys
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from devices.tensorflow_start import prepare_tensorflow
from mistakes import OneLineParser, UserMistake, check_installed, run
from pages.flags import add_server_flags
from transfer_learning.flags import HelpFormatter, number

# More values than there are keys for them.
MOST_VALUES = 9


def main(argv=None):
    """Serve the page that the command line asks for, and return the exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    return run(lambda: annotate(arguments), parser.prog)


def build_parser():
    """Return the parser of annotate.py."""
    parser = OneLineParser(
        prog="annotate.py",
        formatter_class=HelpFormatter,
        usage="annotate.py --photos FOLDER (--labels FILE --question WORDS | "
        "--factors NAME:VALUES ... | --audit FILE) [options]",
        description="Answer questions about photos by keyboard. The same command goes "
        "on where you stopped.",
    )
    add = parser.add_argument
    help_ = "the photos; with --audit several, as audit.py draw takes them"
    add("--photos", type=Path, nargs="+", required=True, metavar="FOLDER", help=help_)
    help_ = "what is asked of each photo"
    add("--question", default="yes or no?", metavar="WORDS", help=help_)
    help_ = "labels file that answers by yes, no or unsure are added to"
    add("--labels", type=Path, metavar="FILE", help=help_)
    help_ = "write factors.csv beside the photos: names with values 2,3,4 or 1-5"
    add("--factors", nargs="+", metavar="NAME:VALUES", help=help_)
    help_ = "audit.csv of audit.py draw, to be filled in"
    add("--audit", type=Path, metavar="FILE", help=help_)
    help_ = "show these again, in their order: label_issues.csv of train.py"
    add("--review", type=Path, metavar="FILE", help=help_)
    help_ = "manifest.csv of a filtering: what it decided most narrowly comes first"
    add("--manifest", type=Path, metavar="FILE", help=help_)
    help_ = "filters: what they, and a model that learns meanwhile, are least sure of"
    add("--filters", type=Path, nargs="+", metavar="FILE", help=help_)
    help_ = "24 photos of which a filter says the same: click the wrong ones"
    add("--grid", action="store_true", help=help_)
    help_ = "share of the photos that are shown twice, to see who agrees with whom"
    add("--twice", type=number(float, 0, 1), default=0.05, help=help_)
    add_server_flags(parser, port=8010)
    return parser


def annotate(arguments):
    """Serve the page until Ctrl-C, and say how well the answers agree."""
    for package in ("starlette", "uvicorn"):
        check_installed(package, "requirements-pages.txt")
    _check(arguments)
    from filelock import FileLock, Timeout

    from transfer_learning.annotation.books import AuditBook, FactorsBook, LabelsBook

    factors = [read_factor(text) for text in arguments.factors or ()]
    if factors:
        path = arguments.photos[0] / "factors.csv"
        names = [factor["name"] for factor in factors]
        open_book = partial(FactorsBook, arguments.photos[0], names)
    elif arguments.audit:
        path, open_book = arguments.audit, partial(AuditBook, arguments.audit)
    else:
        path, open_book = arguments.labels, partial(LabelsBook, arguments.labels)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path.with_name(f".{path.name}.lock"), blocking=False):
            _serve(arguments, open_book(), factors)
    except Timeout:
        raise UserMistake(
            f"another annotate.py adds to {path}: several people use one, by --host"
        ) from None


def _check(arguments):
    """Refuse what cannot be done together.

    Raises:
        UserMistake: with the cure.
    """
    given = (arguments.labels, arguments.factors, arguments.audit)
    if sum(map(bool, given)) != 1:
        raise UserMistake("give one of --labels, --factors and --audit")
    for folder in arguments.photos:
        if not folder.is_dir():
            raise UserMistake(
                f"--photos {folder} is not a folder: name an existing one"
            )
    if len(arguments.photos) > 1 and not arguments.audit:
        raise UserMistake("several --photos are for --audit only: name one folder")
    for name in ("review", "manifest", "filters", "grid"):
        if getattr(arguments, name) and not arguments.labels:
            raise UserMistake(f"--{name} needs --labels")
    if sum(map(bool, (arguments.review, arguments.manifest, arguments.filters))) > 1:
        raise UserMistake("give one of --review, --manifest and --filters")
    if arguments.grid and not (arguments.manifest or arguments.filters):
        raise UserMistake(
            "--grid needs --manifest or --filters: something that guesses"
        )
    files = [arguments.review, arguments.manifest, *(arguments.filters or ())]
    for path in filter(None, files):
        if not path.is_file():
            raise UserMistake(f"{path} is not there: name an existing file")


def read_factor(text):
    """Return a factor's name and its values, texts, of NAME:2,3,4 or NAME:1-5.

    Raises:
        UserMistake: it is no such text.
    """
    name, _, values = text.partition(":")
    first, dash, last = values.partition("-")
    if dash and first.isdecimal() and last.isdecimal():
        found = [str(value) for value in range(int(first), int(last) + 1)]
    else:
        found = [value.strip() for value in values.split(",")]
    is_sound = len(set(found)) == len(found) and all(found) and name.strip()
    if not is_sound or not 2 <= len(found) <= MOST_VALUES:
        raise UserMistake(
            f"--factors: received {text!r}; expected a name and 2 to {MOST_VALUES} "
            "values, such as tower_count:2,3,4 or roof_slant:1-5"
        )
    return {"name": name.strip(), "values": found}


def _serve(arguments, book, factors):
    from pages.annotator.routes import make_routes
    from pages.server import LOOPBACK_NAMES, serve

    desk, folders = _open_desk(arguments, book)
    facts = {
        "question": "Which values?" if factors else arguments.question,
        "factors": factors or None,
        "isGrid": arguments.grid,
        "person": getpass.getuser(),
        "isLocal": arguments.host in LOOPBACK_NAMES,
    }
    if arguments.audit:
        facts["question"] = "Is it what you are looking for?"
    make = partial(make_routes, desk, folders, facts)
    serve(make, arguments.host, arguments.port, not arguments.no_browser)
    print(f"{desk.answered_count:,} of {desk.total:,} photos have an answer")
    kappa, count = book.agreement()
    if kappa is not None:
        print(f"answered twice: {count}; agreement, Cohen's kappa: {kappa:.2f}")


def _open_desk(arguments, book):
    """Return the desk, and the folder that each of its photos stands below."""
    from pictures.files import find_pictures
    from transfer_learning.annotation import choice
    from transfer_learning.annotation.desk import Desk

    folder, options = arguments.photos[0], {}
    if arguments.audit:
        photos = list(book.rows)
        folders = [_folder_of(photo, arguments.photos) for photo in photos]
        shown = (choice.Shown(photo, choice.RANDOM, "") for photo in photos)
        return Desk(photos, book, choice.in_order(shown)), folders
    found = find_pictures(folder)
    photos = [path.relative_to(folder).as_posix() for path in found.paths]
    if not photos:
        raise UserMistake(f"{folder} holds no photo")
    # Nobody need look through what was answered in earlier sittings.
    open_ones = [photo for photo in photos if not book.answers.get(photo)]
    if arguments.labels:
        options["repeated_share"] = arguments.twice
    if arguments.review:
        doubtful = choice.read_doubtful(arguments.review)
        written = datetime.fromtimestamp(arguments.review.stat().st_mtime, timezone.utc)
        reviewed = book.reviewed_since(written)
        options = {"doubtful": doubtful, "reviewed": reviewed}
        choose = choice.to_review(doubtful)
    elif arguments.manifest:
        choose = choice.least_sure(arguments.manifest, open_ones)
    elif arguments.filters:
        choose = _start_learner(arguments.filters, folder, photos, book)
    else:
        choose = choice.drawn(open_ones)
    return Desk(photos, book, choose, **options), [folder] * len(photos)


def _folder_of(photo, folders):
    for folder in folders:
        if (folder / photo).is_file():
            return folder
    raise UserMistake(
        f"{photo} is not in {', '.join(map(str, folders))}: if chosen photos were "
        "moved, name their folder too, --photos COLLECTION CHOSEN"
    )


def _start_learner(paths, folder, photos, book):
    """Return the chooser that learns on the trunk of the first of some filters."""
    prepare_tensorflow()
    import numpy as np

    from transfer_learning.annotation.choice import FEATURES_AT_ONCE, Learner
    from transfer_learning.filters.ensemble import Scorer
    from transfer_learning.filters.network import load_filter
    from transfer_learning.filters.traits import read_traits
    from transfer_learning.jobs.photo_scoring import TrunkFeatures
    from transfer_learning.photos.pixels import pixel_batches

    traits = read_traits(paths[0])
    trunk = TrunkFeatures(paths[0], FEATURES_AT_ONCE)
    score = Scorer([load_filter(path) for path in paths], FEATURES_AT_ONCE)

    def look_at(some):
        sources = [folder / photo for photo in some]
        batches = pixel_batches(sources, traits.side, traits.resize, FEATURES_AT_ONCE)
        scores = np.concatenate([score(batch.pixels) for batch in batches])
        return trunk(sources), scores.mean(axis=1)

    learner = Learner(photos, look_at, book.answers)
    learner.start()
    return learner


if __name__ == "__main__":
    sys.exit(main())
