"""A page's application, served on loopback by a thread."""

import contextlib
import threading
import time

import uvicorn

from pages.server import listen


@contextlib.contextmanager
def serving(app):
    """Yield the address."""
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
