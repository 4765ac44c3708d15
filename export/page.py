"""Writes the explorer as one file that opens from disk and draws by itself."""

import base64
import gzip

from export.runtime import BINARY, SCRIPT, fetch_runtime
from files import whole_file
from pages.explorer.page import render_alone


def write_page(facts, networks, path):
    """Write the page of a run.

    Args:
        facts: what the page is told, as `pages.explorer.model.open_run` gathers it.
        networks: content of the ONNX files of `encoder` and `decoder`, by name.
        path: of the .html file.

    Raises:
        UserMistake: there is no npm.
        mistakes.Mishap: the runtime cannot be fetched.
    """
    runtime = fetch_runtime()
    carried = {
        "script": (runtime / SCRIPT).read_bytes(),
        "binary": (runtime / BINARY).read_bytes(),
        **networks,
    }
    packed = {name: _packed(content) for name, content in carried.items()}
    with whole_file(path) as file:
        file.write(render_alone(facts, packed).encode())


def _packed(content) -> str:
    # The same file gives the same page, whenever it is made.
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()
