"""How time and memory grow with the number of files in a folder.

    python -m benchmarks.many_files --counts 1000 20000 100000

Folders of so many small PNG files (names of a few files each, so that they cost no
disk) are walked, divided into splits and decoded once, as `main.py` does before it
trains, each in a process of its own. No pixels are kept. Both columns a file stay the
same if all grows in proportion.
"""

import os
import tempfile
from functools import partial
from pathlib import Path

from benchmarks import side_by_side

SIDE = 32
FILES_IN_A_FOLDER = 1000
# File systems allow some 65,000 names of one file.
NAMES_OF_A_FILE = 10_000
COLUMNS = {
    "wall s": ("wall_seconds", ".1f"),
    "CPU s": ("cpu_seconds", ".1f"),
    "CPU ms/file": ("cpu_milliseconds_a_file", ".3f"),
    "peak MB": ("peak_megabytes", ".0f"),
    "kB/file": ("kilobytes_a_file", ".2f"),
}


def main():
    """Measure, print a table and write the figures as json."""
    parser = side_by_side.build_parser(__doc__, rounds=1)
    counts = [1000, 20_000, 100_000]
    parser.add_argument("--counts", type=int, nargs="+", default=counts, help="files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        makers = {}
        for count in sorted(options.counts):
            folder = write_files(Path(scratch, str(count)), count)
            makers[count] = partial(_make_step, folder)
        figures = side_by_side.alternate_apart(makers, options.rounds, seconds=0)
    fewest = min(figures)
    for count, row in figures.items():
        row["cpu_milliseconds_a_file"] = 1000 * row["cpu_seconds"] / count
        if count > fewest:
            # Beyond what the modules need.
            more = row["peak_megabytes"] - figures[fewest]["peak_megabytes"]
            row["kilobytes_a_file"] = 1000 * more / (count - fewest)
    names = {f"{count:,} files": row for count, row in figures.items()}
    side_by_side.print_table(names, COLUMNS)
    side_by_side.write("many_files", options, names)


def write_files(folder, count):
    """Write `count` small pictures into folders below `folder`, and return it."""
    import numpy as np
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    for number in range(count):
        path = folder / f"{number // FILES_IN_A_FOLDER:03d}" / f"{number:06d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number % NAMES_OF_A_FILE == 0:
            first = path
            Image.fromarray(pixels).save(first)
        else:
            os.link(first, path)
    return folder


def _make_step(folder):
    """Return the function that reads all pictures of the folder."""
    from pictures.reading import read_split
    from pictures.splits import list_splits

    def read_all():
        listings, _ = list_splits(folder)
        for name, listing in listings.items():
            read_split(listing, SIDE, 0, name)

    return read_all


if __name__ == "__main__":
    main()
