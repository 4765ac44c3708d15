"""The model of `model.py` as a careful user writes it in PyTorch, channels_last.

The yardstick of `benchmarks.train_step`, with the same losses and optimizer. VGG16 is
spelt out, so that torchvision is not needed.
"""

import torch
from torch import nn

VGG16_MEANS = (103.939, 116.779, 123.68)


def make_step(settings, pictures):
    """Return a function that takes one training step on `(batch, side, side, 3)`."""
    pictures = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    pictures = pictures.contiguous(memory_format=torch.channels_last)
    encoder, decoder = build_encoder(settings), build_decoder(settings)
    features = build_features(settings)
    for network in (encoder, decoder, features):
        network.to(memory_format=torch.channels_last)
    weights = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(weights, settings.initial_learning_rate)

    def step():
        optimizer.zero_grad(set_to_none=True)
        mean, log_variance = encoder(pictures)
        latents = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        redrawn = decoder(latents)
        squares = (pictures - redrawn).square().sum(dim=(1, 2, 3))
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1)
        with torch.no_grad():
            target = features(pictures)
        distance = (target - features(redrawn)).abs().sum(dim=(1, 2, 3))
        loss = (squares + settings.beta * kl + settings.gamma * distance).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(weights, settings.clip_norm)
        optimizer.step()
        return loss.item()

    return step


def build_encoder(settings):
    """Return the network from pictures to means and log-variances."""
    side, channels, parts = settings.img_dim, 3, []
    for filters in settings.encoder_filters:
        parts += [*convolution(channels, filters), *convolution(filters, filters)]
        parts.append(nn.MaxPool2d(2))
        side, channels = side // 2, filters
    parts += [nn.Flatten(), nn.Linear(side**2 * channels, settings.encoder_units)]
    return nn.Sequential(*parts, nn.ReLU(), Heads(settings))


class Heads(nn.Module):
    """The two linear layers at the end of the encoder."""

    def __init__(self, settings):
        super().__init__()
        self.mean = nn.Linear(settings.encoder_units, settings.latent_dim)
        self.log_variance = nn.Linear(settings.encoder_units, settings.latent_dim)

    def forward(self, x):
        """Return means and log-variances."""
        return self.mean(x), self.log_variance(x)


def build_decoder(settings):
    """Return the network from latent vectors to pictures."""
    side = settings.img_dim // 2 ** len(settings.decoder_filters)
    channels = settings.decoder_channels
    parts = [
        nn.Linear(settings.latent_dim, side**2 * channels),
        nn.ReLU(),
        nn.Unflatten(1, (channels, side, side)),
    ]
    for filters in settings.decoder_filters:
        parts += [nn.Upsample(scale_factor=2), *convolution(channels, filters)]
        parts += convolution(filters, filters)
        channels = filters
    return nn.Sequential(*parts, nn.Conv2d(channels, 3, 3, padding=1), nn.Sigmoid())


def build_features(settings):
    """Return the frozen perceptual network, untrained, on pictures in [0, 1]."""
    if settings.perceptual_network == "castles":
        pairs, stride, start = ((3, 16), (16, 32)), 2, Centred()
    else:
        pairs, stride = ((3, 64), (64, 64), (64, 128), (128, 128)), 1
        start = BlueFirst()
    parts = []
    for channels, filters in pairs:
        parts.append(nn.Conv2d(channels, filters, 3, stride, padding=1))
        parts.append(nn.ReLU(inplace=True))
    if stride == 1:
        parts.insert(4, nn.MaxPool2d(2))
    return nn.Sequential(start, *parts).requires_grad_(False)


class Centred(nn.Module):
    """From [0, 1] to [-1, 1]."""

    def forward(self, pictures):
        """Return the pictures rescaled."""
        return 2.0 * pictures - 1.0


class BlueFirst(nn.Module):
    """From RGB in [0, 1] to what VGG16 wants: BGR in 0-255 minus the mean colour."""

    def __init__(self):
        super().__init__()
        self.register_buffer("means", torch.tensor(VGG16_MEANS).view(1, 3, 1, 1))

    def forward(self, pictures):
        """Return the pictures prepared."""
        return 255.0 * pictures.flip(1) - self.means


def convolution(channels, filters):
    """Return a 3x3 convolution, batch normalisation and ReLU."""
    return [
        nn.Conv2d(channels, filters, 3, padding=1),
        nn.BatchNorm2d(filters),
        nn.ReLU(inplace=True),
    ]
