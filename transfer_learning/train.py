"""Trains an ensemble of filters on photos that were sorted into two folders.

Run `python transfer_learning/train.py --task building --photos FOLDER`, or with
`--help`. Owns the order of the steps; `--resume` goes on after a kill. What a run
writes is listed in the README beside this file.
"""

import sys
from pathlib import Path

# The leaves that both suites share are at the root of the repository.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from devices.tensorflow_start import prepare_tensorflow
from transfer_learning.selection.run_record import note_surroundings, save_settings
from transfer_learning.train_arguments import build_parser, check


def main(argv=None):
    """Run the command line `argv` and return the exit code."""
    parser = build_parser()
    options = parser.parse_args(argv)
    try:
        check(options)
        train(options)
        return 0
    except ValueError as error:
        parser.exit(2, f"train.py: {error}\n")
    except OSError as error:
        parser.exit(1, f"train.py: {error}\n")
    except KeyboardInterrupt:
        parser.exit(130, "\nInterrupted: the same command with --resume goes on.\n")


def train(options):
    """Train the members, choose the threshold, measure, and write the filters."""
    prepare_tensorflow()
    from transfer_learning.fine_tuning.ensemble import EnsembleTraining

    run = EnsembleTraining(options)
    # Kept before anything is trained, so that --resume cannot mix two settings.
    names = set(vars(options)) - {"resume", "output", "photos"}
    settings = {name: getattr(options, name) for name in sorted(names)}
    settings["photos"] = str(options.photos.resolve())
    save_settings(options.output, settings, cure="choose another --output")
    note_surroundings(options.output)
    run.read_photos()
    scores = [run.train_member(number) for number in range(options.members)]
    threshold = run.measure(scores)
    run.save_filters(threshold)
    print(f"Filters, metrics.json and metrics.png: {options.output}")


if __name__ == "__main__":
    sys.exit(main())
