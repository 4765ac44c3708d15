"""Runs units of work one after the other in this process.

A unit that fails does not stop the rest. It leaves its manifest when it is done and
nothing when it is not, so any other way to run units needs no more than `attempt`.
`ray_runner` has the same two functions, `open_scorer` and `run_units`.
"""

import contextlib
import tarfile
import traceback

from devices.tensorflow_start import prepare_tensorflow
from mistakes import Mishap, reason_of
from progress import Progress


def open_scorer(make_scorer, unit_count, arguments):
    """Return a context manager of the filters, loaded here."""
    return contextlib.nullcontext(make_scorer())


def run_units(job, units, scorer):
    """Do the units, a dict of name and content, in order.

    Returns:
        the reason of each unit that could not be done, by name.
    """
    failures = {}
    with Progress(job.photo_count(units), "photos", "Filtering") as progress:
        progress.advance(0, f"0/{len(units)} units")
        for done, (name, content) in enumerate(units.items(), start=1):
            reason = attempt(job, name, content, scorer, progress.advance)
            if reason:
                failures[name] = reason
            progress.advance(0, f"{done}/{len(units)} units")
    return failures


def attempt(job, name, content, scorer, advance):
    """Do one unit; return why it could not be done, or an empty string.

    A fault that nobody foresaw costs its unit alone, too, and shows its traceback.
    """
    try:
        job.run(name, content, scorer, advance)
    except (Mishap, OSError, tarfile.TarError) as error:
        return reason_of(error)
    except Exception as error:
        traceback.print_exc()
        return f"{type(error).__name__}: {reason_of(error)}"
    return ""


def load_photo_scorer(ensembles, jury, batch_size, threads=None):
    """Return the `PhotoScorer` of a run, loaded in this process.

    TensorFlow computes with so many `threads`, with all processors if None.
    """
    prepare_tensorflow()
    import tensorflow as tf

    from transfer_learning.jobs.photo_scoring import PhotoScorer

    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    return PhotoScorer(ensembles, jury, batch_size)
