"""Pictures redrawn by the networks of a finished run."""

import keras
import numpy as np
from PIL import Image

from mistakes import UserMistake
from model import VAE
from pictures.files import (
    UnreadablePicture,
    find_pictures,
    read_square,
    to_uint8,
    write_picture,
)
from pictures.sheets import sheet
from pictures.walk import printable
from progress import Progress

# Pairs of a picture and its redrawing on the sheet, and how many stand in a row.
MOST_PAIRS, PAIRS_IN_ROW = 50, 5


def load_vae(run):
    """Return the `VAE` of the networks saved in a `RunFolder`, not to be trained.

    Raises:
        UserMistake: one of them cannot be read.
    """
    networks = []
    for name in ("encoder", "decoder"):
        path = run.network(name)
        try:
            networks.append(keras.models.load_model(path, compile=False))
        except (OSError, ValueError, KeyError) as error:
            reason = " ".join(str(error).split())
            raise UserMistake(
                f"{path} cannot be read ({reason}); write it again by "
                f"{run.how_to_go_on()}"
            ) from None
    return VAE(*networks, beta=0.0, gamma=0.0)


def write(vae, source, settings, folder):
    """Redraw all pictures of a folder into another, with a sheet of the first pairs.

    Files that cannot be decoded are left out, and named on the screen.

    Args:
        vae: as `load_vae` returns it.
        source: folder of pictures.
        settings: `Hyperparameters` of the run.
        folder: where each file `a/b.jpg` becomes `a/b.jpg.png`.

    Raises:
        UserMistake: there is no picture that can be read.
    """
    pairs, count = [], 0
    paths = find_pictures(source).paths
    with Progress(len(paths), unit="pictures", label="redrawing") as progress:
        for path in paths:
            progress.advance()
            try:
                original = read_square(path, settings.img_dim, settings.fit)[..., :3]
            except UnreadablePicture as error:
                print(f"left out {printable(path)}: {error}")
                continue
            redrawn = _redraw(vae, original)
            inside = path.relative_to(source)
            target = folder / inside.with_name(f"{inside.name}.png")
            target.parent.mkdir(parents=True, exist_ok=True)
            write_picture(Image.fromarray(redrawn), target)
            count += 1
            if count <= MOST_PAIRS:
                pairs += [original, redrawn]
    if not count:
        raise UserMistake(f"{source} holds no picture that can be redrawn")
    write_picture(sheet(pairs, 2 * PAIRS_IN_ROW), folder / "originals_and_redrawn.png")


def _redraw(vae, picture):
    means, _ = vae.encode([picture[np.newaxis].astype(np.float32) / 255.0])
    return to_uint8(vae.decode(means))[0]
