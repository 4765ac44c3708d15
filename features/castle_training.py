"""Trains the small network whose early layers the perceptual loss compares.

The network learns to read the factors of drawn castles from their pictures. What its
early layers need for that, edges of towers and windows and the colours beside them, is
what a reconstruction should get right. Writes `castles.npz`, which ships with the
suite, so nobody needs to run this again. Takes about four minutes on two cores:

    python -m features.castle_training
"""

import sys
from pathlib import Path

import keras
import numpy as np
from sklearn.metrics import r2_score

from castles.drawing import draw_castle
from castles.factors import FACTORS, sample_factors
from features.networks import (
    CASTLE_WEIGHTS,
    build_castle_features,
    save_castle_features,
)
from mistakes import OneLineParser, run
from progress import Progress

IMG_DIM = 64
HELD_OUT_CASTLES = 1000
BATCH_SIZE = 64
LEARNING_RATE = 0.001


def draw_castles(count, seed):
    """Return drawn castles and what they show, each factor scaled to 0 to 1.

    Returns:
        Pictures, float32 `(count, IMG_DIM, IMG_DIM, 3)` in [0, 1], and factors, float32
        `(count, factor_count)`.
    """
    factors = sample_factors(count, seed)
    pictures = np.empty((count, IMG_DIM, IMG_DIM, 3), np.float32)
    with Progress(count, unit="pictures", label="drawing castles") as progress:
        for row in range(count):
            castle = {name: column[row] for name, column in factors.items()}
            pictures[row] = draw_castle(castle, IMG_DIM) / np.float32(255)
            progress.advance(1)
    scaled = [
        (factors[factor.name] - factor.low) / (factor.high - factor.low)
        for factor in FACTORS
    ]
    return pictures, np.stack(scaled, axis=1).astype(np.float32)


def build_reader(features) -> keras.Model:
    """Build the network that reads the factors from the last features."""
    x = keras.layers.Flatten(name="flat")(features.output)
    x = keras.layers.Dense(128, activation="relu", name="hidden")(x)
    factors = keras.layers.Dense(len(FACTORS), name="factors")(x)
    return keras.Model(features.input, factors, name="factor_reader")


def train_reader(reader, pictures, factors, epochs):
    """Fit the reader by the mean squared error; return the history of Keras."""
    steps = epochs * max(1, len(pictures) // BATCH_SIZE)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    # Compiled by XLA, the step is slower on a CPU.
    reader.compile(keras.optimizers.Adam(schedule), loss="mse", jit_compile=False)
    return reader.fit(pictures, factors, BATCH_SIZE, epochs, verbose=2)


def even_out(features, pictures):
    """Scale the weights so that every feature has a standard deviation of 1.

    ReLU commutes with a positive factor, so a channel can be scaled down if the next
    layer's weights for it are scaled up, and what the whole network computes stays the
    same but for the scale. Each feature then counts the same in the perceptual loss.
    """
    layers = [layer for layer in features.layers if layer.weights]
    outputs = keras.Model(features.input, [layer.output for layer in layers])
    spread_before = np.ones(pictures.shape[-1])
    for layer, output in zip(layers, outputs.predict(pictures, verbose=0), strict=True):
        spread = output.std(axis=(0, 1, 2))
        # A channel that is always silent stays as it is.
        spread[spread == 0] = 1.0
        kernel, bias = layer.get_weights()
        layer.set_weights([kernel * spread_before[:, None] / spread, bias / spread])
        spread_before = spread


def train(arguments):
    """Train the network, print what it can read, and write its weights."""
    keras.utils.set_random_seed(0)
    pictures, factors = draw_castles(arguments.castles + HELD_OUT_CASTLES, seed=1)
    held_out, pictures = np.split(pictures, [HELD_OUT_CASTLES])
    held_out_factors, factors = np.split(factors, [HELD_OUT_CASTLES])
    features = build_castle_features(IMG_DIM)
    reader = build_reader(features)
    train_reader(reader, pictures, factors, arguments.epochs)
    read = reader.predict(held_out, verbose=0)
    scores = r2_score(held_out_factors, read, multioutput="raw_values")
    print(f"explained variance of {HELD_OUT_CASTLES} held-out castles (R squared):")
    for factor, score in zip(FACTORS, scores, strict=True):
        print(f"  {factor.name:20} {score:.3f}")
    even_out(features, held_out)
    save_castle_features(features, arguments.to)
    print(f"wrote {arguments.to}")


def main(argv=None):
    """Run the command; return its exit code."""
    parser = OneLineParser(
        prog="python -m features.castle_training",
        description=__doc__.partition("\n")[0],
    )
    parser.add_argument("--castles", type=int, default=12_000, help="to train on")
    parser.add_argument("--epochs", type=int, default=15, help="passes over them")
    parser.add_argument("--to", type=Path, default=CASTLE_WEIGHTS, help="file to write")
    arguments = parser.parse_args(argv)
    return run(lambda: train(arguments), parser.prog)


if __name__ == "__main__":
    sys.exit(main())
