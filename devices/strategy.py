"""Which devices train together, and how they agree.

Each device computes its share of a batch. What the losses, the normalisation and the
optimizer need of the whole batch is brought together here, so that all of them compute
what one device would. On one device nothing is done.
"""

import contextlib

import tensorflow as tf

from devices.cluster import read_cluster


def build_strategy(name):
    """Return the `tf.distribute.Strategy` of the setting `strategy`.

    To be called before TensorFlow has computed anything.

    Args:
        name: `auto`: the workers of TF_CONFIG, else all GPUs, else one device; `one`;
            `mirrored`: all GPUs of this machine, or all its logical CPUs without any;
            `multi_worker`: the workers of TF_CONFIG.

    Raises:
        ValueError: there is no such cluster.
    """
    workers = read_cluster().size
    if name == "multi_worker" and workers == 1:
        raise ValueError(
            "--strategy: received 'multi_worker', but TF_CONFIG names no other worker; "
            'set it on every machine (README, "Several machines"), or use auto'
        )
    if name in ("auto", "multi_worker") and workers > 1:
        return tf.distribute.MultiWorkerMirroredStrategy()
    devices = tf.config.list_logical_devices("GPU")
    if name == "mirrored":
        devices = devices or tf.config.list_logical_devices("CPU")
    if name == "one" or len(devices) < 2:
        return tf.distribute.get_strategy()
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def check_devices(settings, strategy):
    """Raise ValueError for settings that these devices cannot train with."""
    count = strategy.num_replicas_in_sync
    if settings.batch_size % count:
        raise ValueError(
            f"--batch_size: received {settings.batch_size}, but {count} devices share "
            f"a batch; use a multiple of {count}"
        )
    if settings.xla and count > 1:
        raise ValueError(
            f"--xla: received True, but {count} devices train together, and XLA "
            "compiles for one; use --xla false or --strategy one"
        )


def in_words(strategy):
    """Return what trains, for the user to read."""
    count = strategy.num_replicas_in_sync
    if count > 1:
        return f"{count} devices of {read_cluster().size} machines"
    gpus = tf.config.list_physical_devices("GPU")
    return "the GPU" if gpus else "the CPU (TensorFlow finds no GPU)"


@contextlib.contextmanager
def chief_first(strategy):
    """Let the other workers begin only when the chief has ended what is entered."""
    cluster = read_cluster()
    if not cluster.is_chief:
        _meet(strategy)
    yield
    if cluster.is_chief and cluster.size > 1:
        _meet(strategy)


def _meet(strategy):
    """Return when every worker has come here."""

    def add_up():
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.constant(1.0))

    tf.function(lambda: strategy.run(add_up))()


def share_input(make_batches, batch_size, strategy):
    """Return batches for `fit`, of which every worker reads its own share only.

    Args:
        make_batches: function of `share`, as `data.training_batches`.
        batch_size: pictures in a batch of all workers together.
        strategy: `tf.distribute.Strategy`.
    """
    if read_cluster().size == 1:
        # Several devices of one machine have the batch divided by Keras.
        return make_batches()

    def make(context):
        share = (context.input_pipeline_id, context.num_input_pipelines)
        rows = context.get_per_replica_batch_size(batch_size)
        return make_batches(share=share).rebatch(rows, drop_remainder=True)

    return strategy.distribute_datasets_from_function(make)
