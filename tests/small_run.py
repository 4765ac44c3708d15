"""The folder of a small finished run, written without training."""

import json

from PIL import Image

from hyperparameters import Hyperparameters
from run_folder import LOG_COLUMNS, RunFolder

LATENTS = {
    "picture_count": 900,
    "kl_per_dimension": [0.5, 2.25],
    "active_dimensions": 2,
    "mean_correlation": 0.1,
}
FACTORS = {
    "factor_names": ["roof_slant", "gate_width"],
    "normalized_mutual_information": [[0.05, 0.2], [0.75, 0.1]],
    "factors": [
        {"factor": "roof_slant", "dimension": 1, "score": 0.75, "second_dimension": 0}
        | {"second_score": 0.05, "gap": 0.7, "is_owned": True}
        | {"r2": 0.96, "worth": 5.25, "verdict": "its own"},
        {"factor": "gate_width", "dimension": 0, "score": 0.2, "second_dimension": 1}
        | {"second_score": 0.1, "gap": 0.1, "is_owned": False}
        | {"r2": 0.31, "worth": None, "verdict": "not learnt"},
    ],
    "owned_factor_count": 1,
    "mutual_information_gap": 0.4,
}


def fill(folder, latents, steps=(1, 10, 100)):
    """Write what a small run would have left, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = Hyperparameters(name="small & co", beta=0.25)
    RunFolder(folder).save_start(settings, skipped=[])
    metrics = {
        "test_rmse": 0.0421,
        "implied_sigma": 0.35355,
        "latents": latents,
        "pictures": {"train": 20_000, "test": 1_000},
        "told": None,
        "steps": 100,
        "surroundings": {"Python": "3.11.7"},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "timings.json").write_text('{"resumed": false, "seconds": {}}')
    rows = [
        "20,1,train,9.0,7.0,2.0,0.0,0.0,2.0,0.01",
        "20,1,validation,8.0,7,1.0,0,0,2,0.01",
    ]
    (folder / "losses.csv").write_text("\n".join([",".join(LOG_COLUMNS), *rows, ""]))
    paint = Image.effect_noise((40, 40), 90).convert("RGB")
    for kind in ("reconstruction", "generation"):
        (folder / f"monitor_{kind}").mkdir()
        for step in steps:
            paint.save(folder / f"monitor_{kind}" / f"step_{step:06d}.png")
    (folder / "demo_small & co").mkdir()
    paint.save(folder / "demo_small & co" / "dreams.png")
    for name in ("traversals.png", "interpolation.png"):
        paint.save(folder / name)
    frames = [paint.rotate(angle) for angle in (90, 180)]
    paint.save(folder / "traversals.gif", save_all=True, append_images=frames)
    return folder


def change_metrics(folder, **changes):
    """Write some figures of a run anew."""
    path = folder / "metrics.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
