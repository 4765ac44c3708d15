"""Pictures a second from folders of JPEG files, beside what decoding alone reaches.

    python -m benchmarks.input_pipeline

Castles with the grain of a photo are drawn and saved as JPEG files of 64, 128, 256 and
800 px. Each folder is read in five ways that take turns:

    pipeline            `data.training_batches` from the files, on all cores
    pipeline, one core  the same on one core
    in memory           on all cores, once the decoded pictures are kept in memory
    bare, reduced       on one core: libjpeg-turbo at 1/2, 1/4 or 1/8 of the size
                        (Pillow's draft mode)
    bare, full          on one core: libjpeg-turbo at full size

`of bare` compares CPU seconds a picture: 80 % means that a fifth of the time goes into
scaling, cutting, batching and conversion. It is fair on one core only: two that are
halves of one real core slow each other down. `feeds` is the pipeline's wall time rate
over the rate at which the training step of the preset for that size consumes pictures.
"""

import argparse
import io
import math
import os
import tempfile
from pathlib import Path

from benchmarks import side_by_side

# Of a file: the side it is drawn at, the side it is read at, and the preset that would.
FOLDERS = (
    (64, 64, "castles"),
    (128, 128, "landmarks_128"),
    (256, 256, "landmarks_256"),
    (800, 128, "landmarks_128"),
)
WAYS = (
    "pipeline",
    "pipeline, one core",
    "in memory",
    "bare, reduced",
    "bare, full",
)
ON_ONE_CORE = ("pipeline, one core", "bare, reduced", "bare, full")
QUALITY = 90
# Standard deviation of the grain, of 255 levels: about the bits a pixel of a photo.
GRAIN = 6.0
BATCH_SIZE = 16


def main():
    """Measure, print a table and write the figures as json."""
    options = _parse()
    if options.serve:
        folder, side = options.serve[0], int(options.serve[1])
        return _serve(options.way, Path(folder), side)
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        for drawn, read, preset in FOLDERS:
            if drawn not in options.drawn:
                continue
            folder = Path(scratch) / f"{drawn}px"
            kilobytes = draw_photos(folder, options.pictures, drawn)
            ways = {way: _start(way, folder, read) for way in WAYS}
            ways["training step"] = _training_step(preset)
            figures = side_by_side.alternate(
                ways, "bare, reduced", options.rounds, options.seconds
            )
            for way in ways.values():
                way.close()
            _complete(figures, options.pictures)
            _print(
                f"{drawn} px, {kilobytes:.0f} kB, read at {read} px", preset, figures
            )
            results.append({"drawn": drawn, "read": read, "kB": kilobytes, **figures})
    side_by_side.write("input_pipeline", {"options": vars(options), "folders": results})


def _parse():
    parser = side_by_side.build_parser(__doc__, rounds=7, seconds=2.0)
    parser.add_argument("--pictures", type=int, default=512, help="in a folder")
    sides = [drawn for drawn, _, _ in FOLDERS]
    parser.add_argument(
        "--drawn", type=int, nargs="+", choices=sides, default=sides, help="of these"
    )
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    return parser.parse_args()


def draw_photos(folder, count, side):
    """Write `count` castles with grain as JPEG; return the mean size in kB."""
    import numpy as np
    from PIL import Image

    from castles import dataset
    from castles.drawing import draw_castle

    folder.mkdir()
    generator = np.random.default_rng(side)
    columns = dataset.sample_factors(count, seed=side)
    for number in range(count):
        factors = {name: column[number] for name, column in columns.items()}
        drawn = np.asarray(draw_castle(factors, min(side, dataset.LARGEST_SIZE)))
        castle = Image.fromarray(drawn).resize((side, side))
        grain = generator.normal(0.0, GRAIN, (side, side, 3))
        pixels = np.clip(np.asarray(castle) + grain, 0, 255).astype(np.uint8)
        photo = Image.fromarray(pixels)
        photo.save(folder / f"photo_{number:04d}.jpg", quality=QUALITY)
    sizes = [path.stat().st_size for path in folder.iterdir()]
    return sum(sizes) / len(sizes) / 1000


def _start(way, folder, side):
    options = ("--way", way, "--serve", folder, side)
    return side_by_side.Alternative("-m", "benchmarks.input_pipeline", *options)


def _training_step(preset):
    options = ("--serve", "ours", "--preset", preset, "--batch-size", BATCH_SIZE)
    return side_by_side.Alternative("-m", "benchmarks.train_step", *options)


def _serve(way, folder, side):
    paths = sorted(folder.iterdir())
    if way in ON_ONE_CORE:
        # Linux only. Before TensorFlow counts the cores.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if way.startswith("bare"):
        return side_by_side.serve(_bare(paths, side, is_reduced="reduced" in way))
    cache_bytes = 1e9 if way == "in memory" else 0
    side_by_side.serve(_pipeline(folder, paths, side, cache_bytes))


def _bare(paths, side, is_reduced):
    from pictures.files import LEAST_TIMES_SIDE

    # As far as `pictures.read_square` lets it.
    at_least = math.ceil(LEAST_TIMES_SIDE * side) if is_reduced else None
    files = [path.read_bytes() for path in paths]
    return lambda: [decode(file, at_least) for file in files]


def _pipeline(folder, paths, side, cache_bytes):
    from devices.tensorflow_start import prepare_tensorflow

    prepare_tensorflow()
    from data import training_batches
    from pictures.reading import read_split

    split = read_split(folder, paths, side, cache_bytes, "reading")
    steps = len(split) // BATCH_SIZE

    def read_all():
        for _ in training_batches(split, BATCH_SIZE, 1, range(1), steps):
            pass

    return read_all


def decode(file, at_least):
    """Decode a JPEG file, reduced by Pillow's draft mode if `at_least` is given."""
    from PIL import Image

    picture = Image.open(io.BytesIO(file))
    if at_least:
        picture.draft("RGB", (at_least, at_least))
    picture.load()


def _complete(figures, pictures):
    for name, each in figures.items():
        count = BATCH_SIZE if name == "training step" else pictures
        each["pictures_per_second"] = count / each["wall_seconds"]
        each["cpu_milliseconds_a_picture"] = 1000 * each["cpu_seconds"] / count
    # A step is no picture: its CPU time over that of bare decoding says nothing.
    del figures["training step"]["takes"]
    consumed = figures["training step"]["pictures_per_second"]
    for way in WAYS:
        figures[way]["of_bare"] = 1 / figures[way].pop("takes")
        figures[way]["feeds"] = figures[way]["pictures_per_second"] / consumed


def _print(title, preset, figures):
    print(title)
    heads = ("pictures/s", "CPU ms", "peak MB", "of bare", "feeds")
    print(f"  {'':26}" + "".join(f"{head:>12}" for head in heads))
    for name, each in figures.items():
        label = f"{name} ({preset})" if name == "training step" else name
        line = (
            f"  {label:29}{each['pictures_per_second']:9.0f}"
            f"{each['cpu_milliseconds_a_picture']:12.3f}{each['peak_megabytes']:12.0f}"
        )
        if "feeds" in each:
            line += f"{each['of_bare']:12.0%}{each['feeds']:11.1f}x"
        print(line, flush=True)


if __name__ == "__main__":
    main()
