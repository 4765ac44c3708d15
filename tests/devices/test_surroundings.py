import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import tensorflow as tf

from devices import surroundings
from devices.surroundings import describe_difference, read_surroundings

ROOT = Path(__file__).parents[2]
SHOW = """
import json
from devices.tensorflow_start import prepare_tensorflow
prepare_tensorflow()
from devices.surroundings import read_surroundings
print(json.dumps(read_surroundings()))
"""
TOO_LATE = """
import os
from devices.surroundings import read_surroundings
# TensorFlow decides when it is loaded, or, older ones, when it is first asked.
read_surroundings()
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
"""


def surroundings_of_a_program(code=SHOW, **changes):
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT), **changes},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_tests_compute_in_the_surroundings_of_the_programs():
    assert read_surroundings() == surroundings_of_a_program()


def test_what_is_in_force_is_told_and_not_what_was_set_too_late():
    found = surroundings_of_a_program(
        TOO_LATE + SHOW, TF_ENABLE_ONEDNN_OPTS="0", TF_NUM_INTRAOP_THREADS="3"
    )
    assert found["oneDNN"] == "off"
    assert found["thread count"] == 3


def test_the_threads_that_the_program_chose_have_priority(monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "3")
    chosen = SimpleNamespace(get_intra_op_parallelism_threads=lambda: 5)
    assert surroundings._thread_count(chosen) == 5


def test_versions_processor_and_threads_are_plain_values():
    found = read_surroundings()
    assert found["TensorFlow"] == tf.__version__
    assert found["Keras"] == keras.__version__
    assert found["numpy"] == np.__version__
    assert found["GPU"] == "none"
    assert json.loads(json.dumps(found)) == found


def test_the_processor_is_named_as_linux_names_it_or_as_python_does(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Quick: 5\n\nmodel name\t: 2\n")
    assert surroundings._processor(cpuinfo) == "Quick: 5"
    cpuinfo.write_text("processor\t: 0\nBogoMIPS\t: 50\n")
    assert surroundings._processor(cpuinfo)
    assert surroundings._processor(tmp_path / "missing")


def test_a_difference_is_one_line():
    before = {"oneDNN": "on", "numpy": "2.4.0", "thread count": 2}
    assert describe_difference(before, before) == ""
    now = {"oneDNN": "off", "numpy": "2.4.0", "thread count": 4}
    assert describe_difference(before, now) == (
        "from here on no longer digit for digit: oneDNN was on and is off; "
        "thread count was 2 and is 4"
    )
