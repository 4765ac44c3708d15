"""Which objective keeps the factors of a castle apart: all of them, several seeds each.

    python -m benchmarks.disentanglement --to study

Every training is one run of main.py with the same budget, small enough for minutes on
two CPU cores. Given again, the command goes on where it stopped. It writes one table,
study.csv (two rows a training: with the latent axes as they were trained, and turned
to independent components), summary.md (median and range for each objective) and
study.png. `--seeds` and `--only` make it shorter.
"""

import sys
from pathlib import Path

import mistakes
from benchmarks import side_by_side
from benchmarks.trainings import read_metrics, train
from run_folder import RunFolder

# The same for every training: pictures, network, steps.
BUDGET = {
    "preset": "castles_plain",
    "dataset": "castles",
    "castle_count": 30_000,
    "latent_dim": 10,
    "epochs": 1,
    "batch_size": 16,
    "initial_learning_rate": 0.0015,
    "decay_steps": 450,
    "encoder_filters": "8,16,32,32",
    "encoder_units": 128,
    "decoder_filters": "32,32,16,8",
    "decoder_channels": 32,
    "kl_warm_up_steps": 0,
    "gamma": 0.0,
    "monitor_every_steps": 1000,
    "demo_iterations": 10,
}
# Where metrics.json keeps what was measured in which axes. Pictures are redrawn the
# same in both.
AXES = {"as trained": "latents_before_rotation", "turned": "latents"}
# The first table of the summary alone shows these.
SAME_IN_BOTH = ("RMSE", "CPU seconds")
# What differs. Plain beta is tried at several weights, so that it is seen at its best.
OBJECTIVES = {
    "beta 0.2": {"objective": "beta", "beta": 0.2},
    "beta 0.5": {"objective": "beta", "beta": 0.5},
    "beta_tc": {"objective": "beta_tc", "beta": 0.2, "tc_weight": 4.0},
    "factor": {"objective": "factor", "beta": 0.2, "tc_weight": 4.0},
    "capacity": {
        "objective": "capacity",
        "beta": 5.0,
        "capacity_nats": 25.0,
        "capacity_steps": 900,
    },
    "sigma": {"objective": "sigma", "beta": 40.0},
}
# Scores that the plot shows.
SHOWN = ("RMSE", "MIG", "DCI disentanglement", "SAP", "FactorVAE", "owned factors")
# Columns of the table, and what metrics.json or `_table` calls each.
SCORES = {
    "RMSE": "test_rmse",
    "MIG": "mutual_information_gap",
    "DCI disentanglement": "dci_disentanglement",
    "DCI completeness": "dci_completeness",
    "DCI informativeness": "dci_informativeness",
    "SAP": "separated_attribute_predictability",
    "FactorVAE": "factor_vae_score",
    "modularity": "modularity",
    "explicitness": "explicitness",
    "owned factors": "owned_factor_count",
    "active dimensions": "active_dimensions",
    "UDR": "udr",
    "CPU seconds": "cpu_seconds",
}


def main():
    """Train what is missing, then write the tables and the plot."""
    arguments = _parse()
    trainings = [
        (label, seed, arguments.to / f"{label.replace(' ', '_')}_seed{seed}")
        for seed in range(1, arguments.seeds + 1)
        for label in arguments.only or OBJECTIVES
    ]
    train(
        {
            run: {**BUDGET, **OBJECTIVES[label], "seed": seed}
            for label, seed, run in trainings
        }
    )
    table = _table(trainings)
    table.to_csv(arguments.to / "study.csv", index=False, na_rep="nan")
    summary = _summary(table, arguments.seeds)
    (arguments.to / "summary.md").write_text(summary, encoding="utf-8")
    print(summary)
    _plot(table, arguments.to / "study.png")


def _parse():
    parser = side_by_side.build_parser(__doc__)
    parser.add_argument("--to", type=Path, default=Path("study"), help="folder")
    parser.add_argument("--seeds", type=int, default=5, help="trainings of each kind")
    parser.add_argument("--only", nargs="*", choices=OBJECTIVES, help="of these kinds")
    return parser.parse_args()


