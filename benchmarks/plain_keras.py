"""The model of `model.py` as a careful user writes it with stock Keras layers.

The yardstick of `benchmarks.train_step`: batch normalisation, upsampling, convolutions
with bias and the optimizer are Keras's own, and TensorFlow runs with its defaults. How
many operations a training step takes is counted on it.
"""

import math

import keras
import tensorflow as tf
from keras import layers


def build_vae(settings):
    """Return the compiled model of these settings."""
    features = build_features(settings)
    vae = PlainVAE(build_encoder(settings), build_decoder(settings), features, settings)
    learning_rate = keras.optimizers.schedules.ExponentialDecay(
        settings.initial_learning_rate, settings.decay_steps, settings.decay_rate
    )
    vae.compile(
        keras.optimizers.Adam(learning_rate, global_clipnorm=settings.clip_norm)
    )
    return vae


def build_encoder(settings):
    """Return the network from pictures to means and log-variances."""
    pictures = x = keras.Input((settings.img_dim, settings.img_dim, 3))
    for filters in settings.encoder_filters:
        x = convolution(convolution(x, filters), filters)
        x = layers.MaxPooling2D()(x)
    x = layers.Dense(settings.encoder_units, activation="relu")(layers.Flatten()(x))
    heads = (layers.Dense(settings.latent_dim)(x), layers.Dense(settings.latent_dim)(x))
    return keras.Model(pictures, heads)


def build_decoder(settings):
    """Return the network from latent vectors to pictures."""
    side = settings.img_dim // 2 ** len(settings.decoder_filters)
    latents = keras.Input((settings.latent_dim,))
    x = layers.Dense(side**2 * settings.decoder_channels, activation="relu")(latents)
    x = layers.Reshape((side, side, settings.decoder_channels))(x)
    for filters in settings.decoder_filters:
        x = layers.UpSampling2D()(x)
        x = convolution(convolution(x, filters), filters)
    x = layers.Conv2D(3, 3, padding="same", activation="sigmoid")(x)
    return keras.Model(latents, x)


def build_features(settings):
    """Return the frozen perceptual network, untrained, on pictures in [0, 1]."""
    pictures = keras.Input((settings.img_dim, settings.img_dim, 3))
    if settings.perceptual_network == "castles":
        x = layers.Rescaling(2.0, -1.0)(pictures)
        for filters in (16, 32):
            x = layers.Conv2D(filters, 3, 2, padding="same", activation="relu")(x)
    else:
        x = keras.applications.vgg16.preprocess_input(255.0 * pictures)
        vgg16 = keras.applications.VGG16(False, weights=None, input_tensor=x)
        x = vgg16.get_layer("block2_conv2").output
    features = keras.Model(pictures, x)
    features.trainable = False
    return features


def convolution(x, filters):
    """Return `x` after a 3x3 convolution, batch normalisation and ReLU."""
    x = layers.Conv2D(filters, 3, padding="same")(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


class PlainVAE(keras.Model):
    """Encoder, sampling, decoder and the three losses."""

    def __init__(self, encoder, decoder, features, settings):
        super().__init__()
        self.encoder, self.decoder, self.features = encoder, decoder, features
        self.beta, self.gamma = settings.beta, settings.gamma
        self.seed_generator = keras.random.SeedGenerator(settings.seed)
        self.loss_tracker = keras.metrics.Mean(name="loss")

    def train_step(self, pictures):
        """Take one step of the optimizer."""
        with tf.GradientTape() as tape:
            mean, log_variance = self.encoder(pictures, training=True)
            noise = keras.random.normal(tf.shape(mean), seed=self.seed_generator)
            latents = mean + tf.exp(0.5 * log_variance) * noise
            redrawn = self.decoder(latents, training=True)
            squares = tf.reduce_sum((pictures - redrawn) ** 2, axis=(1, 2, 3))
            kl = 0.5 * (mean**2 + tf.exp(log_variance) - 1 - log_variance)
            target = self.features(pictures, training=False)
            distance = tf.abs(target - self.features(redrawn, training=False))
            loss = tf.reduce_mean(
                squares
                + self.beta * tf.reduce_sum(kl, axis=1)
                + self.gamma * tf.reduce_sum(distance, axis=(1, 2, 3))
            )
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(
            zip(gradients, self.trainable_variables, strict=True)
        )
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}


def operations_a_picture(vae, upsampled=1.0):
    """Return the operations of one picture in a training step, two a multiply-add.

    Convolutions and dense layers are counted; the rest is small beside them. Each
    network runs forward once and backward twice, to the weights and to the inputs. The
    frozen perceptual network has no weights to go back to, but runs forward twice.
    `upsampled` is a factor on the convolutions behind upsampling.
    """
    total = 0
    for network in (vae.encoder, vae.decoder, vae.features):
        previous = None
        for layer in network.layers:
            if isinstance(layer, layers.Conv2D | layers.Dense):
                positions = math.prod(layer.output.shape[1:-1])
                factor = upsampled if isinstance(previous, layers.UpSampling2D) else 1.0
                total += factor * 2 * math.prod(layer.kernel.shape) * positions
            previous = layer
    return 3 * total
