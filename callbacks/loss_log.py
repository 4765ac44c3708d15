"""The losses of a run as a csv file and for TensorBoard; NaN stops the run here."""

import csv
import io
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from callbacks.checkpoints import TrainingDiverged
from files import whole_file
from loss_table import LOG_COLUMNS, read_rows


class LossLog(keras.callbacks.Callback):
    """Writes mean losses to a csv file and to TensorBoard, and guards against NaN.

    A row of split `train` is the mean over the steps since the last row. Rows beyond
    the step a run is resumed at are taken back, for they are about to come again.

    Args:
        path: the csv file.
        every_steps: training steps in one row.
        writer: TensorFlow summary writer.
    """

    def __init__(self, path, every_steps, writer):
        super().__init__()
        if every_steps < 1:
            raise ValueError(f"every_steps: received {every_steps}, expected 1 or more")
        self.path, self.every_steps, self.writer = Path(path), every_steps, writer
        self.opened = False

    def on_epoch_begin(self, epoch, logs=None):
        """Open the file at the step that training starts from."""
        self.epoch = epoch
        if not self.opened:
            self._take_back_rows_after(self.model.step, epoch)
            self.opened = True

    def on_train_batch_end(self, batch, logs=None):
        """Add a row when it is time.

        Raises:
            TrainingDiverged: the loss is NaN or infinite.
        """
        if not np.isfinite(float(logs["loss"])):
            step = self.model.step
            raise TrainingDiverged(f"the loss at step {step} is {float(logs['loss'])}")
        if self.model.step % self.every_steps == 0:
            self._add_row("train", logs)
            self.model.reset_metrics()

    def on_epoch_end(self, epoch, logs=None):
        """Add the row of the validation."""
        held_out = {
            name.removeprefix("val_"): value
            for name, value in (logs or {}).items()
            if name.startswith("val_")
        }
        if held_out:
            self._add_row("validation", held_out)

    def _take_back_rows_after(self, step, epoch):
        rows = read_rows(self.path) if self.path.exists() else []
        kept = [
            row
            for row in rows
            # A validation belongs to the end of its epoch, which may be yet to come.
            if int(row["step"]) <= step
            and (row["split"] == "train" or int(row["epoch"]) <= epoch)
        ]
        text = io.StringIO(newline="")
        table = csv.DictWriter(text, LOG_COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(kept)
        with whole_file(self.path) as file:
            file.write(text.getvalue().encode())

    def _add_row(self, split, logs):
        step = self.model.step
        rate = float(self.model.optimizer.learning_rate)
        values = {name: float(logs[name]) for name in LOG_COLUMNS[3:-1]}
        row = {"step": step, "epoch": self.epoch + 1, "split": split, **values}
        with open(self.path, "a", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, LOG_COLUMNS, lineterminator="\n")
            table.writerow({**row, "learning_rate": rate})
        with self.writer.as_default():
            for name, value in {**values, "learning_rate": rate}.items():
                tf.summary.scalar(f"{split}/{name}", value, step)
