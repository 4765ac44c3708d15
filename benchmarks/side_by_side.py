"""Measures alternatives side by side: each in a process of its own, taking turns.

Owns starting, timing and reporting, and the options that benchmarks have in common.
What one step is, and what it is compared with, belongs to the benchmark. It starts
itself anew for each alternative, since they want other environment variables; there it
calls `serve`. Only one process works at a time (A B C A B C ...), and medians count.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mistakes import OneLineParser

RESULTS = Path(__file__).parent / "results"
# Float32 matrix products of this side are large enough to reach a processor's peak.
MATRIX_SIDE = 2048


def build_parser(description, rounds=None, seconds=None):
    """Return the parser of a benchmark.

    Args:
        description: its docstring.
        rounds: how often each alternative has its turn, unless asked for otherwise;
            None where nothing takes turns.
        seconds: about how long one turn takes, likewise.
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


def serve(step, warm_up=3):
    """In a child process: take `step()`s whenever the parent asks for some.

    Args:
        step: function of nothing that returns when its work is done.
        warm_up: steps before the first that counts.
    """
    for _ in range(warm_up):
        step()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        count = int(line)
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(count):
            step()
        taken = {
            "wall_seconds": (time.perf_counter() - wall) / count,
            "cpu_seconds": (time.process_time() - cpu) / count,
            "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        print(json.dumps(taken), flush=True)


class Alternative:
    """A child process that takes steps when asked.

    Args:
        arguments: of a new Python, which ends up in `serve`.
        environment: variables to change; None takes one away.
    """

    def __init__(self, *arguments, environment=None):
        variables = {**os.environ, **(environment or {})}
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env={name: value for name, value in variables.items() if value is not None},
        )
        self._read()

    def take(self, steps):
        """Return the child's figures of one of `steps` steps, as a dict."""
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return self._read()

    def close(self):
        """Let the child end."""
        self.process.stdin.close()
        self.process.wait()

    def _read(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        self.errors.seek(0)
        raise RuntimeError(f"{self.process.args} ended:\n{self.errors.read()}")


def alternate(alternatives, reference, rounds, seconds_a_round):
    """Return a dict of name to the medians over `rounds` of each alternative.

    `takes` is its CPU time over that of the reference. The two are compared round by
    round: a machine shared with others is faster in one minute than in the next.

    Args:
        alternatives: dict of name to `Alternative`.
        reference: one of the names.
        rounds: how often each has its turn.
        seconds_a_round: about how long one turn takes.
    """
    counts = {
        name: max(1, round(seconds_a_round / each.take(1)["wall_seconds"]))
        for name, each in alternatives.items()
    }
    turns = {name: [] for name in alternatives}
    for _ in range(rounds):
        for name, each in alternatives.items():
            turns[name].append(each.take(counts[name]))
    for taken in turns.values():
        for turn, beside in zip(taken, turns[reference], strict=True):
            turn["takes"] = turn["cpu_seconds"] / beside["cpu_seconds"]
    return {name: _medians(taken) for name, taken in turns.items()}


def _medians(turns):
    return {key: statistics.median(turn[key] for turn in turns) for key in turns[0]}


def serve_matrix_product():
    """In a child process: a step is one large float32 matrix product of TensorFlow."""
    import tensorflow as tf

    matrix = tf.random.stateless_uniform((MATRIX_SIDE, MATRIX_SIDE), seed=(1, 2))
    multiply = tf.function(lambda: tf.reduce_sum(matrix @ matrix))
    serve(lambda: float(multiply()))


def matrix_product():
    """Return the `Alternative` that shows the machine's peak."""
    code = "from benchmarks import side_by_side; side_by_side.serve_matrix_product()"
    return Alternative("-c", code, environment={"TF_ENABLE_ONEDNN_OPTS": "1"})


def operations_a_cpu_second(matrix_figures):
    """Return the peak: operations of one second of one core, from a turn's figures."""
    return 2 * MATRIX_SIDE**3 / matrix_figures["cpu_seconds"]


def write(name, content):
    """Write the figures, and what machine they are of, as json."""
    RESULTS.mkdir(exist_ok=True)
    content = {"machine": machine(), **content}
    text = json.dumps(content, indent=2) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")


def machine():
    """Return what the figures depend on, in words."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    return names[0].strip() if names else platform.processor()
