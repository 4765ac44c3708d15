"""Six scores of a photo: one trunk, six networks, or single pictures in a cascade.

    python -m benchmarks.filters

Four ways to filter the same pictures with two
ensembles of three DenseNet filters that share conv1 to pool4, as trained ones do:

    one trunk          what deploy.py does: batches, the shared half once for all six
    six networks       batches through each of the six filters by itself
    cascade, rejected  `predict` with one picture a call, three filters: what a
                       picture costs that the first ensemble rejects
    cascade, chosen    the same with six filters: what a chosen picture costs

The ways take turns (A B C D A B C D ...) and the median counts.
"""

import itertools
import resource
import statistics
import time

from benchmarks import side_by_side

MEMBERS = 6


def main():
    """Measure, print a table and write the figures as json."""
    options = _parse()
    from devices.tensorflow_start import prepare_tensorflow

    prepare_tensorflow()
    import keras
    import numpy as np

    from transfer_learning.filters.ensemble import Scorer

    models = _build_filters(keras, options)
    shape = (options.pictures, options.side, options.side, 3)
    pictures = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    single = pictures[: options.cascade_pictures].astype("float32")
    scorer = Scorer(models, options.batch_size)
    separate = [Scorer([model], options.batch_size) for model in models]
    ways = {
        "one trunk": lambda: _in_batches(scorer, pictures, np),
        "six networks": lambda: np.hstack(
            [_in_batches(each, pictures, np) for each in separate]
        ),
        "cascade, rejected": lambda: _one_by_one(models[:3], single),
        "cascade, chosen": lambda: _one_by_one(models, single),
    }
    counts = {
        name: len(single) if "cascade" in name else len(pictures) for name in ways
    }
    difference = float(np.abs(ways["one trunk"]() - ways["six networks"]()).max())
    ways["cascade, chosen"]()
    figures = _measure(ways, counts, options.rounds)
    _report(figures, difference, options)


def _parse():
    parser = side_by_side.build_parser(__doc__, rounds=3)
    add = parser.add_argument
    add("--network", default="densenet201")
    add("--side", type=int, default=300)
    add("--pictures", type=int, default=32)
    add("--cascade-pictures", type=int, default=8)
    add("--batch-size", type=int, default=16)
    return parser.parse_args()


def _build_filters(keras, options):
    """Return six filters that share the trunk and differ in the tail."""
    from transfer_learning.filters.network import build_filter, split_filter

    models = []
    for seed in range(MEMBERS):
        keras.utils.set_random_seed(0)
        model = build_filter(options.network, options.side, "unit", head_seed=seed)
        generator = keras.random.SeedGenerator(seed)
        for weight in split_filter(model)[1].trainable_weights:
            noise = keras.random.uniform(weight.shape, 0.9, 1.1, seed=generator)
            weight.assign(weight * noise)
        models.append(model)
    return models


def _in_batches(scorer, pictures, np):
    size = scorer.batch_size
    starts = range(0, len(pictures), size)
    return np.vstack([scorer(pictures[start : start + size]) for start in starts])


def _one_by_one(models, pictures):
    for picture in pictures:
        for model in models:
            model.predict(picture[None], verbose=0)


def _measure(ways, counts, rounds):
    seconds = {name: [] for name in ways}
    for _, name in itertools.product(range(rounds), ways):
        began = time.perf_counter(), time.process_time()
        ways[name]()
        ended = time.perf_counter(), time.process_time()
        seconds[name].append(
            tuple((b - a) / counts[name] for a, b in zip(began, ended, strict=True))
        )
        # A measurement that is cut short has said what it knows.
        print(f"{name}: {seconds[name][-1][0]:.3f} s a picture", flush=True)
    figures = {}
    for name, taken in seconds.items():
        wall, processor = (statistics.median(each) for each in zip(*taken, strict=True))
        figures[name] = {
            "wall_seconds_per_picture": wall,
            "cpu_seconds_per_picture": processor,
            "pictures_per_second": 1 / wall,
        }
    return figures


def _report(figures, difference, options):
    base = figures["one trunk"]
    print(f"{'':18}{'pictures/s':>12}{'CPU s/picture':>15}{'one trunk is':>17}")
    for name, each in figures.items():
        gain = each["wall_seconds_per_picture"] / base["wall_seconds_per_picture"]
        print(
            f"{name:18}{each['pictures_per_second']:12.2f}"
            f"{each['cpu_seconds_per_picture']:15.3f}{gain:10.2f} x faster"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"Largest difference of a score to six networks: {difference:.2e}")
    print(f"Peak memory {peak:,.0f} MB")
    content = {
        "options": vars(options),
        "ways": figures,
        "largest_difference": difference,
        "peak_megabytes": peak,
    }
    side_by_side.write("filters", content)


if __name__ == "__main__":
    main()
