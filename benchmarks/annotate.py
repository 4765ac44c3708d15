"""How fast the annotator's page answers keys, and what a `kill -9` of its server loses.

python -m benchmarks.annotate --photos PHOTOS --count 500 --kills 3

Presses keys in Chromium without a screen, on copies of the photos, some of them
enlarged to 12 megapixels. Prints the milliseconds from a key to the next photo on the
screen, and how many answers that the page was told are kept the labels file lacks.
"""

import itertools
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from mistakes import OneLineParser, UserMistake, check_installed, run
from pictures.files import find_pictures, open_picture
from transfer_learning.labels import read_rows

ROOT = Path(__file__).parents[1]
# Of as many photos one is enlarged.
LARGE, LARGE_EVERY = (4000, 3000), 10
KEYS = {"y": "yes", "n": "no", "u": "unsure"}
READY = "return typeof queue !== 'undefined' && !isBusy && queue.length > 0"
# Presses a key; over when its answer is kept, and the next photo decoded and painted.
PRESS = """
const [key, done] = arguments, before = present(), began = performance.now();
document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const look = async () => {
  if (isBusy || present() === before) return requestAnimationFrame(look);
  await present()?.image.decode().catch(() => null);
  requestAnimationFrame(() => done([before.number, performance.now() - began]));
};
requestAnimationFrame(look);
"""


def main(argv=None):
    """Measure what the command line asks for, and return the exit code."""
    parser = OneLineParser("python -m benchmarks.annotate", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder of photos")
    parser.add_argument("--count", type=int, default=500, help="answers; default 500")
    parser.add_argument("--kills", type=int, default=3, help="of the server; default 3")
    arguments = parser.parse_args(argv)
    return run(lambda: measure(arguments), parser.prog)


def measure(arguments):
    """Answer copies of the photos, and print milliseconds and lost answers."""
    check_installed("selenium", "requirements-development.txt")
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        raise UserMistake("chromium and chromedriver are not there: install both")
    with tempfile.TemporaryDirectory() as scratch:
        folder, labels = Path(scratch, "photos"), Path(scratch, "labels.csv")
        _copy(arguments.photos, folder, arguments.count)
        waits, told = _answer(folder, labels, arguments.count, arguments.kills)
        kept = {row["photo"]: row["answer"] for row in read_rows(labels)}
    lost = sum(kept.get(photo) != answer for photo, answer in told.items())
    median, most = np.percentile(waits, [50, 95])
    print(
        f"{len(told)} answers, {arguments.kills} kills: {lost} lost; from key to next "
        f"photo {median:.0f} ms (median), {most:.0f} ms (95th percentile)"
    )


def _copy(source, folder, count):
    """Copy photos under numbers until there are enough, some of them enlarged."""
    folder.mkdir()
    paths = itertools.cycle(find_pictures(source).paths)
    for number, path in zip(range(count), paths, strict=False):
        target = folder / f"{number:05}{path.suffix}"
        if number % LARGE_EVERY:
            shutil.copy(path, target)
        else:
            large = open_picture(path).resize(LARGE)
            large.save(target.with_suffix(".jpg"), quality=90)


def _answer(folder, labels, count, kills):
    """Return the milliseconds of each key, and the answers that are said to be kept."""
    photos = [path.name for path in find_pictures(folder).paths]
    browser, generator = _start_browser(), random.Random(0)
    killed_before = {count * (kill + 1) // (kills + 1) for kill in range(kills)}
    waits, told, server = [], {}, _serve(browser, folder, labels)
    for number in range(count):
        if number in killed_before:
            server.send_signal(signal.SIGKILL)
            server.wait()
            server = _serve(browser, folder, labels)
        key = generator.choice(list(KEYS))
        photo, milliseconds = browser.execute_async_script(PRESS, key)
        waits.append(milliseconds)
        told[photos[photo]] = KEYS[key]
    browser.quit()
    server.send_signal(signal.SIGINT)
    server.wait()
    return waits, told


def _serve(browser, folder, labels):
    """Start a server, and open its page."""
    command = [sys.executable, str(ROOT / "annotate.py"), "--photos", str(folder)]
    command += ["--labels", str(labels), "--no-browser", "--twice", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    served = next(line for line in server.stdout if line.startswith("serving"))
    browser.get(served.split()[1])
    while not browser.execute_script(READY):
        time.sleep(0.1)
    return server


def _start_browser():
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    options.add_argument("--headless=new")
    options.add_argument("--no-sandbox")
    options.add_argument("--disable-dev-shm-usage")
    driver = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=driver)


if __name__ == "__main__":
    sys.exit(main())
