"""Writes `report.html`: everything about one run on one page that needs nothing else.

Owns the order of the page, and that it is one file: opened from disk, without a server
or a network. What a section holds is sections.py and latent_sections.py; what it says
and how it looks are the templates.
"""

from pathlib import Path

from latents.active import ACTIVE_NATS
from latents.information import OWNED_GAP, OWNED_SCORE
from latents.learning import LEARNT_R2
from report import latent_sections, sections
from report.templates import open_templates
from run_folder import read_run

# The macro in sections.html, its heading, and the function that gathers its values.
SECTIONS = (
    ("dreams", "Dreams", sections.dreams),
    ("timeline", "How it learnt", sections.timeline),
    ("losses", "Losses", sections.losses),
    ("walks", "What each dimension does", sections.walks),
    ("information", "What each dimension tells", latent_sections.information),
    ("factors", "Dimensions and factors", latent_sections.factors),
    ("scores", "Scores of the code", latent_sections.scores),
    ("interpolation", "From picture to picture", sections.interpolation),
    ("settings", "Settings", sections.settings),
    ("timings", "Timings", sections.timings),
    ("skipped", "Skipped files", sections.skipped),
    ("surroundings", "Surroundings", sections.surroundings),
)

TEMPLATES = open_templates(Path(__file__).parent)
TEMPLATES.globals.update(
    ACTIVE_NATS=ACTIVE_NATS,
    LEARNT_R2=LEARNT_R2,
    OWNED_GAP=OWNED_GAP,
    OWNED_SCORE=OWNED_SCORE,
)


def write_report(run_folder):
    """Write the report of a finished run into its folder, and return its path.

    Raises:
        UserMistake: the folder holds no finished run.
    """
    run = read_run(run_folder)
    filled = [(name, heading, gather(run)) for name, heading, gather in SECTIONS]
    page = TEMPLATES.get_template("page.html").render(
        run=run, sections=[section for section in filled if section[2] is not None]
    )
    run.folder.save_report(page)
    return run.folder.report
