"""Measure how good a filtering was, judged by eye on a random sample of it.

Run `python transfer_learning/audit.py draw --manifest FILE --photos FOLDER`, fill in
the column `judgement` of the audit.csv that it writes, then run
`python transfer_learning/audit.py judge --audit FILE`. Owns the sample and what
follows from it.
"""

import sys
from pathlib import Path

# Modules are named from the root of the repository on.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from mistakes import OneLineParser, UserMistake, run
from transfer_learning.flags import HelpFormatter, number
from transfer_learning.selection.decisions import CHOSEN, REJECTED
from transfer_learning.selection.manifests import (
    of_verdict,
    read_csv,
    read_member_counts,
    write_csv,
)

COLUMNS = ["number", "path", "judgement"]
PHOTOS_PER_SHEET = 40
SHEET_COLUMNS = 8
SIMULATIONS = 20_000


def main(argv=None):
    """Run the command line `argv` and return the exit code."""
    arguments = build_parser().parse_args(argv)
    return run(lambda: arguments.step(arguments), "audit.py")


def build_parser():
    """Return the parser of audit.py."""
    parser = OneLineParser(
        prog="audit.py",
        description="Measure precision and recall of a filtering on a random sample of "
        "it: draw the sample, judge each photo by eye, get the figures.",
    )
    steps = parser.add_subparsers(required=True, metavar="draw|judge")
    help_ = "write a random sample as sheets and a csv"
    _add_draw(steps.add_parser("draw", help=help_, formatter_class=HelpFormatter))
    help_ = "print precision and recall from the judged csv"
    _add_judge(steps.add_parser("judge", help=help_))
    return parser


def _add_draw(parser):
    parser.set_defaults(step=draw)
    add = parser.add_argument
    help_ = "manifest.csv of the filtering"
    add("--manifest", type=Path, required=True, help=help_)
    help_ = "the collection; if the chosen photos were moved, their folder too"
    add("--photos", type=Path, required=True, nargs="+", metavar="FOLDER", help=help_)
    help_ = "photos of the chosen and of the rejected each"
    add("--count", type=number(int, 1), default=100, help=help_)
    help_ = "where the sample goes; by default audit/ beside the manifest"
    add("--output", type=Path, help=help_)


def _add_judge(parser):
    parser.set_defaults(step=judge)
    add = parser.add_argument
    add("--audit", type=Path, required=True, help="audit.csv with your judgements")
    help_ = "manifest.csv of the filtering; by default the one in the folder above"
    add("--manifest", type=Path, help=help_)


def draw(arguments):
    """Write the sample, chosen and rejected mixed, so that its order tells nothing."""
    from transfer_learning.selection.contact_sheets import draw_at_random

    manifest = arguments.manifest
    folder = arguments.output or manifest.parent / "audit"
    target = folder / "audit.csv"
    if target.exists():
        raise UserMistake(f"{target} is there already: choose another --output")
    rows = []
    for verdict in (CHOSEN, REJECTED):
        rows += draw_at_random(of_verdict(_rows(manifest), verdict), arguments.count)
    rows = draw_at_random(rows, len(rows), salt="mixed")
    sample = [
        {"number": position, "path": row["path"], "judgement": ""}
        for position, row in enumerate(rows, start=1)
    ]
    paths = [_find(row["path"], arguments.photos) for row in sample]
    _write_sheets(paths, folder)
    write_csv(target, sample, COLUMNS)
    print(f"Look at the sheets in {folder} and write y or n into {target}.")


def _find(name, folders):
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise UserMistake(
        f"{name} is not in {', '.join(map(str, folders))}: if chosen photos were "
        f"moved, name their folder too, --photos COLLECTION CHOSEN"
    )


def _write_sheets(paths, folder):
    from pictures.sheets import sheet
    from transfer_learning.selection.contact_sheets import read_tile

    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(paths), PHOTOS_PER_SHEET):
        tiles = [read_tile(path) for path in paths[start : start + PHOTOS_PER_SHEET]]
        captions = [str(start + place + 1) for place in range(len(tiles))]
        picture = sheet(tiles, SHEET_COLUMNS, captions=captions)
        picture.save(folder / f"audit_{start + 1:04}.jpg", quality=90)


def judge(arguments):
    """Print precision and recall with their 95 % intervals."""
    manifest = arguments.manifest or arguments.audit.parent.parent / "manifest.csv"
    verdicts = {row["path"]: row["verdict"] for row in _rows(manifest)}
    hits = {CHOSEN: [], REJECTED: []}
    for row in _judged(arguments.audit):
        verdict = verdicts.get(row["path"])
        if verdict not in hits:
            raise UserMistake(
                f"{manifest} does not choose or reject {row['path']}: name the one "
                f"that the sample was drawn from"
            )
        hits[verdict].append(row["judgement"] == "y")
    totals = {name: list(verdicts.values()).count(name) for name in hits}
    for name, (value, low, high) in estimate(hits, totals).items():
        print(f"{name}: {value:.3f} (95 %: {low:.3f} to {high:.3f})")


def _judged(path):
    """Return the rows of a sample, each judgement as `y` or `n`."""
    rows = list(read_csv(path)) if path.is_file() else []
    if not rows or not rows[0].keys() >= set(COLUMNS):
        raise UserMistake(f"{path} is not an audit.csv that `audit.py draw` wrote")
    for row in rows:
        answer = row["judgement"].strip().lower()[:1]
        if answer not in ("y", "n"):
            raise UserMistake(
                f"{path}: photo {row['number']} has the judgement "
                f"{row['judgement']!r}: write y or n"
            )
        row["judgement"] = answer
    return rows


def estimate(hits, totals):
    """Return precision and recall as (value, low, high) of a judged sample.

    The share of true photos among the chosen and among the rejected each have the
    posterior Beta(hits + 1/2, misses + 1/2) (Jeffreys); recall follows from both and
    the totals by simulation, which stays sound where a sample has no hit at all.

    `hits` are lists of bool, judged true or not, of the chosen and the rejected;
    `totals` are how many photos of the collection were.

    Raises:
        UserMistake: the sample holds none of a verdict that the collection has.
    """
    import numpy as np

    generator = np.random.default_rng(0)
    shares, simulated = {}, {}
    for verdict, judged in hits.items():
        if not judged and totals[verdict]:
            raise UserMistake(f"the audit holds no {verdict} photo: draw a larger one")
        true, count = sum(judged), len(judged)
        shares[verdict] = true / count if count else 0.0
        posterior = (true + 0.5, count - true + 0.5)
        simulated[verdict] = generator.beta(*posterior, SIMULATIONS)

    def recall(share):
        found = totals[CHOSEN] * share[CHOSEN]
        return found / np.maximum(found + totals[REJECTED] * share[REJECTED], 1e-12)

    return {
        name: (float(value), *np.quantile(draws, [0.025, 0.975]).tolist())
        for name, value, draws in (
            ("precision", shares[CHOSEN], simulated[CHOSEN]),
            ("recall", recall(shares), recall(simulated)),
        )
    }


def _rows(manifest):
    """Return the rows of a file that has to be a manifest."""
    read_member_counts(manifest)
    return read_csv(manifest)


if __name__ == "__main__":
    sys.exit(main())
