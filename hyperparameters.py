"""Every setting of a training run: edit the defaults here, or use the flags.

Owns names, defaults, bounds, choices and presets. `command_line.py` makes a flag of
each field: `python main.py --beta 0.05 --latent-dim 32` changes two of them for one
run.
"""

import dataclasses
import math
import os
import re
from dataclasses import dataclass, field
from typing import get_args

from mistakes import UserMistake

# No separator of paths, no sign that a file system or shell takes for another one.
FOLDER_NAME = re.compile(r'[^-/\\:*?"<>|\x00-\x1f][^/\\:*?"<>|\x00-\x1f]*')
# In bytes: file systems take 255, and a run makes longer names of its own.
LONGEST_NAME = 200


def _setting(default, note, **limits):
    """Return a field with its note and limits.

    Limits are `at_least`, `at_most`, `above` (numbers, or the numbers of a tuple) and
    `choices` (words).
    """
    metadata = {"note": note, "limits": limits}
    if isinstance(default, list):
        # A dataclass would end the program; the check of a value says it in one line.
        return field(default_factory=lambda: default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Hyperparameters:
    """Plain values that decide a run. The defaults are the preset `castles`.

    Each field's note gives its unit, its effect and where its default comes from;
    "idea" marks the value of the original full-size idea (preset `landmarks_128`).

    Raises:
        UserMistake: a value cannot work; in one line with the cure.
    """

    # The run and its pictures.
    name: str = _setting("castles", "names the run folder, runs/NAME")
    dataset: str = _setting(
        "castles",
        "`castles` (drawn here), `landmarks` (the author's archives, about 6 GB) or a "
        "folder of pictures, with or without train/validation/test inside",
    )
    keep_folders_together: bool = _setting(
        False,
        "an undivided dataset is divided by the folders in it, not by single files: "
        "all pictures of one building in one split",
    )
    img_dim: int = _setting(
        64, "side of a picture in pixels; the idea: 128", at_least=1
    )
    fit: str = _setting(
        "crop",
        "how a picture becomes a square: `crop` (the ends of its longer side are cut "
        "off; the idea) or `pad` (whole, between bars that no loss sees)",
        choices=("crop", "pad"),
    )
    castle_count: int = _setting(
        20_000,
        "castles drawn to train on; a twentieth more to validate and to test",
        at_least=1,
    )
    flip: bool = _setting(
        False, "mirror half of the training pictures left to right; photos gain by it"
    )
    cache_gigabytes: float = _setting(
        2.0, "decoded training pictures are kept in memory up to this size", at_least=0
    )
    start_from: str = _setting(
        "",
        "folder of a run, such as runs/castles, whose trained weights training begins "
        "with; empty: with random ones",
    )
    seed: int = _setting(
        1,
        "whole number from which everything random follows",
        at_least=0,
        at_most=2**31 - 1,
    )

    # How long and how fast.
    epochs: int = _setting(
        2, "passes over the training pictures; the idea: 20", at_least=1
    )
    steps_per_epoch: int | None = _setting(
        None, "training steps in one epoch; None: all pictures", at_least=1
    )
    keep_best: bool = _setting(
        False,
        "test, dream with and save the weights of the epoch whose held-out loss was "
        "lowest, not those of the last epoch",
    )
    patience_epochs: int | None = _setting(
        None,
        "end training once the held-out loss was not lower for so many epochs; None: "
        "take all epochs",
        at_least=1,
    )
    batch_size: int = _setting(
        16, "pictures in one training step; the idea: 32", at_least=1
    )
    optimizer: str = _setting(
        "muon",
        "`adam` (the idea) or `muon`, which takes as long steps in every direction of "
        "a kernel and learns details in half the steps",
        choices=("adam", "muon"),
    )
    initial_learning_rate: float = _setting(
        0.003, "step size at the start; the idea: 0.0005", above=0
    )
    schedule: str = _setting(
        "cosine",
        "how the learning rate falls: `cosine` (to 0 at the last step) or "
        "`exponential` (by decay_rate every decay_steps; the idea)",
        choices=("exponential", "cosine"),
    )
    decay_rate: float = _setting(
        0.96,
        "schedule exponential: the learning rate is multiplied by this every "
        "decay_steps; the default is the idea's",
        above=0,
        at_most=1,
    )
    decay_steps: int = _setting(
        2500,
        "schedule exponential: steps in which the learning rate falls by decay_rate; "
        "the default is the idea's",
        at_least=1,
    )
    adam_beta_2: float = _setting(
        0.99,
        "share of the past in the squared gradients that Adam divides by (muon: of "
        "biases and scales): less follows a short training sooner; the idea: 0.999",
        above=0,
        at_most=0.9999,
    )
    clip_norm: float = _setting(
        100_000.0, "gradients longer than this are shortened to it: no jumps", above=0
    )

    precision: str = _setting(
        "float32",
        "what the layers compute in: `float32`, `bfloat16` or `float16`; half the bits "
        "are faster on recent GPUs, not on most CPUs",
        choices=("float32", "bfloat16", "float16"),
    )
    strategy: str = _setting(
        "auto",
        "which devices share each batch: `one`, `mirrored` (all GPUs of this machine), "
        "`multi_worker` (the machines of TF_CONFIG) or `auto`, which finds out",
        choices=("auto", "one", "mirrored", "multi_worker"),
    )
    xla: bool = _setting(
        False, "compile the training step by XLA: for GPUs; on a CPU it is slower"
    )

    # The model.
    latent_dim: int = _setting(
        24, "numbers that describe one picture; the idea: 256", at_least=1
    )
    encoder_filters: tuple[int, ...] = _setting(
        (32, 64, 64, 128),
        "filters of the encoder's blocks, each halves the side; "
        "the idea: 64,64,128,128,256,256",
        at_least=1,
    )
    encoder_units: int = _setting(
        256,
        "units of the dense layer before the latent heads; the idea: 512",
        at_least=1,
    )
    decoder_filters: tuple[int, ...] = _setting(
        (128, 64, 32, 16),
        "filters of the decoder's blocks, each doubles the side; "
        "the idea: 512,256,128,64,64",
        at_least=1,
    )
    decoder_channels: int = _setting(
        64,
        "channels of the small picture the decoder starts from; the idea: 64",
        at_least=1,
    )

    encoder: str = _setting(
        "strided",
        "what a block of the encoder is: `pooled` (two convolutions and a maximum; the "
        "idea) or `strided` (one convolution of stride 2: a seventh of the time)",
        choices=("pooled", "strided"),
    )
    decoder: str = _setting(
        "modulated",
        "how latents reach the blocks of the decoder: `plain` (from below; the idea) "
        "or `modulated` (each block is scaled and shifted by them: sharper)",
        choices=("plain", "modulated"),
    )

    # The losses.
    objective: str = _setting(
        "beta",
        "what beta weighs: `beta` (KL divergence), `beta_tc` and `factor` (total "
        "correlation counts more), `capacity` (distance from a target), `sigma` (beta "
        "in units of the variance achieved)",
        choices=("beta", "beta_tc", "factor", "capacity", "sigma"),
    )
    beta: float = _setting(
        0.1,
        "weight of the KL divergence against the sum of squared errors; it implies "
        "that pixels miss by sigma = sqrt(beta / 2); the idea: 1.5",
        at_least=0,
    )
    kl_warm_up_steps: int = _setting(
        1000,
        "steps over which beta grows from 0 to its value; keeps dimensions alive",
        at_least=0,
    )
    tc_weight: float = _setting(
        4.0,
        "objectives beta_tc and factor: times that total correlation counts",
        at_least=1,
    )
    capacity_nats: float = _setting(
        25.0, "objective capacity: the KL divergence that it ends with", at_least=0
    )
    capacity_steps: int = _setting(
        2000, "objective capacity: steps in which its target grows from 0", at_least=1
    )
    gamma: float = _setting(
        0.005, "weight of the perceptual loss; the idea: 0.001", at_least=0
    )
    perceptual_network: str = _setting(
        "castles",
        "whose features are compared: `castles` (small, ships with the suite), `vgg16` "
        "(ImageNet weights, fetched once) or `vgg16_random` (no download, no meaning)",
        choices=("castles", "vgg16", "vgg16_random"),
    )
    perceptual_layers: tuple[str, ...] = _setting(
        ("features_1", "features_2", "features_3", "features_4"),
        "layers of that network, each with as much to say as the first; the idea: "
        "block2_conv2 of vgg16",
    )
    told_pictures: int = _setting(
        300,
        "of so many training pictures that a factors.csv describes, latent dimensions "
        "are told the factors: dimension k is column k; 0: none are told anything",
        at_least=0,
    )
    told_looks: bool = _setting(
        False,
        "without a factors.csv, what is told are looks measured from the pixels: "
        "brightness, sky, skyline and so on (pictures/looks); for photos",
    )
    told_weight: float = _setting(
        4.0, "weight of the squared errors of told dimensions", at_least=0
    )
    untold_weight: float = _setting(
        100.0,
        "where dimensions are told, times that beta weighs on all others; grows from 1 "
        "to this while training, so that they leave to the told ones what these can "
        "say",
        above=0,
    )

    # What is written while it trains, and after.
    monitor_every_steps: int = _setting(
        200, "steps between two monitor pictures; the idea: 1000", at_least=1
    )
    monitor_singles: bool = _setting(
        False, "write each monitor picture as a file of its own too"
    )
    log_every_steps: int = _setting(
        20, "steps averaged in one row of losses.csv", at_least=1
    )
    checkpoint_every_steps: int = _setting(
        200, "steps between two checkpoints; what a power cut can cost", at_least=1
    )
    rotation: str = _setting(
        "ica",
        "after training, latent axes are turned to where the codes are independent "
        "(`ica`) or left as they are (`none`); pictures are redrawn the same",
        choices=("ica", "none"),
    )
    unbend: bool = _setting(
        True,
        "after that, one dimension is given the place on each curve that codes lie "
        "along, and bent copies of others keep only what these do not tell of them; "
        "pictures are redrawn the same",
    )
    demo_iterations: int = _setting(100, "pictures dreamt after training", at_least=1)
    demo_sampler: str = _setting(
        "mixture",
        "what they are dreamt from: `mixture` (Gaussians fitted to the codes of "
        "training pictures) or `prior` (N(0, 1)); the idea: prior",
        choices=("mixture", "prior"),
    )
    demo_temperature: float = _setting(
        1.0,
        "factor on the standard deviation of these draws; less is more ordinary",
        above=0,
    )

    def __post_init__(self):
        _check(self)

    @property
    def implied_sigma(self):
        """Return the pixel error in [0, 1] at which beta balances the two terms.

        None where beta weighs something else than nats: by `sigma` it is relative to
        the error achieved, and by `capacity` it only holds the target.
        """
        if self.objective in ("sigma", "capacity"):
            return None
        return math.sqrt(self.beta / 2)


# What may change when a run goes on: it decides no training step. The pictures of a
# `dataset` that moved are compared with those that the run began with.
CHANGEABLE = (
    "dataset",
    "cache_gigabytes",
    "epochs",
    "patience_epochs",
    "monitor_every_steps",
    "monitor_singles",
    "demo_iterations",
    "demo_sampler",
    "demo_temperature",
)
# What the shapes of the trained weights follow from.
SIZES = (
    "img_dim",
    "latent_dim",
    "encoder",
    "encoder_filters",
    "encoder_units",
    "decoder",
    "decoder_filters",
    "decoder_channels",
)

# The networks, the optimizer and the one perceptual layer of the idea.
_IDEA = {
    "optimizer": "adam",
    "schedule": "exponential",
    "adam_beta_2": 0.999,
    "encoder": "pooled",
    "decoder": "plain",
    "unbend": False,
}
# What presets for photos have in common: their looks are told, for nobody described
# them, and dimensions that are told nothing shall draw all the rest.
_PHOTOS = {"flip": True, "told_looks": True, "untold_weight": 1.0}
_LANDMARKS_128 = {
    **_IDEA,
    **_PHOTOS,
    "name": "landmarks_128",
    "dataset": "landmarks",
    "img_dim": 128,
    "epochs": 20,
    "batch_size": 32,
    "initial_learning_rate": 0.0005,
    "latent_dim": 256,
    "encoder_filters": (64, 64, 128, 128, 256, 256),
    "encoder_units": 512,
    "decoder_filters": (512, 256, 128, 64, 64),
    "beta": 1.5,
    "kl_warm_up_steps": 5000,
    "gamma": 0.001,
    "perceptual_network": "vgg16",
    "perceptual_layers": ("block2_conv2",),
    "told_pictures": 20_000,
    "rotation": "none",
    "demo_sampler": "prior",
    "monitor_every_steps": 1000,
    "log_every_steps": 100,
    "checkpoint_every_steps": 1000,
}
_LANDMARKS_256 = {
    **_LANDMARKS_128,
    "name": "landmarks_256",
    "img_dim": 256,
    "encoder_filters": (32, 64, 64, 128, 128, 256, 256),
    "decoder_filters": (512, 256, 128, 64, 64, 32),
}
# Sharper and faster than the networks of the idea.
_SHARP = {
    "initial_learning_rate": 0.001,
    "schedule": "cosine",
    "adam_beta_2": 0.99,
    "encoder": "strided",
    "decoder": "modulated",
    "perceptual_layers": ("block1_conv2", "block2_conv2", "block3_conv3"),
}
_PHOTOS_64 = {
    **_PHOTOS,
    "name": "photos_64",
    "epochs": 40,
    "initial_learning_rate": 0.002,
    "latent_dim": 128,
    "beta": 0.02,
    "gamma": 0.0,
    "told_pictures": 4000,
}

# Named presets: what each changes against the defaults above.
PRESETS = {
    # Two CPU cores, about ten minutes: held-out RMSE 0.020, MIG 0.70, each of twelve
    # factors with a dimension of its own (seed 1).
    "castles": {},
    # Two CPU cores, under three minutes with the drawing: castles worth seeing;
    # held-out RMSE 0.040, seven of twelve factors owned (seed 1).
    "castles_quick": {"name": "castles_quick", "castle_count": 7200, "epochs": 1},
    # Two CPU cores, about twelve minutes: the idea's networks on castles, told nothing;
    # held-out RMSE 0.042.
    "castles_plain": {
        **_IDEA,
        "name": "castles_plain",
        "epochs": 3,
        "initial_learning_rate": 0.0008,
        "decay_rate": 0.5,
        "decay_steps": 940,
        "latent_dim": 16,
        "encoder_filters": (16, 32, 32, 64, 128),
        "perceptual_layers": ("features_2",),
        "beta": 0.2,
        "told_pictures": 0,
    },
    # Two CPU cores, 40 CPU minutes for 3,500 photos of one's own, their looks told.
    "photos_64": _PHOTOS_64,
    # One GPU (time not measured yet): a folder of one's own photos, sharper.
    "photos_128": {
        **_PHOTOS_64,
        "name": "photos_128",
        "img_dim": 128,
        "batch_size": 32,
        "latent_dim": 256,
        "encoder_filters": (64, 128, 128, 256, 256),
        "encoder_units": 512,
        "decoder_filters": (256, 128, 128, 64, 32),
        "gamma": 0.001,
        "perceptual_network": "vgg16",
        "perceptual_layers": _SHARP["perceptual_layers"],
    },
    # One GPU (time not measured yet): the full-size idea, on the author's archives.
    "landmarks_128": _LANDMARKS_128,
    "landmarks_128_sharp": {
        **_LANDMARKS_128,
        **_SHARP,
        "name": "landmarks_128_sharp",
    },
    # One large GPU (not measured yet): the same at twice the side.
    "landmarks_256": _LANDMARKS_256,
    "landmarks_256_sharp": {
        **_LANDMARKS_256,
        **_SHARP,
        "name": "landmarks_256_sharp",
    },
}


def choose_settings(preset, flags):
    """Return the `Hyperparameters` of a preset, changed by a dict of flags.

    Raises:
        UserMistake: a value cannot work, or the preset names no setting.
    """
    values = {**PRESETS[preset], **flags}
    known = {setting.name for setting in dataclasses.fields(Hyperparameters)}
    for name in values:
        if name not in known:
            raise UserMistake(
                f"preset {preset}: {name!r} is no setting; correct hyperparameters.py"
            )
    return Hyperparameters(**values)


def _check(settings):
    for setting in dataclasses.fields(settings):
        value = getattr(settings, setting.name)
        if not (_has_type(value, setting.type) and _is_within(value, setting)):
            _refuse(settings, setting.name, f"expected {expected(setting)}")
    if not FOLDER_NAME.fullmatch(settings.name) or not settings.name.strip(". "):
        _refuse(settings, "name", "expected a folder name: letters, digits, -, _ and .")
    if len(os.fsencode(settings.name)) > LONGEST_NAME:
        _refuse(settings, "name", f"expected at most {LONGEST_NAME} letters")
    if not settings.dataset:
        _refuse(settings, "dataset", "expected castles, landmarks or a folder")
    for name in ("encoder_filters", "decoder_filters"):
        _check_halving(settings, name)
    if settings.objective in ("beta_tc", "factor") and settings.batch_size < 2:
        _refuse(
            settings,
            "batch_size",
            f"but the objective {settings.objective} compares pictures; "
            "expected 2 or more",
        )
    if settings.checkpoint_every_steps % settings.log_every_steps:
        _refuse(
            settings,
            "checkpoint_every_steps",
            f"expected a multiple of log_every_steps ({settings.log_every_steps})",
        )


def _refuse(settings, name, words):
    value = getattr(settings, name)
    raise UserMistake(f"--{name.replace('_', '-')}: received {value!r}, {words}")


def expected(setting):
    """Return in words what values a field of `Hyperparameters` takes."""
    limits = setting.metadata["limits"]
    if "choices" in limits:
        *others, last = limits["choices"]
        return f"{', '.join(others)} or {last}"
    bounds = [
        f"{words} {limits[name]}" for name, words in _BOUNDS.items() if name in limits
    ]
    return " ".join([TYPES_IN_WORDS[setting.type], *bounds])


_BOUNDS = {"at_least": "from", "above": "above", "at_most": "up to"}

TYPES_IN_WORDS = {
    str: "text",
    int: "a whole number",
    int | None: "none, or a whole number",
    float: "a number",
    bool: "true or false",
    tuple[int, ...]: "whole numbers with commas between, each",
    tuple[str, ...]: "names with commas between",
}


def _has_type(value, kind):
    if kind in (tuple[int, ...], tuple[str, ...]):
        (part_kind, _) = get_args(kind)
        return isinstance(value, tuple) and all(
            _has_type(part, part_kind) for part in value
        )
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value)
    # A bool passes for an int in Python, but true is no number of pictures.
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _is_within(value, setting):
    limits = setting.metadata["limits"]
    if "choices" in limits:
        return value in limits["choices"]
    if value is None:
        return True
    numbers = value if isinstance(value, tuple) else (value,)
    return bool(numbers) and not any(
        ("at_least" in limits and number < limits["at_least"])
        or ("above" in limits and number <= limits["above"])
        or ("at_most" in limits and number > limits["at_most"])
        for number in numbers
    )


def _check_halving(settings, name):
    blocks = len(getattr(settings, name))
    if settings.img_dim % 2**blocks:
        _refuse(
            settings,
            "img_dim",
            f"but the {blocks} blocks of {name} halve or double the side {blocks} "
            f"times; use a multiple of {2**blocks}, or fewer blocks",
        )


def describe(settings):
    """Return the settings as text, one a line, values aligned."""
    values = dataclasses.asdict(settings)
    width = max(map(len, values))
    lines = [f"  {name.ljust(width)}  {value}" for name, value in values.items()]
    return "\n".join(lines)
