"""Trains runs of main.py for a study, each to its end once.

Owns the command, and what a run has cost. Which runs there are, and what is made of
their figures, belongs to the study.
"""

import json
import resource
import subprocess
import sys

from run_folder import RunFolder


def train(trainings):
    """Train what is missing, from its checkpoint where there is one.

    Args:
        trainings: dict of run folder to the flags of main.py, a dict of setting names.
    """
    for number, (folder, settings) in enumerate(trainings.items(), start=1):
        if not _cost_file(folder).exists():
            print(f"training {number} of {len(trainings)}: {folder.name}", flush=True)
            _train(folder, settings)


def read_metrics(folder):
    """Return the `metrics.json` of a finished run and its CPU seconds, as one dict."""
    metrics = json.loads(RunFolder(folder).metrics.read_text(encoding="utf-8"))
    return metrics | json.loads(_cost_file(folder).read_text(encoding="utf-8"))


def _train(folder, settings):
    """Train one run; its CPU seconds are those of the last sitting."""
    command = [sys.executable, "main.py", "--name", folder.name]
    command += ["--runs-folder", folder.parent]
    if RunFolder(folder).checkpoint.exists():
        command.append("--resume")
    else:
        for name, value in settings.items():
            command += [f"--{name.replace('_', '-')}", value]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(part) for part in command], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    text = json.dumps({"cpu_seconds": round(cpu)})
    _cost_file(folder).write_text(text, encoding="utf-8")


def _cost_file(folder):
    return folder / "cost.json"
