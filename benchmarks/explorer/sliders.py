"""What the sliders of drawn castles change, as read from the pictures of the page.

Owns the reader and what counts as a movement. The reader is the castle network, trained
on from the features that come with the suite, with castles that are now and then
blurred a little, as decoders blur. It errs, and where it errs it may see a factor move
that does not: so it also reads castles that are really drawn with one factor moved and
all others held.
"""

import base64
import io

import keras
import numpy as np
from PIL import Image

from benchmarks.explorer.page import dream, move
from castles.drawing import draw_castle
from castles.factors import FACTORS, sample_factors
from features import castle_training
from features.networks import build_features
from progress import Progress

CASTLES_READ, HELD_OUT_CASTLES, EPOCHS = 16_000, 500, 12
NOISE = 0.02


def measure_sliders(browser, starts):
    """Return what each slider moves, and what the reader says of drawn castles.

    The movement of a factor is the difference of its mean readings at the ends of the
    slider, over the pictures of all starts, as a share of its range.

    Returns:
        A dict of the factor's name to `own`, its movement, `other`, that of the factor
        which moves most besides, and `which` that is; `drawn_own`, `drawn_other` and
        `drawn_which` are the same of drawn castles: what `drawn_other` says is the
        reader's error alone.
    """
    read = train_reader()
    figures = {}
    for number, factor in enumerate(FACTORS):
        shown = movements(number, read, shown_ends(browser, f"z{number}", starts))
        drawn = movements(number, read, drawn_ends(factor, starts))
        of_drawn = {f"drawn_{key}": value for key, value in drawn.items()}
        figures[factor.name] = shown | of_drawn
        print(f"{factor.name}: {figures[factor.name]}", flush=True)
    return figures


def movements(number, read, ends):
    """Return the movement of a factor by its number, and the largest of the others.

    Args:
        number: of the factor that was moved.
        read: function from pictures to factors.
        ends: two arrays of pictures `(starts, side, side, 3)` in [0, 1], at the low and
            at the high end.
    """
    low, high = (read(pictures).mean(axis=0) for pictures in ends)
    moved = np.abs(high - low)
    others = np.where(np.arange(len(FACTORS)) == number, 0, moved)
    return {
        "own": float(moved[number]),
        "other": float(others.max()),
        "which": FACTORS[others.argmax()].name,
    }


def shown_ends(browser, slider, starts):
    """Return what the page shows at both ends of a slider, from each of some dreams."""
    ends = ([], [])
    with Progress(starts, unit="dreams", label=slider) as progress:
        for seed in range(starts):
            dream(browser, seed)
            for share, pictures in enumerate(ends):
                _, source = move(browser, slider, share)
                pictures.append(pixels_of(source))
            progress.advance()
    return [np.stack(pictures) / np.float32(255) for pictures in ends]


def drawn_ends(factor, starts):
    """Return castles drawn with a factor at its ends, and all others as they are."""
    factors = sample_factors(starts, seed=3)
    castles = [
        {name: column[row] for name, column in factors.items()} for row in range(starts)
    ]
    side = castle_training.IMG_DIM
    ends = [
        [draw_castle({**castle, factor.name: end}, side) for castle in castles]
        for end in (factor.low, factor.high)
    ]
    return [np.stack(pictures) / np.float32(255) for pictures in ends]


def train_reader():
    """Return a function from pictures to their factors, each from 0 to 1."""
    keras.utils.set_random_seed(0)
    count = CASTLES_READ + HELD_OUT_CASTLES
    pictures, factors = castle_training.draw_castles(count, seed=2)
    side = castle_training.IMG_DIM
    features = build_features("castles", ("features_4",), side)
    features.trainable = True
    inputs = keras.Input((side, side, 3))
    blur = keras.layers.RandomGaussianBlur(0.5, sigma=1.0, value_range=(0, 1))
    noise = keras.layers.GaussianNoise(NOISE)
    (seen,) = features(noise(blur(inputs)))
    reader = castle_training.build_reader(keras.Model(inputs, seen))
    castle_training.train_reader(
        reader, pictures[:CASTLES_READ], factors[:CASTLES_READ], EPOCHS
    )

    def read(pictures):
        return reader.predict(pictures, verbose=0)

    errors = read(pictures[CASTLES_READ:]) - factors[CASTLES_READ:]
    print(f"the reader errs by {np.abs(errors).mean():.3f} of a factor's range")
    return read


def pixels_of(source):
    """Return the pixels of a data address, uint8 `(side, side, 3)`."""
    content = base64.b64decode(source.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
