"""Which devices train together, and who of several machines does what.

Each device computes its share of a batch; `collectives.py` brings together what the
step needs of the whole batch. On one device, nothing happens here.
"""

import contextlib
import os
import shutil
import tempfile

import tensorflow as tf

from devices.cluster import read_cluster
from mistakes import UserMistake


@contextlib.contextmanager
def open_session(settings, run):
    """Yield the `Session` of the devices that train together.

    All machines take the same steps, and so write the same. What all but the chief
    write, to disk or on the screen, is dropped.

    The `RunFolder` of the training is in a file system that all machines share.

    Raises:
        UserMistake: there are no such devices, or they cannot train with the settings.
    """
    strategy = build_strategy(settings.strategy)
    check_devices(settings, strategy)
    cluster = read_cluster()
    if cluster.is_chief:
        yield Session(strategy, cluster, run)
        return
    with tempfile.TemporaryDirectory() as scratch, open(os.devnull, "w") as nowhere:
        dropped = run.elsewhere(scratch)
        for name in ("checkpoint", "former_checkpoint", "best_checkpoint"):
            if getattr(run, name).exists():
                shutil.copy(getattr(run, name), getattr(dropped, name))
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            yield Session(strategy, cluster, dropped)


class Session:
    """The devices that train together, and this machine's part in it.

    Attributes:
        strategy: `tf.distribute.Strategy`.
        is_chief: whether this machine writes for all.
        is_alone: whether no other machine takes part.
        run: `RunFolder` that this machine writes to.
    """

    def __init__(self, strategy, cluster, run):
        self.strategy, self.run = strategy, run
        self.is_chief, self.is_alone = cluster.is_chief, cluster.size == 1
        self.machine_count = cluster.size

    def in_words(self):
        """Return what trains, for the user to read."""
        count = self.strategy.num_replicas_in_sync
        if not self.is_alone:
            return f"{count} devices of {self.machine_count} machines"
        if count > 1:
            return f"{count} devices of this machine"
        gpus = tf.config.list_physical_devices("GPU")
        return "the GPU" if gpus else "the CPU (TensorFlow finds no GPU)"

    @contextlib.contextmanager
    def chief_first(self):
        """Let the other machines begin only when the chief has done what is inside."""
        if not self.is_chief:
            self._meet()
        yield
        if self.is_chief and not self.is_alone:
            self._meet()

    def _meet(self):
        """Return when every machine has come here."""

        def add_up():
            context = tf.distribute.get_replica_context()
            return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.constant(1.0))

        tf.function(lambda: self.strategy.run(add_up))()

    def share_input(self, make_batches, batch_size):
        """Return batches for `fit`, of which every machine reads its own share only.

        `make_batches` is a function of `share`, as `data.training_batches`; a batch
        holds `batch_size` pictures of all machines together.
        """
        if self.is_alone:
            # Several devices of one machine have the batch divided by Keras.
            return make_batches()

        def make(context):
            share = (context.input_pipeline_id, context.num_input_pipelines)
            rows = context.get_per_replica_batch_size(batch_size)
            return make_batches(share=share).rebatch(rows, drop_remainder=True)

        return self.strategy.distribute_datasets_from_function(make)


def build_strategy(name):
    """Return the `tf.distribute.Strategy` of the setting `strategy`.

    To be called before TensorFlow has computed anything. `auto` is the workers of
    TF_CONFIG, else all GPUs, else one device; `mirrored`, all GPUs of this machine, or
    all its logical CPUs without any.

    Raises:
        UserMistake: there is no such cluster.
    """
    workers = read_cluster().size
    if name == "multi_worker" and workers == 1:
        raise UserMistake(
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
    """Raise UserMistake for settings that these devices cannot train with."""
    count = strategy.num_replicas_in_sync
    if settings.batch_size % count:
        raise UserMistake(
            f"--batch-size: received {settings.batch_size}, but {count} devices share "
            f"a batch; use a multiple of {count}"
        )
    if settings.xla and count > 1:
        raise UserMistake(
            f"--xla: received True, but {count} devices train together, and XLA "
            "compiles for one; use --xla false or --strategy one"
        )
