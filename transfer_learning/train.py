"""Train an ensemble of filters on photos that were sorted into two folders.

Run `python transfer_learning/train.py --task building --photos FOLDER`, or with
`--help`. Owns the order of the steps; `--resume` goes on with a run that was stopped.
What a run writes is listed in the README beside this file.
"""

import sys
from pathlib import Path

# Modules are named from the root of the repository on.
sys.path[0] = str(Path(__file__).resolve().parents[1])

import mistakes
from devices.tensorflow_start import prepare_tensorflow
from transfer_learning.selection.run_record import note_surroundings, save_settings
from transfer_learning.train_arguments import build_parser, check_arguments


def main(argv=None):
    """Run the command line `argv` and return the exit code."""
    options = build_parser().parse_args(argv)
    how_to_go_on = "give the same command with --resume: the run then goes on"
    return mistakes.run(lambda: train(options), "train.py", lambda: how_to_go_on)


def train(options):
    """Train the members, choose the threshold, measure, and write the filters."""
    check_arguments(options)
    prepare_tensorflow()
    from transfer_learning.fine_tuning.ensemble import EnsembleTraining

    run = EnsembleTraining(options)
    # Written before anything is trained, so that --resume cannot mix two settings.
    names = set(vars(options)) - {"resume", "output", "photos"}
    settings = {name: getattr(options, name) for name in sorted(names)}
    settings["photos"] = str(options.photos.resolve())
    save_settings(options.output, settings, cure="choose another --output")
    note_surroundings(options.output)
    run.read_photos()
    members = [run.train_member(number) for number in range(options.members)]
    models, scores = zip(*members, strict=True)
    run.save_filters(models, run.measure(scores))
    print(f"Filters, metrics.json and metrics.png: {options.output}")


if __name__ == "__main__":
    sys.exit(main())
