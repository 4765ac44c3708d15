"""Writes `runs/index.html`: the finished runs of a folder side by side.

Owns what is compared. Pictures are shown from the run folders, so that the page stays
small: it works from disk as long as it stands beside them.
"""

import dataclasses
from urllib.parse import quote

from mistakes import UserMistake
from report.page import TEMPLATES
from report.sections import value_in_words
from run_folder import RunFolder, read_run, save_page

INDEX = "index.html"


def write_index(folder):
    """Write the page of a folder of runs, and return its path.

    Raises:
        UserMistake: it holds no finished run.
    """
    runs, unfinished = _read(folder)
    if not runs:
        raise UserMistake(f"{folder} holds no finished run; expected run folders in it")
    differing = differing_settings([run.settings for run in runs])
    rows = [_row(run, differing, folder) for run in runs]
    # The best redrawing first.
    rows.sort(key=lambda row: row["rmse"])
    page = TEMPLATES.get_template("index.html").render(
        rows=rows, names=differing, unfinished=unfinished
    )
    save_page(folder / INDEX, page)
    return folder / INDEX


def _read(folder):
    """Return the finished runs of a folder, and the names of others."""
    if not folder.is_dir():
        raise UserMistake(f"--index: received {str(folder)!r}, which is no folder")
    runs, unfinished = [], []
    for path in sorted(folder.iterdir()):
        if not RunFolder(path).settings.is_file():
            continue
        try:
            runs.append(read_run(path))
        except UserMistake:
            unfinished.append(path.name)
    return runs, unfinished


def differing_settings(settings):
    """Return the names of the settings that are not the same in all runs."""
    names = [field.name for field in dataclasses.fields(settings[0])]
    return [
        name
        for name in names
        if name != "name" and len({getattr(one, name) for one in settings}) > 1
    ]


def _row(run, differing, folder):
    latents, seconds = run.metrics["latents"], run.timings["seconds"]
    dreams = run.folder.dreams(run.settings.name)
    return {
        "name": run.folder.path.name,
        "report": _address(run.folder.report, folder),
        "dreams": _address(dreams, folder),
        "settings": [value_in_words(getattr(run.settings, name)) for name in differing],
        "rmse": run.metrics["test_rmse"],
        "gap": latents.get("mutual_information_gap"),
        "owned": latents.get("owned_factor_count"),
        "factors": len(latents.get("factors", ())),
        "minutes": sum(seconds.values()) / 60,
        "is_resumed": run.timings["resumed"],
    }


def _address(path, folder):
    """Return where a page in `folder` finds a file, or "" if there is none."""
    return quote(path.relative_to(folder).as_posix()) if path.is_file() else ""
