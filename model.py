"""The variational autoencoder: encoder, decoder, and the step that trains both.

Owns the architecture and the one function that turns a batch into losses. Pictures,
callbacks and files are left to others.
"""

import keras
import numpy as np
import tensorflow as tf

import losses
import objectives
from devices import collectives
from latents.active import is_active
from layers import (
    Bending,
    Coupled,
    FusedBatchNormalization,
    Modulation,
    Rotation,
    Sampling,
    Straightening,
    Unbending,
    UpsampledConvolution,
    Winding,
)
from mistakes import UserMistake

# Weight of the past in the running statistics; Keras's 0.99 lags behind for hundreds
# of steps, and pictures drawn meanwhile look worse than the network is.
MOMENTUM = 0.9
# Units of the vector that scales and shifts the channels of a modulated decoder.
STYLE_UNITS = 128
# Log-variances stay between minus and plus this. Early on, before beta presses, they
# can run off, and their exponential would overflow.
LOG_VARIANCE_LIMIT = 10.0
# Latent vectors decoded at once after training.
ROWS_AT_ONCE = 32


def build_encoder(img_dim, filters, units, latent_dim, kind="pooled", unbends=False):
    """Return the network from pictures to the posterior of their latent vectors.

    Args:
        img_dim: side of the pictures; `2 ** len(filters)` must divide it.
        filters: filters of each block; a block halves the side.
        units: units of the dense layer before the two heads.
        latent_dim: size of the latent vector.
        kind: what a block is: `pooled`, two convolutions and a maximum of each 2x2
            pixels; `strided`, one convolution of stride 2.
        unbends: whether `VAE.straighten` and `VAE.unbend` shall be possible.

    Returns:
        `keras.Model`: `(batch, img_dim, img_dim, 3)` in [0, 1] to mean and natural
        logarithm of the variance, both `(batch, latent_dim)`.
    """
    block = {"pooled": _pooled_block, "strided": _strided_block}[kind]
    pictures = keras.Input((img_dim, img_dim, 3), name="pictures")
    x = pictures
    for number, count in enumerate(filters, start=1):
        x = block(x, count, f"block{number}")
    x = keras.layers.Flatten(name="flatten")(x)
    x = keras.layers.Dense(units, activation="relu", name="dense")(x)
    # What comes out is float32, whatever the precision of the layers before.
    z_mean = keras.layers.Dense(latent_dim, dtype="float32", name="z_mean")(x)
    z_log_var = keras.layers.Dense(latent_dim, dtype="float32", name="z_log_var")(x)
    z_log_var = LOG_VARIANCE_LIMIT * keras.ops.tanh(z_log_var / LOG_VARIANCE_LIMIT)
    posterior = Rotation(dtype="float32", name="rotation")(z_mean, z_log_var)
    if unbends:
        posterior = Straightening(dtype="float32", name="straightening")(*posterior)
        posterior = Unbending(dtype="float32", name="unbending")(*posterior)
    return keras.Model(pictures, posterior, name="encoder")


def _pooled_block(x, filters, name):
    x = _convolution(x, filters, f"{name}_conv1")
    x = _convolution(x, filters, f"{name}_conv2")
    return keras.layers.MaxPooling2D(2, name=f"{name}_pool")(x)


def _strided_block(x, filters, name):
    return _convolution(x, filters, f"{name}_conv", strides=2)


def build_decoder(img_dim, filters, channels, latent_dim, kind="plain", unbends=False):
    """Return the network from latent vectors to pictures.

    Args:
        img_dim: side of the pictures; `2 ** len(filters)` must divide it.
        filters: filters of each block; a block doubles the side.
        channels: channels of the small picture that the blocks start from.
        latent_dim: size of the latent vector.
        kind: how the latent vector reaches the blocks: `plain`, by the small picture
            alone; `modulated`, in each of them, as a scale and a shift of every
            channel (Dumoulin et al. 2018, "Feature-wise Transformations"; Perez et al.
            2018, "FiLM", section 2.1).
        unbends: as for `build_encoder`.

    Returns:
        `keras.Model`: `(batch, latent_dim)` to `(batch, img_dim, img_dim, 3)` in
        [0, 1].
    """
    side = img_dim // 2 ** len(filters)
    size = side * side * channels
    latents = keras.Input((latent_dim,), name="latents")
    style_units = STYLE_UNITS if kind == "modulated" else 0
    x = latents
    if unbends:
        x = Bending(dtype="float32", name="bending")(x)
        x = Winding(dtype="float32", name="winding")(x)
    # All that the decoder learns of a latent vector comes through this one layer, so
    # that its axes are turned by turning one kernel.
    x = keras.layers.Dense(size + style_units, activation="relu", name="dense")(x)
    style = None
    if kind == "modulated":
        x, style = x[:, :size], x[:, size:]
        style = keras.layers.Dense(style_units, activation="relu", name="style")(style)
    x = keras.layers.Reshape((side, side, channels), name="reshape")(x)
    for number, count in enumerate(filters, start=1):
        x = UpsampledConvolution(count, name=f"block{number}_conv1")(x)
        x = _normalised(x, f"block{number}_conv1", style)
        x = _convolution(x, count, f"block{number}_conv2", style=style)
    pictures = keras.layers.Conv2D(
        3, 3, padding="same", activation="sigmoid", dtype="float32", name="pictures"
    )(x)
    return keras.Model(latents, pictures, name="decoder")


