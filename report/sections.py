"""The sections of a report, each from a `FinishedRun` to HTML, or to None for nothing.

Owns what is said of a run, and in which words. How the page looks is report_page.py.
"""

import dataclasses
import re
from html import escape

from hyperparameters import Hyperparameters, sampler_in_words
from report.charts import line_chart
from report.page import picture, table, wide_picture

TITLES = {
    "loss": "Loss, all terms together",
    "reconstruction": "Sum of squared errors of a picture",
    "kl": "KL divergence, nats",
    "perceptual": "Perceptual loss, unweighted",
    "active_dimensions": "Latent dimensions in use",
    "learning_rate": "Learning rate",
}
MOST_SHEETS = 40
# The sheets of the monitors are looked at side by side.
WIDEST_SHEET_PIXELS = 800
MOST_SKIPPED = 200


def dreams(run):
    """Show what was decoded from random latent vectors."""
    if not run.dreams.is_file():
        return None
    # Runs of former versions had no choice.
    sampler = run.settings.get("demo_sampler", "prior")
    words = sampler_in_words(sampler, run.settings.get("demo_temperature", 1.0))
    caption = f"{run.settings['demo_iterations']} latent vectors from {words}, decoded."
    return picture(run.dreams, "Pictures decoded from random numbers", caption)


def timeline(run):
    """Show the sheets of both monitors, step by step, with a slider."""
    kinds = {
        "reconstruction": "originals, and below each its reconstruction",
        "generation": "the same random vectors, decoded",
    }
    sheets = {kind: run.sheets(kind) for kind in kinds}
    steps = sorted(set().union(*sheets.values()))
    shown = thinned(steps)
    if not shown:
        return None
    moments = []
    for step in shown:
        figures = "".join(
            picture(sheets[kind][step], f"Step {step}: {words}", words.capitalize(),
                    WIDEST_SHEET_PIXELS)
            for kind, words in kinds.items()
            if step in sheets[kind]
        )  # fmt: skip
        hidden = "" if step == shown[-1] else " hidden"
        moments.append(
            f'<div class="moment" data-step="{step:,}"{hidden}>{figures}</div>'
        )
    left_out = ""
    if len(shown) < len(steps):
        left_out = f"<p>{len(shown)} of {len(steps)} moments; the folder has all.</p>"
    return (
        f'{left_out}<div class="timeline"><button id="play" type="button">Play</button>'
        f'<input id="moment" type="range" min="0" max="{len(shown) - 1}" '
        f'value="{len(shown) - 1}" aria-label="Moment of the training">'
        f'<output id="moment-step">step {shown[-1]:,}</output></div>'
        + "\n".join(moments)
    )


def thinned(steps, most=MOST_SHEETS):
    """Return at most so many of the steps, evenly spread, with the first and last."""
    if len(steps) <= most:
        return list(steps)
    last = len(steps) - 1
    return [steps[round(place * last / (most - 1))] for place in range(most)]


def losses(run):
    """Draw every column of the loss log over the steps."""
    charts = []
    columns = list(run.losses[0])[3:] if run.losses else []
    for column in columns:
        lines = {}
        for split in ("train", "validation"):
            rows = [row for row in run.losses if row["split"] == split]
            points = [(int(row["step"]), float(row[column])) for row in rows]
            if points and column != "learning_rate" or split == "train":
                lines[split] = points
        values = [y for points in lines.values() for _, y in points]
        if any(values):
            title = TITLES.get(column, column.replace("_", " "))
            charts.append(line_chart(lines, title, "training step"))
    if not charts:
        return None
    return (
        "<p>Training losses are means over the steps since the row before in "
        "<code>losses.csv</code>, from samples of the posterior; validation losses are "
        "of pictures held out, from its means, which is why they may be lower.</p>"
        f'<div class="charts">{"".join(charts)}</div>'
    )


def walks(run):
    """Show traversals, still and moving."""
    figures = []
    if (run.folder / "traversals.png").is_file():
        figures.append(
            wide_picture(
                run.folder / "traversals.png",
                "Each row moves one latent dimension from -2.5 to 2.5",
                "One dimension a row, moved from -2.5 to 2.5 standard deviations of "
                "the prior around a picture never trained on.",
            )
        )
    if (run.folder / "traversals.gif").is_file():
        figures.append(
            picture(
                run.folder / "traversals.gif",
                "Every dimension swinging back and forth",
                "The same, every dimension swinging by itself.",
            )
        )
    return "\n".join(figures) or None


def interpolation(run):
    """Show the walks from one original to the next."""
    path = run.folder / "interpolation.png"
    if not path.is_file():
        return None
    return wide_picture(
        path,
        "Walks in the latent space from one picture to another",
        "Straight lines between the codes of two pictures of "
        "<code>to_reconstruct/</code>, which stand at the ends as they are.",
    )


def settings(run):
    """Return every setting with its value and meaning; changed ones stand out."""
    known = {field.name: field for field in dataclasses.fields(Hyperparameters)}
    rows = []
    for name, value in run.settings.items():
        default = known[name].default if name in known else value
        shown = _in_words(value)
        if shown != _in_words(default) and name != "name":
            shown = (
                f'<span class="changed">{shown}</span> '
                f'<span class="faint">(default {_in_words(default)})</span>'
            )
        note = known[name].metadata["note"] if name in known else ""
        note = re.sub("`(.*?)`", r"<code>\1</code>", escape(note))
        rows.append((f"<code>{escape(name)}</code>", shown, note))
    return table(("setting", "value", "meaning"), rows)


def _in_words(value):
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return escape(str(value))


def timings(run):
    """Say how long each part took."""
    if not run.timings:
        return "<p>This run took no timings.</p>"
    note = (
        "<p>The run was resumed: what it took before is not counted here.</p>"
        if run.timings["resumed"]
        else ""
    )
    rows = [(escape(part), _clock(s)) for part, s in run.timings["seconds"].items()]
    rows.append(("together", _clock(sum(run.timings["seconds"].values()))))
    return note + table(("part", "minutes : seconds"), rows, numbers=(1,))


def _clock(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02}"


def skipped(run):
    """Name the files that could not be decoded."""
    if not run.skipped:
        return "<p>None: every file could be decoded.</p>"
    rows = [tuple(map(escape, pair)) for pair in run.skipped[:MOST_SKIPPED]]
    more = len(run.skipped) - len(rows)
    note = f"<p>and {more} more, in skipped_pictures.txt</p>" if more else ""
    return (
        f"<details><summary>{_files(run.skipped)} left out</summary>"
        f"{table(('file', 'reason'), rows)}{note}</details>"
    )


def _files(skipped):
    return "One file was" if len(skipped) == 1 else f"{len(skipped)} files were"


def versions(run):
    """Name the software that trained."""
    rows = [tuple(map(escape, pair)) for pair in run.metrics["versions"].items()]
    return table((), rows)
