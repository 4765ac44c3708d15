"""The layers that Keras lacks: sampling, latent axes turned and coupled, faster equals.

Each of the two faster ones computes what its plain counterpart computes (a test
compares values and gradients) and takes the plain one's weights.
"""

import keras
import numpy as np
import tensorflow as tf

from devices import collectives
from latents.coupling import HINGE_QUANTILES
from latents.straightening import FUNCTIONS, MOST_CURVES

PACKAGE = "castle_dreamer"
# Which of three weights in a line add up to each of the four folded ones, mirrored as a
# transposed convolution wants it.
_FOLDING_OF_A_LINE = np.array(((0, 0, 1), (0, 1, 1), (1, 1, 0), (1, 0, 0)), np.float32)
# The same for a 3x3 kernel and a 4x4 one, both read row by row: one matrix product,
# because the gradient of slices and sums took a fifth of a whole VAE step.
FOLDING = np.kron(_FOLDING_OF_A_LINE, _FOLDING_OF_A_LINE)


@keras.saving.register_keras_serializable(PACKAGE)
class Sampling(keras.layers.Layer):
    """Draw z = mean + exp(log_variance / 2) * noise in training, the mean otherwise.

    The reparameterisation of Kingma & Welling 2014, section 2.4. The layer owns its
    seed generator: its state is one of the layer's variables and advances every step.

    Args:
        seed: whole number from which all the noise follows.
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, z_mean, z_log_var, training=False):
        """Return latent vectors `(batch, latent_dim)` for two such tensors."""
        if not training:
            return z_mean
        noise = collectives.own_rows(self._draw_noise, tf.shape(z_mean))
        return z_mean + keras.ops.exp(0.5 * z_log_var) * noise

    def _draw_noise(self, shape):
        return keras.random.normal(shape, seed=self.seed_generator)

    def get_config(self):
        """Return the arguments that rebuild this layer."""
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable(PACKAGE)
class Rotation(keras.layers.Layer):
    """Express a posterior in other axes; in its own ones until `turn` is called.

    The covariance in the new axes is no longer diagonal; only its diagonal is kept.
    """

    def build(self, z_mean_shape, z_log_var_shape):
        """Create the axes, one in each row, for posteriors `(batch, latent_dim)`."""
        self.axes = self.add_weight(
            name="axes",
            shape=(z_mean_shape[-1], z_log_var_shape[-1]),
            initializer="identity",
            trainable=False,
        )

    def call(self, z_mean, z_log_var):
        """Return means and log-variances along the axes, both `(batch, latent_dim)`."""
        axes = keras.ops.transpose(self.axes)
        variances = keras.ops.exp(z_log_var) @ keras.ops.square(axes)
        return z_mean @ axes, keras.ops.log(variances)

    def turn(self, axes):
        """Rotate the axes further.

        `axes` is orthogonal; its rows are the new axes in terms of the present ones.
        """
        self.axes.assign(axes @ self.axes.numpy())


class Coupled(keras.layers.Layer):
    """Knows what dimensions tell of others: nothing until `couple` is called.

    That is after training, which therefore passes it over. Which weights it has, and
    what these say of latent vectors, belongs to two kinds.
    """

    def couple(self, coupling):
        """Take over the functions of a `latents.coupling.Coupling` of its kind."""
        for name in self.names:
            getattr(self, name).assign(getattr(coupling, name))

    def _add_weights(self, size, **shapes):
        shapes |= {"shift": (size,), "scale": (size,)}
        for name, shape in shapes.items():
            initializer = "ones" if name == "scale" else "zeros"
            weight = self.add_weight(
                name=name, shape=shape, initializer=initializer, trainable=False
            )
            setattr(self, name, weight)
        self.names = tuple(shapes)


class _Hinged(Coupled):
    """Of the kind `latents.unbending.Unbending`."""

    def build(self, latents_shape, *_):
        size, count = latents_shape[-1], len(HINGE_QUANTILES)
        self._add_weights(size, hinges=(count, size), slopes=(count * size, size))

    def told_of(self, latents):
        """Return what is told of latent vectors `(batch, latent_dim)`."""
        beyond = keras.ops.relu(latents[:, None] - self.hinges)
        beyond = keras.ops.reshape(beyond, (-1, self.slopes.shape[0]))
        return beyond @ self.slopes + self.shift


class _Radial(Coupled):
    """Of the kind `latents.straightening.Straightening`."""

    def build(self, latents_shape, *_):
        size = latents_shape[-1]
        shape = (MOST_CURVES * FUNCTIONS, size)
        self._add_weights(size, centres=shape, reach=shape, heights=shape)

    def told_of(self, latents):
        """Return what is told of latent vectors `(batch, latent_dim)`."""
        squares = (
            latents**2 @ keras.ops.transpose(self.reach)
            - 2.0 * latents @ keras.ops.transpose(self.reach * self.centres)
            + keras.ops.sum(self.reach * self.centres**2, axis=1)
        )
        return keras.ops.exp(-squares / 2.0) @ self.heights + self.shift


class _Taking(Coupled):
    def call(self, z_mean, z_log_var, training=False):
        """Return means and log-variances without it, both `(batch, latent_dim)`."""
        if training:
            return z_mean, z_log_var
        left = (z_mean - self.told_of(z_mean)) / self.scale
        return left, z_log_var - 2.0 * keras.ops.log(self.scale)


class _Giving(Coupled):
    def call(self, latents, training=False):
        """Return latent vectors `(batch, latent_dim)` with it again."""
        if training:
            return latents
        return latents * self.scale + self.told_of(latents)


@keras.saving.register_keras_serializable(PACKAGE)
class Straightening(_Taking, _Radial):
    """Give a dimension of a posterior the place on a curve through several."""


@keras.saving.register_keras_serializable(PACKAGE)
class Winding(_Giving, _Radial):
    """Take that place away again: `Straightening` undone."""


@keras.saving.register_keras_serializable(PACKAGE)
class Unbending(_Taking, _Hinged):
    """Take from each dimension of a posterior what others tell of it."""


@keras.saving.register_keras_serializable(PACKAGE)
class Bending(_Giving, _Hinged):
    """Give each dimension again what others tell of it: `Unbending` undone."""


@keras.saving.register_keras_serializable(PACKAGE)
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Normalise the channels of pictures over a batch, as one fused operation.

    Keras 3 composes the training step of its own layer from single operations. With it
    a whole step of `castles_plain` takes 1.4 times the CPU time that it takes with
    the fused kernel (cuDNN's on a GPU): `benchmarks.tricks`.
    """

    def call(self, inputs, training=False):
        """Return `(batch, height, width, channels)`, normalised per channel."""
        if training and collectives.device_count() > 1:
            return self._normalise_whole_batch(inputs)
        outputs, mean, variance, *_ = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            self.gamma,
            self.beta,
            mean=None if training else self.moving_mean,
            variance=None if training else self.moving_variance,
            epsilon=self.epsilon,
            is_training=training,
        )
        if training:
            self._follow(self.moving_mean, mean)
            self._follow(self.moving_variance, variance)
        return outputs

    def _normalise_whole_batch(self, inputs):
        # No fused operation can see the pictures of other devices.
        x = tf.cast(inputs, tf.float32)
        mean, squares = collectives.mean_over_devices(
            [tf.reduce_mean(values, axis=(0, 1, 2)) for values in (x, tf.square(x))]
        )
        variance = squares - tf.square(mean)
        count = tf.cast(tf.size(x[..., 0]) * collectives.device_count(), tf.float32)
        self._follow(self.moving_mean, mean)
        # As the fused operation has it: the unbiased variance.
        self._follow(self.moving_variance, variance * count / (count - 1.0))
        outputs = tf.nn.batch_normalization(
            x, mean, variance, self.beta, self.gamma, self.epsilon
        )
        return tf.cast(outputs, inputs.dtype)

    def _follow(self, moving, observed):
        moving.assign(moving * self.momentum + observed * (1.0 - self.momentum))


