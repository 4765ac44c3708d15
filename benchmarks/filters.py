"""Six scores of a photo: one trunk, six networks, or single pictures in a cascade.

    python -m benchmarks.filters

Four ways to filter the same pictures with two ensembles of three DenseNet filters that
share conv1 to pool4, as trained ones do:

    one trunk          what deploy.py does: batches, the shared half once for all six
    six networks       batches through each of the six filters by itself
    cascade, rejected  `predict` with one picture a call, three filters: what a
                       picture costs that the first ensemble rejects
    cascade, chosen    the same with six filters: what a chosen picture costs

The ways take turns, and the median counts.
"""

from functools import partial

from benchmarks import side_by_side
from devices.tensorflow_start import prepare_tensorflow

MEMBERS = 6
COLUMNS = {
    "pictures/s": ("pictures_per_second", ".2f"),
    "CPU s": ("cpu_seconds_a_picture", ".3f"),
    "one trunk x": ("one_trunk_is_times_as_fast", ".2f"),
}


def main():
    """Measure, print a table and write the figures as json."""
    options = _parse()
    prepare_tensorflow()
    import keras
    import numpy as np

    from transfer_learning.filters.ensemble import Scorer

    models = _build_filters(keras, options)
    shape = (options.pictures, options.side, options.side, 3)
    pictures = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    single = pictures[: options.cascade_pictures].astype("float32")
    together = [Scorer(models, options.batch_size)]
    separate = [Scorer([model], options.batch_size) for model in models]
    steps = {
        "one trunk": partial(_in_batches, together, pictures),
        "six networks": partial(_in_batches, separate, pictures),
        "cascade, rejected": partial(_one_by_one, models[:3], single),
        "cascade, chosen": partial(_one_by_one, models, single),
    }
    ways = {name: partial(side_by_side.measure, step) for name, step in steps.items()}
    figures = side_by_side.alternate(ways, options.rounds)
    for name, row in figures.items():
        count = len(single) if "cascade" in name else len(pictures)
        row["pictures_per_second"] = count / row["wall_seconds"]
        row["cpu_seconds_a_picture"] = row["cpu_seconds"] / count
    best = figures["one trunk"]["pictures_per_second"]
    for row in figures.values():
        row["one_trunk_is_times_as_fast"] = best / row["pictures_per_second"]
    side_by_side.print_table(figures, COLUMNS)
    difference = steps["one trunk"]() - steps["six networks"]()
    largest = float(np.abs(difference).max())
    print(f"Largest difference of a score to six networks: {largest:.2e}")
    peak = max(row["peak_megabytes"] for row in figures.values())
    print(f"Peak memory {peak:,.0f} MB")
    figures["one trunk"]["largest_difference"] = largest
    side_by_side.write("filters", options, figures)


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
    """Return six filters that share the trunk and differ in the dense layers."""
    from transfer_learning.filters.network import build_filter

    models = []
    for seed in range(MEMBERS):
        keras.utils.set_random_seed(0)
        model = build_filter(options.network, options.side, "unit", head_seed=seed)
        models.append(model)
    return models


def _in_batches(scorers, pictures):
    """Return the scores of all scorers, one beside the other."""
    import numpy as np

    size = scorers[0].batch_size
    starts = range(0, len(pictures), size)
    columns = [
        np.vstack([scorer(pictures[start : start + size]) for start in starts])
        for scorer in scorers
    ]
    return np.hstack(columns)


def _one_by_one(models, pictures):
    for picture in pictures:
        for model in models:
            model.predict(picture[None], verbose=0)


if __name__ == "__main__":
    main()
