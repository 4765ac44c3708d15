"""What each trick of the training step gains: our step with one left out at a time.

    python benchmarks/tricks.py --preset castles

`takes` is the CPU time of a step without the trick over that of the step with all, turn
by turn, each in a process of its own; medians count.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

from benchmarks import side_by_side, train_step


def main():
    """Measure, print a table and write the figures as json."""
    options = train_step.parse(__doc__, WAYS, rounds=15, seconds=1.0)
    if options.serve:
        return _serve(options)
    ways = {way: train_step.start(__file__, way, options) for way in WAYS}
    figures = side_by_side.alternate(
        ways, "all tricks", options.rounds, options.seconds
    )
    for way in ways.values():
        way.close()
    print(f"{'':32}{'CPU s':>12}{'wall s':>12}{'takes':>12}")
    for way, each in figures.items():
        print(
            f"{way:32}{each['cpu_seconds']:12.3f}{each['wall_seconds']:12.3f}"
            f"{each['takes']:11.2f}x"
        )
    name = f"tricks_{options.preset}"
    side_by_side.write(name, {"options": vars(options), "ways": figures})


def _serve(options):
    from devices.tensorflow_start import prepare_tensorflow

    prepare_tensorflow()
    WAYS[options.serve]()
    side_by_side.serve(train_step.our_step(train_step.settings_of(options)))


def _normalise_unfused():
    import keras

    import model

    model.FusedBatchNormalization = keras.layers.BatchNormalization


def _upsample_unfolded():
    import keras

    import model

    def upsampled_convolution(filters, name):
        return keras.Sequential(
            [
                keras.layers.UpSampling2D(2),
                keras.layers.Conv2D(filters, 3, padding="same", use_bias=False),
            ],
            name=name,
        )

    model.UpsampledConvolution = upsampled_convolution


def _add_bias():
    import keras

    import model

    def convolution(x, filters, name):
        x = keras.layers.Conv2D(filters, 3, padding="same", name=name)(x)
        return model._normalised(x, name)

    model._convolution = convolution


WAYS = {
    "all tricks": lambda: None,
    "no oneDNN": lambda: None,
    "normalisation not fused": _normalise_unfused,
    "upsampling not folded": _upsample_unfolded,
    "bias before normalisation": _add_bias,
}

if __name__ == "__main__":
    main()
