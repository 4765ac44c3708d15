"""Reads many pictures at once: those of a split, and those to redraw.

Owns what of a split can be read, and the pixels that are kept in memory. Which file
belongs to which split is `splits.py`; how one is decoded, `files.py`.
"""

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mistakes import Mishap, UserMistake
from pictures.files import UnreadablePicture, find_pictures, read_square
from pictures.walk import in_words, printable
from progress import Progress


class LostPicture(Mishap):
    """A picture that was read when the run began and cannot be read any more."""

    def __init__(self, path, reason):
        super().__init__(
            f"{printable(path)} could be read at the start and no longer can "
            f"({reason}): put it back and go on with --resume; nothing is lost but "
            "the steps since the last checkpoint"
        )


@dataclass(frozen=True)
class Split:
    """The readable pictures of one split.

    Attributes:
        folder: where they stand; a `factors.csv` in it may describe them.
        paths: their files, in a fixed order.
        side: pixels of a side after scaling.
        pixels: what `read_at` returns of all, when it fits in memory, else None.
        skipped: pairs of (path, reason) for files that cannot be decoded.
        fit: how they become squares: `crop` or `pad`, as `files.read_square` does it.
        inside_share: share of the squares' area that pictures fill; 1 unless padded.
    """

    folder: Path
    paths: Sequence[Path]
    side: int
    pixels: np.ndarray | None = None
    skipped: Sequence[tuple[Path, str]] = ()
    fit: str = "crop"
    inside_share: float = 1.0

    def __len__(self):
        """Return how many pictures there are."""
        return len(self.paths)

    @property
    def shape(self):
        """Return the shape of one picture as `read_at` returns it."""
        return square_shape(self.side, self.fit)

    def read_at(self, indices):
        """Read the pictures at these positions from their files, `(count, *shape)`.

        Raises:
            LostPicture: one of them cannot be read any more.
        """
        return np.stack([self._read(self.paths[index]) for index in indices])

    def _read(self, path):
        try:
            return read_square(path, self.side, self.fit)
        except UnreadablePicture as error:
            raise LostPicture(path, error) from None

    def read(self):
        """Return all pictures, uint8 `(count, side, side, 3)`; bars are black."""
        pixels = self.read_at(range(len(self))) if self.pixels is None else self.pixels
        return pixels[..., :3]

    def take(self, indices):
        """Return a `Split` of the pictures at these positions."""
        paths = [self.paths[index] for index in indices]
        pixels = None if self.pixels is None else self.pixels[indices]
        return replace(self, paths=paths, pixels=pixels)

    def spread(self, most):
        """Return a `Split` of at most so many pictures, evenly spread over all."""
        count = min(most, len(self))
        return self.take(np.linspace(0, len(self) - 1, count).round().astype(int))


def square_shape(side, fit):
    """Return the shape of a picture as `files.read_square` returns it."""
    return side, side, 4 if fit == "pad" else 3


def read_split(listing, side, cache_bytes, label, fit="crop"):
    """Decode every file once, and return those that can be read as a `Split`.

    This is also how unreadable files are found before training starts. The pixels
    are kept when they fit in `cache_bytes`, so that they need no second decoding.

    Args:
        listing: `splits.Listing`.
        side: of a picture after scaling, in pixels.
        cache_bytes: memory for pixels that are kept.
        label: what the progress line says.
        fit: as in `Split`.
    """
    folder, paths = listing
    shape = square_shape(side, fit)
    is_kept = len(paths) * math.prod(shape) <= cache_bytes
    pixels = np.empty((len(paths) if is_kept else 0, *shape), np.uint8)
    readable, skipped, inside = [], [], 0.0

    def read(path):
        try:
            return read_square(path, side, fit), None
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
            inside += 1.0 if fit == "crop" else np.mean(picture[..., 3] > 0)
    pixels = pixels[: len(readable)] if is_kept else None
    inside_share = inside / max(1, len(readable))
    return Split(folder, readable, side, pixels, skipped, fit, inside_share)


def _in_order(pool, function, items, at_once=256):
    """Yield `function(item)` in order with a bounded number of results waiting."""
    for start in range(0, len(items), at_once):
        yield from pool.map(function, items[start : start + at_once])


def read_to_reconstruct(folder, side, fit="crop"):
    """Return the pictures of `folder`, one array of what `read_square` returns.

    They become squares as those to train on do.

    Raises:
        UserMistake: there is no picture that can be read.
    """
    found, pictures = find_pictures(folder), []
    if found.passed_over:
        print(f"{printable(folder)}: {in_words(found.passed_over)}")
    for path in found.paths:
        try:
            pictures.append(read_square(path, side, fit))
        except UnreadablePicture as error:
            print(f"left out {printable(path)}: {error}")
    if not pictures:
        raise UserMistake(f"{folder} holds no picture to reconstruct; put some there")
    return np.stack(pictures)
