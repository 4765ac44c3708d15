"""The optimizer that Keras lacks: Muon, for dense kernels and convolutions alike."""

import math

import keras
import numpy as np
from keras import ops

# Share of the past in the mean of the gradients of a kernel, from Jordan et al.
MOMENTUM = 0.95
# Of the odd polynomial that brings each singular value to near 1 when it is repeated,
# from the same: a value of 0.001 to 0.7 at least, none beyond 1.2.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
REPETITIONS = 5
# Root mean square of a step, for learning rate 1: about that of Adam (Liu et al.).
STEP_RMS = 0.2


class Muon(keras.optimizers.Adam):
    """Step as far in every direction of a kernel; bias and scale are Adam's.

    The gradient of a kernel lies mostly in few directions, those of what is seen in
    every picture. Here its running mean is taken as a matrix `(inputs, outputs)`, and
    all singular values of the step are made about 1: what few pictures show, such as
    the width of the windows, is learnt as fast.

    Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; the
    length of a step as in Liu et al. 2025, "Muon is scalable for LLM training".
    `keras.optimizers.Muon` leaves convolutions to Adam, and takes three times as long
    for a wide dense layer. Arguments as of `keras.optimizers.Adam`.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Take one step of one variable."""
        if len(variable.shape) < 2:
            super().update_step(gradient, variable, learning_rate)
            return
        mean = self._momentums[self._get_variable_index(variable)]
        self.assign_add(mean, (gradient - mean) * (1.0 - MOMENTUM))
        # Nesterov's: where the mean will be if this gradient comes again.
        ahead = gradient * (1.0 - MOMENTUM) + mean * MOMENTUM
        matrix = ops.reshape(ahead, (-1, variable.shape[-1]))
        length = STEP_RMS * math.sqrt(max(matrix.shape))
        step = ops.reshape(orthogonalise(matrix), variable.shape)
        self.assign_sub(variable, learning_rate * length * step)


def orthogonalise(matrix):
    """Return a matrix of the same singular vectors, its singular values 0.7 to 1.2.

    Newton and Schulz's iteration. It multiplies the matrix from its shorter side only,
    so all but the first and the last product are of small square matrices.

    Args:
        matrix: float32 tensor `(rows, columns)`, of known shape; of zeros, it stays so.
    """
    rows, columns = matrix.shape
    matrix = matrix / (ops.norm(matrix) + 1e-7)
    is_tall = rows > columns
    transposed = ops.transpose(matrix)
    squared = transposed @ matrix if is_tall else matrix @ transposed
    identity = np.eye(min(rows, columns), dtype=np.float32)
    linear, cubic, quintic = COEFFICIENTS
    product = identity
    for _ in range(REPETITIONS):
        factor = linear * identity + cubic * squared + quintic * (squared @ squared)
        product = factor @ product
        squared = factor @ squared @ factor
    return matrix @ product if is_tall else product @ matrix
