"""The command line of deploy.py, and every check that needs no TensorFlow."""

import argparse
import importlib.util
import itertools
import math
import os
import re
from pathlib import Path

from mistakes import OneLineParser, UserMistake
from transfer_learning.filters.published import ENSEMBLES, TRAITS
from transfer_learning.filters.traits import file_fingerprint, read_traits
from transfer_learning.flags import HelpFormatter, absolute, number
from transfer_learning.selection.collection import HOWS
from transfer_learning.selection.decisions import RULES, Jury

# Source: https://github.com/cvdfoundation/google-landmark
ARCHIVE_COUNTS = {"train": 500, "index": 100, "test": 20}
PUBLISHED_FOLDER = Path(__file__).resolve().parents[1] / "datasets" / "filters"


def build_parser():
    """Return the parser of deploy.py."""
    parser = OneLineParser(
        prog="deploy.py",
        formatter_class=HelpFormatter,
        usage="deploy.py (--photos PHOTOS | --landmarks SPLIT | --from-manifest FILE) "
        "--chosen CHOSEN [options]",
        description="Filter a photo collection and keep what both ensembles choose. "
        "A run that was stopped goes on when the same command is given again.",
    )
    _add_photos(parser.add_argument_group("photos").add_argument)
    _add_verdicts(parser.add_argument_group("filters and verdicts").add_argument)
    _add_run(parser.add_argument_group("run").add_argument)
    _add_ray(parser.add_argument_group("many machines").add_argument)
    return parser


def _add_photos(add):
    help_ = "the collection, which is never changed unless you give --how move"
    add("--photos", type=absolute, help=help_)
    help_ = "filter archives of Google Landmarks v2, one at a time on the disk"
    add("--landmarks", choices=ARCHIVE_COUNTS, help=help_)
    add("--archives", default="all", metavar="A-B", help="which ones, such as 0-499")
    help_ = "skip landmarks that are labelled natural (train only)"
    add("--skip-natural", action="store_true", help=help_)
    help_ = "decide anew from an earlier run; --photos says where its photos are"
    add("--from-manifest", type=Path, metavar="FILE", help=help_)
    add("--chosen", type=absolute, required=True, help="where the chosen photos go")
    help_ = "hard link (or copy where impossible), copy, move, or none"
    add("--how", choices=HOWS, default="link", help=help_)
    help_ = "where manifest and contact sheets go; by default CHOSEN_record"
    add("--record", type=absolute, help=help_)


def _add_verdicts(add):
    filters = {"type": absolute, "nargs": "+", "default": [], "metavar": "FILTER"}
    help_ = "your filters of the first ensemble; by default the six published ones"
    add("--first", help=help_, **filters)
    help_ = "your filters of the second, which judges what the first one kept"
    add("--second", help=help_, **filters)
    help_ = (
        "what scores have to exceed, one number or one per ensemble; by default the "
        "filters' own (0.9 for the published ones)"
    )
    add("--threshold", nargs="+", type=number(float, 0, 1), help=help_)
    help_ = "the lowest score, the mean, or that of the majority"
    add("--rule", choices=RULES, default="all", help=help_)
    help_ = "reject photos whose shorter side has fewer pixels"
    add("--min-side", type=number(int, 0), default=0, help=help_)
    help_ = "reject photos whose longer side is more times as long as the shorter"
    add("--max-aspect", type=number(float, 1), help=help_)
    help_ = "of photos that show the same picture choose the largest alone"
    add("--unique", action="store_true", help=help_)
    help_ = "where the published filters are kept"
    add("--filters", type=absolute, default=PUBLISHED_FOLDER, help=help_)


def _add_run(add):
    add("--dry-run", action="store_true", help="say what would be done, and stop")
    help_ = "photos in one step of the network"
    add("--batch-size", type=number(int, 1), default=32, help=help_)
    help_ = "decode large photos at reduced size if no score changes by more"
    add("--decoding-bound", type=number(float, 0, 1), default=0.001, help=help_)
    help_ = "do every N-th unit from the I-th on: for N machines over a shared folder"
    add("--shard", type=_shard, default="1/1", metavar="I/N", help=help_)


def _add_ray(add):
    help_ = "what runs the units: this process, or workers of Ray"
    add("--executor", choices=("local", "ray"), default="local", help=help_)
    help_ = "of a cluster; by default RAY_ADDRESS, or one started here"
    address = os.environ.get("RAY_ADDRESS")
    add("--ray-address", default=address, metavar="HOST:PORT", help=help_)
    help_ = "how many workers, by default as many as there is room for"
    add("--workers", type=number(int, 1), help=help_)
    help_ = "processors; by default its share of a machine with GPUs, else up to 4"
    add("--cpus-per-worker", type=number(int, 1), help=help_)
    help_ = "by default 1 where there are any, else 0"
    add("--gpus-per-worker", type=number(int, 0), help=help_)


def _shard(text):
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    index, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= index <= count:
        raise argparse.ArgumentTypeError(
            f"{text}: give I/N with I from 1 to N, such as 3/16"
        )
    return index, count


def check_arguments(arguments):
    """Fill in what depends on other arguments, and refuse what cannot be done.

    Raises:
        UserMistake: with the problem, the value received and the cure.
    """
    _check_source(arguments)
    _check_folders(arguments)
    _check_executor(arguments)
    _check_unique(arguments)
    if arguments.second and not arguments.first:
        raise UserMistake("--second needs --first: the ensemble that judges before it")
    # Those of the user; without any, the published ones are fetched.
    given = (arguments.first, arguments.second)
    arguments.ensembles = [filters for filters in given if filters]
    if arguments.landmarks:
        count = ARCHIVE_COUNTS[arguments.landmarks]
        arguments.archives = _parse_archives(arguments.archives, count)


