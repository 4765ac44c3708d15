"""The embedded data set: drawn castles, each made from a dozen known factors.

Owns which factors there are, how they are sampled, and how pictures with their
`factors.csv` land on disk. No factor decides about another one, and there is no other
chance in a picture. So it can be measured whether a latent dimension stands for the
slant of the roof or for the width of the windows. How a castle looks is up to
`castle_drawing.py`. The twelve castles that are redrawn through a training come from

    python castles.py --count 12 --size 256 --seed 7 --to to_reconstruct
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from castles.drawing import draw_castle
from castles.factors import sample_factors
from progress import Progress

FACTORS_FILE = "factors.csv"
SMALLEST_SIZE, LARGEST_SIZE = 32, 512

# Below so many pixels a second process takes longer to start than it saves.
PIXELS_WORTH_A_PROCESS = 1000 * 64 * 64
MOST_PROCESSES = 8


def write_castles(folder, count, size, seed):
    """Draw `count` castles as PNG files into `folder`, with their `factors.csv`.

    The folder appears when all of it is drawn, or not at all.

    Raises:
        ValueError: `count` or `size` is out of range, or `folder` holds something.
    """
    _write_whole(folder, {"": count}, size, seed)


def write_data_set(folder, counts, size, seed):
    """Draw a data set: a folder for each split, as `write_castles` would draw it.

    No castle is in two splits. The same arguments give the same bytes, whatever the
    number of processor cores that share the work.

    Args:
        folder: appears when all of it is drawn, or not at all.
        counts: from each split's name, such as `train`, to its number of castles.
        size: side of the pictures in pixels.
        seed: of the sampled factors.

    Raises:
        ValueError: a count or `size` is out of range, or `folder` holds something.
    """
    _write_whole(folder, counts, size, seed)


def _write_whole(folder, counts, size, seed):
    _check(counts, size, seed)
    with _appearing_whole(Path(folder)) as partial:
        for split, names, factors in _splits(counts, seed):
            (partial / split).mkdir(exist_ok=True)
            _write_factors(partial / split / FACTORS_FILE, names, factors)
        job = {"folder": str(partial.resolve()), "counts": counts, "size": size}
        _draw({**job, "seed": seed})


def _check(counts, size, seed):
    for count in counts.values():
        if count < 1:
            raise ValueError(f"received {count} castles; at least 1 can be drawn")
    if not SMALLEST_SIZE <= size <= LARGEST_SIZE:
        raise ValueError(
            f"received a size of {size} pixels; castles are drawn "
            f"from {SMALLEST_SIZE} to {LARGEST_SIZE}"
        )
    if seed < 0:
        raise ValueError(f"received the seed {seed}; a seed is 0 or more")


@contextmanager
def _appearing_whole(folder):
    """Give a folder to write into, which becomes `folder` if all goes well."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is not an empty folder; choose another one")
    partial = folder.with_name(f"{folder.name}.partial")
    # What a killed run left behind.
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _splits(counts, seed):
    """Yield (split, file names, factors) of each split."""
    factors = sample_factors(sum(counts.values()), seed)
    start = 0
    for split, count in counts.items():
        digits = len(str(count))
        names = [f"castle_{n:0{digits}}.png" for n in range(1, count + 1)]
        part = slice(start, start + count)
        yield split, names, {name: column[part] for name, column in factors.items()}
        start += count


def _write_factors(path, names, factors):
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["file", *factors])
        columns = (column.tolist() for column in factors.values())
        table.writerows(zip(names, *columns, strict=True))


def _draw(job):
    """Draw all pictures of a job, in as many processes as is worthwhile."""
    total = sum(job["counts"].values())
    worthwhile = 1 + total * job["size"] ** 2 // PIXELS_WORTH_A_PROCESS
    processes = min(worthwhile, os.cpu_count() or 1, MOST_PROCESSES)
    with Progress(total, unit="pictures", label="drawing castles") as progress:
        if processes > 1:
            _draw_in_processes(job, processes, progress)
        else:
            for _ in draw_share(**job):
                progress.advance(1)


def draw_share(folder, counts, size, seed, share=0, shares=1):
    """Draw every `shares`-th picture of a data set; yield after each one."""
    places = [
        (Path(folder, split, name), {key: column[n] for key, column in factors.items()})
        for split, names, factors in _splits(counts, seed)
        for n, name in enumerate(names)
    ]
    for path, factors in places[share::shares]:
        Image.fromarray(draw_castle(factors, size)).save(path, compress_level=1)
        yield


# What another Python runs. It imports nothing but this module, where the workers of
# multiprocessing would import the main program again, and TensorFlow with it.
_PROCESS = """
import json, sys
from castles import dataset
for _ in dataset.draw_share(**json.loads(sys.argv[1])):
    sys.stdout.write(".")
    sys.stdout.flush()
"""


def _draw_in_processes(job, processes, progress):
    """Let other processes draw; each writes a dot for each picture into one pipe.

    A process that finds the pipe closed ends, so none outlives this one for long.
    """
    reading_end, writing_end = os.pipe()
    children = []
    try:
        for share in range(processes):
            arguments = json.dumps({**job, "share": share, "shares": processes})
            command = [sys.executable, "-c", _PROCESS, arguments]
            home = Path(__file__).resolve().parents[1]
            child = subprocess.Popen(
                command, cwd=home, stdout=writing_end, stderr=subprocess.PIPE, text=True
            )
            children.append(child)
        os.close(writing_end)
        while dots := os.read(reading_end, 4096):
            progress.advance(len(dots))
        for child in children:
            complaint = child.communicate()[1]
            if child.returncode:
                reason = (complaint.strip() or "killed").splitlines()[-1]
                raise OSError(f"the castles could not be drawn: {reason}")
    finally:
        os.close(reading_end)
        for child in children:
            child.kill()
            child.wait()
