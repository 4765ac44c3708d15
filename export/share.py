"""Writes a folder to share: networks that need nothing of this project, page and card.

Owns what is in it. The folder is a model of the Hugging Face hub and a static Space as
it stands.
"""

import shutil
from pathlib import Path

from export.page import write_page
from files import whole_folder
from mistakes import UserMistake
from pictures.files import to_uint8, write_picture
from pictures.sheets import sheet
from report.templates import open_templates
from run_folder import read_json, save_json

CARD = "README.md"
# Pairs in a row of the sheet of redrawn pictures.
PAIRS_IN_ROW = 4
# Text for a hub, not HTML.
TEMPLATES = open_templates(Path(__file__).parent, is_escaped=False)


def write_folder(explored, networks, folder):
    """Write networks, page, figures and card of a run into a new folder.

    Args:
        explored: the finished run, as `pages.explorer.model.open_run` opens it.
        networks: its `Portable` encoder and decoder, by name.
        folder: a new or empty one.

    Raises:
        UserMistake: the folder holds something, or the run is not finished.
    """
    if folder.is_file() or any(folder.glob("*")):
        raise UserMistake(f"{folder} is no empty folder; choose another one by --to")
    run = explored.folder
    if not run.metrics.is_file():
        raise UserMistake(f"{run.metrics} is missing: finish the run first")
    with whole_folder(folder) as partial:
        for name, network in networks.items():
            (partial / f"{name}.onnx").write_bytes(network.onnx)
            network.plain.save(partial / f"{name}.keras")
        facts = explored.named_facts()
        kept = {name: facts[name] for name in ("sliders", "mixture")}
        save_json(partial / "latent.json", kept)
        onnx = {name: network.onnx for name, network in networks.items()}
        write_page(facts, onnx, partial / "index.html")
        _write_redrawn(explored, partial / "redrawn.png")
        dreams = run.dreams(facts["name"])
        if dreams.is_file():
            shutil.copyfile(dreams, partial / dreams.name)
        card = TEMPLATES.get_template("card.md").render(
            settings=run.read_settings(),
            metrics=read_json(run.metrics),
            facts=facts,
            differences={name: each.difference for name, each in networks.items()},
            has_dreams=dreams.is_file(),
        )
        (partial / CARD).write_text(card, encoding="utf-8")


def _write_redrawn(explored, path):
    originals, codes = explored.originals, explored.codes
    redrawn = to_uint8(explored.vae.decode(codes))
    pairs = [
        picture
        for pair in zip(originals[..., :3], redrawn, strict=True)
        for picture in pair
    ]
    write_picture(sheet(pairs, 2 * PAIRS_IN_ROW), path)
