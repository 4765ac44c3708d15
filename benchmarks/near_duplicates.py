"""How many near-duplicates `deploy.py --unique` finds, invents, and at what cost.

    python -m benchmarks.near_duplicates
    python -m benchmarks.near_duplicates --photos FOLDER --filter FILE.keras

Takes 1,800 photos of a folder, or draws castles, and adds a copy of 200: saved anew, at
half the size, or cut by one or two percent at each edge. Recall is the share of copies
that are in one group with their picture; precision that of the pairs in one group which
are a picture and its copy. Pairs that the folder held before count as invented: they
are named. The hash alone decides in the first row; in the second the trunk of a filter
judges what the hash leaves open, by default of a DenseNet121 of random weights.

Then files of smooth random colours, 64 x 64 pixels and a tenth of them copies, are
compared, so many as `--counts` says, each time in a process of its own.
"""

import io
import itertools
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import side_by_side
from castles.drawing import draw_castle
from castles.factors import sample_factors
from devices.tensorflow_start import prepare_tensorflow
from pictures.files import find_pictures, open_picture
from progress import Progress
from transfer_learning.selection.duplicates import (
    find_groups,
    perceptual_hash,
    read_hashes,
)

SIDE = 96  # of the network's input
COLUMNS = {
    "recall": ("recall", ".3f"),
    "anew": ("anew", ".2f"),
    "half": ("half", ".2f"),
    "cut 1 %": ("cut_1", ".2f"),
    "cut 2 %": ("cut_2", ".2f"),
    "precision": ("precision", ".4f"),
    "wall s": ("seconds", ".1f"),
}
COST_COLUMNS = {
    "wall s": ("wall_seconds", ".1f"),
    "CPU s": ("cpu_seconds", ".1f"),
    "CPU ms/photo": ("cpu_milliseconds_a_photo", ".3f"),
    "peak MB": ("peak_megabytes", ".0f"),
}


def main():
    """Measure, print two tables and write the figures as json."""
    parser = side_by_side.build_parser(__doc__)
    add = parser.add_argument
    add("--photos", help="a folder to take instead of castles")
    add("--filter", help="a .keras file whose trunk judges")
    add("--pictures", type=int, default=1800, help="different ones")
    add("--copies", type=int, default=200, help="of the first of them")
    add("--size", type=int, default=128, help="side of castles in pixels")
    counts = [5000, 50_000]
    add("--counts", type=int, nargs="*", default=counts, help="files to be compared")
    options = parser.parse_args()
    figures = _quality(options)
    side_by_side.print_table(figures, COLUMNS)
    costs = _costs(options.counts)
    side_by_side.print_table(costs, COST_COLUMNS)
    side_by_side.write("near_duplicates", options, figures | costs)


def _quality(options):
    """Return a dict of recall and precision for each way of judging."""
    names, pictures = _take(options) if options.photos else _draw(options)
    makers = itertools.islice(itertools.cycle(COPIES.values()), options.copies)
    pictures += [make(picture) for make, picture in zip(makers, pictures, strict=False)]
    hashes = np.array([perceptual_hash(picture) for picture in pictures], np.uint64)
    ways = {
        "hash alone": _nothing_more,
        "hash and trunk": _trunk_features(options.filter, pictures),
    }
    figures = {}
    for way, features_of in ways.items():
        start = time.perf_counter()
        groups = find_groups(hashes, pictures, features_of)
        seconds = time.perf_counter() - start
        figures[way] = _shares(groups, len(names)) | {"seconds": seconds}
        _name_others(groups[: len(names)], names)
    return figures


def _take(options):
    """Return names and pictures of some photos of a folder, drawn at random."""
    paths = find_pictures(options.photos).paths
    np.random.default_rng(1).shuffle(paths)
    paths = paths[: options.pictures]
    return paths, [open_picture(path) for path in paths]


