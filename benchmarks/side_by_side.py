"""Measures alternatives side by side: they take turns (A B C A B C ...), medians count.

Owns timing, processes and reporting, and the options that benchmarks have in common.
What one step is, and what it is compared with, belongs to the benchmark.
"""

import argparse
import contextlib
import json
import multiprocessing
import resource
import statistics
import time
from pathlib import Path

from mistakes import OneLineParser, end_with_parent

RESULTS = Path(__file__).parent / "results"


def build_parser(description, rounds=None, seconds=None):
    """Return the parser of the benchmark that `description` is the docstring of.

    `rounds` and `seconds` are defaults of what `alternate` takes; None where nothing
    takes turns.
    """
    parser = OneLineParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if rounds is not None:
        parser.add_argument("--rounds", type=int, default=rounds, help="of turns")
    if seconds is not None:
        parser.add_argument(
            "--seconds", type=float, default=seconds, help="of one turn"
        )
    return parser


def measure(step, count):
    """Take `count` steps; return the figures of one, a dict.

    `step` is a function of nothing that returns when its work is done.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        step()
    return {
        "wall_seconds": (time.perf_counter() - wall) / count,
        "cpu_seconds": (time.process_time() - cpu) / count,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def alternate(ways, rounds, seconds=0.0):
    """Return a dict of name to the medians over `rounds` of each way's figures.

    `takes` is its CPU time over that of the first way. The two are compared round by
    round: a machine shared with others is faster in one minute than in the next.

    Args:
        ways: dict of name to a function that measures a number of steps, as `measure`.
        rounds: how often each has its turn.
        seconds: about how long one turn takes; it is at least one step.
    """
    counts = {}
    for name, take in ways.items():
        take(1)  # Warms up.
        counts[name] = max(1, round(seconds / take(1)["wall_seconds"]))
    turns = {name: [] for name in ways}
    for _ in range(rounds):
        for name, take in ways.items():
            turns[name].append(take(counts[name]))
    reference = next(iter(turns.values()))
    for taken in turns.values():
        for turn, beside in zip(taken, reference, strict=True):
            turn["takes"] = turn["cpu_seconds"] / beside["cpu_seconds"]
    return {name: _medians(taken) for name, taken in turns.items()}


def _medians(turns):
    figures = {key: statistics.median(turn[key] for turn in turns) for key in turns[0]}
    cpu = [turn["cpu_seconds"] for turn in turns]
    return figures | {"cpu_seconds_range": [min(cpu), max(cpu)]}


def alternate_apart(makers, rounds, seconds):
    """Return as `alternate`, each way in a process of its own, one at work at a time.

    `makers` is a dict of name to a function of nothing that returns the step; it is
    called in the new process, where TensorFlow is not loaded yet.
    """
    with contextlib.ExitStack() as processes:
        ways = {
            name: processes.enter_context(_in_new_process(make_step))
            for name, make_step in makers.items()
        }
        return alternate(ways, rounds, seconds)


@contextlib.contextmanager
def _in_new_process(make_step):
    """Yield a function that measures a number of steps in a new process."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(there, make_step), daemon=True)
    process.start()
    there.close()
    # Wait until the step is made, so that only one process works at a time.
    here.recv()

    def take(count):
        here.send(count)
        return here.recv()

    yield take
    here.send(None)
    process.join()


def _serve(connection, make_step):
    end_with_parent()
    step = make_step()
    connection.send("ready")
    for count in iter(connection.recv, None):
        connection.send(measure(step, count))


def print_table(figures, columns):
    """Print a row for each name in `figures`, a dict of dicts that may lack some.

    `columns` is a dict of head to a pair: key of the figure, and format.
    """
    print(f"{'':32}" + "".join(f"{head:>12}" for head in columns))
    for name, row in figures.items():
        cells = [
            format(row[key], form) if key in row else ""
            for key, form in columns.values()
        ]
        print(f"{name:32}" + "".join(f"{cell:>12}" for cell in cells))


def write(name, options, figures):
    """Write the figures, and what they depend on, as json; return the file's path."""
    from devices.surroundings import read_surroundings
    from devices.tensorflow_start import prepare_tensorflow

    prepare_tensorflow()
    content = {
        "machine": read_surroundings(),
        "options": vars(options),
        "figures": figures,
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    # Paths are written as words.
    text = json.dumps(content, indent=2, default=str)
    path.write_text(text + "\n", encoding="utf-8")
    return path
