import os
import subprocess
import sys
from pathlib import Path

import keras

from devices.tensorflow_start import prepare_tensorflow

ROOT = Path(__file__).parent.parent
SHOW = (
    "import os\n"
    "from devices.tensorflow_start import prepare_tensorflow\n"
    "prepare_tensorflow()\n"
    "import tensorflow as tf\n"
    "tf.constant(1.0)\n"
    "os.write(2, b'|')\n"
    "print(os.environ['TF_ENABLE_ONEDNN_OPTS'], os.environ['TF_CPP_MIN_LOG_LEVEL'])\n"
)


def run(**environment):
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("TF_")
    }
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split(), done.stderr


def test_tensorflow_starts_fast_and_silent():
    settings, messages = run()
    assert settings == ["1", "3"]
    assert messages == "|"


def test_what_the_user_has_set_has_priority():
    settings, _ = run(TF_ENABLE_ONEDNN_OPTS="0", TF_CPP_MIN_LOG_LEVEL="1")
    assert settings == ["0", "1"]


def test_what_keras_was_set_to_elsewhere_does_not_count(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras.config.set_floatx("float64")
    keras.config.set_image_data_format("channels_first")
    prepare_tensorflow()
    assert keras.config.floatx() == "float32"
    assert keras.config.image_data_format() == "channels_last"
    assert os.environ["KERAS_BACKEND"] == "tensorflow"