@keras.saving.register_keras_serializable(PACKAGE)
class Modulation(keras.layers.Layer):
    """Scales and shifts the channels of pictures as a style vector says.

    Feature-wise linear modulation: Perez et al. 2018, "FiLM: Visual Reasoning with a
    General Conditioning Layer", equation 2, with a scale of 1 + a. Both start at zero:
    the layer begins as an identity.
    """

    def build(self, pictures_shape, style_shape):
        """Create the dense layer from styles to `2 * channels` numbers."""
        self.dense = keras.layers.Dense(
            2 * pictures_shape[-1], kernel_initializer="zeros", name="dense"
        )
        self.dense.build(style_shape)

    def call(self, pictures, style):
        """Return `(batch, height, width, channels)` for such pictures.

        Args:
            pictures: `(batch, height, width, channels)`.
            style: `(batch, units)`.
        """
        scale, shift = keras.ops.split(self.dense(style)[:, None, None], 2, axis=-1)
        return pictures * (1.0 + scale) + shift

    def compute_output_shape(self, pictures_shape, style_shape):
        """Return the shape of `call` for pictures and styles of these shapes."""
        return pictures_shape


@keras.saving.register_keras_serializable(PACKAGE)
class UpsampledConvolution(keras.layers.Layer):
    """Upsample 2x (nearest) and convolve 3x3 ('same') in one stride-2 operation.

    Upsampling repeats every pixel in a 2x2 block, so the pair equals a transposed
    convolution of stride 2 whose 4x4 kernel is the 3x3 kernel convolved with a 2x2
    block of ones: 16 multiply-adds per input pixel and channel pair instead of 36. With
    the plain pair a whole step of `castles_plain` takes 1.2 times the CPU time:
    `benchmarks.tricks`. The weight is the plain kernel `(3, 3, channels, filters)`.
    """

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters

    def build(self, input_shape):
        """Create the 3x3 kernel for inputs `(batch, height, width, channels)`."""
        self.kernel = self.add_weight(
            name="kernel",
            shape=(3, 3, input_shape[-1], self.filters),
            initializer="glorot_uniform",
            # Folded in full precision, and rounded once.
            autocast=False,
        )

    def call(self, inputs):
        """Return `(batch, 2 * height, 2 * width, filters)`."""
        shape = self.compute_output_shape(inputs.shape)
        outputs = tf.nn.conv2d_transpose(
            inputs,
            tf.cast(self.folded_kernel(), inputs.dtype),
            output_shape=(tf.shape(inputs)[0], *shape[1:]),
            strides=2,
            padding="SAME",
        )
        return tf.ensure_shape(outputs, shape)

    def folded_kernel(self):
        """Return the kernel of stride 2, `(4, 4, filters, channels)`."""
        channels, filters = self.kernel.shape[2:]
        flat = tf.reshape(self.kernel, (9, channels * filters))
        kernel = tf.reshape(FOLDING @ flat, (4, 4, channels, filters))
        # A transposed convolution reads its kernel with swapped channels.
        return tf.transpose(kernel, (0, 1, 3, 2))

    def compute_output_shape(self, input_shape):
        """Return the shape of `call` for `input_shape`."""
        batch, height, width, _ = input_shape
        return (batch, 2 * height, 2 * width, self.filters)

    def get_config(self):
        """Return the arguments that rebuild this layer."""
        return {**super().get_config(), "filters": self.filters}
