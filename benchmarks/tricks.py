"""What each trick of the training step gains: our step with one left out at a time.

    python -m benchmarks.tricks --preset castles

`takes` is the CPU time of a step without the trick over that of the step with all, turn
by turn, each in a process of its own; medians count.
"""

from benchmarks import side_by_side, train_step


def main():
    """Measure, print a table and write the figures as json."""
    options = train_step.parse(__doc__, WAYS, rounds=15, seconds=1.0)
    if options.serve:
        return _serve(options)
    ways = {way: train_step.start("benchmarks.tricks", way, options) for way in WAYS}
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
    from training import build_vae

    settings = train_step.settings_of(options)
    vae = build_vae(settings, picture_count=1000)
    plainer = _rebuilt(vae, settings, WAYS[options.serve])
    side_by_side.serve(train_step.tensorflow_step(plainer, settings))


def _rebuilt(vae, settings, make_layer):
    """Return the compiled model again, each layer made by `make_layer` from ours."""
    import keras

    from model import VAE

    rebuilt = VAE(
        keras.models.clone_model(vae.encoder, clone_function=make_layer),
        keras.models.clone_model(vae.decoder, clone_function=make_layer),
        settings.beta,
        settings.gamma,
        vae.perceptual_loss,
        vae.objective,
        settings.kl_warm_up_steps,
        settings.seed,
    )
    rebuilt.compile(vae.optimizer.from_config(vae.optimizer.get_config()))
    return rebuilt


def _same(layer):
    return type(layer).from_config(layer.get_config())


def _normalised_unfused(layer):
    import keras

    from layers import FusedBatchNormalization

    if isinstance(layer, FusedBatchNormalization):
        return keras.layers.BatchNormalization.from_config(layer.get_config())
    return _same(layer)


def _upsampled_unfolded(layer):
    import keras

    from layers import UpsampledConvolution

    if not isinstance(layer, UpsampledConvolution):
        return _same(layer)
    return keras.Sequential(
        [
            keras.layers.UpSampling2D(2),
            keras.layers.Conv2D(layer.filters, 3, padding="same", use_bias=False),
        ],
        name=layer.name,
    )


def _with_bias(layer):
    import keras

    if isinstance(layer, keras.layers.Conv2D):
        return keras.layers.Conv2D.from_config({**layer.get_config(), "use_bias": True})
    return _same(layer)


# How each layer is made; without oneDNN differs in the environment alone.
WAYS = {
    "all tricks": _same,
    "no oneDNN": _same,
    "normalisation not fused": _normalised_unfused,
    "upsampling not folded": _upsampled_unfolded,
    "bias before normalisation": _with_bias,
}

if __name__ == "__main__":
    main()
