"""Trains a network on pictures of architecture until it dreams castles of its own.

    python main.py                                   the embedded castles, minutes
    python main.py --dataset FOLDER --name mine      a folder of your own photos
    python main.py --preset landmarks_128            the full size, for a GPU
    python main.py --resume --name mine              go on with a run

Settings and their meaning are in `hyperparameters.py`.
"""

import sys

import command_line
from devices.tensorflow_start import prepare_tensorflow


def main(argv=None):
    """Do what the command line asks for, and return the exit code."""
    arguments = command_line.parse(argv)
    return command_line.run(train_and_dream, arguments)


def train_and_dream(arguments):
    """Train a network, measure it and let it dream, all into one run folder."""
    # TensorFlow takes seconds to load: after all that can be wrong without it.
    prepare_tensorflow()
    import data
    import evaluation
    import training
    from devices.strategy import open_session
    from dreams import demo, traversals
    from report.page import write_report

    settings, run = arguments.settings, arguments.run
    with (
        open_session(settings, run) as session,
        session.run.held(arguments.is_resumed),
        data.lost_pictures_named(),
    ):
        with run.timed("reading"), session.chief_first():
            pictures = data.read_pictures(settings)
        with session.strategy.scope():
            vae = training.build_vae(settings, len(pictures.train), pictures.told_count)
        state = training.restore(
            vae, pictures, settings, session.run, arguments.accepts_changed_pictures
        )
        session.run.save_start(settings, pictures.left_out)
        with run.timed("training"):
            vae = training.fit(vae, pictures, settings, session, state)
        # What is left needs one device.
        if not session.is_chief:
            return
        with run.timed("testing"):
            training.turn_axes(vae, pictures, settings)
            metrics = evaluation.test(vae, pictures, settings)
            run.save_metrics(metrics)
            evaluation.save_for_tensorboard(metrics, settings, run)
        with run.timed("dreaming"):
            vae.save_networks(run)
            traversals.write(vae, pictures, metrics["latents"], run)
            demo.write(vae, pictures.train, settings, run)
        run.save_timings(arguments.is_resumed)
        write_report(run.path)
        print(evaluation.in_words(metrics))
        print(f"everything is in {run.path}, on one page: {run.report}")


if __name__ == "__main__":
    sys.exit(main())
