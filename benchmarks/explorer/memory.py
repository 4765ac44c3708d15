"""Random input to the explorer, and what memory it takes."""

import itertools
import random
import re
import tempfile
import time
from pathlib import Path

from PIL import Image

from benchmarks.explorer.page import move, open_page, slider_ids

FAILED_UPLOAD = "400"


def disturb(browser, addresses, process, minutes):
    """Do things by chance in a tab for each page; return megabytes minute by minute.

    Raises:
        RuntimeError: a page complained.
    """
    dice = random.Random(0)
    tabs = [browser.current_window_handle]
    browser.switch_to.new_window("tab")
    tabs.append(browser.current_window_handle)
    for tab, address in zip(tabs, addresses, strict=True):
        browser.switch_to.window(tab)
        open_page(browser, address)
    uploads = write_uploads(Path(tempfile.mkdtemp()))
    began, table, done = time.monotonic(), [], 0
    for minute in itertools.count(1):
        while time.monotonic() < began + 60 * minute:
            browser.switch_to.window(dice.choice(tabs))
            do_something(browser, dice, uploads)
            done += 1
        row = [megabytes_of(process)]
        for tab in tabs:
            browser.switch_to.window(tab)
            browser.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
            used = browser.execute_cdp_cmd("Runtime.getHeapUsage", {})["usedSize"]
            row.append(used / 2**20)
        table.append([round(value, 1) for value in row])
        print(
            f"minute {minute}, {done} actions: server and tabs {table[-1]} MB",
            flush=True,
        )
        for entry in browser.get_log("browser"):
            if entry["level"] == "SEVERE" and FAILED_UPLOAD not in entry["message"]:
                raise RuntimeError(entry["message"])
        if minute >= minutes:
            return table


def write_uploads(folder):
    """Write a good picture, a large one and a broken one; return their paths."""
    noise = Image.effect_noise((300, 200), 90)
    noise.save(folder / "good.png")
    noise.resize((3000, 2000)).save(folder / "large.jpg")
    (folder / "broken.png").write_bytes(b"no picture")
    return [str(path) for path in sorted(folder.iterdir())]


def do_something(browser, dice, uploads):
    """Move a slider, press a key, upload a picture or load the page again."""
    kind = dice.random()
    if kind < 0.5:
        ids = slider_ids(browser)
        move(browser, dice.choice(ids), dice.random())
    elif kind < 0.9:
        script = (
            "document.body.dispatchEvent("
            "new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}))"
        )
        browser.execute_script(script, dice.choice("rrrzy0mp"))
        time.sleep(0.1)
    elif kind < 0.97:
        browser.find_element("id", "upload").send_keys(dice.choice(uploads))
        time.sleep(0.3)
    else:
        browser.refresh()
        time.sleep(1)


def megabytes_of(process):
    """Return what a process takes of memory."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024
