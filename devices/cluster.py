"""Which of the machines of a training this one is, as TF_CONFIG says.

TF_CONFIG is TensorFlow's own environment variable: json with the addresses of all
workers and the number of this one. Standard library only, so that it can be asked
before TensorFlow is loaded.
"""

import json
import os
from typing import NamedTuple

from mistakes import UserMistake


class Cluster(NamedTuple):
    """This worker's number, and how many there are. Worker 0 is the chief."""

    index: int = 0
    size: int = 1

    @property
    def is_chief(self):
        """Return whether this worker writes the files of the run."""
        return self.index == 0


def read_cluster(environment=os.environ):
    """Return the `Cluster` that TF_CONFIG describes; a cluster of one without it.

    Raises:
        UserMistake: TF_CONFIG is there and cannot be understood.
    """
    text = environment.get("TF_CONFIG")
    if not text:
        return Cluster()
    try:
        config = json.loads(text)
        workers, task = config["cluster"]["worker"], config["task"]
        index = int(task["index"])
        if task["type"] != "worker" or not 0 <= index < len(workers):
            raise ValueError("this is none of the workers")
    except (ValueError, KeyError, TypeError) as error:
        raise UserMistake(
            f'TF_CONFIG: received {text!r}, expected {{"cluster": {{"worker": '
            '["host:port", ...]}, "task": {"type": "worker", "index": 0}}'
        ) from error
    return Cluster(index, len(workers))
