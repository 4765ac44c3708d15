"""Opens a run to explore: its networks, and what is known of its dimensions.

Owns which slider stands for what, in which order, and in what words.
"""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from callbacks.checkpoints import restore_checkpoint
from callbacks.loss_log import LossLog
from latents.dimensions import rank_dimensions
from latents.space import prior_space
from mistakes import UserMistake
from model import VAE, load_networks
from pictures.files import to_uint8
from pictures.reading import read_to_reconstruct
from run_folder import RunFolder, read_json
from training import build_vae

TO_RECONSTRUCT = Path(__file__).parents[2] / "to_reconstruct"
MOST_PICTURES = 24
# What a slider shows of where codes lie.
SHOWN = ("low", "middle", "high", "change")


@dataclass(frozen=True)
class ExploredRun:
    """A run that is explored.

    Attributes:
        folder: its `RunFolder`.
        vae: its networks.
        facts: what the page is told, ready for JSON; without the user's own names.
        originals: pictures to start from, as `read_to_reconstruct` has them.
        codes: theirs, float32 `(count, latent_dim)`.
    """

    folder: RunFolder
    vae: VAE
    facts: dict
    originals: np.ndarray
    codes: np.ndarray

    def named_facts(self):
        """Return the facts, with sliders called as the user calls them now."""
        given = self.folder.read_names()
        sliders = [
            {**slider, "name": given.get(slider["id"], slider["name"])}
            for slider in self.facts["sliders"]
        ]
        return {**self.facts, "sliders": sliders}


def open_run(path) -> ExploredRun:
    """Open a run, or what the last checkpoint has of one that is not finished.

    Raises:
        UserMistake: there is no run, or nothing of it can be shown.
    """
    run = RunFolder(path)
    if not run.settings.is_file():
        raise UserMistake(f"{path} holds no run: {run.settings.name} is missing")
    settings = run.read_settings()
    warning = ""
    if all(run.network(name).is_file() for name in ("encoder", "decoder")):
        vae = load_networks(run)
    else:
        vae = _restore(run, settings)
        warning = f"This run is not finished: what step {vae.step:,} knew is shown."
        print(warning)
    originals = read_to_reconstruct(TO_RECONSTRUCT, settings.img_dim, settings.fit)
    originals = originals[:MOST_PICTURES]
    codes, _ = vae.encode([originals[..., :3].astype(np.float32) / 255.0])
    space = (
        read_json(run.latents) if run.latents.is_file() else prior_space(codes.shape[1])
    )
    facts = {
        "name": settings.name,
        "side": settings.img_dim,
        "fit": settings.fit,
        "latentCount": settings.latent_dim,
        "warning": warning,
        **_describe_training(run),
        **_describe_space(run, space),
        "middle": _describe_middle(vae, space["middle"]),
        "pictures": _describe_pictures(originals, codes),
    }
    return ExploredRun(run, vae, facts, originals, codes)


def _restore(run, settings):
    if not run.checkpoint.is_file():
        raise UserMistake(
            f"{run.path} has neither networks nor a checkpoint yet: wait for "
            f"{run.checkpoint.name}"
        )
    # How many pictures there are only matters to a training that goes on.
    vae = build_vae(settings, picture_count=1)
    restore_checkpoint(run.checkpoint, vae, LossLog(None, 1, None).sums)
    return vae


def _describe_training(run):
    if not run.metrics.is_file():
        return {"rmse": None, "trainedOn": None}
    metrics = read_json(run.metrics)
    return {"rmse": metrics["test_rmse"], "trainedOn": metrics["pictures"]["train"]}


def _describe_space(run, space):
    latents = read_json(run.metrics)["latents"] if run.metrics.is_file() else {}
    kl = latents.get("kl_per_dimension", [0.0] * len(space["middle"]))
    dimensions = rank_dimensions({"kl_per_dimension": kl, **latents})
    sliders = [
        {
            "id": dimension.symbol,
            "dimension": dimension.number,
            "nats": round(dimension.kl_nats, 3),
            **{name: space[name][dimension.number] for name in SHOWN},
            **_name(dimension, latents.get("factors", ())),
        }
        for dimension in dimensions
    ]
    # Those with a name first, then what changes most.
    sliders.sort(key=lambda slider: (not slider["isNamed"], -slider["change"]))
    return {"sliders": _named_directions(run) + sliders, "mixture": space["mixture"]}


def _named_directions(run):
    """Return the sliders of directions that `latents.directions` found, if any."""
    found = read_json(run.directions) if run.directions.is_file() else ()
    return [
        {
            **direction,
            "id": f"d{number}",
            "name": direction["name"].replace("_", " "),
            "note": f"R2 {direction['r2']:.2f} on held-out pictures",
        }
        for number, direction in enumerate(found)
    ]


def _name(dimension, factors):
    """Return what a slider is called, and how sure that is on held-out pictures.

    The name is what the dimension was told, else the factor of which it knows more than
    any other dimension does.
    """
    known = [other for other in factors if other["dimension"] == dimension.number]
    best = max(known, key=lambda other: other["score"], default={"factor": ""})
    name = (dimension.told or best["factor"]).replace("_", " ")
    note = ""
    if dimension.factor:
        is_said = name == dimension.factor_in_words
        what = "it" if is_said else f"the {dimension.factor_in_words}"
        note = f"knows {dimension.share:.0%} of {what}"
    return {"name": name, "note": note, "isNamed": bool(name)}


def _describe_middle(vae, middle):
    """Return the picture of all sliders in their middle, which the page begins with."""
    (picture,) = to_uint8(vae.decode(np.array([middle], np.float32)))
    return {"source": _as_address(picture), "latent": middle}


def _describe_pictures(originals, codes):
    return [
        {"source": _as_address(original), "latent": np.round(code, 5).tolist()}
        for original, code in zip(originals, codes.astype(float), strict=True)
    ]


def _as_address(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
