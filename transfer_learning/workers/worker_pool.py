"""Workers of a Ray cluster that keep what they loaded, and what follows if one dies.

Owns the processes: a worker that dies is replaced and its call is given to another.
What a call does is left to `ray_runner`.
"""

import collections

import ray
from ray.exceptions import RayError, RayTaskError

# A call whose workers die so often, at a photo that crashes a decoder perhaps, is given
# up; so are the places of workers that die while they load, one after the other.
ATTEMPTS = 3
POLL_SECONDS = 0.5


class WorkerPool:
    """A number of workers, and the calls that they are busy with.

    Args:
        worker_class: has a method `load` that each worker runs once before anything
            else. What it returns from one of them is `loaded`.
        arguments: of `load`.
        count: how many workers.
        cpus: processors that each worker claims.
        gpus: GPUs that each worker claims; it sees no others.
    """

    def __init__(self, worker_class, arguments, count, cpus, gpus):
        self._new = ray.remote(num_cpus=cpus, num_gpus=gpus)(worker_class).remote
        self._arguments = arguments
        self._loaded = None
        self._deaths_in_loading = 0
        self._idle = []
        self._busy = {}  # worker and name of each call by its reference
        for _ in range(count):
            self._start()

    def size(self):
        """Return how many workers have loaded and live."""
        working = sum(name is not None for _, name in self._busy.values())
        return working + len(self._idle)

    def loaded(self):
        """Return what `load` returned, as soon as one worker has loaded."""
        while self._loaded is None:
            list(self._collect())
        return self._loaded

    def answers(self, calls):
        """Yield `(name, answer, error)` of each call as it ends.

        What is yielded between, every `POLL_SECONDS` at least, is three times None.

        Args:
            calls: name and function of each call. The function takes a worker, starts
                one of its methods and returns the reference that Ray gives. A call
                whose worker dies is started again on another; the error is empty
                unless that has happened too often.

        Raises:
            OSError: no worker is left.
        """
        waiting, deaths = collections.deque(calls), collections.Counter()
        left = len(calls)
        while left:
            while waiting and self._idle:
                worker, name = self._idle.pop(), waiting.popleft()
                self._busy[calls[name](worker)] = worker, name
            for name, answer, is_dead in self._collect():
                deaths[name] += is_dead
                if is_dead and deaths[name] < ATTEMPTS:
                    waiting.append(name)
                    continue
                left -= 1
                error = f"{ATTEMPTS} workers died at it" if is_dead else ""
                yield name, answer, error
            yield None, None, None

    def _start(self):
        worker = self._new()
        self._busy[worker.load.remote(*self._arguments)] = worker, None

    def _collect(self):
        """Yield `(name, answer, is_dead)` of calls that have ended."""
        if not self._busy:
            raise OSError(
                f"no worker is left: {self._deaths_in_loading} died one after the "
                f"other while they loaded (is there memory for each?)"
            )
        ended, _ = ray.wait(list(self._busy), timeout=POLL_SECONDS)
        for call in ended:
            worker, name = self._busy.pop(call)
            try:
                answer = ray.get(call)
            except RayTaskError as error:
                # An exception in the code that was called, and no death.
                if name is not None:
                    raise
                reason = " ".join(str(error.cause).split())
                raise OSError(f"a worker cannot load: {reason}") from error
            except RayError:
                self._bury(worker, name)
                if name is not None:
                    yield name, None, True
                continue
            self._idle.append(worker)
            if name is not None:
                yield name, answer, False
            else:
                self._loaded, self._deaths_in_loading = answer, 0

    def _bury(self, worker, name):
        # One that is only out of reach must not go on beside its successor.
        ray.kill(worker)
        self._deaths_in_loading += name is None
        if name is not None or self._deaths_in_loading < ATTEMPTS:
            self._start()
