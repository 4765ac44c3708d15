"""Writes `report.html`: everything about one run on one page that needs nothing else.

    python report.py runs/castles        write the report of a finished run again

Owns the order of the page and the command line. Opens from disk, without a server or
a network; loads no TensorFlow.
"""

import sys
from html import escape
from pathlib import Path

from command_line import OneLineParser
from files import whole_file
from finished_run import read_run
from report import latent_sections as latents
from report import sections as sections
from report.page import page

SECTIONS = (
    ("Dreams", sections.dreams),
    ("How it learnt", sections.timeline),
    ("Losses", sections.losses),
    ("What each dimension does", sections.walks),
    ("What each dimension tells", latents.information),
    ("Dimensions and factors", latents.factors),
    ("Scores of the code", latents.scores),
    ("From picture to picture", sections.interpolation),
    ("Settings", sections.settings),
    ("Timings", sections.timings),
    ("Skipped files", sections.skipped),
    ("Versions", sections.versions),
)


def main(argv=None):
    """Write the report that the command line asks for, and return the exit code."""
    parser = OneLineParser(
        prog="report.py", description="Write report.html of a finished run."
    )
    parser.add_argument("run_folder", type=Path, help="such as runs/castles")
    arguments = parser.parse_args(argv)
    try:
        print(f"written: {write_report(arguments.run_folder)}")
    except (ValueError, OSError) as error:
        print(f"report.py: {error}", file=sys.stderr)
        return 2
    return 0


def write_report(run_folder):
    """Write the report of a finished run into its folder, and return its path.

    Raises:
        ValueError: the folder holds no finished run.
    """
    run = read_run(run_folder)
    text = build_report(run)
    path = run.folder / "report.html"
    with whole_file(path) as file:
        file.write(text.encode())
    return path


def build_report(run):
    """Return the page of a `FinishedRun`, without the sections that stay empty."""
    contents = [(heading, section(run)) for heading, section in SECTIONS]
    there = [(heading, content) for heading, content in contents if content]
    return page(run.settings["name"], _lead(run), there)


def _lead(run):
    """Return what the run is, and the figures that matter most."""
    metrics, latents = run.metrics, run.metrics["latents"]
    side, latent_dim = run.settings["img_dim"], run.settings["latent_dim"]
    figures = {
        "error on held-out pictures (RMSE, 0 to 1)": f"{metrics['test_rmse']:.4f}",
        "latent dimensions in use": f"{latents['active_dimensions']} of {latent_dim}",
        "training steps": f"{metrics['steps']:,}",
    }
    if "factor_names" in latents:
        owned = f"{latents['owned_factor_count']} of {len(latents['factor_names'])}"
        figures["factors with a dimension of their own"] = owned
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures.items()
    )
    return (
        f"<p>A variational autoencoder that describes a picture by {latent_dim} "
        f"numbers, trained on {metrics['pictures']['train']:,} pictures of "
        f"{side} × {side} pixels ({escape(run.settings['dataset'])}).</p>"
        f'<dl class="figures">{cells}</dl>'
    )


if __name__ == "__main__":
    sys.exit(main())