def _draw(options):
    """Return names and pictures of castles."""
    factors = sample_factors(options.pictures, seed=1)
    pictures = []
    with Progress(options.pictures, "pictures", "Drawing") as progress:
        for values in zip(*factors.values(), strict=True):
            castle = draw_castle(dict(zip(factors, values, strict=True)), options.size)
            pictures.append(Image.fromarray(castle))
            progress.advance()
    return list(range(len(pictures))), pictures


def _saved_anew(picture, quality=70):
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def _halved(picture):
    return _saved_anew(picture.reduce(2))


def _cut(share, picture):
    width, height = picture.size
    edges = (width * share, height * share, width * (1 - share), height * (1 - share))
    return _saved_anew(picture.resize(picture.size, box=edges))


COPIES = {
    "anew": _saved_anew,
    "half": _halved,
    "cut_1": partial(_cut, 0.01),
    "cut_2": partial(_cut, 0.02),
}


def _nothing_more(pictures):
    """Return features that are alike in no two pictures."""
    return np.zeros((len(pictures), 1))


def _trunk_features(path, pictures):
    """Return what `TrunkFeatures` does with files, for pictures in memory."""
    prepare_tensorflow()
    import keras

    from transfer_learning.filters.network import (
        build_filter,
        load_filter,
        split_filter,
    )
    from transfer_learning.fine_tuning.random_start import settle_statistics

    if path:
        model = load_filter(path)
    else:
        keras.utils.set_random_seed(1)
        model = build_filter("densenet121", SIDE, "unit")
        settle_statistics(model, [_pixels(pictures[:64], SIDE)])
    trunk = split_filter(model)[0]

    def features_of(some):
        starts = range(0, len(some), 32)
        batches = (_pixels(some[start : start + 32], SIDE) for start in starts)
        means = [trunk(pixels).numpy().mean((1, 2)) for pixels in batches]
        means = np.concatenate(means)
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    return features_of


def _pixels(pictures, side):
    resized = [picture.resize((side, side)) for picture in pictures]
    return np.stack(resized).astype(np.float32)


def _shares(groups, count):
    """Return recall, of each kind of copy too, and precision.

    The first `count` groups are those of the pictures, the others those of copies.
    """
    found = groups[count:] == groups[: len(groups) - count]
    by_kind = {
        kind: found[first :: len(COPIES)].mean() for first, kind in enumerate(COPIES)
    }
    sizes = np.bincount(groups)
    joined = (sizes * (sizes - 1) // 2).sum()
    return {"recall": found.mean(), "precision": found.sum() / joined, **by_kind}


def _name_others(groups, names):
    """Print which of the pictures themselves are in one group."""
    for group in np.flatnonzero(np.bincount(groups) > 1):
        members = np.flatnonzero(groups == group)
        print("One group:", *(names[member] for member in members))


def _costs(counts):
    """Return a dict of what it costs to compare so many files."""
    with tempfile.TemporaryDirectory() as scratch:
        makers = {}
        for count in counts:
            paths = _write_files(Path(scratch, str(count)), count)
            makers[f"{count:,} files"] = partial(_make_step, paths)
        figures = side_by_side.alternate_apart(makers, rounds=1, seconds=0)
    for count, row in zip(counts, figures.values(), strict=True):
        row["cpu_milliseconds_a_photo"] = 1000 * row["cpu_seconds"] / count
    return figures


def _write_files(folder, count):
    """Write small JPEGs, every tenth a copy of the one before; return their paths."""
    generator = np.random.default_rng(count)
    folder.mkdir()
    paths = [folder / f"{number}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        if number % 10 != 9:
            coarse = generator.integers(0, 256, (9, 9, 3), np.uint8)
            picture = Image.fromarray(coarse).resize((64, 64), Image.Resampling.BICUBIC)
        picture.save(path, quality=90 - number % 10)
    return paths


def _make_step(paths):
    """Return the function that finds the groups of the files."""

    def compare():
        groups = find_groups(read_hashes(paths), paths, _nothing_more)
        print(f"{len(paths):,} files, {len(set(groups.tolist())):,} groups")

    return compare


if __name__ == "__main__":
    main()
