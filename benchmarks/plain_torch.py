"""The model of `model.py` as a careful user writes it in PyTorch, channels_last.

The yardstick of `benchmarks.train_step`, with the same losses and optimizer. VGG16 is
spelt out, so that torchvision is not needed.
"""

import math

import torch
from torch import nn

VGG16_MEANS = (103.939, 116.779, 123.68)
# Defaults of pythae: Encoder_VAE_MLP and Decoder_AE_MLP, BaseTrainerConfig.
PYTHAE_UNITS = 512
PYTHAE_LEARNING_RATE = 0.0001


def make_step(settings, pictures):
    """Return a function that takes one training step on `(batch, side, side, 3)`."""
    pictures = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    pictures = pictures.contiguous(memory_format=torch.channels_last)
    encoder = build_encoder(settings).to(memory_format=torch.channels_last)
    decoder = build_decoder(settings).to(memory_format=torch.channels_last)
    see = build_features(settings)
    weights = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(weights, settings.initial_learning_rate)

    def step():
        optimizer.zero_grad(set_to_none=True)
        mean, log_variance = encoder(pictures).chunk(2, dim=1)
        latents = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        redrawn = decoder(latents)
        squares = (pictures - redrawn).square().sum(dim=(1, 2, 3))
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1)
        with torch.no_grad():
            target = see(pictures)
        distance = (target - see(redrawn)).abs().sum(dim=(1, 2, 3))
        loss = (squares + settings.beta * kl + settings.gamma * distance).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(weights, settings.clip_norm)
        optimizer.step()
        return loss.item()

    return step


def make_pythae_vae(settings):
    """Return how a VAE of pythae's default shape learns and redraws, two functions.

    One hidden layer of 512 units on each side, Adam at 0.0001. The first function takes
    a training step on float32 `(batch, side, side, 3)`, the second redraws such
    pictures. The loss weighs the KL divergence as `settings.beta` does.
    """
    shape = (settings.img_dim, settings.img_dim, 3)
    values = math.prod(shape)
    encoder = nn.Sequential(
        nn.Flatten(), nn.Linear(values, PYTHAE_UNITS), nn.ReLU(),
        nn.Linear(PYTHAE_UNITS, 2 * settings.latent_dim),
    )  # fmt: skip
    decoder = nn.Sequential(
        nn.Linear(settings.latent_dim, PYTHAE_UNITS), nn.ReLU(),
        nn.Linear(PYTHAE_UNITS, values), nn.Sigmoid(), nn.Unflatten(1, shape),
    )  # fmt: skip
    weights = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(weights, PYTHAE_LEARNING_RATE)

    def take_step(pictures):
        pictures = torch.from_numpy(pictures)
        optimizer.zero_grad(set_to_none=True)
        mean, log_variance = encoder(pictures).chunk(2, dim=1)
        latents = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        squares = (pictures - decoder(latents)).square().sum(dim=(1, 2, 3))
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1)
        (squares + settings.beta * kl).mean().backward()
        optimizer.step()

    @torch.no_grad()
    def redraw(pictures):
        mean, _ = encoder(torch.from_numpy(pictures)).chunk(2, dim=1)
        return decoder(mean).numpy()

    return take_step, redraw


def build_encoder(settings):
    """Return the network from pictures to means and log-variances, side by side."""
    side, channels, parts = settings.img_dim, 3, []
    for filters in settings.encoder_filters:
        parts += [*convolution(channels, filters), *convolution(filters, filters)]
        parts.append(nn.MaxPool2d(2))
        side, channels = side // 2, filters
    parts += [nn.Flatten(), nn.Linear(side**2 * channels, settings.encoder_units)]
    heads = nn.Linear(settings.encoder_units, 2 * settings.latent_dim)
    return nn.Sequential(*parts, nn.ReLU(), heads)


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
    """Return the function from pictures in [0, 1] to features, untrained and frozen."""
    is_small = settings.perceptual_network == "castles"
    if is_small:
        parts = [*features(3, 16, stride=2), *features(16, 32, stride=2)]
    else:
        parts = [*features(3, 64), *features(64, 64), nn.MaxPool2d(2)]
        parts += [*features(64, 128), *features(128, 128)]
    network = nn.Sequential(*parts).requires_grad_(False)
    network.to(memory_format=torch.channels_last)
    means = torch.tensor(VGG16_MEANS).view(1, 3, 1, 1)

    def look(pictures):
        if is_small:
            return network(2.0 * pictures - 1.0)
        # VGG16 wants BGR in 0-255 minus the mean colour.
        return network(255.0 * pictures.flip(1) - means)

    return look


def features(channels, filters, stride=1):
    """Return a 3x3 convolution and ReLU."""
    return [nn.Conv2d(channels, filters, 3, stride, padding=1), nn.ReLU(inplace=True)]


def convolution(channels, filters):
    """Return a 3x3 convolution, batch normalisation and ReLU."""
    return [
        nn.Conv2d(channels, filters, 3, padding=1),
        nn.BatchNorm2d(filters),
        nn.ReLU(inplace=True),
    ]
