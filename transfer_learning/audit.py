"""How good a filtering was, judged by eye on a random sample of it.

Run `python transfer_learning/audit.py draw --manifest FILE --photos FOLDER`, fill in
the column `judgement` of the audit.csv that it writes, then run
`python transfer_learning/audit.py judge --audit FILE`. Owns the sample and what
follows from it.
"""

import argparse
import sys
from pathlib import Path

# The leaves that both suites share are at the root of the repository.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from transfer_learning.selection.decisions import CHOSEN, REJECTED
from transfer_learning.selection.manifests import read_csv, write_csv

COLUMNS = ["number", "path", "judgement"]
YES, NO = "y", "n"
PHOTOS_PER_SHEET = 40
SHEET_COLUMNS = 8
SIMULATIONS = 20_000


def main(argv=None):
    """Run the command line `argv` and return the exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    try:
        return arguments.step(arguments)
    except (ValueError, OSError) as error:
        parser.exit(2, f"audit.py: {error}\n")


def build_parser():
    """Return the parser of audit.py."""
    parser = argparse.ArgumentParser(prog="audit.py", description=__doc__)
    steps = parser.add_subparsers(required=True, metavar="draw|judge")
    drawn = steps.add_parser("draw", help="write a random sample as sheets and a csv")
    drawn.set_defaults(step=draw)
    drawn.add_argument("--manifest", type=Path, required=True)
    help_ = "the collection; name the folder of the chosen too if they were moved"
    drawn.add_argument(
        "--photos", type=Path, required=True, nargs="+", metavar="FOLDER", help=help_
    )
    drawn.add_argument(
        "--count", type=int, default=100, help="of the chosen and of the rejected each"
    )
    drawn.add_argument("--output", type=Path, metavar="FOLDER", help="audit/ beside it")
    judged = steps.add_parser("judge", help="precision and recall from the judged csv")
    judged.set_defaults(step=judge)
    judged.add_argument("--audit", type=Path, required=True, metavar="FILE")
    judged.add_argument(
        "--manifest", type=Path, help="manifest.csv above it by default"
    )
    return parser


def draw(arguments):
    """Write the sample: chosen and rejected mixed, so that the eye is not told."""
    from transfer_learning.selection.contact_sheets import draw_at_random

    manifest = arguments.manifest
    folder = arguments.output or manifest.parent / "audit"
    target = folder / "audit.csv"
    if target.exists():
        raise ValueError(f"{target} is there already: choose another --output")
    rows = []
    for verdict in (CHOSEN, REJECTED):
        candidates = (row for row in _read(manifest) if row["verdict"] == verdict)
        rows += draw_at_random(candidates, arguments.count)
    rows = draw_at_random(rows, len(rows), salt="mixed")
    sample = [
        {"number": number, "path": row["path"], "judgement": ""}
        for number, row in enumerate(rows, start=1)
    ]
    paths = [_find(row["path"], arguments.photos) for row in sample]
    _write_sheets(paths, folder)
    write_csv(target, sample, COLUMNS)
    print(f"Look at the sheets in {folder} and write {YES} or {NO} into {target}.")
    return 0


def _find(name, folders):
    found = [folder / name for folder in folders if (folder / name).is_file()]
    if not found:
        named = ", ".join(map(str, folders))
        raise ValueError(
            f"{name} is not in {named}: if chosen photos were moved, name their "
            f"folder too, --photos COLLECTION CHOSEN"
        )
    return found[0]


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
    verdicts = {row["path"]: row["verdict"] for row in _read(manifest)}
    hits = {CHOSEN: [], REJECTED: []}
    for row in _read(arguments.audit):
        answer = row["judgement"].strip().lower()[:1]
        if answer not in (YES, NO):
            raise ValueError(
                f"{arguments.audit}: photo {row['number']} has the judgement "
                f"{row['judgement']!r}: write {YES} or {NO}"
            )
        verdict = verdicts.get(row["path"])
        if verdict not in hits:
            raise ValueError(f"{manifest} did not choose or reject {row['path']}")
        hits[verdict].append(answer == YES)
    totals = {name: list(verdicts.values()).count(name) for name in hits}
    for name, share in estimate(hits, totals).items():
        value, low, high = share
        print(f"{name}: {value:.3f} (95 %: {low:.3f} to {high:.3f})")
    return 0


def estimate(hits, totals):
    """Return precision and recall as (value, low, high) of a judged sample.

    The share of true photos among the chosen and among the rejected each have the
    posterior Beta(hits + 1/2, misses + 1/2) (Jeffreys); recall follows from both and
    the totals by simulation, which stays sound where a sample has no hit at all.

    Args:
        hits: lists of bool, judged true or not, of the chosen and the rejected.
        totals: how many photos of the collection were chosen and rejected.
    """
    import numpy as np

    generator = np.random.default_rng(0)
    shares, simulated = {}, {}
    for verdict, judged in hits.items():
        if not judged and totals[verdict]:
            raise ValueError(f"the audit holds no {verdict} photo: draw a larger one")
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


def _read(path):
    if not path.is_file():
        raise ValueError(f"{path} does not exist")
    return read_csv(path)


if __name__ == "__main__":
    sys.exit(main())
