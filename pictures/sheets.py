"""Lays pictures on a sheet: labels beside rows, headings above, captions below.

Owns how large a picture is shown and where words stand around it. Draws images only;
writing them is left to `pictures/files.py`.
"""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

SHEET_COLOUR = (24, 24, 28)
CAPTION_COLOUR = (200, 200, 205)
BRIGHT = (240, 240, 244)
TILE_SIDE = 128
GAP = 2
HEADING_HEIGHT = 26
LABEL_MARGIN = 10
LONGEST_WORDS = 320


def sheet(pictures, columns, captions=None, caption_pixels=10):
    """Return pictures side by side as one image.

    Args:
        pictures: equally large ones, uint8 `(height, width, 3)`.
        columns: how many stand in one row.
        captions: one text for each picture, below it and cut to its width; or None.
        caption_pixels: height of their letters.
    """
    height, width = pictures[0].shape[:2]
    cell_width = width + GAP
    cell_height = height + (caption_pixels + 2 if captions else 0) + GAP
    rows = math.ceil(len(pictures) / columns)
    size = (GAP + columns * cell_width, GAP + rows * cell_height)
    whole = Image.new("RGB", size, SHEET_COLOUR)
    pen = ImageDraw.Draw(whole)
    for index, pixels in enumerate(pictures):
        row, column = divmod(index, columns)
        left, top = GAP + column * cell_width, GAP + row * cell_height
        whole.paste(Image.fromarray(pixels), (left, top))
        if captions:
            words = _cut(captions[index], width, caption_pixels)
            below = (left, top + height)
            pen.text(below, words, CAPTION_COLOUR, font(caption_pixels))
    return whole


def tile(picture):
    """Return a uint8 picture about 128 pixels wide, small ones as `enlarged`."""
    if len(picture) <= TILE_SIDE:
        return enlarged(picture)
    size = (TILE_SIDE, TILE_SIDE)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def enlarged(picture):
    """Return a picture enlarged pixel by pixel, if at least two fit in 128 pixels."""
    times = max(1, TILE_SIDE // len(picture))
    return picture.repeat(times, axis=0).repeat(times, axis=1)


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
    tiles = sheet([picture for row in rows for picture in row], len(headings))
    left = _width_of(labels)
    whole = ImageOps.expand(tiles, (left, HEADING_HEIGHT, 0, 0), SHEET_COLOUR)
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


def titled(whole, title):
    """Return an image with one line of words above it, smaller if they are many."""
    with_title = ImageOps.expand(whole, (0, HEADING_HEIGHT, 0, 0), SHEET_COLOUR)
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
