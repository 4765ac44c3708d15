"""Everything a run needs to go on as if it had never stopped, in one file.

Weights alone do not continue a run: the optimizer's moments, the state of the
sampling noise, running means of losses and the place in the data belong to it. Keras
saves none of the last three. Here all of them are written together, whole or not at
all, so that a run killed at any moment continues digit for digit.
"""

import signal
from pathlib import Path

import keras
import numpy as np

from files import whole_file


class TrainingDiverged(FloatingPointError):
    """The loss or a weight is no longer a finite number."""


def save_checkpoint(path, vae, epoch, step_in_epoch):
    """Write the state of `vae` and its optimizer, and the place in the data.

    Raises:
        TrainingDiverged: a weight is not finite; nothing is written.
    """
    values = {name: variable.numpy() for name, variable in _state(vae).items()}
    for name, value in values.items():
        if not np.all(np.isfinite(value)):
            raise TrainingDiverged(f"{name} holds a number that is not finite")
    place = {"epoch": epoch, "step_in_epoch": step_in_epoch}
    with whole_file(path) as file:
        np.savez(file, **place, **values)


def read_place(path):
    """Return (epoch, step in that epoch) that the checkpoint at `path` stands at."""
    with np.load(path) as saved:
        return int(saved["epoch"]), int(saved["step_in_epoch"])


def restore_checkpoint(path, vae):
    """Put the state saved at `path` into `vae` and its optimizer.

    Raises:
        ValueError: the checkpoint belongs to another model.
    """
    with np.load(path) as saved:
        state = _state(vae)
        if set(state) != set(saved.files) - {"epoch", "step_in_epoch"}:
            raise ValueError(f"{path} was saved by a model with other layers")
        for name, variable in state.items():
            variable.assign(saved[name])


def _state(vae):
    if not vae.optimizer.built:
        vae.optimizer.build(vae.trainable_variables)
    variables = vae.variables + vae.optimizer.variables
    return {
        f"{number:04d} {variable.name} {tuple(variable.shape)}": variable
        for number, variable in enumerate(variables)
    }


class PoliteInterrupt:
    """While entered, a first Ctrl-C is only noted; a second one interrupts at once.

    Attributes:
        noted: whether Ctrl-C has been pressed.
    """

    def __init__(self):
        self.noted = False

    def __enter__(self):
        """Take over Ctrl-C."""
        self._former_handler = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, kind, error, trace):
        """Give Ctrl-C back."""
        signal.signal(signal.SIGINT, self._former_handler)

    def _note(self, *_):
        self.noted = True
        signal.signal(signal.SIGINT, signal.default_int_handler)


class Restoration(keras.callbacks.Callback):
    """Restores a run before its first step; the first of the callbacks.

    Not before `fit`, since `fit` resets the running means when an epoch begins.

    Args:
        path: the checkpoint file; nothing happens when there is none.
    """

    def __init__(self, path):
        super().__init__()
        self.path = Path(path)
        self.is_due = self.path.exists()

    def on_epoch_begin(self, epoch, logs=None):
        """Restore once."""
        if self.is_due:
            restore_checkpoint(self.path, self.model)
            self.is_due = False


class Checkpoints(keras.callbacks.Callback):
    """Saves the run now and then, after each epoch, and on Ctrl-C; the last callback.

    Args:
        path: the checkpoint file.
        every_steps: training steps between two checkpoints.
        place: (epoch, steps of it that are done) at which training begins.
        interrupt: `PoliteInterrupt`; once it is noted, the step that is being computed
            is finished and saved, and KeyboardInterrupt is raised.
    """

    def __init__(self, path, every_steps, place, interrupt):
        super().__init__()
        if every_steps < 1:
            raise ValueError(f"every_steps: received {every_steps}, expected 1 or more")
        self.path, self.every_steps = Path(path), every_steps
        self.place, self.interrupt = place, interrupt

    def on_train_batch_end(self, batch, logs=None):
        """Count the step, and save when it is time."""
        epoch, steps_done = self.place
        self.place = (epoch, steps_done + 1)
        step = self.model.step
        if self.interrupt.noted or step % self.every_steps == 0:
            self._save()

    def on_test_batch_end(self, batch, logs=None):
        """Leave the validation on Ctrl-C; it is done anew when the run goes on."""
        if self.interrupt.noted:
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        """Save: the next epoch starts with its first picture."""
        self.place = (epoch + 1, 0)
        self._save()

    def _save(self):
        save_checkpoint(self.path, self.model, *self.place)
        if self.interrupt.noted:
            raise KeyboardInterrupt
