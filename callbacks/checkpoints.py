"""Everything a run needs to go on as if it had never stopped, in one file.

Weights alone do not continue a run: the optimizer's moments, the state of the
sampling noise, running means of losses and the place in the data belong to it. Keras
saves none of the last three. Here all of them are written together, whole or not at
all, so that a run killed at any moment continues digit for digit.
"""

import json
import signal
import zipfile
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from callbacks.step_callback import StepCallback
from devices.surroundings import describe_difference, read_surroundings
from files import whole_file
from mistakes import Mishap, UserMistake


class TrainingDiverged(Mishap):
    """The loss or a weight is no longer a finite number; `what` says which."""

    def __init__(self, what):
        super().__init__(
            f"training diverged: {what}; the last checkpoint is good, but lower "
            "--initial-learning-rate for a new run"
        )


class Place(NamedTuple):
    """Where in the data a run stands: epochs done, and steps done of the next one."""

    epoch: int = 0
    step: int = 0


def save_checkpoint(path, vae, place):
    """Write the state of `vae` and its optimizer, its `Place`, and the surroundings.

    Raises:
        TrainingDiverged: a weight is not finite; nothing is written.
    """
    values = {name: variable.numpy() for name, variable in _state(vae).items()}
    for name, value in values.items():
        if not np.all(np.isfinite(value)):
            raise TrainingDiverged(f"{name} holds a number that is not finite")
    surroundings = json.dumps(read_surroundings())
    with whole_file(path) as file:
        np.savez(file, place=place, surroundings=surroundings, **values)


def read_place(path):
    """Return the `Place` that the checkpoint at `path` stands at.

    Raises:
        UserMistake: the file is no checkpoint.
    """
    place, _, _ = _read(path)
    return place


def restore_checkpoint(path, vae):
    """Put the state saved at `path` into `vae` and its optimizer.

    Prints one line if the run goes on in other surroundings than it was saved in.

    Raises:
        UserMistake: the checkpoint belongs to another model, or is none.
    """
    _, before, values = _read(path)
    state = _state(vae)
    if set(state) != set(values):
        raise UserMistake(
            f"{path} was saved by a model with other layers: go on with the settings "
            "that the run was begun with, or choose another --name"
        )
    for name, variable in state.items():
        variable.assign(values[name])
    difference = describe_difference(before, read_surroundings())
    if difference:
        print(difference, flush=True)


def _read(path):
    """Return the place, the surroundings, and the values by the variables' names."""
    try:
        with np.load(path) as saved:
            values = dict(saved)
        place = Place(*map(int, values.pop("place")))
        surroundings = json.loads(str(values.pop("surroundings")))
        return place, surroundings, values
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise UserMistake(
            f"{path} is not a checkpoint that can be read ({error}): put a whole copy "
            "of it there, or begin a new run with another --name"
        ) from error


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


class Checkpoints(StepCallback):
    """Saves the run now and then, after each epoch, and on Ctrl-C; the last callback.

    Args:
        path: the checkpoint file.
        every_steps: training steps between two checkpoints.
        place: the `Place` at which training begins.
        interrupt: `PoliteInterrupt`; once it is noted, the step that is being computed
            is finished and saved, and KeyboardInterrupt is raised.
    """

    def __init__(self, path, every_steps, place, interrupt):
        super().__init__(every_steps)
        self.path, self.place, self.interrupt = Path(path), place, interrupt

    def on_step_end(self, logs):
        """Count the step of this epoch, and save when it is time."""
        self.place = Place(self.place.epoch, self.place.step + 1)
        if self.interrupt.noted or self.is_due:
            self._save()

    def on_test_batch_end(self, batch, logs=None):
        """Leave the validation on Ctrl-C; it is done anew when the run goes on."""
        if self.interrupt.noted:
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        """Save: the next epoch starts with its first picture."""
        self.place = Place(epoch + 1)
        self._save()

    def _save(self):
        save_checkpoint(self.path, self.model, self.place)
        if self.interrupt.noted:
            raise KeyboardInterrupt
