"""In which precision the layers compute: float32, bfloat16 or float16.

Weights, heads, sampling and losses stay in float32 whatever is chosen; convolutions
and what lies between them are computed in half the bits, which a recent GPU does
several times as fast. Owns what has to be done for that outside of the layers.
"""

from contextlib import contextmanager

import keras


@contextmanager
def computing_in(precision):
    """Let the layers that are built while this is entered compute in `precision`."""
    before = keras.config.dtype_policy()
    policy = precision if precision == "float32" else f"mixed_{precision}"
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def scale_losses(optimizer, precision):
    """Return the optimizer as `precision` needs it.

    In float16 small gradients vanish. There the loss is multiplied by a factor, which
    grows until a gradient overflows; that step is skipped and the factor halved.
    """
    if precision == "float16":
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer
