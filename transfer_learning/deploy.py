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
from transfer_learning.filters.traits import file_fingerprint
from transfer_learning.selection.decisions import VERDICTS, Jury
from transfer_learning.selection.manifests import (
    decided_anew,
    read_csv,
    read_member_counts,
    write_joined_manifest,
    write_manifest,
)
from transfer_learning.selection.run_record import (
    done_parts,
    manifest_path,
    note_surroundings,
    part_path,
    read_settings,
    save_settings,
)

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
    jury = read_jury(arguments)
    job = _make_job(arguments)
    index, count = arguments.shard
    units = job.units()
    todo = {
        name: units[name]
        for name in list(units)[index - 1 :: count]
        if not part_path(arguments.record, name).is_file()
    }
    if arguments.dry_run:
        print(f"Would filter {job.describe(todo)}; {jury}")
        return 0
    runner = _prepare_runner(arguments.executor)
    ensembles = _find_filters(arguments)
    save_settings(
        arguments.record,
        _settings(arguments, jury, ensembles),
        cure="choose another --record, or decide anew with --from-manifest",
    )
    note_surroundings(arguments.record)
    failures = {}
    if todo:
        from transfer_learning.workers.unit_runner import load_photo_scorer

        make_scorer = functools.partial(
            load_photo_scorer, ensembles, jury, arguments.batch_size
        )
        with runner.open_scorer(make_scorer, len(todo), arguments) as scorer:
            print(scorer.trunk_line())
            job, line = job.begin(units, scorer, arguments.decoding_bound)
            print(line)
            failures = runner.run_units(job, todo, scorer)
    parts = done_parts(arguments.record)
    write_joined_manifest(parts, manifest_path(arguments.record), jury.member_counts)
    return _finish(job, jury, arguments, failures)


def decide_anew(arguments):
    """Give the photos of an earlier run the verdicts of other settings."""
    source, target = arguments.from_manifest, manifest_path(arguments.record)
    counts = read_member_counts(source)
    if source.resolve() == target.resolve():
        raise mistakes.UserMistake(
            f"{source} would be overwritten: choose another --record"
        )
    own = read_settings(source.parent).get("thresholds", [0.9] * len(counts))
    thresholds = fit_thresholds(arguments.threshold, own)
    jury = Jury(counts, thresholds, arguments.rule)
    print(jury)
    rows = (decided_anew(row, jury) for row in read_csv(source))
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
    save_settings(arguments.record, settings, cure)
    write_manifest(target, rows, counts)
    return _finish(_make_job(arguments), jury, arguments, {})


def _make_job(arguments):
    # These load numpy and Pillow, for which a mistyped flag need not wait.
    from transfer_learning.jobs.folder import FolderJob
    from transfer_learning.jobs.landmarks import LandmarkJob

    if arguments.photos:
        return FolderJob(str(arguments.photos), str(arguments.record))
    return LandmarkJob(
        split=arguments.landmarks,
        numbers=arguments.archives,
        record=str(arguments.record),
        chosen=str(arguments.chosen),
        keeps_photos=arguments.how != "list",
        skips_natural=arguments.skip_natural,
        decoding_bound=arguments.decoding_bound,
        base_url=arguments.landmarks_url,
    )


def _find_filters(arguments):
    """Return the paths of the filters of each ensemble; fetch the published ones."""
    if arguments.first:
        groups = (arguments.first, arguments.second)
        return tuple(tuple(group) for group in groups if group)
    from transfer_learning.filters.published import fetch_published_filters

    return fetch_published_filters(
        arguments.filters, arguments.filters_url, arguments.filters_metadata_url
    )


def _settings(arguments, jury, ensembles):
    return {
        "filters": [[Path(path).name for path in group] for group in ensembles],
        "fingerprints": [[file_fingerprint(path) for path in g] for g in ensembles],
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
        from transfer_learning.workers import unit_runner

        return unit_runner
    import tensorflow as tf

    # Ray is optional: loaded only if asked for.
    from transfer_learning.workers import ray_runner

    # TensorFlow claims the memory of all GPUs that it sees, which the workers need.
    tf.config.set_visible_devices([], "GPU")
    return ray_runner


def _finish(job, jury, arguments, failures):
    manifest = manifest_path(arguments.record)
    _say_counts(read_csv(manifest))
    problems = job.finish(
        lambda: read_csv(manifest), jury, arguments.chosen, arguments.how
    )
    print(f"Manifest and contact sheets: {arguments.record}")
    undone = [*failures.items(), *problems]
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