def _check_source(arguments):
    photos, landmarks = arguments.photos, arguments.landmarks
    if landmarks and (photos or arguments.from_manifest):
        raise UserMistake("--landmarks brings its own photos: leave the others out")
    if not (landmarks or photos):
        raise UserMistake("no photos named: give --photos FOLDER or --landmarks SPLIT")
    if photos and not photos.is_dir():
        raise UserMistake(f"--photos {photos} is not a folder: name an existing one")
    if arguments.skip_natural and landmarks != "train":
        raise UserMistake(
            "--skip-natural needs --landmarks train: only these are labelled"
        )


def _check_unique(arguments):
    if not arguments.unique:
        return
    if arguments.landmarks:
        raise UserMistake(
            "--unique compares photos that are here, archives go by: give it with "
            "--from-manifest MANIFEST --photos CHOSEN --chosen ANOTHER afterwards"
        )
    if importlib.util.find_spec("imagehash") is None:
        raise UserMistake(
            "--unique: ImageHash is not installed: "
            "pip install -r transfer_learning/requirements.txt"
        )


def _check_executor(arguments):
    if arguments.executor == "ray":
        if importlib.util.find_spec("ray") is None:
            raise UserMistake(
                "--executor ray: Ray is not installed: "
                "pip install -r transfer_learning/requirements-ray.txt"
            )
        return
    for name in ("workers", "cpus_per_worker", "gpus_per_worker"):
        value, flag = getattr(arguments, name), f"--{name.replace('_', '-')}"
        if value is not None:
            raise UserMistake(f"{flag} {value}: only --executor ray has workers")


def _check_folders(arguments):
    """Fill in where the record goes, and refuse folders within each other."""
    photos, chosen = arguments.photos, arguments.chosen
    if not chosen.name:
        raise UserMistake(f"--chosen {chosen} has no name: name a folder in it")
    arguments.record = arguments.record or chosen.with_name(f"{chosen.name}_record")
    _check_apart(chosen, arguments.record, "the record would be taken for photos")
    if photos:
        for folder in (chosen, arguments.record):
            _check_apart(photos, folder, "the chosen would be filtered again")
    for folder in (chosen, arguments.record):
        if folder.exists() and not folder.is_dir():
            raise UserMistake(f"{folder} is a file: name a folder, or a new one")


def _check_apart(one, other, consequence):
    one, other = one.resolve(), other.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise UserMistake(
            f"{one} and {other} lie within each other, so that {consequence}: choose "
            f"folders beside each other"
        )


def _parse_archives(text, count):
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    first, last = (0, count - 1) if text == "all" else (-1, -1)
    if found:
        first, last = int(found[1]), int(found[2] or found[1])
    if not 0 <= first <= last < count:
        raise UserMistake(f"--archives {text}: give numbers within 0-{count - 1}")
    return tuple(range(first, last + 1))


def read_jury(arguments):
    """Return the jury that the arguments ask for, read from the filters' traits.

    Raises:
        UserMistake: filters do not fit together, or thresholds do not fit them.
    """
    if arguments.ensembles:
        traits = [list(map(read_traits, paths)) for paths in arguments.ensembles]
        _check_inputs(traits)
        _check_members(arguments.ensembles, traits)
        counts = tuple(map(len, traits))
        own = [max(member.threshold for member in group) for group in traits]
    else:
        counts = tuple(map(len, ENSEMBLES))
        own = [TRAITS.threshold] * len(counts)
    return make_jury(arguments, counts, own)


def make_jury(arguments, counts, own):
    """Return the jury of `counts` filters, whose `own` thresholds are `own`."""
    thresholds = fit_thresholds(arguments.threshold, own)
    max_aspect = arguments.max_aspect or math.inf
    return Jury(counts, thresholds, arguments.rule, arguments.min_side, max_aspect)


def _check_inputs(traits):
    inputs = {(member.side, member.resize) for group in traits for member in group}
    if len(inputs) > 1:
        raise UserMistake(
            f"the filters of one run need the same input, not {sorted(inputs)}: train "
            f"them with the same --side and --resize"
        )


def _check_members(ensembles, traits):
    """Refuse ensembles whose members judge different things, or are the same."""
    for members in traits:
        tasks = {(m.task, m.positive, m.negative) for m in members}
        if len(tasks) > 1:
            named = " and ".join(f"{t}: {yes} or {no}" for t, yes, no in sorted(tasks))
            raise UserMistake(
                f"the filters of one ensemble judge different things ({named}): name "
                f"those of one task by --first, and those of another by --second"
            )
    seen = {}
    for path in itertools.chain.from_iterable(ensembles):
        twin = seen.setdefault(file_fingerprint(path), path)
        if twin is not path:
            raise UserMistake(
                f"{path} is the same filter as {twin}: its vote would count twice; "
                f"name each filter once"
            )


def fit_thresholds(given, own):
    """Return one threshold per ensemble: the given ones, else the filters' `own`.

    Raises:
        UserMistake: there are neither as many as ensembles nor one for all.
    """
    if not given:
        return tuple(own)
    if len(given) == 1:
        return tuple(given * len(own))
    if len(given) != len(own):
        raise UserMistake(
            f"--threshold has {len(given)} numbers for {len(own)} ensembles: give one, "
            f"or one for each"
        )
    return tuple(given)
