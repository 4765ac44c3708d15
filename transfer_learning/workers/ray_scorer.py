"""The filters in the workers of a Ray cluster, and what follows if a worker dies.

Owns what a worker does, and which one does which call: one that has loaded, another one
if it dies. Ray restarts those that die while they load. Its own `ActorPool` binds a
call to its worker: without room for the workers of a lost machine it waits for ever.
"""

import collections
import functools

import ray
from ray.exceptions import RayError, RayTaskError

from mistakes import Mishap, UserMistake
from transfer_learning.workers.unit_runner import attempt

# A call at which so many workers died, by a photo that crashes a decoder perhaps, is
# given up; so is a worker that died so often while it loaded.
ATTEMPTS = 3
GIVEN_UP = f"{ATTEMPTS} workers died at it"
POLL_SECONDS = 0.5


class RayScorer:
    """The filters in the workers; takes the place of `PhotoScorer` for a job.

    Args:
        make_scorer: function that loads the filters, called in each worker.
        count: how many workers.
        cpus, gpus: that each worker claims; it sees no other GPUs.
    """

    def __init__(self, make_scorer, count, cpus, gpus):
        options = {"num_cpus": cpus, "num_gpus": gpus, "max_restarts": ATTEMPTS - 1}
        kind = ray.remote(**options)(UnitWorker)
        self._new_worker = functools.partial(kind.remote, make_scorer)
        self._trunk_line = None
        self._idle = []
        self._loading = {}  # worker by its call
        self._busy = {}  # worker and name by its call
        for _ in range(count):
            self._start()

    def worker_count(self):
        """Return how many workers have loaded and live."""
        return len(self._busy) + len(self._idle)

    def trunk_line(self):
        """Return one line that says how many trunks the filters need."""
        while self._trunk_line is None:
            self._collect()
        return self._trunk_line

    def choose_decoding(self, sources, bound):
        """Return what `PhotoScorer.choose_decoding` returns, found by one worker."""
        for answers in self.answers("choose_decoding", {"sample": (sources, bound)}):
            answer = answers.get("sample")
        if answer == GIVEN_UP:
            raise Mishap(f"photos could not be decoded at reduced size: {GIVEN_UP}")
        return answer

    def answers(self, method, calls):
        """Call the `method` of `UnitWorker` so named, on all workers at once.

        `calls` holds the arguments of each call by the name of the call.

        Yields:
            a dict of the calls that have just ended, name and answer. It may be empty:
            one comes every `POLL_SECONDS` at least. The answer is `GIVEN_UP` if
            `ATTEMPTS` workers died at the call.

        Raises:
            Mishap: no worker is left, or one cannot load.
        """
        waiting, deaths = collections.deque(calls), collections.Counter()
        left = len(calls)
        while left:
            while waiting and self._idle:
                worker, name = self._idle.pop(), waiting.popleft()
                self._busy[getattr(worker, method).remote(*calls[name])] = worker, name
            answers, lost = self._collect()
            deaths.update(lost)
            answers |= {name: GIVEN_UP for name in lost if deaths[name] == ATTEMPTS}
            waiting.extend(name for name in lost if deaths[name] < ATTEMPTS)
            left -= len(answers)
            yield answers

    def _start(self):
        worker = self._new_worker()
        load = worker.load.options(max_task_retries=ATTEMPTS - 1)
        self._loading[load.remote()] = worker

    def _collect(self):
        """Return the answers of calls that have ended, and the names of those lost."""
        answers, lost = {}, []
        for call in self._ended():
            if call in self._loading:
                self._admit(self._loading.pop(call), call)
                continue
            worker, name = self._busy.pop(call)
            try:
                answers[name] = ray.get(call)
                self._idle.append(worker)
            except RayTaskError:
                raise
            except RayError:
                lost.append(name)
                # One that is only out of reach must not go on beside its successor.
                ray.kill(worker)
                self._start()
        return answers, lost

    def _ended(self):
        calls = [*self._loading, *self._busy]
        if not calls:
            raise Mishap(
                f"no worker is left: each died {ATTEMPTS} times while it loaded (is "
                f"there memory for all, and this repository on each machine?)"
            )
        return ray.wait(calls, timeout=POLL_SECONDS)[0]

    def _admit(self, worker, call):
        try:
            self._trunk_line = ray.get(call)
            self._idle.append(worker)
        except RayTaskError as error:
            if not isinstance(error.cause, (Mishap, UserMistake, OSError)):
                raise
            reason = " ".join(str(error.cause).split())
            raise Mishap(f"a worker cannot load: {reason}") from error
        except RayError:
            ray.kill(worker)


class UnitWorker:
    """Lives in a process of its own, on any machine, with the filters loaded once."""

    def __init__(self, make_scorer):
        self.make_scorer = make_scorer

    def load(self):
        """Load the filters; return the line that describes their trunks."""
        # Not in `__init__`: an exception there reaches the caller as a death.
        self.scorer = self.make_scorer()
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
