"""Draws walks through the latent space: what each dimension does to a picture.

Owns `traversals.png`, `traversals.gif` and `interpolation.png` of a run. Which
dimensions are worth a row, and what they are called, is decided in dimensions.py.
"""

import numpy as np
from PIL import Image, ImageDraw

from latents.dimensions import active_dimensions
from pictures.files import to_uint8, write_gif, write_picture
from pictures.sheets import (
    CAPTION_COLOUR,
    SHEET_COLOUR,
    captioned_grid,
    font,
    labelled_rows,
    sheet,
    tile,
)

# In standard deviations of the prior: 99 in 100 of its draws lie within.
REACH = 2.5
COLUMNS = 11
MOST_ROWS = 12
# Held-out pictures of which the most ordinary one is walked away from.
HELD_OUT_SHOWN = 100

SWEEP_FRAMES = 40
SWEEP_MILLISECONDS = 60
SWEEP_COLUMNS = 4


def write(vae, pictures, latents, run):
    """Write the three pictures of a run.

    Args:
        vae: trained `model.VAE`.
        pictures: `data.Pictures`; the traversals start from the most ordinary of those
            to test on, the walks lead between those to reconstruct.
        latents: the part `latents` of the run's figures.
        run: `RunFolder`.
    """
    held_out = pictures.test.spread(HELD_OUT_SHOWN).read()
    means = _encode_means(vae, held_out)
    start = most_ordinary(means)
    dimensions = active_dimensions(latents, MOST_ROWS)
    write_traversals(vae, held_out[start], means[start], dimensions, run.traversals)
    write_sweep(vae, means[start], dimensions, run.sweep)
    write_interpolation(vae, pictures.to_reconstruct, run.interpolation)


def _encode_means(vae, pictures):
    """Return the posterior means of uint8 pictures, `(count, latent_dim)`."""
    return vae.encode([pictures.astype(np.float32) / 255.0])[0]


def most_ordinary(means):
    """Return the index of the code closest to the middle of the prior."""
    return int(np.argmin(np.sum(np.square(means), axis=1)))


def move_one_by_one(code, numbers, values):
    """Return `code` with one dimension at a time set to each value.

    Args:
        code: `(latent_dim,)`.
        numbers: the dimensions to move, `(rows,)`.
        values: where to, `(columns,)`.

    Returns:
        `(rows, columns, latent_dim)`.
    """
    moved = np.tile(code, (len(numbers), len(values), 1))
    for row, number in enumerate(numbers):
        moved[row, :, number] = values
    return moved


def straight_between(start, end, count):
    """Return `count` codes from `start` to `end`, both included, on a straight line.

    Not on an arc: between (1, a) and (1, b) an arc would leave 1 and come back, so that
    what two pictures have in common would change between them. Arcs are meant for draws
    from the prior, which lie near a shell of radius sqrt(latent_dim); posterior means
    lie well inside it.
    """
    return np.linspace(start, end, count)


def write_traversals(vae, original, code, dimensions, path):
    """Write a sheet with a row for each dimension, moved from -2.5 to 2.5 sigma.

    Args:
        vae: trained `model.VAE`.
        original: the picture that `code` stands for, uint8 `(side, side, 3)`.
        code: `(latent_dim,)`.
        dimensions: `LatentDimension`s, one a row.
        path: the PNG file.
    """
    values = np.linspace(-REACH, REACH, COLUMNS)
    numbers = [dimension.number for dimension in dimensions]
    moved = move_one_by_one(code, numbers, values)
    rows = _decode(vae, moved)
    labels = [
        (dimension.name, f"{dimension.kl_nats:.2f} nats", dimension.meaning)
        for dimension in dimensions
    ]
    headings = [f"{value:+.1f}" if value else "0" for value in values]
    grid = labelled_rows(rows, labels, headings)
    redrawn = _decode(vae, code[np.newaxis, np.newaxis])[0, 0]
    start = sheet([tile(original), redrawn], columns=2)
    whole = Image.new("RGB", (grid.width, start.height + grid.height), SHEET_COLOUR)
    whole.paste(start, (0, 0))
    whole.paste(grid, (0, start.height))
    text = (
        "Left: a picture from the test set, and the same picture redrawn from its\n"
        "code. Below: each row moves one dimension, in standard deviations of the\n"
        "prior, and keeps the others. Rows are ordered by KL divergence; under it\n"
        "the factor that the dimension knows most about, and how much (0 to 1)."
    )
    pen = ImageDraw.Draw(whole)
    pen.multiline_text(
        (start.width + 14, 14), text, CAPTION_COLOUR, font(17), spacing=9
    )
    write_picture(whole, path)


def write_sweep(vae, code, dimensions, path):
    """Write an animation in which every dimension swings back and forth by itself."""
    # Half a swing holds every picture; the other half shows them backwards.
    angles = np.linspace(-np.pi / 2, np.pi / 2, SWEEP_FRAMES // 2 + 1)
    numbers = [dimension.number for dimension in dimensions]
    moved = move_one_by_one(code, numbers, REACH * np.sin(angles))
    captions = [
        f"{dimension.name} {dimension.factor_in_words}" for dimension in dimensions
    ]
    columns = min(SWEEP_COLUMNS, len(dimensions))
    frames = [
        captioned_grid(tiles, captions, columns)
        for tiles in _decode(vae, moved).swapaxes(0, 1)
    ]
    swing = frames + frames[-2:0:-1]
    write_gif(swing, path, [SWEEP_MILLISECONDS] * len(swing))


def write_interpolation(vae, originals, path):
    """Write a sheet with a walk in each row, from one original to the next.

    The outermost pictures are the originals, the others are decoded. Six rows at most;
    nothing is written for a single original.
    """
    pairs = [(first, first + 1) for first in range(0, len(originals) - 1, 2)][:6]
    if not pairs:
        return
    means = _encode_means(vae, originals)
    walks = [straight_between(means[a], means[b], COLUMNS) for a, b in pairs]
    drawn = _decode(vae, np.stack(walks))
    rows = [
        [tile(originals[a]), *row, tile(originals[b])]
        for (a, b), row in zip(pairs, drawn, strict=True)
    ]
    shares = [f"{share:.0%}" for share in np.linspace(0, 1, COLUMNS)]
    write_picture(labelled_rows(rows, (), ["original", *shares, "original"]), path)


def _decode(vae, codes):
    """Return the pictures of codes `(rows, columns, latent_dim)` as uint8 tiles."""
    rows, columns, latent_dim = codes.shape
    flat = codes.reshape(-1, latent_dim).astype(np.float32)
    tiles = np.stack([tile(picture) for picture in to_uint8(vae.decode(flat))])
    return tiles.reshape(rows, columns, *tiles.shape[1:])