def _convolution(x, filters, name, strides=1, style=None):
    # No bias: the normalisation that follows would subtract it again.
    x = keras.layers.Conv2D(
        filters, 3, strides, padding="same", use_bias=False, name=name
    )(x)
    return _normalised(x, name, style)


def _normalised(x, name, style=None):
    x = FusedBatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(x)
    if style is not None:
        x = Modulation(name=f"{name}_modulation")(x, style)
    return keras.layers.ReLU(name=f"{name}_relu")(x)


TRACKED = ("loss", "reconstruction", "kl", "perceptual", "told", "active_dimensions")


class VAE(keras.Model):
    """Encoder, sampling and decoder, trained on three losses and what is told.

    Called on pictures `(batch, img_dim, img_dim, 3)` it returns their redrawings. In
    training it decodes a sample of the posterior, otherwise the posterior's mean: so
    held-out figures are what one sees, and they are the same every time.

    Args:
        encoder: as `build_encoder` makes it.
        decoder: as `build_decoder` makes it.
        beta: weight of the objective, which is the KL divergence or a variety of it.
        gamma: weight of the perceptual loss.
        perceptual_network: as `features.networks.build_features` makes it; None for no
            perceptual loss.
        objective: one of `objectives.py`.
        kl_warm_up_steps: training steps over which beta grows from 0 to its value.
        told_weight: weight of the told loss.
        kl_weights: float32 `(latent_dim,)`, times that the KL divergence of each
            dimension counts in the loss; None for once.
        kl_weights_steps: training steps over which these grow from 1.
        seed: whole number from which the sampling noise follows.
    """

    def __init__(
        self,
        encoder,
        decoder,
        beta,
        gamma,
        perceptual_network=None,
        objective=objectives.plain,
        kl_warm_up_steps=0,
        told_weight=0.0,
        kl_weights=None,
        kl_weights_steps=0,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.encoder, self.decoder = encoder, decoder
        # Once for all calls: each new one would be traced anew.
        self._compiled_encoder = _compiled(encoder)
        self._compiled_decoder = _compiled(decoder)
        self.sampling = Sampling(seed=seed, name="sampling")
        self.objective, self.kl_warm_up_steps = objective, kl_warm_up_steps
        self.perceptual_loss = None
        if perceptual_network is not None:
            self.perceptual_loss = losses.PerceptualLoss(perceptual_network)
        self.kl_weights = 1.0 if kl_weights is None else kl_weights
        self.kl_weights_steps = kl_weights_steps
        # Variables: a Python number would be frozen into the compiled step.
        self.beta = self._weight("beta", beta)
        self.gamma = self._weight("gamma", gamma)
        self.told_weight = self._weight("told_weight", told_weight)
        # Not the optimizer's count, which leaves out steps whose gradient overflows.
        self.steps_taken = self._weight("steps_taken", 0, dtype="int64")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in TRACKED}

    def _weight(self, name, value, dtype="float32"):
        return self.add_weight(
            name=name,
            shape=(),
            initializer=lambda *_, **__: value,
            dtype=dtype,
            trainable=False,
        )

    @property
    def step(self):
        """Return how many training steps have been taken, as a Python number."""
        return int(self.steps_taken.numpy())

    @property
    def network_variables(self):
        """Return lists of the encoder's and of the decoder's variables.

        Those of couplings are left out: training never changes them, and not every
        network has them.
        """
        return [
            [
                variable
                for layer in network.layers
                if not isinstance(layer, Coupled)
                for variable in layer.variables
            ]
            for network in (self.encoder, self.decoder)
        ]

    def call(self, pictures, training=False):
        """Return the pictures redrawn, the same shape, in [0, 1]."""
        z_mean, z_log_var = self.encoder(pictures, training=training)
        latents = self.sampling(z_mean, z_log_var, training=training)
        return self.decoder(latents, training=training)

    def compute_losses(self, pictures, training, told=None):
        """Return a dict of scalars: the loss, its parts, and active dimensions.

        Each part is summed over one picture and averaged over the batch, unweighted.

        Args:
            pictures: float32 `(batch, img_dim, img_dim, 3)` in [0, 1]; NaN in bars
                beside a picture, which no loss sees.
            training: whether latent vectors are sampled, and beta warms up.
            told: pair of as many told pictures and their scores, or None.
        """
        is_inside = tf.math.is_finite(pictures)
        pictures = _with_black_bars(pictures)
        z_mean, z_log_var, told_errors = self._encode(pictures, training, told)
        latents = self.sampling(z_mean, z_log_var, training=training)
        reconstructions = self.decoder(latents, training=training)
        reconstructions = tf.where(is_inside, reconstructions, 0.0)
        squared_errors = losses.sum_of_squared_errors(pictures, reconstructions)
        distances = tf.zeros_like(squared_errors)
        if self.perceptual_loss is not None:
            distances = self.perceptual_loss(pictures, reconstructions)
        values = tf.reduce_sum(tf.cast(is_inside, tf.float32), axis=(1, 2, 3))
        # From here on every device computes the same, as one device would.
        z_mean, z_log_var, latents, squared_errors, values, distances, told_errors = (
            collectives.whole_batch(
                [z_mean, z_log_var, latents]
                + [squared_errors, values, distances, told_errors]
            )
        )
        nats = tf.reduce_mean(losses.kl_divergence(z_mean, z_log_var), axis=0)
        parts = {
            "reconstruction": tf.reduce_mean(squared_errors),
            "kl": tf.reduce_sum(nats),
            "perceptual": tf.reduce_mean(distances),
            "told": tf.reduce_mean(told_errors),
            "active_dimensions": tf.math.count_nonzero(
                is_active(nats), dtype=tf.float32
            ),
        }
        encoding = objectives.Encoding(
            z_mean,
            z_log_var,
            latents,
            kl=tf.reduce_sum(nats * self._warmed_kl_weights(training)),
            squared_error_per_value=parts["reconstruction"] / tf.reduce_mean(values),
            step=self.steps_taken,
        )
        loss = (
            parts["reconstruction"]
            + self._warmed_beta(training) * self.objective(encoding, training=training)
            + self.gamma * parts["perceptual"]
            + self.told_weight * parts["told"]
        )
        return {"loss": loss, **parts}

    def _encode(self, pictures, training, told):
        """Return means and log-variances of pictures, and the errors of told ones."""
        if told is None:
            z_mean, z_log_var = self.encoder(pictures, training=training)
            return z_mean, z_log_var, tf.zeros_like(z_mean[:, 0])
        told_pictures, scores = told
        # In one batch, so that normalisation sees them as it sees the others.
        together = tf.concat([pictures, _with_black_bars(told_pictures)], axis=0)
        z_mean, z_log_var = self.encoder(together, training=training)
        count = tf.shape(pictures)[0]
        errors = losses.told_errors(z_mean[count:], scores)
        return z_mean[:count], z_log_var[:count], errors

    def _warmed_beta(self, training):
        return self.beta * self._share_of(self.kl_warm_up_steps, training)

    def _warmed_kl_weights(self, training):
        share = self._share_of(self.kl_weights_steps, training)
        return 1.0 + (self.kl_weights - 1.0) * share

    def _share_of(self, steps, training):
        """Return which share of so many steps has been taken; 1 if not in training."""
        if not (training and steps):
            return 1.0
        return tf.minimum(1.0, tf.cast(self.steps_taken, tf.float32) / steps)

    def encode(self, batches, is_turned=True):
        """Return the posteriors of pictures: means and log-variances.

        Args:
            batches: iterable of float32 `(batch, img_dim, img_dim, 3)`, NaN in bars.
            is_turned: whether along the axes of `turn`, or those of the training.

        Returns:
            Two float32 arrays `(count, latent_dim)`.
        """
        compute = self._compiled_encoder
        if not is_turned:
            before_rotation = self.encoder.get_layer("rotation").input
            compute = _compiled(keras.Model(self.encoder.input, before_rotation))
        posteriors = (compute(_with_black_bars(batch)) for batch in batches)
        means, log_variances = zip(*posteriors, strict=True)
        return np.concatenate(means), np.concatenate(log_variances)

    def decode(self, latents):
        """Return the pictures of latent vectors.

        Args:
            latents: float32 `(count, latent_dim)`.

        Returns:
            float32 `(count, img_dim, img_dim, 3)` in [0, 1].
        """
        starts = range(0, len(latents), ROWS_AT_ONCE)
        parts = [latents[start : start + ROWS_AT_ONCE] for start in starts]
        return np.concatenate([self._compiled_decoder(part) for part in parts])

    def save_networks(self, run):
        """Save encoder and decoder into a `RunFolder`, each as Keras loads it."""
        for network in (self.encoder, self.decoder):
            network.save(run.network(network.name))

    def turn(self, axes):
        """Express latent vectors in other axes; redrawn pictures stay as they are.

        Args:
            axes: orthogonal `(latent_dim, latent_dim)`, a row for each new axis.
        """
        self.encoder.get_layer("rotation").turn(axes)
        # The decoder begins by turning back: kernel' = axes kernel.
        kernel = self.decoder.get_layer("dense").kernel
        kernel.assign(axes @ kernel.numpy())

    def straighten(self, coupling):
        """Give dimensions places on curves; redrawn pictures stay as they are.

        What is given counts as known exactly.

        Args:
            coupling: `latents.straightening.Straightening`.
        """
        self.encoder.get_layer("straightening").couple(coupling)
        self.decoder.get_layer("winding").couple(coupling)

    def unbend(self, coupling):
        """Take from dimensions what others tell; redrawn pictures stay as they are.

        What is taken away counts as known exactly.

        Args:
            coupling: `latents.unbending.Unbending`.
        """
        self.encoder.get_layer("unbending").couple(coupling)
        self.decoder.get_layer("bending").couple(coupling)

    def train_step(self, batch):
        """Take one step of the optimizer; return the losses of its batch.

        Args:
            batch: pictures, or a triple of pictures, told ones and their scores.
        """
        pictures, *told = batch if isinstance(batch, tuple) else (batch,)
        with tf.GradientTape() as tape:
            parts = self.compute_losses(pictures, training=True, told=told or None)
            scaled_loss = self.optimizer.scale_loss(parts["loss"])
        gradients = tape.gradient(scaled_loss, self.trainable_variables)
        shares = collectives.equal_shares(gradients)
        self.optimizer.apply(shares, self.trainable_variables)
        self.steps_taken.assign_add(1)
        return self._track(parts, pictures)

    def test_step(self, pictures):
        """Return the losses of one batch, with nothing changed."""
        return self._track(self.compute_losses(pictures, training=False), pictures)

    def _track(self, parts, pictures):
        """Return this batch's own losses; Keras takes the means of an epoch."""
        # A batch counts by its pictures: the last one of a test may be short.
        count = tf.shape(pictures)[0]
        for name, value in parts.items():
            self.trackers[name].update_state(value, sample_weight=count)
        return {name: collectives.as_result(value) for name, value in parts.items()}


def load_networks(run):
    """Return the `VAE` of the networks saved in a `RunFolder`, to encode and decode.

    Raises:
        UserMistake: they were saved by another version.
    """
    networks = []
    for name in ("encoder", "decoder"):
        path = run.network(name)
        try:
            networks.append(keras.models.load_model(path, compile=False))
        except (ValueError, TypeError, KeyError, OSError) as error:
            raise UserMistake(
                f"{path} cannot be loaded ({str(error).splitlines()[0]}): "
                "it is torn, or another version of this suite wrote it"
            ) from None
    return VAE(*networks, beta=1.0, gamma=0.0)


def _compiled(network):
    """Return a network as one compiled function of any number of rows."""
    rows = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32)
    return tf.function(
        lambda batch: network(batch, training=False), input_signature=[rows]
    )


def _with_black_bars(pictures):
    """Return pictures with the bars beside them, which are NaN, in black."""
    return tf.where(tf.math.is_finite(pictures), pictures, 0.0)
