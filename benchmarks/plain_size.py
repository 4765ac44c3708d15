"""How many operations a training step takes, counted by hand.

Owns the arithmetic of the plain form, and of ours, which folds upsampling into the
convolution that follows. Convolutions and dense layers, two operations a multiply-add;
normalisation, activations and the optimizer are not counted.
"""

# Convolutions of the perceptual networks up to the layer that is compared:
# (channels in, channels out, how often the picture has been halved by then).
FEATURES = {
    ("vgg16_random", "block2_conv2"): (
        (3, 64, 0),
        (64, 64, 0),
        (64, 128, 1),
        (128, 128, 1),
    ),
    ("castles", "features_2"): ((3, 16, 1), (16, 32, 2)),
}
# Forward once and backward twice, to the weights and to the inputs. The frozen
# perceptual network has no weights to go back to, but runs forward twice.
PASSES = 3
# Of the operations of a convolution behind 2x upsampling folding leaves 16 of 36.
FOLDED = 16 / 36


def operations_a_picture(settings, upsampled=1.0):
    """Return the operations of one picture in one training step.

    Args:
        settings: `Hyperparameters`.
        upsampled: factor on the convolutions behind upsampling; `FOLDED` for our form.
    """
    layers = encoder(settings) + decoder(settings, upsampled)
    if settings.gamma:
        layers += perceptual(settings)
    return PASSES * layers


def encoder(settings):
    """Return the operations of one picture through the encoder."""
    side, channels, total = settings.img_dim, 3, 0
    for filters in settings.encoder_filters:
        total += convolution(side, channels, filters)
        total += convolution(side, filters, filters)
        side, channels = side // 2, filters
    units = settings.encoder_units
    return total + 2 * units * (side**2 * channels + 2 * settings.latent_dim)


def decoder(settings, upsampled=1.0):
    """Return the operations of one latent vector through the decoder."""
    side = settings.img_dim // 2 ** len(settings.decoder_filters)
    channels = settings.decoder_channels
    total = 2 * settings.latent_dim * side**2 * channels
    for filters in settings.decoder_filters:
        side *= 2
        total += upsampled * convolution(side, channels, filters)
        total += convolution(side, filters, filters)
        channels = filters
    return total + convolution(side, channels, 3)


def perceptual(settings):
    """Return the operations of one picture through the perceptual network."""
    layers = FEATURES[settings.perceptual_network, settings.perceptual_layer]
    side = settings.img_dim
    return sum(convolution(side >> halvings, *pair) for *pair, halvings in layers)


def convolution(side, channels, filters):
    """Return the operations of a 3x3 'same' convolution of one square picture."""
    return 2 * 9 * side**2 * channels * filters
