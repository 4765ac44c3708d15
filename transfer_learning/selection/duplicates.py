"""Near-duplicates: one picture saved anew, resized, or slightly cropped.

Two photos are compared by a 64-bit hash of their coarse structure (pHash: the signs of
the lowest frequencies). What differs in at most `SURE_BITS` is the same; what differs
in up to `MOST_BITS`, and only that, is looked at by the trunk of a filter. No photo is
compared with all others, only with those whose hashes have two of eight bytes in
common: that is sure of hashes that differ in up to six bits, and likely up to ten.
"""

import itertools
import os
from concurrent.futures import ThreadPoolExecutor

import imagehash
import numpy as np

from mistakes import Mishap
from pictures.files import UnreadablePicture, open_picture
from pictures.walk import printable
from progress import Progress
from transfer_learning.selection.decisions import REJECTED

BYTES = 8
SURE_BITS, MOST_BITS = 3, 10
# Cosine of the trunk's mean features from which on two photos show the same. It is
# reached by 99 % of real photos and their copies cut by 1 to 5 %, and by 1 of 200 pairs
# of different ones whose hashes are near (DenseNet121 of random weights at 96 px).
LEAST_LIKENESS = 0.96
# The hash is made of 32 x 32 pixels.
SIDE_ENOUGH = 128
PHOTOS_AT_ONCE, PAIRS_AT_ONCE = 512, 2048


def read_hashes(sources):
    """Return uint64 `(count,)`, the hash of each photo.

    Raises:
        Mishap: a photo cannot be read any more.
    """
    hashes = np.empty(len(sources), np.uint64)
    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        Progress(len(sources), "photos", "Comparing") as progress,
    ):
        for start in range(0, len(sources), PHOTOS_AT_ONCE):
            some = sources[start : start + PHOTOS_AT_ONCE]
            hashes[start : start + len(some)] = list(pool.map(_read_hash, some))
            progress.advance(len(some))
    return hashes


def _read_hash(source):
    try:
        return perceptual_hash(open_picture(source, at_least=SIDE_ENOUGH))
    except UnreadablePicture as error:
        raise Mishap(f"{printable(source)}: {error}") from error


def perceptual_hash(picture):
    """Return the pHash of a Pillow image as an int of 64 bits."""
    return int(str(imagehash.phash(picture)), 16)


def find_groups(hashes, sources, features_of):
    """Return the number of its group for each photo, an int array `(count,)`.

    `features_of` returns the features of some of the `sources`, vectors of length 1; it
    is called only if there are pairs that the hashes leave open.
    """
    different, first, places = np.unique(hashes, return_index=True, return_inverse=True)
    groups = _Groups(len(different))
    open_pairs = np.empty((0, 2), int)
    for pairs, bits in near_pairs(different):
        groups.join(pairs[bits <= SURE_BITS])
        found = np.concatenate([open_pairs, pairs[bits > SURE_BITS]])
        open_pairs = np.unique(found, axis=0)
    roots = groups.roots()
    open_pairs = open_pairs[roots[open_pairs[:, 0]] != roots[open_pairs[:, 1]]]
    for start in range(0, len(open_pairs), PAIRS_AT_ONCE):
        pairs = open_pairs[start : start + PAIRS_AT_ONCE]
        seen, ends = np.unique(pairs, return_inverse=True)
        features = features_of([sources[first[index]] for index in seen])
        left, right = features[ends.reshape(pairs.shape)].swapaxes(0, 1)
        groups.join(pairs[(left * right).sum(1) >= LEAST_LIKENESS])
    return groups.roots()[places]


def near_pairs(hashes):
    """Yield pairs of indices, and in how many bits their hashes differ.

    For each two bytes an int array `(count, 2)` and one `(count,)`, of hashes that have
    these bytes in common and differ in up to `MOST_BITS`.
    """
    octets = hashes.view(np.uint8).reshape(-1, BYTES)
    for columns in itertools.combinations(range(BYTES), 2):
        keys = np.ascontiguousarray(octets[:, columns]).view(np.uint16)[:, 0]
        near = [np.empty((0, 3), int)]
        for left, right in _pairs_of_equals(keys):
            bits = np.bitwise_count(hashes[left] ^ hashes[right])
            is_near = bits <= MOST_BITS
            near.append(np.stack([left, right, bits], 1)[is_near])
        near = np.concatenate(near)
        yield np.sort(near[:, :2]), near[:, 2]


def _pairs_of_equals(keys):
    """Yield two arrays of indices at a time: where keys are equal."""
    order = np.argsort(keys, kind="stable")
    starts = np.arange(len(order))
    # Each key meets the next one of its value, then the one after it, and so on.
    for step in itertools.count(1):
        starts = starts[starts + step < len(order)]
        left, right = order[starts], order[starts + step]
        is_same = keys[left] == keys[right]
        starts = starts[is_same]
        if not len(starts):
            break
        yield left[is_same], right[is_same]


class _Groups:
    """A union-find: each member points towards the first of its group."""

    def __init__(self, count):
        self.parents = list(range(count))

    def join(self, pairs):
        for one, other in pairs.tolist():
            first, second = sorted((self._root(one), self._root(other)))
            self.parents[second] = first

    def roots(self):
        return np.array([self._root(index) for index in range(len(self.parents))], int)

    def _root(self, index):
        parents = self.parents
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index


def largest_alone(rows, groups):
    """Return the rows of all that have a near-duplicate, by path.

    `group` is the path of the largest one, which stays chosen; the others are rejected.
    """
    members = {}
    for row, group in zip(rows, groups.tolist(), strict=True):
        members.setdefault(group, []).append(row)
    settled = {}
    for same in members.values():
        if len(same) > 1:
            largest = max(same, key=lambda row: int(row["width"]) * int(row["height"]))
            for row in same:
                settled[row["path"]] = _settled(row, largest["path"])
    return settled


def _settled(row, kept):
    row = row | {"group": kept}
    if row["path"] == kept:
        return row
    return row | {"verdict": REJECTED, "reason": f"near-duplicate of {kept}"}
