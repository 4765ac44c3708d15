"""The command line of deploy.py: its flags, their defaults and what they rule out.

Owns every check that can be made before TensorFlow is loaded.
"""

import argparse
import importlib.util
import os
import re
from pathlib import Path

from transfer_learning.filters.published import (
    ENSEMBLES,
    FILES_URL,
    METADATA_URL,
    TRAITS,
)
from transfer_learning.filters.traits import read_traits
from transfer_learning.jobs.landmark_archives import ARCHIVE_COUNTS, BASE_URL
from transfer_learning.selection.collection import HOWS
from transfer_learning.selection.decisions import RULES, Jury

PUBLISHED_FOLDER = Path(__file__).resolve().parent.parent / "datasets" / "filters"


def build_parser():
    """Return the parser of deploy.py."""
    parser = argparse.ArgumentParser(
        prog="deploy.py",
        usage="deploy.py (--photos FOLDER | --landmarks SPLIT | --from-manifest FILE) "
        "--chosen FOLDER [options]",
        description="Filter a photo collection and keep what both ensembles chose. "
        "An interrupted run goes on when the same command is given again.",
    )
    _add_photos(parser.add_argument_group("photos").add_argument)
    _add_verdicts(parser.add_argument_group("filters and verdicts").add_argument)
    _add_run(parser.add_argument_group("run").add_argument)
    _add_ray(parser.add_argument_group("many machines").add_argument)
    _add_archives(parser.add_argument_group("archives").add_argument)
    return parser


def _add_photos(add):
    help_ = "the collection, never changed unless --how move is given"
    add("--photos", type=Path, metavar="FOLDER", help=help_)
    help_ = "filter these archives of Google Landmarks v2, one at a time on the disk"
    add("--landmarks", choices=ARCHIVE_COUNTS, help=help_)
    help_ = "decide anew from an earlier run; --photos says where its photos are"
    add("--from-manifest", type=Path, metavar="FILE", help=help_)
    help_ = "where the chosen photos go"
    add("--chosen", type=Path, required=True, metavar="FOLDER", help=help_)
    help_ = "hard link (or copy), copy, move, or not at all (%(default)s)"
    add("--how", choices=HOWS, default="link", help=help_)
    help_ = "where manifest and contact sheets go; <chosen>_record if not given"
    add("--record", type=Path, metavar="FOLDER", help=help_)


def _add_verdicts(add):
    help_ = "own filters of the first ensemble; the six published ones if not given"
    add("--first", nargs="+", default=[], metavar="FILTER", help=help_)
    help_ = "own filters of the second, which judges what the first one kept"
    add("--second", nargs="+", default=[], metavar="FILTER", help=help_)
    help_ = (
        "what scores have to exceed, one number or one per ensemble; the filters' own "
        "if not given (0.9 for the published ones)"
    )
    add("--threshold", nargs="+", type=float, metavar="T", help=help_)
    help_ = "its lowest score, the mean, or that of the majority (%(default)s)"
    add("--rule", choices=RULES, default="all", help=help_)
    help_ = "where the published filters are kept (%(default)s)"
    add("--filters", type=Path, default=PUBLISHED_FOLDER, metavar="FOLDER", help=help_)
    add("--filters-url", default=FILES_URL, metavar="URL", help="%(default)s")
    add(
        "--filters-metadata-url",
        default=METADATA_URL,
        metavar="URL",
        help="%(default)s",
    )


def _add_run(add):
    add("--dry-run", action="store_true", help="say what would be done, and stop")
    help_ = "photos in one step of the network (%(default)s)"
    add("--batch-size", type=int, default=32, metavar="N", help=help_)
    help_ = (
        "decode large photos at reduced size if no score changes by more (%(default)s)"
    )
    add("--decoding-bound", type=float, default=0.001, metavar="D", help=help_)
    help_ = "do every N-th unit from the I-th on: for N machines over a shared folder"
    add("--shard", default="1/1", metavar="I/N", help=help_)


def _add_ray(add):
    help_ = "what runs the units: this process, or workers of Ray (%(default)s)"
    add("--executor", choices=("local", "ray"), default="local", help=help_)
    help_ = "a cluster that is there, HOST:PORT; RAY_ADDRESS, or one of its own here"
    add("--ray-address", metavar="ADDRESS", help=help_)
    help_ = "how many workers; as many as there is room for if not given"
    add("--workers", type=int, metavar="N", help=help_)
    help_ = "its share of a machine with GPUs, or 4, or all there are, if not given"
    add("--cpus-per-worker", type=int, metavar="N", help=help_)
    help_ = "1 where there are any, or 0, if not given"
    add("--gpus-per-worker", type=int, metavar="N", help=help_)


