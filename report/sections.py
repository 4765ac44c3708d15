"""The sections of a report, each from a `FinishedRun` to plain values, or to None.

Owns what is shown of a run. In which words, and how it looks, are the macros of the
same names in sections.html; the latent dimensions are latent_sections.py.
"""

import dataclasses

from latents.samplers import in_words
from report.charts import line_chart
from report.embedding import embed

# The columns of the loss log that are drawn, and what they show.
CHARTS = {
    "loss": "Loss, all terms together",
    "reconstruction": "Sum of squared errors of a picture",
    "kl": "KL divergence, nats",
    "perceptual": "Perceptual loss, unweighted",
    "told": "Squared errors of told dimensions",
    "active_dimensions": "Latent dimensions in use",
    "learning_rate": "Learning rate",
}
MONITOR_WORDS = {
    "reconstruction": "originals, and below each its reconstruction",
    "generation": "the same random vectors, decoded",
}
MOST_MOMENTS = 40
# The sheets of the monitors are looked at side by side.
WIDEST_SHEET_PIXELS = 800
MOST_SKIPPED = 200


def dreams(run):
    """Return the sheet of dreams, and what it was decoded from."""
    sheet = run.folder.dreams(run.settings.name)
    picture = embed(sheet, "Pictures decoded from random numbers")
    if picture is None:
        return None
    settings = run.settings
    return {
        "picture": picture,
        "count": settings.demo_iterations,
        "sampler": in_words(settings.demo_sampler, settings.demo_temperature),
    }


def timeline(run):
    """Return the sheets of both monitors at each step that the slider has."""
    sheets = {kind: run.folder.sheets(kind) for kind in MONITOR_WORDS}
    steps = sorted(set().union(*sheets.values()))
    if not steps:
        return None
    moments = [(step, _pictures_at(step, sheets)) for step in thinned(steps)]
    return {"moments": moments, "moment_count": len(steps)}


def _pictures_at(step, sheets):
    """Return pairs of a monitor's words and its sheet at a step, where it has one."""
    return [
        (words, embed(sheets[kind][step], f"Step {step}: {words}", WIDEST_SHEET_PIXELS))
        for kind, words in MONITOR_WORDS.items()
        if step in sheets[kind]
    ]


def thinned(steps, most=MOST_MOMENTS):
    """Return at most so many of the steps, evenly spread, with the first and last."""
    if len(steps) <= most:
        return list(steps)
    last = len(steps) - 1
    return [steps[round(number * last / (most - 1))] for number in range(most)]


def losses(run):
    """Return a `Chart` of each column of the loss log that is not zero throughout."""
    charts = []
    for column, title in CHARTS.items():
        # The learning rate is the same for both splits.
        splits = ["train"] if column == "learning_rate" else ["train", "validation"]
        lines = {split: _points(run.losses, split, column) for split in splits}
        if any(value for points in lines.values() for _, value in points):
            charts.append(line_chart(lines, title, "training step"))
    return charts or None


def _points(rows, split, column):
    """Return pairs of (step, value) of one split."""
    return [
        (int(row["step"]), float(row[column])) for row in rows if row["split"] == split
    ]


def walks(run):
    """Return the traversals, still and moving; None for the one without a file."""
    still = embed(
        run.folder.traversals,
        "Each row moves one latent dimension from -2.5 to 2.5",
    )
    moving = embed(run.folder.sweep, "Every dimension swinging back and forth")
    if still is None and moving is None:
        return None
    return {"still": still, "moving": moving}


def interpolation(run):
    """Return the sheet of walks from one original to the next."""
    return embed(
        run.folder.interpolation,
        "Walks in the latent space from one picture to another",
    )


def settings(run):
    """Return every setting: value, meaning, and the default where it was changed."""
    rows = []
    for field in dataclasses.fields(run.settings):
        value = value_in_words(getattr(run.settings, field.name))
        default = value_in_words(field.default)
        is_changed = value != default and field.name != "name"
        rows.append(
            {
                "name": field.name,
                "value": value,
                "default": default if is_changed else None,
                "note": field.metadata["note"],
            }
        )
    return rows


def value_in_words(value):
    """Return the value of a setting as text."""
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)


def timings(run):
    """Return how long each part took, such as ("training", "10:01"), and together."""
    seconds = run.timings.get("seconds", {})
    parts = [(part, _clock(taken)) for part, taken in seconds.items()]
    return {
        "parts": parts,
        "together": _clock(sum(seconds.values())),
        "is_resumed": run.timings.get("resumed", False),
    }


def _clock(seconds):
    """Return seconds as minutes and seconds, such as 10:09."""
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02}"


def skipped(run):
    """Return the files that could not be decoded with the reasons, and their count."""
    return {"files": run.skipped[:MOST_SKIPPED], "count": len(run.skipped)}


def surroundings(run):
    """Return what the last digits depend on: versions, processor, threads."""
    return run.metrics["surroundings"]
