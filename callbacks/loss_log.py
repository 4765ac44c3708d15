"""The losses of a run as a csv file and for TensorBoard; NaN stops the run here."""

import csv
import io

import numpy as np
import tensorflow as tf

from callbacks.checkpoints import TrainingDiverged
from callbacks.step_callback import StepCallback
from files import whole_file
from run_folder import LOG_COLUMNS, LOSS_COLUMNS, read_losses


def empty_sums():
    """Return `LossLog.sums` of a run that has not begun."""
    return np.zeros(len(LOSS_COLUMNS) + 1)


class LossLog(StepCallback):
    """Writes mean losses to a csv file and to TensorBoard, and guards against NaN.

    A row of split `train` is the mean over the steps since the last row. Rows beyond
    the step a run is resumed at are taken back, for they are about to come again.

    Attributes:
        sums: float64, the losses summed since the last row in the order of
            `LOSS_COLUMNS`, and last the number of steps; part of a checkpoint.
    """

    def __init__(self, path, every_steps, writer, sums=None):
        super().__init__(every_steps)
        self.path, self.writer = path, writer
        self.sums = empty_sums() if sums is None else sums
        self.is_open = False

    def on_epoch_begin(self, epoch, logs=None):
        """Open the file at the step that training starts from."""
        super().on_epoch_begin(epoch)
        self.epoch = epoch
        if not self.is_open:
            self._take_back_rows_after(self.step, epoch)
            self.is_open = True

    def on_step_end(self, logs):
        """Add a row when it is time.

        Raises:
            TrainingDiverged: the loss is NaN or infinite.
        """
        losses = [float(logs[name]) for name in LOSS_COLUMNS]
        if not np.isfinite(losses[0]):
            raise TrainingDiverged(f"the loss at step {self.step} is {losses[0]}")
        self.sums += [*losses, 1]
        if self.is_due:
            *sums, count = self.sums
            self._add_row("train", np.array(sums) / count)
            self.sums[:] = 0

    def on_epoch_end(self, epoch, logs=None):
        """Add the row of the validation."""
        self._add_row("validation", [float(logs[f"val_{n}"]) for n in LOSS_COLUMNS])

    def _take_back_rows_after(self, step, epoch):
        rows = read_losses(self.path) if self.path.exists() else []
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

    def _add_row(self, split, losses):
        figures = dict(zip(LOSS_COLUMNS, map(float, losses), strict=True))
        figures["learning_rate"] = float(self.model.optimizer.learning_rate)
        row = {"step": self.step, "epoch": self.epoch + 1, "split": split, **figures}
        with open(self.path, "a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, LOG_COLUMNS, lineterminator="\n").writerow(row)
        with self.writer.as_default():
            for name, value in figures.items():
                tf.summary.scalar(f"{split}/{name}", value, self.step)
