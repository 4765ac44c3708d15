"""The epoch whose held-out loss was lowest: its weights, and when to stop waiting.

What earlier epochs reached is read from the loss log, so that a run that goes on
decides as one that was never stopped.
"""

from math import isnan

import keras

from callbacks.checkpoints import Place, State, save_checkpoint
from run_folder import read_losses


class BestEpoch(keras.callbacks.Callback):
    """Keeps a checkpoint of the best epoch, and ends training after it; after the log.

    Args:
        run: `RunFolder`.
        state: `State` in which training begins.
        keep_best: whether the checkpoint is kept.
        patience_epochs: epochs without a lower held-out loss, after which training
            ends; None for never.
    """

    def __init__(self, run, state, keep_best, patience_epochs):
        super().__init__()
        self.run, self.state = run, state
        self.keep_best, self.patience_epochs = keep_best, patience_epochs

    def on_epoch_end(self, epoch, logs=None):
        """Keep the epoch if it is the best, and stop when patience is over."""
        done = epoch + 1
        if self.keep_best and self._best_of(done) == done:
            state = State(Place(done), self.state.log_sums, self.state.listing)
            save_checkpoint(self.run.best_checkpoint, self.model, state)
        if self.is_over(done):
            self.model.stop_training = True

    def is_over(self, epochs_done):
        """Return whether patience ended with so many epochs done."""
        if self.patience_epochs is None or not epochs_done:
            return False
        return epochs_done - self._best_of(epochs_done) >= self.patience_epochs

    def _best_of(self, epochs_done):
        """Return the number, from 1, of the best of so many epochs."""
        losses = {
            int(row["epoch"]): float(row["loss"])
            for row in self._rows()
            if row["split"] == "validation" and int(row["epoch"]) <= epochs_done
        }
        # Against what is no number, no loss would ever be lower.
        losses = {epoch: loss for epoch, loss in losses.items() if not isnan(loss)}
        return min(losses, key=losses.get, default=epochs_done)

    def _rows(self):
        return read_losses(self.run.losses) if self.run.losses.exists() else []
