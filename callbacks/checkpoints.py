"""Everything a run needs to go on as if it had never stopped, in one file.

Weights alone do not continue a run: the optimizer's moments, the state of the
sampling noise, the losses summed for the next row of the log and the place in the data
belong to it. Keras saves none of the last three. Here all of them are written together,
whole or not at all, so that a run killed at any moment continues digit for digit.
"""

import json
import signal
import zipfile
from pathlib import Path
from typing import NamedTuple

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


def save_checkpoint(path, vae, place, log_sums):
    """Write the state of a compiled `VAE`, and the surroundings it was computed in.

    `log_sums` are those of `LossLog`.

    Raises:
        TrainingDiverged: a weight is not finite; nothing is written.
    """
    values = {name: variable.numpy() for name, variable in _variables(vae).items()}
    for name, value in values.items():
        if not np.all(np.isfinite(value)):
            raise TrainingDiverged(f"{name} holds a number that is not finite")
    values["place"], values["log_sums"] = place, log_sums
    with whole_file(path) as file:
        np.savez(file, surroundings=json.dumps(read_surroundings()), **values)


def restore_checkpoint(path, vae, log_sums):
    """Put the state saved at `path` into a compiled `VAE`, and return the `Place`.

    `log_sums` are overwritten. Prints one line if the run goes on in other surroundings
    than it was saved in.

    Raises:
        UserMistake: the checkpoint belongs to another model, or is none.
    """
    values = _read(path)
    place = Place(*map(int, values.pop("place")))
    log_sums[:] = values.pop("log_sums")
    before = json.loads(str(values.pop("surroundings")))
    variables = _variables(vae)
    if set(variables) != set(values):
        raise UserMistake(
            f"{path} was saved by a model with other layers: go on with the settings "
            "that the run was begun with, or choose another --name"
        )
    for name, variable in variables.items():
        variable.assign(values[name])
    difference = describe_difference(before, read_surroundings())
    if difference:
        print(difference, flush=True)
    return place


def _read(path):
    """Return the arrays of a checkpoint by name."""
    try:
        with np.load(path) as saved:
            values = dict(saved)
        if not {"place", "log_sums", "surroundings"} <= set(values):
            raise ValueError("it holds no place in the data")
        return values
    except (zipfile.BadZipFile, ValueError, EOFError) as error:
        raise UserMistake(
            f"{path} is not a checkpoint that can be read ({error}): put a whole copy "
            "of it there, or begin a new run with another --name"
        ) from error


def _variables(vae):
    if not vae.optimizer.built:
        vae.optimizer.build(vae.trainable_variables)
    variables = vae.variables + vae.optimizer.variables
    return {
        f"{number:04d} {variable.name} {tuple(variable.shape)}": variable
        for number, variable in enumerate(variables)
    }


class PoliteInterrupt:
    """While entered, a first Ctrl-C is only `noted`; a second one interrupts at once.

    If it is not polite, Ctrl-C is left as it is.
    """

    def __init__(self, is_polite=True):
        self.is_polite, self.noted = is_polite, False

    def __enter__(self):
        """Take over Ctrl-C."""
        self._former_handler = signal.getsignal(signal.SIGINT)
        if self.is_polite:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, kind, error, trace):
        """Give Ctrl-C back."""
        signal.signal(signal.SIGINT, self._former_handler)

    def _note(self, *_):
        self.noted = True
        signal.signal(signal.SIGINT, signal.default_int_handler)


class Checkpoints(StepCallback):
    """Saves the run now and then, after each epoch, and on Ctrl-C; the last callback.

    Args:
        place: the `Place` at which training begins.
        log_sums: as `LossLog.sums`, which are saved too.
        interrupt: `PoliteInterrupt`; once it is noted, the step that is being computed
            is finished and saved, and KeyboardInterrupt is raised.
    """

    def __init__(self, path, every_steps, place, log_sums, interrupt):
        super().__init__(every_steps)
        self.path, self.place = Path(path), place
        self.log_sums, self.interrupt = log_sums, interrupt

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
        save_checkpoint(self.path, self.model, self.place, self.log_sums)
        if self.interrupt.noted:
            raise KeyboardInterrupt