def _add_archives(add):
    add(
        "--archives",
        default="all",
        metavar="A-B",
        help="which ones, e.g. 0-499 (%(default)s)",
    )
    help_ = "pass over landmarks that are labelled natural (train only)"
    add("--skip-natural", action="store_true", help=help_)
    add("--landmarks-url", default=BASE_URL, metavar="URL", help="%(default)s")


def check(arguments):
    """Fill in what depends on other arguments, and refuse what cannot be done.

    Raises:
        ValueError: with the problem, the value received and the cure.
    """
    _check_source(arguments)
    if arguments.record is None:
        chosen = arguments.chosen
        arguments.record = chosen.with_name(f"{chosen.name}_record")
    if arguments.photos:
        for folder in (arguments.chosen, arguments.record):
            _check_apart(arguments.photos.resolve(), folder.resolve())
    if arguments.batch_size < 1:
        raise ValueError(f"--batch-size {arguments.batch_size}: give 1 or more")
    _check_executor(arguments)
    _make_absolute(arguments)
    arguments.shard = _parse_shard(arguments.shard)
    if arguments.second and not arguments.first:
        raise ValueError("--second needs --first: the ensemble that judges before it")
    if arguments.landmarks:
        count = ARCHIVE_COUNTS[arguments.landmarks]
        arguments.archives = _parse_archives(arguments.archives, count)


def _check_source(arguments):
    if arguments.landmarks and (arguments.photos or arguments.from_manifest):
        raise ValueError("--landmarks brings its own photos: leave the others out")
    if not (arguments.landmarks or arguments.photos):
        raise ValueError("no photos named: give --photos FOLDER or --landmarks SPLIT")
    if arguments.photos and not arguments.photos.is_dir():
        raise ValueError(f"--photos {arguments.photos} is not a folder")
    if arguments.skip_natural and arguments.landmarks != "train":
        raise ValueError(
            "--skip-natural needs --landmarks train: only these are labelled"
        )


def _check_executor(arguments):
    if arguments.executor == "ray":
        if importlib.util.find_spec("ray") is None:
            raise ValueError(
                "--executor ray: Ray is not installed: "
                "pip install -r transfer_learning/requirements-ray.txt"
            )
        arguments.ray_address = arguments.ray_address or os.environ.get("RAY_ADDRESS")
    for name, least in (("workers", 1), ("cpus_per_worker", 1), ("gpus_per_worker", 0)):
        value, flag = getattr(arguments, name), f"--{name.replace('_', '-')}"
        if value is not None and value < least:
            raise ValueError(f"{flag} {value}: give {least} or more")
        if value is not None and arguments.executor != "ray":
            raise ValueError(f"{flag} {value}: only --executor ray has workers")


def _make_absolute(arguments):
    # Workers start in folders of their own.
    for name in ("photos", "chosen", "record", "filters"):
        path = getattr(arguments, name)
        setattr(arguments, name, path and path.absolute())
    for name in ("first", "second"):
        paths = map(Path, getattr(arguments, name))
        setattr(arguments, name, [str(path.absolute()) for path in paths])


def _check_apart(photos, folder):
    if folder == photos or photos in folder.parents or folder in photos.parents:
        raise ValueError(
            f"{folder} and the photos in {photos} lie within each other, so that the "
            f"chosen would be filtered again: choose a folder beside it"
        )


def _parse_shard(text):
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    index, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= index <= count:
        raise ValueError(f"--shard {text}: give I/N with I from 1 to N, such as 3/16")
    return index, count


def _parse_archives(text, count):
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    first, last = (0, count - 1) if text == "all" else (-1, -1)
    if found:
        first, last = int(found[1]), int(found[2] or found[1])
    if not 0 <= first <= last < count:
        raise ValueError(f"--archives {text}: give numbers within 0-{count - 1}")
    return tuple(range(first, last + 1))


def read_jury(arguments):
    """Return the jury that the arguments ask for, read from the filters' traits.

    Raises:
        ValueError: filters do not fit together, or thresholds do not fit them.
    """
    ensembles = [group for group in (arguments.first, arguments.second) if group]
    traits = [[read_traits(path) for path in group] for group in ensembles]
    inputs = {(each.side, each.resize) for group in traits for each in group}
    if len(inputs) > 1:
        raise ValueError(
            f"the filters of one run need the same input, not {sorted(inputs)}: train "
            f"them with the same --side and --resize"
        )
    own = [max(each.threshold for each in group) for group in traits]
    counts = tuple(len(group) for group in ensembles or ENSEMBLES)
    own = own or [TRAITS.threshold] * len(counts)
    return Jury(counts, fit_thresholds(arguments.threshold, own), arguments.rule)


def fit_thresholds(given, own):
    """Return one threshold per ensemble: the given ones, else the filters' `own`."""
    if given and len(given) == 1:
        given = given * len(own)
    if given and len(given) != len(own):
        raise ValueError(
            f"--threshold has {len(given)} numbers for {len(own)} ensembles: give one, "
            f"or one for each"
        )
    return tuple(given or own)
