"""Folders of plain grey pictures, to tell which is which."""

from PIL import Image

from pictures.files import find_pictures
from pictures.reading import read_split
from pictures.splits import Listing


def fill(folder, count, side=8, start=0):
    """Write `count` pictures of a grey value each, 0, 1, 2 and so on, white right."""
    folder.mkdir(parents=True, exist_ok=True)
    for value in range(start, start + count):
        picture = Image.new("RGB", (side, side), (value, value, value))
        picture.paste("white", (side - 1, 0, side, side))
        picture.save(folder / f"picture_{value:03d}.png")
    return folder


def read(folder, cache_bytes=1e9, side=8, fit="crop"):
    listing = Listing(folder, find_pictures(folder).paths)
    return read_split(listing, side, cache_bytes, "reading", fit)
