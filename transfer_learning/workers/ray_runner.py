"""Runs units of work in the workers of a Ray cluster, and counts their photos.

Since a unit leaves its manifest whole or not at all, a worker that dies loses nothing
but its unit, which another does anew. Has the two functions of `unit_runner`.
"""

import contextlib
import functools
import time

import ray

from progress import Progress
from transfer_learning.selection.run_record import part_path
from transfer_learning.workers.ray_cluster import connected_to, machines, share_out
from transfer_learning.workers.ray_scorer import RayScorer

# A shared folder may show a file to other machines only after that time.
SHARED_FOLDER_SECONDS = 60


@contextlib.contextmanager
def open_scorer(make_scorer, unit_count, arguments):
    """Connect to Ray and start the workers, at most one for each unit."""
    with connected_to(arguments.ray_address):
        wanted = arguments.cpus_per_worker, arguments.gpus_per_worker
        count, cpus, gpus = share_out(machines(), arguments.workers, *wanted)
        make_scorer = functools.partial(make_scorer, threads=cpus)
        yield RayScorer(make_scorer, min(count, unit_count), cpus, gpus)


def run_units(job, units, scorer):
    """Do the units on all workers at once; as `unit_runner.run_units`."""
    # Wherever it is, and even if it dies: progress must not end a run.
    lasting = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1}
    tally = ray.remote(**lasting)(Tally).remote()
    calls = {name: (job, name, content, tally) for name, content in units.items()}
    failures, done = {}, 0
    with Progress(job.photo_count(units), "photos", "Filtering") as progress:
        for answers in scorer.answers("run", calls):
            done += len(answers)
            failures |= {name: reason for name, reason in answers.items() if reason}
            photos = ray.get(tally.total.remote())
            note = f"{done}/{len(units)} units, {scorer.worker_count()} workers"
            progress.advance(photos - progress.n, note)
    failures |= _unseen(job.record, units.keys() - failures.keys())
    return dict(sorted(failures.items()))


def _unseen(record, names):
    """Return a reason for each finished unit whose manifest is not in `record`."""
    deadline = time.monotonic() + SHARED_FOLDER_SECONDS
    while names := [name for name in names if not part_path(record, name).is_file()]:
        if time.monotonic() > deadline:
            break
        time.sleep(1)
    reason = f"its worker left no manifest in {record}: do all machines share it?"
    return dict.fromkeys(names, reason)


class Tally:
    """Counts the photos of all workers; those of a repeated unit count once."""

    def __init__(self):
        self.photos = {}

    def note(self, unit, photos):
        """Take down how many photos of a unit are done."""
        self.photos[unit] = photos

    def total(self):
        """Return how many photos are done in all."""
        return sum(self.photos.values())
