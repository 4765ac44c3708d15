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
from pictures.walk import in_words, printable
from transfer_learning.deploy_arguments import (
    build_parser,
    check_arguments,
    make_jury,
    read_jury,
)
from transfer_learning.filters.published import fetch_published_filters
from transfer_learning.filters.traits import file_fingerprint
from transfer_learning.selection import manifests, run_record
from transfer_learning.selection.decisions import CHOSEN, VERDICTS
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
    units, passed_over = job.units()
    if passed_over.passed_over:
        print(in_words(passed_over.passed_over))
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
    _write_passed_over(record, passed_over)
    failures = {}
    if todo:
        make_scorer = functools.partial(
            unit_runner.load_photo_scorer, ensembles, jury, arguments.batch_size
        )
        with runner.open_scorer(make_scorer, len(todo), arguments) as scorer:
            print(scorer.trunk_line())
            job, line = job.begin(units, scorer, jury)
            print(line)
            failures = runner.run_units(job, todo, scorer)
    parts, target = run_record.done_parts(record), run_record.manifest_path(record)
    manifests.write_joined_manifest(parts, target, jury.member_counts)
    # Whether photos are in there nobody knows.
    failures |= dict(passed_over.closed())
    return _finish(job, jury, arguments, failures)


def _write_passed_over(record, found):
    rows = [{"path": path, "reason": reason} for path, reason in found.passed_over]
    manifests.write_csv(record / "passed_over.csv", rows, ["path", "reason"])


def decide_anew(arguments):
    """Give the photos of an earlier run the verdicts of other settings."""
    source, target = arguments.from_manifest, run_record.manifest_path(arguments.record)
    counts = manifests.read_member_counts(source)
    if source.resolve() == target.resolve():
        raise mistakes.UserMistake(
            f"{source} would be overwritten: choose another --record"
        )
    own = run_record.read_settings(source.parent).get("thresholds", [0.9] * len(counts))
    jury = make_jury(arguments, counts, own)
    print(jury)
    rows = (manifests.decided_anew(row, jury) for row in manifests.read_csv(source))
    if arguments.dry_run:
        _say_counts(rows)
        return 0
    settings = {"from_manifest": str(source.resolve()), **_verdicts(arguments, jury)}
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
        **_verdicts(arguments, jury),
        "collection": arguments.landmarks or str(arguments.photos.resolve()),
        "batch_size": arguments.batch_size,
        "decoding_bound": arguments.decoding_bound,
        "skip_natural": arguments.skip_natural,
    }


def _verdicts(arguments, jury):
    """Return the settings that make verdicts of scores."""
    return {
        "thresholds": jury.thresholds,
        "rule": jury.rule,
        "min_side": arguments.min_side,
        "max_aspect": arguments.max_aspect,
        "unique": arguments.unique,
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
    if arguments.unique:
        _keep_the_largest(manifest, job, jury, arguments)
    _say_counts(read_rows())
    undone = [*failures.items(), *job.finish(read_rows, jury)]
    print(f"Manifest and contact sheets: {printable(arguments.record)}")
    for name, reason in undone[:MOST_REASONS]:
        print(f"Undone: {printable(name)}: {printable(reason)}", file=sys.stderr)
    if len(undone) > MOST_REASONS:
        print(f"Undone: {len(undone) - MOST_REASONS:,} more", file=sys.stderr)
    return 1 if undone else 0


def _keep_the_largest(manifest, job, jury, arguments):
    """Reject chosen photos that a larger one shows as well, in the manifest."""
    prepare_tensorflow()
    from transfer_learning.jobs.photo_scoring import TrunkFeatures
    from transfer_learning.selection import duplicates

    def features_of(paths):
        ensembles = arguments.ensembles or fetch_published_filters(arguments.filters)
        return TrunkFeatures(ensembles[0][0], arguments.batch_size)(paths)

    chosen = list(manifests.of_verdict(manifests.read_csv(manifest), CHOSEN))
    sources = [job.source_of(row["path"]) for row in chosen]
    groups = duplicates.find_groups(
        duplicates.read_hashes(sources), sources, features_of
    )
    settled = duplicates.largest_alone(chosen, groups)
    rows = (settled.get(row["path"], row) for row in manifests.read_csv(manifest))
    manifests.write_manifest(manifest, rows, jury.member_counts)


def _say_counts(rows):
    counts = collections.Counter(row["verdict"] for row in rows)
    amounts = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in VERDICTS)
    print(f"{counts.total():,} photos: {amounts}.")


if __name__ == "__main__":
    sys.exit(main())
