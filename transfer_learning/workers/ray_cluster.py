"""The Ray cluster that a run uses: one that is there, or one of its own.

Owns the connection and the sharing out of its machines among workers.
"""

import contextlib
import logging
import os
import re
import socket
from pathlib import Path

import ray
from ray.job_config import JobConfig

from mistakes import Mishap, UserMistake

ROOT = str(Path(__file__).resolve().parents[2])
# Units are paths and answers are words: Ray's default would set aside 30 % of the
# memory for large objects, of which there are none.
OBJECT_STORE_BYTES = 100 * 2**20
# Four processors feed and run the network on machines without a GPU; the memory for
# six filters is taken once per worker, which speaks against smaller ones.
CPUS_PER_WORKER = 4
KNOCK_SECONDS = 10


@contextlib.contextmanager
def connected_to(address):
    """Connect to the cluster at `address`; None starts one on this machine.

    Raises:
        Mishap: no cluster answers there.
    """
    # What Ray would report to its makers is the user's to give.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        _connect(address)
    except Exception as error:
        # Ray raises bare exceptions too, when the start takes too long.
        raise Mishap(
            f"no cluster at {address or 'this machine'} "
            f"({' '.join(str(error).split())[:200]}): `ray start --head` starts one "
            f"and prints its address"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _connect(address):
    options = {
        # Workers find our modules in the same folder on every machine.
        "job_config": JobConfig(code_search_path=[ROOT]),
        "logging_level": logging.ERROR,
        "log_to_driver": False,
    }
    if address:
        _knock(address)
    else:
        options["include_dashboard"] = False
        options["object_store_memory"] = OBJECT_STORE_BYTES
    ray.init(address or "local", **options)


def _knock(address):
    # Ray itself would try for minutes, and may end the process then.
    found = re.fullmatch(r"(?:ray://)?([^/]+):(\d+)", address)
    if found:
        server = found[1], int(found[2])
        socket.create_connection(server, KNOCK_SECONDS).close()


def machines():
    """Return `(CPUs, GPUs)` of each machine of the cluster, whole numbers."""
    alive = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return [(int(has.get("CPU", 0)), int(has.get("GPU", 0))) for has in alive]


def share_out(machines, workers=None, cpus=None, gpus=None):
    """Return how many workers there are to be, and CPUs and GPUs of each.

    Args:
        machines: `(CPUs, GPUs)` of each.
        workers: how many the user wants; None for as many as there is room for.
        cpus: of one worker; None for its share of a machine with GPUs, else for
            `CPUS_PER_WORKER` or what there is.
        gpus: of one worker; None for 1 where there are any, else for 0.

    Raises:
        UserMistake: no machine has room for one worker.
    """
    if gpus is None:
        gpus = int(any(has_gpus for _, has_gpus in machines))
    if cpus is None:
        cpus = _cpus_of_one(machines, gpus)
    room = sum(_room(machine, cpus, gpus) for machine in machines)
    if not room:
        raise UserMistake(
            f"no machine of the cluster has room for a worker with {cpus} CPUs and "
            f"{gpus} GPUs, they have {sorted(set(machines))}: choose --cpus-per-worker "
            f"and --gpus-per-worker so that one fits"
        )
    return workers or room, cpus, gpus


def _cpus_of_one(machines, gpus):
    if gpus:
        shares = [own * gpus // has for own, has in machines if has]
        return max(1, min(shares, default=1))
    return max(1, min(CPUS_PER_WORKER, max(own for own, _ in machines)))


def _room(machine, cpus, gpus):
    shares = [machine[0] // cpus]
    if gpus:
        shares.append(machine[1] // gpus)
    return min(shares)
