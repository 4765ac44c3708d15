"""Reads many pictures at once: those of a split, and those to redraw.

Owns what of a split can be read, and the pixels that are kept in memory. Which file
belongs to which split is `splits.py`; how one is decoded, `files.py`.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mistakes import UserMistake
from pictures.files import UnreadablePicture, find_pictures, read_square
from pictures.walk import printable
from progress import Progress


@dataclass(frozen=True)
class Split:
    """The readable pictures of one split.

    Attributes:
        folder: where they stand; a `factors.csv` in it may describe them.
        paths: their files, in a fixed order.
        side: pixels of a side after scaling and cutting.
        pixels: uint8 `(count, side, side, 3)` when they fit in memory, else None.
        skipped: pairs of (path, reason) for files that cannot be decoded.
    """

    folder: Path
    paths: Sequence[Path]
    side: int
    pixels: np.ndarray | None = None
    skipped: Sequence[tuple[Path, str]] = ()

    def __len__(self):
        """Return how many pictures there are."""
        return len(self.paths)

    def read(self):
        """Return all pictures, uint8 `(count, side, side, 3)`."""
        if self.pixels is not None:
            return self.pixels
        return np.stack([read_square(path, self.side) for path in self.paths])

    def take(self, indices):
        """Return a `Split` of the pictures at these positions."""
        paths = [self.paths[index] for index in indices]
        pixels = None if self.pixels is None else self.pixels[indices]
        return replace(self, paths=paths, pixels=pixels)

    def spread(self, most):
        """Return a `Split` of at most so many pictures, evenly spread over all."""
        count = min(most, len(self))
        return self.take(np.linspace(0, len(self) - 1, count).round().astype(int))


def read_split(listing, side, cache_bytes, label):
    """Decode every file once, and return those that can be read as a `Split`.

    This is also how unreadable files are found before training starts. The pixels
    are kept when they fit in `cache_bytes`, so that they need no second decoding.

    Args:
        listing: `splits.Listing`.
        side: of a picture after scaling and cutting, in pixels.
        cache_bytes: memory for pixels that are kept.
        label: what the progress line says.
    """
    folder, paths = listing
    is_kept = len(paths) * side * side * 3 <= cache_bytes
    pixels = np.empty((len(paths) if is_kept else 0, side, side, 3), np.uint8)
    readable, skipped = [], []

    def read(path):
        try:
            return read_square(path, side), None
        except UnreadablePicture as error:
            return None, str(error)

    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        Progress(len(paths), unit="pictures", label=label) as progress,
    ):
        found = zip(paths, _in_order(pool, read, paths), strict=True)
        for path, (picture, reason) in found:
            progress.advance()
            if reason:
                skipped.append((path, reason))
                continue
            if is_kept:
                pixels[len(readable)] = picture
            readable.append(path)
    pixels = pixels[: len(readable)] if is_kept else None
    return Split(folder, readable, side, pixels, skipped)


def _in_order(pool, function, items, at_once=256):
    """Yield `function(item)` in order with a bounded number of results waiting."""
    for start in range(0, len(items), at_once):
        yield from pool.map(function, items[start : start + at_once])


def read_to_reconstruct(folder, side):
    """Return the pictures of `folder` as uint8 `(count, side, side, 3)`.

    Raises:
        UserMistake: there is no picture that can be read.
    """
    pictures = []
    for path in find_pictures(folder).paths:
        try:
            pictures.append(read_square(path, side))
        except UnreadablePicture as error:
            print(f"left out {printable(path)}: {error}")
    if not pictures:
        raise UserMistake(f"{folder} holds no picture to reconstruct; put some there")
    return np.stack(pictures)
