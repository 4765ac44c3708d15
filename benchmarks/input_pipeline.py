"""Pictures a second from folders of JPEG files, beside what decoding alone reaches.

    python -m benchmarks.input_pipeline

Castles with the grain of a photo are drawn and saved as JPEG files of 64, 128, 256 and
800 px. Each folder is read in four ways that take turns:

    pipeline            `data.training_batches` from the files, on all cores
    pipeline, one core  the same on one core
    in memory           on all cores, once the decoded pictures are kept in memory
    bare                on one core: libjpeg-turbo at 1/2, 1/4 or 1/8 of the size
                        (Pillow's draft mode)

`of bare` compares CPU seconds a picture: 80 % means that a fifth of the time goes into
scaling, cutting, batching and conversion. It is fair on one core only: two that are
halves of one real core slow each other down. `feeds` is the pipeline's wall time rate
over the rate at which the training step of the preset for that size consumes pictures.
"""

import io
import math
import os
import tempfile
from functools import partial
from pathlib import Path

from benchmarks import side_by_side, train_step

# Of a file: the side it is drawn at, the side it is read at, and the preset that would.
FOLDERS = (
    (64, 64, "castles_plain"),
    (128, 128, "landmarks_128"),
    (256, 256, "landmarks_256"),
    (800, 128, "landmarks_128"),
)
# The first is what the others are compared with.
WAYS = ("bare", "pipeline", "pipeline, one core", "in memory")
ON_ONE_CORE = ("bare", "pipeline, one core")
COLUMNS = {
    "pictures/s": ("pictures_per_second", ".0f"),
    "CPU ms": ("cpu_milliseconds_a_picture", ".3f"),
    "peak MB": ("peak_megabytes", ".0f"),
    "of bare": ("of_bare", ".0%"),
    "feeds": ("feeds", ".1f"),
}
QUALITY = 90
# Standard deviation of the grain, of 255 levels: about the bits a pixel of a photo.
GRAIN = 6.0
BATCH_SIZE = 16


def main():
    """Measure, print a table and write the figures as json."""
    options = _parse()
    results = {}
    with tempfile.TemporaryDirectory() as scratch:
        for drawn, read, preset in FOLDERS:
            if drawn not in options.drawn:
                continue
            folder = Path(scratch) / f"{drawn}px"
            kilobytes = draw_photos(folder, options.pictures, drawn)
            makers = {way: partial(_make_step, way, folder, read) for way in WAYS}
            settings = train_step.settings_of(preset, BATCH_SIZE)
            makers["training step"] = partial(train_step.our_step, settings)
            figures = side_by_side.alternate_apart(
                makers, options.rounds, options.seconds
            )
            _complete(figures, options.pictures)
            title = f"{drawn} px, {kilobytes:.0f} kB, read at {read} px for {preset}"
            print(title)
            side_by_side.print_table(figures, COLUMNS)
            results[title] = figures
    side_by_side.write("input_pipeline", options, results)


def _parse():
    parser = side_by_side.build_parser(__doc__, rounds=7, seconds=2.0)
    parser.add_argument("--pictures", type=int, default=512, help="in a folder")
    sides = [drawn for drawn, _, _ in FOLDERS]
    parser.add_argument(
        "--drawn", type=int, nargs="+", choices=sides, default=sides, help="of these"
    )
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


def _make_step(way, folder, side):
    """Return the function that reads all pictures of the folder."""
    paths = sorted(folder.iterdir())
    if way in ON_ONE_CORE:
        # Linux only. Before TensorFlow counts the cores.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if way == "bare":
        return _bare(paths, side)
    cache_bytes = 1e9 if way == "in memory" else 0
    return _pipeline(folder, paths, side, cache_bytes)


def _bare(paths, side):
    from PIL import Image

    from pictures.files import LEAST_TIMES_SIDE

    # As far as `pictures.read_square` lets it.
    at_least = math.ceil(LEAST_TIMES_SIDE * side)
    files = [path.read_bytes() for path in paths]

    def decode_all():
        for file in files:
            picture = Image.open(io.BytesIO(file))
            picture.draft("RGB", (at_least, at_least))
            picture.load()

    return decode_all


def _pipeline(folder, paths, side, cache_bytes):
    from devices.tensorflow_start import prepare_tensorflow

    prepare_tensorflow()
    from data import training_batches
    from pictures.reading import read_split
    from pictures.splits import Listing

    split = read_split(Listing(folder, paths), side, cache_bytes, "reading")
    steps = len(split) // BATCH_SIZE

    def read_all():
        for _ in training_batches(split, BATCH_SIZE, 1, range(1), steps):
            pass

    return read_all


def _complete(figures, pictures):
    for name, each in figures.items():
        count = BATCH_SIZE if name == "training step" else pictures
        each["pictures_per_second"] = count / each["wall_seconds"]
        each["cpu_milliseconds_a_picture"] = 1000 * each["cpu_seconds"] / count
    consumed = figures["training step"]["pictures_per_second"]
    for way in WAYS:
        figures[way]["of_bare"] = 1 / figures[way]["takes"]
        figures[way]["feeds"] = figures[way]["pictures_per_second"] / consumed


if __name__ == "__main__":
    main()
