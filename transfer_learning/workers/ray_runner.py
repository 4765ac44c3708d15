"""Runs units of work in the workers of a Ray cluster, each with filters of its own.

Owns what a worker does. Since a unit leaves its manifest whole or not at all, a worker
that dies loses nothing but the unit in its hands, which another does anew.
`unit_runner` has the same two functions, `open_scorer` and `run_units`.
"""

import contextlib
import functools
import time

import ray

from progress import Progress
from transfer_learning.selection.run_record import part_path
from transfer_learning.workers.ray_cluster import connected_to, machines, share_out
from transfer_learning.workers.unit_runner import attempt
from transfer_learning.workers.worker_pool import WorkerPool

# A shared folder may show a file to other machines only after that time.
SHARED_FOLDER_SECONDS = 60


@contextlib.contextmanager
def open_scorer(make_scorer, unit_count, arguments):
    """Connect to Ray and start the workers, at most one for each unit."""
    with connected_to(arguments.ray_address):
        count, cpus, gpus = share_out(
            machines(),
            arguments.workers,
            arguments.cpus_per_worker,
            arguments.gpus_per_worker,
        )
        make_scorer = functools.partial(make_scorer, threads=cpus)
        yield RayScorer(make_scorer, min(count, unit_count), cpus, gpus)


def run_units(job, units, scorer):
    """Do the units, a dict of name and content, on all workers at once.

    Returns:
        the reason of each unit that could not be done, by name.
    """
    tally = _start_tally()
    calls = {
        name: functools.partial(_start_unit, job, name, content, tally)
        for name, content in units.items()
    }
    failures, done = {}, 0
    with Progress(job.photo_count(units), "photos", "Filtering") as progress:
        for name, reason, error in scorer.pool.answers(calls):
            if name is not None:
                done += 1
                if error or reason:
                    failures[name] = error or reason
            photos = ray.get(tally.total.remote())
            workers = scorer.pool.size()
            note = f"{done}/{len(units)} units, {workers} workers"
            progress.advance(photos - progress.n, note)
    failures |= _unseen(job.record, units.keys() - failures.keys())
    return dict(sorted(failures.items()))


def _start_unit(job, name, content, tally, worker):
    return worker.run.remote(job, name, content, tally)


def _start_tally():
    # Wherever it is, and even if it dies: progress must not end a run.
    lasting = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1}
    return ray.remote(**lasting)(Tally).remote()


def _unseen(record, names):
    """Return a reason for each finished unit whose manifest is not in `record`."""
    deadline = time.monotonic() + SHARED_FOLDER_SECONDS
    while names := [name for name in names if not part_path(record, name).is_file()]:
        if time.monotonic() > deadline:
            break
        time.sleep(1)
    reason = f"its worker left no manifest in {record}: do all machines share it?"
    return dict.fromkeys(names, reason)


class RayScorer:
    """The filters in the workers; takes the place of `PhotoScorer` for a job."""

    def __init__(self, make_scorer, count, cpus, gpus):
        self.pool = WorkerPool(UnitWorker, (make_scorer,), count, cpus, gpus)

    def trunk_line(self):
        """Return one line that says how many trunks the filters need."""
        return self.pool.loaded()

    def choose_decoding(self, sources, bound):
        """Return what `PhotoScorer.choose_decoding` returns, found by one worker."""

        def ask(worker):
            return worker.choose_decoding.remote(sources, bound)

        for name, answer, error in self.pool.answers({"decoding": ask}):
            if error:
                raise OSError(f"Whether to decode at reduced size: {error}")
            if name:
                return answer


class UnitWorker:
    """Lives in a process of its own, on any machine, with the filters loaded once."""

    def load(self, make_scorer):
        """Load the filters; return the line that describes their trunks."""
        self.scorer = make_scorer()
        return self.scorer.trunk_line()

    def choose_decoding(self, sources, bound):
        """Return what `PhotoScorer.choose_decoding` returns."""
        return self.scorer.choose_decoding(sources, bound)

    def run(self, job, name, content, tally):
        """Do one unit; return why it could not be done, or an empty string."""
        photos = 0

        def advance(count=1):
            nonlocal photos
            photos += count
            tally.note.remote(name, photos)

        reason = attempt(job, name, content, self.scorer, advance)
        # Whoever sees this unit done sees its photos counted.
        ray.get(tally.note.remote(name, photos))
        return reason


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
