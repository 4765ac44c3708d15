"""Draws walks through the latent space: what each dimension does to a picture.

Owns `traversals.png`, `traversals.gif` and `interpolation.png` of a run. Which
dimensions are worth a row, and what they are called, is decided in dimensions.py.
"""

import numpy as np
from PIL import ImageDraw, ImageOps

from latents.dimensions import active_dimensions
from pictures.files import to_uint8, write_gif, write_picture
from pictures.sheets import (
    CAPTION_COLOUR,
    SHEET_COLOUR,
    font,
    labelled_rows,
    sheet,
    tile,
)

# In standard deviations of the prior: 99 in 100 of its draws lie within.
REACH = 2.5
COLUMNS = 11
MOST_ROWS = 12
MOST_WALKS = 6
# Held-out pictures of which the most ordinary one is walked away from.
HELD_OUT_SHOWN = 100

SWEEP_FRAMES = 40
SWEEP_MILLISECONDS = 60
SWEEP_COLUMNS = 4

EXPLANATION = """\
Left: a picture from the test set, and the same picture redrawn from its
code. Below: each row moves one dimension, in standard deviations of the
prior, and keeps the others. Told dimensions come first, under their names,
then the others by KL divergence; below, the factor that the dimension
knows most about, and how much (0 to 1)."""


def write(vae, pictures, latents, run):
    """Write the three pictures of a `RunFolder`; no walks for a single original.

    The traversals start from the most ordinary of the test `pictures`, the walks lead
    between those to reconstruct. `latents` is that part of the run's figures.
    """
    held_out = pictures.test.spread(HELD_OUT_SHOWN).read()
    means = _encode_means(vae, held_out)
    start = most_ordinary(means)
    dimensions = active_dimensions(latents, MOST_ROWS, run.read_names())
    write_traversals(vae, held_out[start], means[start], dimensions, run.traversals)
    write_sweep(vae, means[start], dimensions, run.sweep)
    if len(pictures.to_reconstruct) > 1:
        write_interpolation(vae, pictures.to_reconstruct, run.interpolation)


def write_traversals(vae, original, code, dimensions, path):
    """Write a sheet with a row for each dimension, moved from -2.5 to 2.5 sigma.

    `original`, uint8 `(side, side, 3)`, is the picture that `code` stands for.
    """
    values = np.linspace(-REACH, REACH, COLUMNS)
    redrawn = _decode_tiles(vae, code)
    rows = _decode_tiles(vae, move_one_by_one(code, dimensions, values))

    labels = [
        (dimension.name, f"{dimension.kl_nats:.2f} nats", dimension.meaning)
        for dimension in dimensions
    ]
    headings = [f"{value:+.1f}" if value else "0" for value in values]
    grid = labelled_rows(rows, labels, headings)
    start = sheet([tile(original), redrawn], columns=2)
    whole = ImageOps.expand(grid, (0, start.height, 0, 0), SHEET_COLOUR)
    whole.paste(start)
    ImageDraw.Draw(whole).multiline_text(
        (start.width + 14, 14), EXPLANATION, CAPTION_COLOUR, font(17), spacing=9
    )
    write_picture(whole, path)


def write_sweep(vae, code, dimensions, path):
    """Write an animation in which every dimension swings back and forth by itself."""
    # Half a swing holds every picture; the other half shows them backwards.
    angles = np.linspace(-np.pi / 2, np.pi / 2, SWEEP_FRAMES // 2 + 1)
    moved = move_one_by_one(code, dimensions, REACH * np.sin(angles))
    tiles_of_frames = _decode_tiles(vae, moved).swapaxes(0, 1)

    captions = [dimension.caption for dimension in dimensions]
    columns = min(SWEEP_COLUMNS, len(dimensions))
    frames = [sheet(tiles, columns, captions, 12) for tiles in tiles_of_frames]
    swing = frames + frames[-2:0:-1]
    write_gif(swing, path, [SWEEP_MILLISECONDS] * len(swing))


def write_interpolation(vae, originals, path):
    """Write a sheet with a walk in each row, from one original to the next.

    The outermost pictures are the originals, the others are decoded.
    """
    walk_count = min(len(originals) // 2, MOST_WALKS)
    starts, ends = originals[: 2 * walk_count : 2], originals[1 : 2 * walk_count : 2]
    means, end_means = _encode_means(vae, starts), _encode_means(vae, ends)
    walks = _decode_tiles(vae, straight_between(means, end_means, COLUMNS))

    rows = [
        [tile(start), *walk, tile(end)]
        for start, walk, end in zip(starts, walks, ends, strict=True)
    ]
    shares = [f"{share:.0%}" for share in np.linspace(0, 1, COLUMNS)]
    headings = ["original", *shares, "original"]
    write_picture(labelled_rows(rows, (), headings), path)


def most_ordinary(means):
    """Return the index of the code closest to the middle of the prior."""
    return int(np.argmin(np.sum(np.square(means), axis=1)))


def move_one_by_one(code, dimensions, values):
    """Return `code` with one dimension at a time set to each value.

    Returns:
        `(dimension_count, value_count, latent_dim)`.
    """
    moved = np.tile(code, (len(dimensions), len(values), 1))
    for row, dimension in enumerate(dimensions):
        moved[row, :, dimension.number] = values
    return moved


def straight_between(starts, ends, count):
    """Return `(..., count, latent_dim)` codes from starts to ends, on straight lines.

    Not on arcs: between (1, a) and (1, b) an arc would leave 1 and come back, so that
    what two pictures have in common would change between them. Arcs are meant for draws
    from the prior, which lie near a shell of radius sqrt(latent_dim); posterior means
    lie well inside it.
    """
    return np.linspace(starts, ends, count, axis=-2)


def _encode_means(vae, pictures):
    """Return the posterior means of uint8 pictures, `(count, latent_dim)`."""
    return vae.encode([pictures.astype(np.float32) / 255.0])[0]


def _decode_tiles(vae, codes):
    """Return the pictures of codes `(..., latent_dim)` as uint8 tiles."""
    flat = codes.reshape(-1, codes.shape[-1]).astype(np.float32)
    tiles = np.stack([tile(picture) for picture in to_uint8(vae.decode(flat))])
    return tiles.reshape(*codes.shape[:-1], *tiles.shape[1:])
