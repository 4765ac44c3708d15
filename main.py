"""Trains a network on pictures of architecture until it dreams castles of its own.

    python main.py                                   the embedded castles, minutes
    python main.py --dataset FOLDER --name mine      a folder of your own photos
    python main.py --preset landmarks_128            the full size, for a GPU
    python main.py --resume --name mine              go on with a run

Settings and their meaning are in `hyperparameters.py`, the steps in `training.py`.
"""

import errno
import sys

from command_line import parse_arguments
from devices.cluster import read_cluster
from devices.tensorflow_start import prepare_tensorflow
from hyperparameters import describe, sampler_in_words
from timings import Timings


def main(argv=None):
    """Do what the command line asks for, and return the exit code."""
    arguments = parse_arguments(argv)
    try:
        if arguments.dry_run:
            return _describe(arguments)
        return _dream(arguments)
    except UserMistake as error:
        return _end(2, error)
    except KeyboardInterrupt:
        return _end(130, _how_to_go_on(arguments))
    except FloatingPointError as error:
        return _end(
            1,
            f"training diverged: {error}; the last checkpoint is good, but lower "
            "--initial_learning_rate for a new run",
        )
    except OSError as error:
        return _end(1, _in_words(error, arguments))


class UserMistake(Exception):
    """Something that the user can mend; said in one line, without a traceback."""


def _dream(arguments):
    try:
        cluster = read_cluster()
    except ValueError as error:
        raise UserMistake(error) from error
    if cluster.is_chief:
        _check_folder(arguments)
    # TensorFlow takes seconds to load: after all that can be wrong without it.
    prepare_tensorflow()
    import training

    with training.written_by_the_chief(arguments.run_folder, cluster) as run:
        _train(arguments, run, cluster)
    return 0


def _train(arguments, run, cluster):
    import evaluation
    import training
    from devices import strategy

    settings, timings = arguments.settings, Timings(is_resumed=arguments.resume)
    try:
        strategy = strategy.build_strategy(settings.strategy)
        strategy.check(settings, strategy)
        with timings.of("reading"):
            with strategy.chief_first(strategy):
                pictures = training.read_pictures(settings)
            originals = training.read_originals(settings)
            known_factors = evaluation.read_known_factors(pictures["test"])
        with strategy.scope():
            vae = training.build_vae(settings, len(pictures["train"]))
        training.open_run(settings, run, pictures)
    except ValueError as error:
        raise UserMistake(error) from error
    with timings.of("training"):
        training.train(vae, pictures, originals, settings, run)
    # What is left needs one device.
    if cluster.is_chief:
        vae = training.on_one_device(vae, settings, pictures, run)
        _show(vae, pictures, originals, known_factors, settings, run, timings)


def _show(vae, pictures, originals, known_factors, settings, run, timings):
    import evaluation
    import training
    from report.page import write_report

    with timings.of("testing"):
        training.turn_latents(vae, pictures, settings)
        metrics = evaluation.test(vae, pictures, known_factors, settings, run.metrics)
    with timings.of("dreaming"):
        training.save_networks(vae, run)
        training.explore(vae, pictures, originals, metrics, run)
        training.dream(vae, pictures, settings, run)
    timings.save(run.timings)
    write_report(run.path)
    print(evaluation.in_words(metrics))
    sampler = sampler_in_words(settings.demo_sampler, settings.demo_temperature)
    print(f"dreams: demo_{settings.name}/dreams.png, from {sampler}")
    print(f"everything is in {run.path}, on one page: {run.path}/report.html")


def _check_folder(arguments):
    if arguments.run_folder.exists() and not arguments.resume:
        raise UserMistake(
            f"{arguments.run_folder} exists already and is never overwritten; go on "
            "with it by --resume, or choose another --name"
        )


def _describe(arguments):
    _check_folder(arguments)
    print(f"would train into {arguments.run_folder} with the settings")
    print(describe(arguments.settings))
    return 0


def _end(exit_code, message):
    print(f"main.py: {message}", file=sys.stderr)
    return exit_code


def _how_to_go_on(arguments):
    if arguments.run_folder.exists():
        return f"stopped; go on with: {_resume_command(arguments)}"
    return "stopped before training began: nothing is lost, give the command again"


def _resume_command(arguments):
    command = f"python main.py --resume --name {arguments.settings.name}"
    if str(arguments.run_folder.parent) != "runs":
        command += f" --runs-folder {arguments.run_folder.parent}"
    return command


def _in_words(error, arguments):
    if error.errno == errno.ENOSPC:
        return (
            f"the disk is full ({error.filename or error}); the last checkpoint is "
            f"whole: free some space, then {_resume_command(arguments)}"
        )
    return f"{error}"


if __name__ == "__main__":
    sys.exit(main())
