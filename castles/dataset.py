"""Data sets of drawn castles on disk: the pictures, each with its factors.

Owns the files: a folder for each split, PNG files, a `factors.csv` that says how each
castle was made, and the processes that share the drawing. Which factors there are
belongs to `factors.py`, how a castle looks to `drawing.py`.
"""

import concurrent.futures
import contextlib
import csv
import multiprocessing
import os
import signal
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from PIL import Image

from castles.drawing import draw_castle
from castles.factors import sample_factors
from files import whole_folder
from mistakes import Mishap, UserMistake, end_with_parent
from progress import Progress

FACTORS_FILE = "factors.csv"
SMALLEST_SIZE, LARGEST_SIZE = 32, 512

# Below so many pixels a second process takes longer to start than it saves.
PIXELS_WORTH_A_PROCESS = 1000 * 64 * 64
MOST_PROCESSES = 8
# Castles that a process is handed at a time.
CASTLES_AT_ONCE = 32


def write_castles(folder, counts, size, seed):
    """Draw castles as PNG files, with their `factors.csv`, a folder for each split.

    No castle is in two splits. The same arguments give the same bytes, whatever the
    number of processor cores that share the work.

    Args:
        folder: new or empty; appears when all of it is drawn, or not at all.
        counts: from each split's name, such as `train`, to its number of castles; the
            name "" stands for `folder` itself.
        size: side of the pictures in pixels.
        seed: of the sampled factors.

    Raises:
        UserMistake: a count, `size` or `seed` is out of range, or `folder` holds
            something.
        Mishap: a process that drew was killed.
    """
    _check(Path(folder), counts, size, seed)
    with whole_folder(folder) as partial:
        castles = []
        for split, names, factors in _splits(counts, seed):
            (partial / split).mkdir(exist_ok=True)
            _write_factors(partial / split / FACTORS_FILE, names, factors)
            for number, name in enumerate(names):
                castle = {key: column[number] for key, column in factors.items()}
                castles.append((partial / split / name, castle, size))
        worthwhile = 1 + len(castles) * size**2 // PIXELS_WORTH_A_PROCESS
        _draw_all(castles, min(worthwhile, os.cpu_count() or 1, MOST_PROCESSES))


def _check(folder, counts, size, seed):
    for count in counts.values():
        if count < 1:
            raise UserMistake(f"received {count} castles; at least 1 can be drawn")
    if not SMALLEST_SIZE <= size <= LARGEST_SIZE:
        raise UserMistake(
            f"received a size of {size} pixels; castles are drawn "
            f"from {SMALLEST_SIZE} to {LARGEST_SIZE}"
        )
    if seed < 0:
        raise UserMistake(f"received the seed {seed}; a seed is 0 or more")
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise UserMistake(f"{folder} is not an empty folder; choose another one")


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


def _draw_all(castles, processes):
    """Draw castles, each a tuple of path, factors and size."""
    with Progress(len(castles), unit="pictures", label="drawing castles") as progress:
        if processes == 1:
            for castle in castles:
                _draw(castle)
                progress.advance()
        else:
            _draw_in_processes(castles, processes, progress)


def _draw(castle):
    path, factors, size = castle
    Image.fromarray(draw_castle(factors, size)).save(path, compress_level=1)


def _draw_in_processes(castles, processes, progress):
    """Share the drawing among new processes, none of which outlives this one."""
    # Spawned, not forked: TensorFlow's threads do not survive a fork.
    pool = concurrent.futures.ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=end_with_parent
    )
    try:
        with _ctrl_c_ignored():
            drawn = pool.map(_draw, castles, chunksize=CASTLES_AT_ONCE)
        for _ in drawn:
            progress.advance()
    except BrokenProcessPool as error:
        raise Mishap(
            "a process that drew castles was killed, perhaps for lack of memory; "
            "give the command again"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _ctrl_c_ignored():
    """Let processes that start inside leave Ctrl-C to this one, which ends them."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
