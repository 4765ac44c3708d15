"""What a few described castles are worth: how many are told, and what is learnt.

    python -m benchmarks.told --to told_study

trains the default run with 0 to all 20,000 castles told, each to its end by main.py:
about twelve minutes a training on two CPU cores. Given again, the command goes on where
it stopped. It writes a table, told.csv and told.md (medians and ranges), and told.png.
`--only` and `--seeds` make it shorter. Needs `benchmarks/requirements.txt`.
"""

import sys
from pathlib import Path

import mistakes
from benchmarks import side_by_side
from benchmarks.trainings import read_metrics, train

COUNTS = (0, 30, 100, 300, 1000, 20_000)
# The claims of the README are about these.
SEVERAL_SEEDS = (0, 300)
FIGURES = {
    "RMSE": ".4f",
    "MIG": ".2f",
    "DCI disentanglement": ".2f",
    "owned factors": "g",
    "least R2": ".2f",
    "CPU seconds": ".0f",
}


def main():
    """Train what is missing, then write the table and the plot."""
    arguments = _parse()
    trainings = {
        arguments.to / f"told_{count}_seed{seed}": {
            "told_pictures": count,
            "seed": seed,
        }
        for count in arguments.only
        for seed in range(1, 1 + (arguments.seeds if count in SEVERAL_SEEDS else 1))
    }
    train(trainings)
    table = _table(trainings)
    table.to_csv(arguments.to / "told.csv", index=False)
    summary = _summary(table)
    (arguments.to / "told.md").write_text(summary, encoding="utf-8")
    print(summary)
    _plot(table, arguments.to / "told.png")


def _parse():
    parser = side_by_side.build_parser(__doc__)
    parser.add_argument("--to", type=Path, default=Path("told_study"), help="folder")
    parser.add_argument(
        "--only", nargs="*", type=int, default=COUNTS, help="so many castles told"
    )
    parser.add_argument(
        "--seeds", type=int, default=3, help="trainings with 0 and with 300 told"
    )
    return parser.parse_args()


def _table(trainings):
    """Return a data frame of one row a training."""
    import pandas as pd

    rows = []
    for folder, settings in trainings.items():
        metrics = read_metrics(folder)
        latents = metrics["latents"]
        rows.append(
            {
                "told": settings["told_pictures"],
                "seed": settings["seed"],
                "RMSE": metrics["test_rmse"],
                "MIG": latents["mutual_information_gap"],
                "DCI disentanglement": latents["dci_disentanglement"],
                "owned factors": latents["owned_factor_count"],
                "least R2": min(factor["r2"] for factor in latents["factors"]),
                "CPU seconds": metrics["cpu_seconds"],
            }
        )
    return pd.DataFrame(rows)


def _summary(table):
    """Return a Markdown table: medians, with the range of several seeds."""
    lines = [
        f"| told | seeds | {' | '.join(FIGURES)} |",
        f"| --- | --- |{' --- |' * len(FIGURES)}",
    ]
    for count, rows in table.groupby("told"):
        cells = [_cell(rows[name], form) for name, form in FIGURES.items()]
        lines.append(f"| {count:,} | {len(rows)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(values, form):
    median = format(values.median(), form)
    if len(values) == 1:
        return median
    return f"{median} [{values.min():{form}}, {values.max():{form}}]"


def _plot(table, path):
    """Draw each figure against how many castles were told, on a scale with zero."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shown = ("MIG", "DCI disentanglement", "owned factors", "RMSE")
    figure, panels = pyplot.subplots(1, len(shown), figsize=(12, 3))
    for panel, name in zip(panels, shown, strict=True):
        medians = table.groupby("told")[name].median()
        panel.plot(medians.index, medians, color="grey", linewidth=1)
        panel.plot(table["told"], table[name], "o", alpha=0.6)
        panel.set_xscale("symlog", linthresh=30)
        panel.set_xticks(medians.index, [f"{count:,}" for count in medians.index])
        panel.tick_params(axis="x", rotation=45)
        panel.set_ylim(0, 1.1 * table[name].max())
        panel.set_title(name)
        panel.spines[["top", "right"]].set_visible(False)
    figure.supxlabel("castles told, of 20,000", fontsize="medium")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    sys.exit(mistakes.run(main, "told"))
