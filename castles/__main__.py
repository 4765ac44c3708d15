"""Draws castles into a folder, with a `factors.csv` that says how each was made.

    python -m castles --count 12 --size 256 --seed 7 --to to_reconstruct

draws the twelve that are redrawn while a network trains.
"""

import sys
from pathlib import Path

from castles.dataset import write_castles
from mistakes import OneLineParser, run


def main(argv=None):
    """Draw what the command line asks for, and return the exit code."""
    parser = OneLineParser(
        "python -m castles",
        description="Draw castles, and factors.csv that says how each was made.",
    )
    parser.add_argument("--count", type=int, required=True, help="number of castles")
    parser.add_argument("--size", type=int, required=True, help="side in pixels")
    parser.add_argument("--to", type=Path, required=True, help="new or empty folder")
    parser.add_argument("--seed", type=int, default=0, help="of the factors; default 0")
    arguments = parser.parse_args(argv)

    def draw():
        counts = {"": arguments.count}
        write_castles(arguments.to, counts, arguments.size, arguments.seed)

    return run(draw, parser.prog)


if __name__ == "__main__":
    sys.exit(main())
