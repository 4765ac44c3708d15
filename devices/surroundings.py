"""The surroundings that decide a result's last digits: read and compared.

The same training gives other digits with oneDNN than without, with another number of
threads, on another processor, and perhaps with another version. They are set by
`tensorflow_start.py`.
"""

import os
import platform
from pathlib import Path


def read_surroundings():
    """Return what is in force, a dict of plain values by names for the user to read.

    Loads TensorFlow. Threads are those within one operation: each sums up a part.
    """
    import keras
    import numpy as np
    import tensorflow as tf

    # Nothing public tells it, and the variable has no effect if it was set too late.
    from tensorflow.python.util import _pywrap_util_port

    return {
        "oneDNN": "on" if _pywrap_util_port.IsMklEnabled() else "off",
        "TensorFlow": tf.__version__,
        "Keras": keras.__version__,
        "numpy": np.__version__,
        "processor": _processor(Path("/proc/cpuinfo")),
        "GPU": _gpus(tf.config),
        "thread count": _thread_count(tf.config.threading),
    }


def describe_difference(before, now):
    """Return one line on what differs between two surroundings, empty if nothing."""
    changes = [
        f"{name} was {before.get(name)} and is {value}"
        for name, value in now.items()
        if before.get(name) != value
    ]
    if not changes:
        return ""
    return f"from here on no longer digit for digit: {'; '.join(changes)}"


def _processor(cpuinfo):
    """Return the name of the processor; `cpuinfo` is where Linux tells it."""
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _gpus(config):
    details = map(
        config.experimental.get_device_details, config.list_physical_devices("GPU")
    )
    return ", ".join(each.get("device_name", "unknown") for each in details) or "none"


def _thread_count(threading):
    """Return how many threads share an operation, as TensorFlow itself decides it."""
    chosen = threading.get_intra_op_parallelism_threads()
    chosen = chosen or int(os.environ.get("TF_NUM_INTRAOP_THREADS", 0))
    if chosen:
        return chosen
    # Not every system tells which of its processors this process may use.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()
