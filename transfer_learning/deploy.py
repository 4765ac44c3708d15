"""Filter a photo collection with two ensembles and keep what both choose.

Run `python transfer_learning/deploy.py --photos FOLDER --chosen FOLDER`, or with
`--help`. Owns the order of the steps; a run that was stopped goes on when the same
command is given again.
"""

import collections
import functools
import sys
from pathlib import Path

# Modules are named from the root of the repository on.
sys.path[0] = str(Path(__file__).resolve().parents[1])

import mistakes
from devices.tensorflow_start import prepare_tensorflow
from transfer_learning.deploy_arguments import (
    build_parser,
    check_arguments,
    fit_thresholds,
    read_jury,
)
from transfer_learning.filters.published import fetch_published_filters
from transfer_learning.filters.traits import file_fingerprint
from transfer_learning.selection import manifests, run_record
from transfer_learning.selection.decisions import VERDICTS, Jury
from transfer_learning.workers import unit_runner

# Lines on what is undone; the reasons of the rest are like these.
MOST_REASONS = 20


def main(argv=None):
    """Run the command line `argv` and return the exit code."""
    arguments = build_parser().parse_args(argv)
    how_to_go_on = "give the same command again: it goes on from here"
    return mistakes.run(lambda: deploy(arguments), "deploy.py", lambda: how_to_go_on)


def deploy(arguments):
    """Do what the arguments ask for and return the exit code."""
    check_arguments(arguments)
    if arguments.from_manifest:
        return decide_anew(arguments)
    return filter_photos(arguments)


def filter_photos(arguments):
    """Score the photos that have no scores yet, then keep the chosen ones."""
    jury, job, record = read_jury(arguments), _make_job(arguments), arguments.record
    units = job.units()
    index, count = arguments.shard
    todo = {
        name: units[name]
        for name in list(units)[index - 1 :: count]
        if not run_record.part_path(record, name).is_file()
    }
    if arguments.dry_run:
        print(f"Would filter {job.describe(todo)}; {jury}")
        return 0
    runner = _prepare_runner(arguments.executor)
    ensembles = arguments.ensembles or fetch_published_filters(arguments.filters)
    cure = "choose another --record, or decide anew with --from-manifest"
    run_record.save_settings(record, _settings(arguments, jury, ensembles), cure)
    run_record.note_surroundings(record)
    failures = {}
    if todo:
        make_scorer = functools.partial(
            unit_runner.load_photo_scorer, ensembles, jury, arguments.batch_size
        )
        with runner.open_scorer(make_scorer, len(todo), arguments) as scorer:
            print(scorer.trunk_line())
            job, line = job.begin(units, scorer)
            print(line)
            failures = runner.run_units(job, todo, scorer)
    parts, target = run_record.done_parts(record), run_record.manifest_path(record)
    manifests.write_joined_manifest(parts, target, jury.member_counts)
    return _finish(job, jury, arguments, failures)


def decide_anew(arguments):
    """Give the photos of an earlier run the verdicts of other settings."""
    source, target = arguments.from_manifest, run_record.manifest_path(arguments.record)
    counts = manifests.read_member_counts(source)
    if source.resolve() == target.resolve():
        raise mistakes.UserMistake(
            f"{source} would be overwritten: choose another --record"
        )
    own = run_record.read_settings(source.parent).get("thresholds", [0.9] * len(counts))
    thresholds = fit_thresholds(arguments.threshold, own)
    jury = Jury(counts, thresholds, arguments.rule)
    print(jury)
    rows = (manifests.decided_anew(row, jury) for row in manifests.read_csv(source))
    if arguments.dry_run:
        _say_counts(rows)
        return 0
    settings = {
        "from_manifest": str(source.resolve()),
        "thresholds": jury.thresholds,
        "rule": jury.rule,
    }
    # Photos chosen by other settings would stay in the folder.
    cure = "choose another --chosen (and --record, if you name one)"
    run_record.save_settings(arguments.record, settings, cure)
    manifests.write_manifest(target, rows, counts)
    return _finish(_make_job(arguments), jury, arguments, {})


def _make_job(arguments):
    # These load numpy and Pillow, for which a mistyped flag need not wait.
    from transfer_learning.jobs.folder import FolderJob
    from transfer_learning.jobs.landmarks import LandmarkJob

    shared = {
        "record": arguments.record,
        "chosen": arguments.chosen,
        "how": arguments.how,
        "decoding_bound": arguments.decoding_bound,
    }
    if arguments.photos:
        return FolderJob(arguments.photos, **shared)
    split, numbers = arguments.landmarks, arguments.archives
    return LandmarkJob(split, numbers, arguments.skip_natural, **shared)


def _settings(arguments, jury, ensembles):
    return {
        "filters": [[path.name for path in paths] for paths in ensembles],
        "fingerprints": [list(map(file_fingerprint, paths)) for paths in ensembles],
        "thresholds": jury.thresholds,
        "rule": jury.rule,
        "collection": arguments.landmarks or str(arguments.photos.resolve()),
        "batch_size": arguments.batch_size,
        "decoding_bound": arguments.decoding_bound,
        "skip_natural": arguments.skip_natural,
    }


def _prepare_runner(executor):
    """Return the module that runs units: both have the same two functions."""
    prepare_tensorflow()
    if executor == "local":
        return unit_runner
    import tensorflow as tf

    # Ray is optional: loaded only if asked for.
    from transfer_learning.workers import ray_runner

    # TensorFlow claims the memory of all GPUs that it sees, which the workers need.
    tf.config.set_visible_devices([], "GPU")
    return ray_runner


def _finish(job, jury, arguments, failures):
    manifest = run_record.manifest_path(arguments.record)
    read_rows = functools.partial(manifests.read_csv, manifest)
    _say_counts(read_rows())
    undone = [*failures.items(), *job.finish(read_rows, jury)]
    print(f"Manifest and contact sheets: {arguments.record}")
    for name, reason in undone[:MOST_REASONS]:
        print(f"Undone: {name}: {reason}", file=sys.stderr)
    if len(undone) > MOST_REASONS:
        print(f"Undone: {len(undone) - MOST_REASONS:,} more", file=sys.stderr)
    return 1 if undone else 0


def _say_counts(rows):
    counts = collections.Counter(row["verdict"] for row in rows)
    amounts = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in VERDICTS)
    print(f"{counts.total():,} photos: {amounts}.")


if __name__ == "__main__":
    sys.exit(main())
