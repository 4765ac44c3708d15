"""How TensorFlow is loaded: in the surroundings that are set, without its greetings."""

import contextlib
import os


def prepare_tensorflow():
    """Set the surroundings, and load TensorFlow silently; call before any import of it.

    Child processes inherit them. What the user has set has priority: a
    `TF_CPP_MIN_LOG_LEVEL` of one's own lets everything be said. Errors of a broken
    installation are shown. A backend, a layout or a precision that was chosen for
    Keras elsewhere has none: the suite needs its own.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # TensorFlow turns oneDNN on by itself on some processors only. Without it a step of
    # `castles_plain` takes 2.5 times the CPU time: `benchmarks.tricks`.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    is_quiet = "TF_CPP_MIN_LOG_LEVEL" not in os.environ
    if is_quiet:
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with _native_messages_hidden() if is_quiet else contextlib.nullcontext():
        import keras
    keras.config.set_floatx("float32")
    keras.config.set_image_data_format("channels_last")


@contextlib.contextmanager
def _native_messages_hidden():
    """Hide what compiled code writes while it loads: no setting stops all of it."""
    standard_error = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(standard_error, 2)
        os.close(standard_error)
