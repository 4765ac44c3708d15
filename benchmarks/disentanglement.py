"""Which objective keeps the factors of a castle apart: all of them, several seeds each.

    python -m benchmarks.disentanglement --to study

Every training is one run of main.py with the same budget, small enough for minutes on
two CPU cores. Given again, the command goes on where it stopped. It writes one table,
study.csv (two rows a training: with the latent axes as they were trained, and turned
to independent components), summary.md (median and range for each objective) and
study.png. `--seeds` and `--only` make it shorter.
"""

import csv
import json
import statistics
import subprocess
import sys
from pathlib import Path

import mistakes
from benchmarks import side_by_side
from run_folder import RunFolder

# The same for every training: pictures, network, steps.
BUDGET = {
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
# The first table alone shows these.
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
ACTIVE_VARIANCE = 0.01
# Columns of the table, and where metrics.json or `_scores_of_codes` keeps each.
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
    "active units": "active_units",
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
    for number, (label, seed, run) in enumerate(trainings, start=1):
        if not (run / "study.json").exists():
            print(f"training {number} of {len(trainings)}: {label}, seed {seed}")
            _train(run, label, seed)
    rows = _rows(trainings)
    _write_table(rows, arguments.to / "study.csv")
    summary = _summary(rows, arguments.seeds)
    (arguments.to / "summary.md").write_text(summary, encoding="utf-8")
    print(summary)
    _plot(rows, arguments.to / "study.png")


def _parse():
    parser = side_by_side.build_parser(__doc__)
    parser.add_argument("--to", type=Path, default=Path("study"), help="folder")
    parser.add_argument("--seeds", type=int, default=5, help="trainings of each kind")
    parser.add_argument("--only", nargs="*", choices=OBJECTIVES, help="of these kinds")
    return parser.parse_args()


def _train(run, label, seed):
    """Train to the end, from the run's checkpoint if there is one.

    The CPU seconds are those of the last sitting.
    """
    # Not on Windows.
    import resource

    command = [sys.executable, "main.py", "--name", run.name]
    command += ["--runs-folder", run.parent]
    if RunFolder(run).checkpoint.exists():
        command.append("--resume")
    else:
        flags = {**BUDGET, **OBJECTIVES[label], "seed": seed}
        for name, value in flags.items():
            command += [f"--{name.replace('_', '-')}", value]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(part) for part in command], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    figures = {"cpu_seconds": round(cpu)}
    (run / "study.json").write_text(json.dumps(figures), encoding="utf-8")


def _rows(trainings):
    """Return two dicts a training, one for each axes: label, seed and every score."""
    from_codes = _scores_of_codes(trainings)
    rows = []
    for label, seed, run in trainings:
        metrics = json.loads(RunFolder(run).metrics.read_text(encoding="utf-8"))
        study = json.loads((run / "study.json").read_text(encoding="utf-8"))
        for axes, part in AXES.items():
            values = {**metrics, **metrics[part], **study, **from_codes[run, axes]}
            rows.append(
                {"objective": label, "axes": axes, "seed": seed}
                | {column: values[name] for column, name in SCORES.items()}
            )
    return rows


def _scores_of_codes(trainings):
    """Return what metrics.json does not hold, a dict by run and axes.

    UDR among the runs of one objective, and active units.
    """
    from devices.tensorflow_start import prepare_tensorflow

    prepare_tensorflow()
    import keras
    import numpy as np

    # Keras finds in it what a saved encoder is made of.
    import layers  # noqa: F401
    from pictures.files import list_pictures, read_square

    folder = Path("datasets", f"castles_64px_{BUDGET['castle_count']}", "test")
    pixels = np.stack([read_square(path, 64) for path in list_pictures(folder)])
    pictures = pixels / np.float32(255)
    scores = {}
    for label in dict.fromkeys(label for label, _, _ in trainings):
        runs = [run for other, _, run in trainings if other == label]
        files = [RunFolder(run).network("encoder") for run in runs]
        encoders = [keras.models.load_model(file) for file in files]
        for axes in AXES:
            if axes == "as trained":
                networks = [_before_rotation(encoder) for encoder in encoders]
            else:
                networks = encoders
            codes = [network.predict(pictures, verbose=0) for network in networks]
            for run, agreement, (z_mean, _) in zip(
                runs, _udr(codes), codes, strict=True
            ):
                scores[run, axes] = {
                    "udr": agreement,
                    "active_units": _active_units(z_mean),
                }
    return scores


def _before_rotation(encoder):
    import keras

    return keras.Model(encoder.input, encoder.get_layer("rotation").input)


def _active_units(z_mean):
    """Return the number of dimensions whose mean moves with the picture.

    Burda et al. 2016, "Importance Weighted Autoencoders", section 5.2. A run itself
    counts active dimensions by their KL divergence.
    """
    return int((z_mean.var(axis=0) > ACTIVE_VARIANCE).sum())


def _udr(codes):
    from latents.ranking import udr
    from latents.statistics import kl_per_dimension

    if len(codes) == 1:
        return [float("nan")]
    means = [z_mean for z_mean, _ in codes]
    return udr(means, [kl_per_dimension(*pair) for pair in codes]).tolist()


def _write_table(rows, path):
    with open(path, "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0], lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _summary(rows, seeds):
    """Return Markdown tables, one for each axes: median [smallest, largest]."""
    labels = list(dict.fromkeys(row["objective"] for row in rows))
    lines = [f"Median and range over {seeds} seeds."]
    for axes in AXES:
        lines += [
            "",
            f"| axes {axes} | " + " | ".join(labels) + " |",
            "| --- |" + " --- |" * len(labels),
        ]
        for column in SCORES:
            if column in SAME_IN_BOTH and axes != next(iter(AXES)):
                continue
            cells = [
                _cell(_values(rows, label, axes, column), column) for label in labels
            ]
            lines.append(f"| {column} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _values(rows, label, axes, column):
    return [
        row[column] for row in rows if (row["objective"], row["axes"]) == (label, axes)
    ]


def _cell(values, column):
    places = {"RMSE": ".4f", "MIG": ".3f", "CPU seconds": ".0f"}
    # The median of two counts may lie between them.
    places |= {"owned factors": "g", "active units": "g"}
    form = places.get(column, ".2f")
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:{form}} [{low:{form}}, {high:{form}}]"


def _plot(rows, path):
    """Draw one panel a score, one column of dots an objective."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown = ("RMSE", "MIG", "DCI disentanglement", "SAP", "FactorVAE", "owned factors")
    labels = list(dict.fromkeys(row["objective"] for row in rows))
    figure, panels = plt.subplots(2, 3, figsize=(12, 6), layout="constrained")
    for panel, column in zip(panels.flat, shown, strict=True):
        for axes, colour, shift in zip(
            AXES, ("#3b6ea5", "#b5452c"), (-0.15, 0.15), strict=True
        ):
            for place, label in enumerate(labels):
                values = _values(rows, label, axes, column)
                x = place + shift
                panel.plot([x] * len(values), values, "o", alpha=0.4, color=colour)
                panel.plot(x, statistics.median(values), "_", ms=18, color=colour)
            if panel is panels.flat[0]:
                panel.plot([], [], "o", color=colour, label=f"axes {axes}")
        panel.set_title(column)
        panel.set_xticks(range(len(labels)), labels, rotation=30, ha="right")
        panel.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside upper center", ncols=len(AXES))
    figure.savefig(path, dpi=100)


if __name__ == "__main__":
    sys.exit(mistakes.run(main, "disentanglement"))
