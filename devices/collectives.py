"""What several devices of one step agree on, so that all compute what one would.

Called inside a training step. On one device nothing is done.
"""

import tensorflow as tf


def whole_batch(tensors):
    """Return tensors with the rows of all devices, in order.

    Each is float32 `(rows, columns)` or `(rows,)`, one row a picture.
    """
    context = _context()
    if context is None:
        return tensors
    tables = [each if each.shape.rank == 2 else each[:, None] for each in tensors]
    widths = [table.shape[1] for table in tables]
    # Side by side, they travel in one go.
    whole = context.all_gather(tf.concat(tables, axis=1), axis=0)
    parts = tf.split(whole, widths, axis=1)
    return [
        part if each.shape.rank == 2 else part[:, 0]
        for part, each in zip(parts, tensors, strict=True)
    ]


def mean_over_devices(tensors):
    """Return the means of the devices' tensors, the same on every device."""
    context = _context()
    if context is None:
        return tensors
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, tensors)


def equal_shares(gradients):
    """Return the mean of the devices' gradients in equal parts, one for each device.

    A Keras optimizer clips, and looks for overflow, on each device before it adds up
    what the devices found. With equal parts, both see the whole batch; a limit of the
    norm is to be divided by the number of devices as well.
    """
    count = device_count()
    if count == 1:
        return gradients
    return [gradient / count for gradient in mean_over_devices(gradients)]


def own_rows(draw, shape):
    """Return this device's rows of what `draw(shape)` makes for the whole batch.

    `shape` is an int tensor `(rows, ...)`, that of one device's share.
    """
    context = _context()
    if context is None:
        return draw(shape)
    rows = shape[0]
    count = context.num_replicas_in_sync
    whole = draw(tf.concat(([count * rows], shape[1:]), axis=0))
    first = rows * context.replica_id_in_sync_group
    return whole[first : first + rows]


def device_count():
    """Return how many devices compute the step that is being computed or traced."""
    context = _context()
    return 1 if context is None else context.num_replicas_in_sync


def as_result(value):
    """Return a scalar that a step ends with, as `fit` wants it.

    With several machines Keras takes the mean along the first axis of each result,
    and a scalar has none.
    """
    strategy = tf.distribute.get_strategy()
    several = isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
    return value[tf.newaxis] if several else value


def _context():
    """Return TensorFlow's view of this device among others; None if it is alone."""
    context = tf.distribute.get_replica_context()
    alone = context is None or context.num_replicas_in_sync == 1
    return None if alone else context
