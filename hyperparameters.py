"""Every setting of a training run: edit the defaults here, or use the flags.

Owns names, defaults, presets and the check of each value. `command_line.py` makes a
flag of each field: `python main.py --beta 0.05 --latent_dim 32` changes two of them
for one run.
"""

import dataclasses
import json
import math
from dataclasses import dataclass, field
from pathlib import Path


def _setting(default, note):
    return field(default=default, metadata={"note": note})


@dataclass(frozen=True)
class Hyperparameters:
    """Plain values that decide a run. The defaults are the preset `castles`.

    Each field's note gives its unit, its effect and where its default comes from;
    "idea" marks the value of the original full-size idea (preset `landmarks_128`).
    """

    # The run and its pictures.
    name: str = _setting("castles", "names the run folder, runs/NAME")
    dataset: str = _setting(
        "castles",
        "`castles` (drawn here), `landmarks` (the author's archives, about 6 GB) or a "
        "folder of pictures, with or without train/validation/test inside",
    )
    img_dim: int = _setting(64, "side of a picture in pixels; the idea: 128")
    castle_count: int = _setting(
        20_000, "castles drawn to train on; a twentieth more to validate and to test"
    )
    flip: bool = _setting(
        False, "mirror half of the training pictures left to right; photos gain by it"
    )
    cache_gigabytes: float = _setting(
        2.0, "decoded training pictures are kept in memory up to this size"
    )
    seed: int = _setting(1, "whole number from which everything random follows")

    # How long and how fast.
    epochs: int = _setting(3, "passes over the training pictures; the idea: 20")
    steps_per_epoch: int | None = _setting(
        None, "training steps in one epoch; None: all pictures"
    )
    batch_size: int = _setting(16, "pictures in one training step; the idea: 32")
    initial_learning_rate: float = _setting(
        0.0008, "step size of Adam at the start; the idea: 0.0005"
    )
    decay_rate: float = _setting(
        0.5, "the learning rate is multiplied by this every decay_steps; the idea: 0.96"
    )
    decay_steps: int = _setting(
        940, "steps in which the learning rate falls by decay_rate; the idea: 2500"
    )
    clip_norm: float = _setting(
        100_000.0, "gradients longer than this are shortened to it: no jumps"
    )

    precision: str = _setting(
        "float32",
        "what the layers compute in: `float32`, `bfloat16` or `float16`; half the bits "
        "are faster on recent GPUs, not on most CPUs",
    )
    strategy: str = _setting(
        "auto",
        "which devices share each batch: `one`, `mirrored` (all GPUs of this machine), "
        "`multi_worker` (the machines of TF_CONFIG) or `auto`, which finds out",
    )
    xla: bool = _setting(
        False, "compile the training step by XLA: for GPUs; on a CPU it is slower"
    )

    # The model.
    latent_dim: int = _setting(16, "numbers that describe one picture; the idea: 256")
    encoder_filters: tuple[int, ...] = _setting(
        (16, 32, 32, 64, 128),
        "filters of the encoder's blocks, each halves the side; "
        "the idea: 64,64,128,128,256,256",
    )
    encoder_units: int = _setting(
        256, "units of the dense layer before the latent heads; the idea: 512"
    )
    decoder_filters: tuple[int, ...] = _setting(
        (128, 64, 32, 16),
        "filters of the decoder's blocks, each doubles the side; "
        "the idea: 512,256,128,64,64",
    )
    decoder_channels: int = _setting(
        64, "channels of the small picture the decoder starts from; the idea: 64"
    )

    # The three losses.
    objective: str = _setting(
        "beta",
        "what beta weighs: `beta` (KL divergence), `beta_tc` and `factor` (total "
        "correlation counts more), `capacity` (distance from a target), `sigma` (beta "
        "in units of the variance achieved)",
    )
    beta: float = _setting(
        0.2,
        "weight of the KL divergence against the sum of squared errors; it implies "
        "that pixels miss by sigma = sqrt(beta / 2); the idea: 1.5",
    )
    kl_warm_up_steps: int = _setting(
        1000, "steps over which beta grows from 0 to its value; keeps dimensions alive"
    )
    tc_weight: float = _setting(
        4.0, "objectives beta_tc and factor: times that total correlation counts"
    )
    capacity_nats: float = _setting(
        25.0, "objective capacity: the KL divergence that it ends with"
    )
    capacity_steps: int = _setting(
        2000, "objective capacity: steps in which its target grows from 0"
    )
    gamma: float = _setting(0.005, "weight of the perceptual loss; the idea: 0.001")
    perceptual_network: str = _setting(
        "castles",
        "whose features are compared: `castles` (small, ships with the suite), `vgg16` "
        "(ImageNet weights, fetched once) or `vgg16_random` (no download, no meaning)",
    )
    perceptual_layer: str = _setting(
        "features_2", "layer of that network; the idea: block2_conv2 of vgg16"
    )

    # What is written while it trains, and after.
    monitor_every_steps: int = _setting(
        200, "steps between two monitor pictures; the idea: 1000"
    )
    monitor_singles: bool = _setting(
        False, "write each monitor picture as a file of its own too"
    )
    log_every_steps: int = _setting(20, "steps averaged in one row of losses.csv")
    checkpoint_every_steps: int = _setting(
        200, "steps between two checkpoints; what a power cut can cost"
    )
    rotation: str = _setting(
        "ica",
        "after training, latent axes are turned to where the codes are independent "
        "(`ica`) or left as they are (`none`); pictures are redrawn the same",
    )
    demo_iterations: int = _setting(100, "pictures dreamt after training")
    demo_sampler: str = _setting(
        "mixture",
        "what they are dreamt from: `mixture` (Gaussians fitted to the codes of "
        "training pictures) or `prior` (N(0, 1)); the idea: prior",
    )
    demo_temperature: float = _setting(
        1.0, "factor on the standard deviation of these draws; less is more ordinary"
    )

    @property
    def implied_sigma(self):
        """Return the pixel error in [0, 1] at which beta balances the two terms.

        None where beta weighs something else than nats: by `sigma` it is relative to
        the error achieved, and by `capacity` it only holds the target.
        """
        if self.objective in ("sigma", "capacity"):
            return None
        return math.sqrt(self.beta / 2)


_LANDMARKS_128 = {
    "name": "landmarks_128",
    "dataset": "landmarks",
    "img_dim": 128,
    "flip": True,
    "epochs": 20,
    "batch_size": 32,
    "initial_learning_rate": 0.0005,
    "decay_rate": 0.96,
    "decay_steps": 2500,
    "latent_dim": 256,
    "encoder_filters": (64, 64, 128, 128, 256, 256),
    "encoder_units": 512,
    "decoder_filters": (512, 256, 128, 64, 64),
    "beta": 1.5,
    "kl_warm_up_steps": 5000,
    "gamma": 0.001,
    "perceptual_network": "vgg16",
    "perceptual_layer": "block2_conv2",
    "rotation": "none",
    "demo_sampler": "prior",
    "monitor_every_steps": 1000,
    "log_every_steps": 100,
    "checkpoint_every_steps": 1000,
}

# Named presets: what each changes against the defaults above.
PRESETS = {
    # Two CPU cores, about twelve minutes: held-out RMSE below 0.045, castles dreamt.
    "castles": {},
    # One GPU (time not measured yet): the full-size idea, on the author's archives.
    "landmarks_128": _LANDMARKS_128,
    # One large GPU (not measured yet): the same at twice the side.
    "landmarks_256": {
        **_LANDMARKS_128,
        "name": "landmarks_256",
        "img_dim": 256,
        "encoder_filters": (32, 64, 64, 128, 128, 256, 256),
        "decoder_filters": (512, 256, 128, 64, 64, 32),
    },
}


# What dreams are drawn from, in words.
SAMPLERS = {
    "prior": "the prior N(0, 1)",
    "mixture": "a Gaussian mixture fitted to training codes",
}


def sampler_in_words(sampler, temperature):
    """Return what dreams are drawn from, for people."""
    return f"{SAMPLERS[sampler]} at temperature {temperature:g}"