def _table(trainings):
    """Return a data frame of two rows a training, one for each axes."""
    import pandas as pd

    agreements = _agreements(trainings)
    rows = []
    for label, seed, run in trainings:
        metrics = read_metrics(run)
        for axes, part in AXES.items():
            values = {**metrics, **metrics[part], "udr": agreements[run, axes]}
            scores = {column: values[name] for column, name in SCORES.items()}
            rows.append({"objective": label, "axes": axes, "seed": seed, **scores})
    return pd.DataFrame(rows)


def _agreements(trainings):
    """Return the UDR of each run, among those of its objective, by run and axes."""
    from devices.tensorflow_start import prepare_tensorflow

    prepare_tensorflow()
    import keras
    import numpy as np

    # Keras finds in it what a saved encoder is made of.
    import layers  # noqa: F401
    from pictures.files import find_pictures, read_square

    folder = Path("datasets", f"castles_64px_{BUDGET['castle_count']}", "test")
    pixels = np.stack([read_square(path, 64) for path in find_pictures(folder).paths])
    pictures = pixels / np.float32(255)
    agreements = {}
    for label in dict.fromkeys(label for label, _, _ in trainings):
        runs = [run for other, _, run in trainings if other == label]
        files = [RunFolder(run).network("encoder") for run in runs]
        turned = [keras.models.load_model(file) for file in files]
        as_trained = [_before_rotation(encoder) for encoder in turned]
        for axes, encoders in {"as trained": as_trained, "turned": turned}.items():
            codes = [encoder.predict(pictures, verbose=0) for encoder in encoders]
            keys = [(run, axes) for run in runs]
            agreements.update(zip(keys, _udr(codes), strict=True))
    return agreements


def _before_rotation(encoder):
    import keras

    return keras.Model(encoder.input, encoder.get_layer("rotation").input)


def _udr(codes):
    from latents.ranking import udr
    from latents.statistics import kl_per_dimension

    if len(codes) == 1:
        return [float("nan")]
    means = [z_mean for z_mean, _ in codes]
    return udr(means, [kl_per_dimension(*pair) for pair in codes]).tolist()


def _summary(table, seeds):
    """Return Markdown tables, one for each axes: median [smallest, largest]."""
    lines = [f"Median and range over {seeds} seeds."]
    for axes, rows in table.groupby("axes", sort=False):
        kinds = rows.groupby("objective", sort=False)
        lines += [
            "",
            f"| axes {axes} | " + " | ".join(kinds.groups) + " |",
            "| --- |" + " --- |" * len(kinds),
        ]
        for column in SCORES:
            if column not in SAME_IN_BOTH or axes == "as trained":
                cells = [_cell(values) for _, values in kinds[column]]
                lines.append(f"| {column} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(values):
    return f"{values.median():.3g} [{values.min():.3g}, {values.max():.3g}]"


def _plot(table, path):
    """Draw one panel a score: a dot for each training, a bar at their median."""
    import seaborn

    scores = table.melt(["objective", "axes"], SHOWN, var_name="score")
    columns = {"x": "objective", "y": "value", "hue": "axes"}
    grid = seaborn.catplot(
        scores,
        **columns,
        col="score",
        col_wrap=3,
        sharey=False,
        height=3,
        aspect=1.3,
        dodge=True,
        jitter=False,
        alpha=0.4,
    )
    grid.map_dataframe(
        seaborn.pointplot,
        **columns,
        hue_order=list(AXES),
        palette="tab10",
        estimator="median",
        errorbar=None,
        dodge=0.4,
        linestyle="none",
        marker="_",
        markersize=18,
    )
    grid.set_titles("{col_name}").set_axis_labels("", "")
    grid.tick_params(axis="x", rotation=30)
    grid.savefig(path, dpi=100)


if __name__ == "__main__":
    sys.exit(mistakes.run(main, "disentanglement"))
