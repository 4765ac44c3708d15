"""Pictures redrawn by the networks of a finished run."""

import numpy as np
from PIL import Image

from mistakes import UserMistake
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


def write(vae, source, settings, folder):
    """Redraw all pictures of a folder into another, with a sheet of the first pairs.

    Files that cannot be decoded are left out, and named on the screen.

    Args:
        vae: as `model.load_networks` returns it.
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
