"""How many near-duplicates `deploy.py --unique` finds, invents, and at what cost.

    python -m benchmarks.near_duplicates
    python -m benchmarks.near_duplicates --photos FOLDER --filter FILE.keras

Takes 1,800 photos of a folder, or draws as many pictures, and adds a copy of 200: saved
anew, at half the size, or cut by one or two percent at each edge. Photos that look
alike by their hashes before any is copied are named, and taken once. Recall is the
share of copies that are in one group with their photo; precision that of the pairs in
one group which are a photo and its copy. The hash alone decides in the first row; in
the second the trunk of a filter judges what the hash leaves open, by default of a
DenseNet121 of random weights.

Before that, small files, a tenth of them copies, are compared, so many as `--counts`
says, each time in a process of its own. Drawn pictures are random colours of three
coarsenesses.
"""

import itertools
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import side_by_side
from devices.tensorflow_start import prepare_tensorflow
from pictures.files import find_pictures, open_picture
from transfer_learning.selection.duplicates import find_groups, read_hashes

SIDE = 96  # of the network's input
# Patches down and across, and their share of the colour.
COARSENESSES = {3: 0.6, 9: 0.3, 27: 0.1}
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
    add("--photos", help="a folder to take instead of drawn pictures")
    add("--filter", help="a .keras file whose trunk judges")
    add("--pictures", type=int, default=1800, help="different ones")
    add("--copies", type=int, default=200, help="of the first of them")
    counts = [5000, 50_000]
    add("--counts", type=int, nargs="*", default=counts, help="files to be compared")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        # First: a new process starts with the peak of its parent.
        costs = _costs(options.counts, Path(scratch)) if options.counts else {}
        side_by_side.print_table(costs, COST_COLUMNS)
        figures = _quality(options, Path(scratch))
        side_by_side.print_table(figures, COLUMNS)
    side_by_side.write("near_duplicates", options, figures | costs)


def _quality(options, scratch):
    """Return a dict of recall and precision for each way of judging."""
    if options.photos:
        paths = find_pictures(options.photos).paths
        np.random.default_rng(1).shuffle(paths)
    else:
        paths = _write_pictures(scratch / "drawn", options.pictures, side=256)
    paths = _different(paths[: options.pictures])
    copied = paths[: options.copies]
    copies = [scratch / f"copy_{number}.jpg" for number in range(len(copied))]
    for source, path, copy in zip(copied, copies, itertools.cycle(COPIES.values())):
        copy(open_picture(source)).save(path, quality=70)
    hashes = read_hashes(paths + copies)
    ways = {
        "hash alone": _nothing_more,
        "hash and trunk": _trunk_features(options.filter, paths, scratch),
    }
    figures = {}
    for way, features_of in ways.items():
        start = time.perf_counter()
        groups = find_groups(hashes, paths + copies, features_of)
        seconds = time.perf_counter() - start
        figures[way] = _shares(groups, len(paths)) | {"seconds": seconds}
    return figures


def _write_pictures(folder, count, side, copy_every=None):
    """Write pictures of random colours, some as the one before; return their paths."""
    generator = np.random.default_rng(count)
    folder.mkdir()
    paths = [folder / f"{number}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        is_copy = copy_every and number % copy_every == copy_every - 1
        if not is_copy:
            picture = _draw(generator, side)
        picture.save(path, quality=75 if is_copy else 90)
    return paths


def _draw(generator, side):
    colours = np.zeros((side, side, 3))
    for patches, share in COARSENESSES.items():
        coarse = generator.integers(0, 256, (patches, patches, 3), np.uint8)
        smooth = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
        colours += share * np.asarray(smooth)
    return Image.fromarray(colours.astype(np.uint8))


def _different(paths):
    """Return the first of those that look alike, and print the others."""
    groups = find_groups(read_hashes(paths), paths, _nothing_more)
    kept = np.unique(groups, return_index=True)[1].tolist()
    first = dict(zip(groups[kept].tolist(), kept, strict=True))
    for index, group in enumerate(groups.tolist()):
        if index != first[group]:
            print(f"{paths[index]} looks like {paths[first[group]]}")
    return [paths[index] for index in sorted(kept)]


def _nothing_more(paths):
    """Return features that are alike in no two photos."""
    return np.zeros((len(paths), 1))


def _halved(picture):
    return picture.reduce(2)


def _cut(share, picture):
    width, height = picture.size
    edges = (width * share, height * share, width * (1 - share), height * (1 - share))
    return picture.resize(picture.size, box=edges)


COPIES = {
    "anew": Image.Image.copy,
    "half": _halved,
    "cut_1": partial(_cut, 0.01),
    "cut_2": partial(_cut, 0.02),
}


def _trunk_features(path, paths, scratch):
    """Return the features that the trunk of a filter, or of a random one, gives."""
    prepare_tensorflow()
    from transfer_learning.jobs.photo_scoring import TrunkFeatures

    if not path:
        path = scratch / "random.keras"
        _save_random_filter(path, paths, scratch)
    return TrunkFeatures(path, batch_size=32)


def _save_random_filter(path, paths, scratch):
    import keras

    from transfer_learning.filters.network import build_filter, save_filter
    from transfer_learning.filters.traits import Traits
    from transfer_learning.fine_tuning.random_start import settle_on_photos

    keras.utils.set_random_seed(1)
    model = build_filter("densenet121", SIDE, "unit")
    settle_on_photos(model, paths[:128], "bilinear", scratch / "start.npz")
    save_filter(model, Traits("random", "yes", "no", 0.5, SIDE, "bilinear"), path)


def _shares(groups, count):
    """Return recall, of each kind of copy too, and precision.

    The first `count` groups are those of the photos, the others those of copies.
    """
    found = groups[count:] == groups[: len(groups) - count]
    by_kind = {
        kind: found[first :: len(COPIES)].mean() for first, kind in enumerate(COPIES)
    }
    sizes = np.bincount(groups)
    joined = (sizes * (sizes - 1) // 2).sum()
    return {"recall": found.mean(), "precision": found.sum() / joined, **by_kind}


def _costs(counts, scratch):
    """Return a dict of what it costs to compare so many files."""
    makers = {}
    for count in counts:
        paths = _write_pictures(scratch / str(count), count, side=64, copy_every=10)
        makers[f"{count:,} files"] = partial(_make_step, paths)
    figures = side_by_side.alternate_apart(makers, rounds=1, seconds=0)
    for count, row in zip(counts, figures.values(), strict=True):
        row["cpu_milliseconds_a_photo"] = 1000 * row["cpu_seconds"] / count
    return figures


def _make_step(paths):
    """Return the function that finds the groups of the files."""

    def compare():
        groups = find_groups(read_hashes(paths), paths, _nothing_more)
        print(f"{len(paths):,} files, {len(set(groups.tolist())):,} different")

    return compare


if __name__ == "__main__":
    main()
