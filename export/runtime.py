"""Fetches what runs a network inside a page: onnxruntime-web, by npm, once.

Which version, and what its files must hash to, is in `pages/package-lock.json`.
"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from files import whole_folder
from mistakes import Mishap, UserMistake

PAGES = Path(__file__).parents[1] / "pages"
SCRIPT, BINARY = "ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"


def runtime_folder():
    """Return where the runtime of the wanted version is, or will be once fetched."""
    wanted = json.loads((PAGES / "package.json").read_text(encoding="utf-8"))
    return PAGES / "runtime" / wanted["dependencies"]["onnxruntime-web"]


def fetch_runtime():
    """Return the folder of the runtime's script and binary, fetched at first use.

    Raises:
        UserMistake: npm is not installed.
        Mishap: npm cannot fetch it.
    """
    folder = runtime_folder()
    if folder.is_dir():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise UserMistake(
            "a page that draws by itself needs npm, which fetches its runtime once: "
            "install Node.js; python explore.py needs none"
        )
    print("fetching onnxruntime-web by npm, once", flush=True)
    with tempfile.TemporaryDirectory() as place:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PAGES / name, place)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True)
        if done.returncode:
            reason = done.stderr.strip().splitlines()[:1] or ["no reason given"]
            raise Mishap(f"npm could not fetch onnxruntime-web: {reason[0]}")
        found = Path(place, "node_modules", "onnxruntime-web", "dist")
        with whole_folder(folder) as runtime:
            for name in (SCRIPT, BINARY):
                shutil.copy(found / name, runtime)
    return folder
