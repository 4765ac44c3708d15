"""The command that names directions of a finished run after what pictures show.

    python -m latents.directions runs/castles --factors PATH/TO/factors.csv

Nothing is trained: the described pictures are encoded, and what is described is looked
for in their codes. `python explore.py` shows the directions before all dimensions.
"""

import sys
from pathlib import Path

import numpy as np

from devices.tensorflow_start import prepare_tensorflow
from mistakes import OneLineParser, UserMistake, run
from pictures.factors import KnownFactors, read_factors
from pictures.files import UnreadablePicture, read_square
from pictures.told import normal_score_columns
from pictures.walk import printable
from progress import Progress
from run_folder import RunFolder, save_json

LEAST_PICTURES, MOST_PICTURES = 200, 4000
ROWS_AT_ONCE = 64


def main(argv=None):
    """Find the directions that the command line asks for; return the exit code."""
    parser = OneLineParser(
        "python -m latents.directions",
        description="Find what a table describes in the codes of a finished run; "
        "python explore.py shows it as sliders.",
    )
    parser.add_argument("run_folder", type=Path, help="such as runs/castles")
    parser.add_argument(
        "--factors",
        type=Path,
        required=True,
        metavar="CSV",
        help="table of at least 200 pictures; its first column holds file names "
        "relative to its folder",
    )
    arguments = parser.parse_args(argv)
    return run(lambda: write(arguments.run_folder, arguments.factors), parser.prog)


def write(run_folder, table):
    """Write `directions.json` of a run, and print what was found.

    Raises:
        UserMistake: the run or the table cannot be used.
    """
    folder = RunFolder(run_folder)
    settings = folder.read_settings()
    if not table.is_file():
        raise UserMistake(f"--factors: received {str(table)!r}, which is no file")
    known, pictures = read_described(table, settings.img_dim, settings.fit)
    names, scores = normal_score_columns(known)
    if len(names) > settings.latent_dim:
        raise UserMistake(
            f"{table} describes pictures by {len(names)} properties, but the run has "
            f"only {settings.latent_dim} dimensions; leave some columns out"
        )
    prepare_tensorflow()
    from latents.named_directions import find_directions
    from model import load_networks

    vae = load_networks(folder)
    starts = range(0, len(pictures), ROWS_AT_ONCE)
    codes, _ = vae.encode(
        pictures[start : start + ROWS_AT_ONCE].astype(np.float32) / 255.0
        for start in starts
    )
    found, left_out = find_directions(codes.astype(np.float64), names, scores)
    for one in found:
        print(f"{one.name}: {one.r2:.2f} of its variance on held-out pictures")
    for name, r2 in left_out.items():
        print(f"left out {name}: the codes tell only {r2:.2f} of it")
    rows = [{**one._asdict(), "direction": one.direction.tolist()} for one in found]
    save_json(folder.directions, rows)
    print(f"written: {folder.directions}")


def read_described(table, side, fit):
    """Return what a table describes: `KnownFactors`, and the pictures it is known of.

    Files that cannot be decoded are left out, and named on the screen.

    Returns:
        The factors, and as many pictures, uint8 `(n, side, side, 3)`; bars are black.

    Raises:
        UserMistake: the table is faulty, or describes too few pictures.
    """
    names, values, words = read_factors(table)
    chosen = list(values)
    if len(chosen) > MOST_PICTURES:
        spread = np.linspace(0, len(chosen) - 1, MOST_PICTURES).astype(int)
        chosen = [chosen[index] for index in spread]
    rows, pictures = [], []
    with Progress(len(chosen), unit="pictures", label="reading") as progress:
        for name in chosen:
            progress.advance()
            try:
                pictures.append(read_square(table.parent / name, side, fit)[..., :3])
            except UnreadablePicture as error:
                print(f"left out {printable(name)}: {error}")
                continue
            rows.append(values[name])
    if len(rows) < LEAST_PICTURES:
        raise UserMistake(
            f"{table} describes {len(rows)} pictures that can be read; at least "
            f"{LEAST_PICTURES} are needed to know a direction from chance"
        )
    known = KnownFactors(names, list(range(len(rows))), np.array(rows), words)
    return known, np.stack(pictures)


if __name__ == "__main__":
    sys.exit(main())
