import os
import signal

import pytest
import urllib3.util.connection

from devices.tensorflow_start import prepare_tensorflow

# Workers that share the processors would only wait for each other's threads.
if "PYTEST_XDIST_WORKER" in os.environ:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ.setdefault(name, "1")
# Before any test imports TensorFlow: what runs in this process and what runs in a child
# of it compute in the same surroundings.
prepare_tensorflow()
# A shell ignores Ctrl-C for what it runs in the background; tests of it must not.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch):
    """Fail a test that connects to any host but this machine."""
    connect = urllib3.util.connection.create_connection

    def guarded(address, *arguments, **options):
        if address[0] not in ("127.0.0.1", "localhost"):
            pytest.fail(f"a test reaches for {address[0]}")
        return connect(address, *arguments, **options)

    monkeypatch.setattr(urllib3.util.connection, "create_connection", guarded)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    from tests.browser import start_browser

    downloads = tmp_path_factory.mktemp("downloads")
    browser = start_browser(downloads)
    browser.downloads = downloads
    yield browser
    browser.quit()


@pytest.fixture
def writer(tmp_path):
    import tensorflow as tf

    return tf.summary.create_file_writer(str(tmp_path / "tensorboard"))
