"""What each trick of the training step gains: our step with one left out at a time.

    python -m benchmarks.tricks --preset castles_plain

`takes` is the CPU time of a step without the trick over that of the step with all, turn
by turn, each in a process of its own; medians count. A step without the perceptual loss
stands beside them: it shows what that loss costs.
"""

import os
from functools import partial

from benchmarks import side_by_side, train_step
from devices.tensorflow_start import prepare_tensorflow

WAYS = (
    "all tricks",
    "no oneDNN",
    "normalisation not fused",
    "upsampling not folded",
    "bias before normalisation",
    "no perceptual loss",
)
COLUMNS = {
    "CPU s": ("cpu_seconds", ".3f"),
    "wall s": ("wall_seconds", ".3f"),
    "takes": ("takes", ".2f"),
}


def main():
    """Measure, print a table and write the figures as json."""
    options = train_step.build_parser(__doc__, rounds=15, seconds=1.0).parse_args()
    settings = train_step.settings_of(options.preset, options.batch_size)
    makers = {way: partial(_make_step, settings, way) for way in WAYS}
    figures = side_by_side.alternate_apart(makers, options.rounds, options.seconds)
    side_by_side.print_table(figures, COLUMNS)
    side_by_side.write(f"tricks_{options.preset}", options, figures)


def _make_step(settings, way):
    if way == "no oneDNN":
        os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    prepare_tensorflow()
    from training import build_vae

    vae = build_vae(settings, picture_count=20_000)
    return train_step.tensorflow_step(_rebuilt(vae, settings, way), settings)


def _rebuilt(vae, settings, way):
    """Return the compiled model again, each layer made anew from ours."""
    import keras

    from model import VAE

    make_layer = partial(_remade, way=way)
    rebuilt = VAE(
        keras.models.clone_model(vae.encoder, clone_function=make_layer),
        keras.models.clone_model(vae.decoder, clone_function=make_layer),
        settings.beta,
        settings.gamma,
        vae.perceptual_loss.network if way != "no perceptual loss" else None,
        vae.objective,
        settings.kl_warm_up_steps,
        seed=settings.seed,
    )
    rebuilt.compile(vae.optimizer.from_config(vae.optimizer.get_config()))
    return rebuilt


def _remade(layer, way):
    """Return a layer like this one, in its plain form if the way leaves that trick."""
    import keras

    from layers import FusedBatchNormalization, UpsampledConvolution

    kind, config = type(layer), layer.get_config()
    if way == "upsampling not folded" and kind is UpsampledConvolution:
        return keras.Sequential(
            [
                keras.layers.UpSampling2D(2),
                keras.layers.Conv2D(layer.filters, 3, padding="same", use_bias=False),
            ],
            name=layer.name,
        )
    if way == "normalisation not fused" and kind is FusedBatchNormalization:
        kind = keras.layers.BatchNormalization
    if way == "bias before normalisation" and kind is keras.layers.Conv2D:
        config["use_bias"] = True
    return kind.from_config(config)


if __name__ == "__main__":
    main()
