"""The progress line of a training: pictures learnt, rate, time left, losses."""

from collections import deque

import numpy as np

from callbacks.step_callback import StepCallback
from progress import Progress

# The losses of single batches jump; a mean of so many steps can be read.
STEPS_AVERAGED = 50
LOSSES = ("loss", "reconstruction", "kl", "perceptual")


class ProgressLine(StepCallback):
    """Shows the pictures learnt so far of all epochs, rate, time left and losses."""

    def __init__(self, epochs, steps_per_epoch, batch_size):
        super().__init__()
        self.total = epochs * steps_per_epoch * batch_size
        self.batch_size = batch_size
        self.recent = deque(maxlen=STEPS_AVERAGED)

    def on_epoch_begin(self, epoch, logs=None):
        """Open the line of this epoch."""
        super().on_epoch_begin(epoch)
        done = self.step * self.batch_size
        label = f"training, epoch {epoch + 1}"
        self.line = Progress(self.total, "pictures", label, start=done)

    def on_step_end(self, logs):
        """Move the line on."""
        self.recent.append([float(logs[name]) for name in LOSSES])
        means = _in_words(*np.mean(self.recent, axis=0))
        self.line.advance(self.batch_size, f"step {self.step}  {means}")

    def on_epoch_end(self, epoch, logs=None):
        """Close the line, and say what the validation gave."""
        self.line.close()
        held_out = _in_words(*(float(logs[f"val_{name}"]) for name in LOSSES))
        print(f"  held out: {held_out}", flush=True)


def _in_words(loss, squared_errors, kl, perceptual):
    return (
        f"loss {loss:.1f} (squared errors {squared_errors:.1f}, KL {kl:.1f}, "
        f"perceptual {perceptual:.0f})"
    )
