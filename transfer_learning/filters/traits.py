"""What can be known of a filter without TensorFlow.

Owns the choices it is built from, and one small JSON document inside its .keras file,
which Keras ignores.
"""

import dataclasses
import json
import zipfile
from pathlib import Path

from mistakes import UserMistake

MEMBER_NAME = "filter.json"
RESIZES = ("nearest", "bilinear")  # filters of Pillow
NETWORKS = ("densenet121", "densenet169", "densenet201")
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Mean and variance of each channel: pictures become (x - mean) / sqrt(variance).
SCALINGS = {
    # What the ImageNet weights of DenseNet were trained with.
    "imagenet": {
        "mean": [255 * mean for mean in IMAGENET_MEAN],
        "variance": [(255 * deviation) ** 2 for deviation in IMAGENET_DEVIATION],
    },
    # The published filters were trained on pictures / 255 and nothing else.
    "unit": {"mean": 0.0, "variance": 255.0**2},
}


@dataclasses.dataclass(frozen=True)
class Traits:
    """What the weights of a filter do not tell."""

    task: str
    positive: str  # the class that a score near 1 stands for
    negative: str
    threshold: float  # what the lowest score of its ensemble has to exceed
    side: int  # height and width of the input in pixels
    resize: str  # how a photo is brought to that size, one of RESIZES


def write_traits(path, traits):
    """Write `traits` into the .keras file that Keras has just saved."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MEMBER_NAME, json.dumps(dataclasses.asdict(traits), indent=2))


def read_traits(path):
    """Return the `Traits` in the file of a filter.

    Raises:
        UserMistake: the file is missing or is not a filter of this suite.
    """
    if not Path(path).exists():
        raise UserMistake(f"the filter {path} does not exist: train.py writes filters")
    try:
        with zipfile.ZipFile(path) as archive:
            return Traits(**json.loads(archive.read(MEMBER_NAME)))
    except (
        IsADirectoryError,
        zipfile.BadZipFile,
        KeyError,
        TypeError,
        ValueError,
    ):
        raise UserMistake(
            f"{path} is not a filter of this suite (no {MEMBER_NAME} in it): name a "
            f"file that train.py or deploy.py wrote, or convert a SavedModel by "
            f"python -m transfer_learning.filters.conversion"
        ) from None


def file_fingerprint(path):
    """Return the checksums of all that a .keras file holds, as one short text."""
    with zipfile.ZipFile(path) as archive:
        sums = [f"{member.CRC:08x}" for member in archive.infolist()]
    return "-".join(sums)