def check(settings):
    """Raise ValueError, in one line with the cure, for a value that cannot work."""
    for names, holds, cure in _RULES:
        for name in names.split():
            value = getattr(settings, name)
            if not holds(value):
                raise ValueError(f"--{name}: received {value!r}, expected {cure}")
    for name in ("encoder_filters", "decoder_filters"):
        _check_halving(settings, name)
    if settings.objective in ("beta_tc", "factor") and settings.batch_size < 2:
        raise ValueError(
            f"--batch_size: received {settings.batch_size}, but the objective "
            f"{settings.objective} compares pictures; expected 2 or more"
        )
    if settings.checkpoint_every_steps % settings.log_every_steps:
        raise ValueError(
            f"--checkpoint_every_steps: received {settings.checkpoint_every_steps}, "
            f"expected a multiple of log_every_steps ({settings.log_every_steps})"
        )


def _names_a_folder(name):
    return name.strip(". ") and not set(name) & set('/\\:*?"<>|\n')


# Names of settings, what must hold for each, and how to say it.
_RULES = (
    (
        "epochs batch_size castle_count img_dim latent_dim encoder_units "
        "decoder_channels decay_steps capacity_steps monitor_every_steps "
        "log_every_steps checkpoint_every_steps demo_iterations",
        lambda value: value >= 1,
        "1 or more",
    ),
    (
        "steps_per_epoch",
        lambda value: value is None or value >= 1,
        "None, or 1 or more",
    ),
    (
        "kl_warm_up_steps beta gamma capacity_nats cache_gigabytes",
        lambda value: 0 <= value < math.inf,
        "a finite number from 0",
    ),
    ("tc_weight", lambda value: 1 <= value < math.inf, "a finite number from 1"),
    (
        "initial_learning_rate clip_norm demo_temperature",
        lambda value: 0 < value < math.inf,
        "a finite number above 0",
    ),
    ("decay_rate", lambda value: 0 < value <= 1, "more than 0 and at most 1"),
    ("seed", lambda value: 0 <= value < 2**31, "0 to 2147483647"),
    (
        "encoder_filters decoder_filters",
        lambda value: min(value) >= 1,
        "whole numbers from 1, with commas between",
    ),
    ("name", _names_a_folder, "a folder name: letters, digits, -, _ and ."),
    ("dataset", bool, "castles, landmarks or a folder"),
    (
        "precision",
        lambda value: value in ("float32", "bfloat16", "float16"),
        "float32, bfloat16 or float16",
    ),
    (
        "strategy",
        lambda value: value in ("auto", "one", "mirrored", "multi_worker"),
        "auto, one, mirrored or multi_worker",
    ),
    (
        "objective",
        lambda value: value in ("beta", "beta_tc", "capacity", "factor", "sigma"),
        "beta, beta_tc, capacity, factor or sigma",
    ),
    ("rotation", lambda value: value in ("ica", "none"), "ica or none"),
    (
        "demo_sampler",
        lambda value: value in SAMPLERS,
        "prior or mixture",
    ),
    (
        "perceptual_network",
        lambda value: value in ("castles", "vgg16", "vgg16_random"),
        "castles, vgg16 or vgg16_random",
    ),
)


def _check_halving(settings, name):
    blocks = len(getattr(settings, name))
    if settings.img_dim % 2**blocks:
        raise ValueError(
            f"--img_dim: received {settings.img_dim}, but the {blocks} blocks of "
            f"{name} halve or double the side {blocks} times; use a multiple of "
            f"{2**blocks}, or fewer blocks"
        )


def save(settings, path):
    """Write the settings as json, one field a line."""
    text = json.dumps(dataclasses.asdict(settings), indent=2)
    Path(path).write_text(text + "\n", encoding="utf-8")


def load(path):
    """Return the settings that `save` wrote.

    Raises:
        ValueError: the file is not json of these settings.
    """
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
        for name in ("encoder_filters", "decoder_filters"):
            values[name] = tuple(values[name])
        return Hyperparameters(**values)
    except (OSError, TypeError, KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} holds no settings of this version: {error}") from None


def describe(settings):
    """Return the settings as text, one a line, values aligned."""
    values = dataclasses.asdict(settings)
    width = max(map(len, values))
    lines = [f"  {name.ljust(width)}  {value}" for name, value in values.items()]
    return "\n".join(lines)
