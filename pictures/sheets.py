"""Lays pictures on a sheet: labels beside rows, headings above, captions below.

Owns how large a picture is shown and where words stand around it. Draws images only;
writing them is left to `pictures/files.py`.
"""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SHEET_COLOUR = (24, 24, 28)
CAPTION_COLOUR = (200, 200, 205)
TILE_SIDE = 128
GAP = 2
HEADING_HEIGHT = 26
CAPTION_HEIGHT = 22
LABEL_MARGIN = 10
LONGEST_WORDS = 320
BRIGHT = (240, 240, 244)


def sheet(pictures, columns, gap=2, captions=None, scale=1):
    """Return uint8 pictures `(count, height, width, 3)` side by side as one image.

    Args:
        pictures: a sequence of equally large uint8 pictures.
        columns: how many stand in one row.
        gap: pixels between two pictures and around the sheet.
        captions: one short text for each picture, written below it; None for none.
        scale: whole number by which every pixel is enlarged, for small pictures.
    """
    height, width = np.asarray(pictures[0]).shape[:2]
    height, width = height * scale, width * scale
    rows = math.ceil(len(pictures) / columns)
    caption_height = 12 if captions else 0
    cell_width, cell_height = width + gap, height + caption_height + gap
    size = (gap + columns * cell_width, gap + rows * cell_height)
    canvas = Image.new("RGB", size, SHEET_COLOUR)
    pen = ImageDraw.Draw(canvas)
    for index, pixels in enumerate(pictures):
        row, column = divmod(index, columns)
        corner = (gap + column * cell_width, gap + row * cell_height)
        tile = Image.fromarray(np.asarray(pixels))
        canvas.paste(tile.resize((width, height), Image.Resampling.NEAREST), corner)
        if captions:
            below = (corner[0], corner[1] + height)
            pen.text(below, captions[index], fill=CAPTION_COLOUR)
    return canvas


def tile(picture):
    """Return a picture about 128 pixels wide; small ones are enlarged pixel by pixel.

    Args:
        picture: uint8 `(side, side, 3)`.
    """
    side = len(picture)
    if side > TILE_SIDE:
        shrunk = Image.fromarray(picture).resize(
            (TILE_SIDE, TILE_SIDE), Image.Resampling.LANCZOS
        )
        return np.asarray(shrunk)
    return picture.repeat(TILE_SIDE // side, axis=0).repeat(TILE_SIDE // side, axis=1)


def font(size):
    """Return the font that comes with Pillow, `size` pixels high."""
    return ImageFont.load_default(size)


def labelled_rows(rows, labels, headings):
    """Return rows of tiles with words left of each row and above each column.

    Args:
        rows: equally many tiles each, uint8 `(side, side, 3)`.
        labels: up to three short texts for each row, the first one large; () for none.
        headings: one short text for each column.
    """
    tiles = sheet([picture for row in rows for picture in row], len(headings), GAP)
    left = _width_of(labels)
    size = (left + tiles.width, HEADING_HEIGHT + tiles.height)
    whole = Image.new("RGB", size, SHEET_COLOUR)
    whole.paste(tiles, (left, HEADING_HEIGHT))
    pen, cell = ImageDraw.Draw(whole), len(rows[0][0]) + GAP
    for column, heading in enumerate(headings):
        middle = (left + GAP + column * cell + cell // 2, HEADING_HEIGHT - 4)
        pen.text(middle, heading, CAPTION_COLOUR, font(15), anchor="ms")
    for row, (name, *words) in enumerate(labels):
        top = HEADING_HEIGHT + GAP + row * cell + cell // 2 - 33
        pen.text((LABEL_MARGIN, top), name, BRIGHT, font(20))
        for line, text in enumerate(words):
            corner = (LABEL_MARGIN, top + 27 + 20 * line)
            pen.text(corner, _cut(text, LONGEST_WORDS, 15), CAPTION_COLOUR, font(15))
    return whole


def captioned_grid(tiles, captions, columns):
    """Return tiles `(side, side, 3)` in a grid, each with its caption below it."""
    side = len(tiles[0])
    band = np.full((CAPTION_HEIGHT, side, 3), SHEET_COLOUR, np.uint8)
    whole = sheet([np.concatenate([picture, band]) for picture in tiles], columns, GAP)
    pen = ImageDraw.Draw(whole)
    for index, caption in enumerate(captions):
        row, column = divmod(index, columns)
        left = GAP + column * (side + GAP)
        below = GAP + row * (side + CAPTION_HEIGHT + GAP) + side
        pen.text((left + 3, below + 1), _cut(caption, side - 3, 12), BRIGHT, font(12))
    return whole


def titled(whole, title):
    """Return an image with one line of words above it, smaller if they are many."""
    taller = (whole.width, HEADING_HEIGHT + whole.height)
    with_title = Image.new("RGB", taller, SHEET_COLOUR)
    with_title.paste(whole, (0, HEADING_HEIGHT))
    room = whole.width - 2 * GAP
    size = 15
    while size > 9 and _width(title, size) > room:
        size -= 1
    words = _cut(title, room, size)
    ImageDraw.Draw(with_title).text((GAP, 4), words, CAPTION_COLOUR, font(size))
    return with_title


def _width_of(labels):
    if not labels:
        return 0
    widest = max(_width(line, 15) for label in labels for line in label)
    return int(min(widest, LONGEST_WORDS)) + 2 * LABEL_MARGIN


def _width(text, size):
    return font(size).getlength(text)


def _cut(text, width, size):
    while text and _width(text, size) > width:
        text = text[:-1]
    return text
