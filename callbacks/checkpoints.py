"""Everything a run needs to go on as if it had never stopped, in one file.

Weights alone do not continue a run: the optimizer's moments, the state of the
sampling noise, the losses summed for the next row of the log and the place in the data
belong to it. Keras saves none of the last three. Here all of them are written together,
whole or not at all, so that a run killed at any moment continues digit for digit.
"""

import json
import os
import signal
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from callbacks.step_callback import StepCallback
from devices.surroundings import describe_difference, read_surroundings
from files import whole_file
from mistakes import STOP_SIGNALS, Mishap, UserMistake


class TrainingDiverged(Mishap):
    """The loss or a weight is no longer a finite number; `what` says which."""

    def __init__(self, what):
        super().__init__(
            f"training diverged: {what}; begin a new run with a lower "
            "--initial-learning-rate"
        )


class UnusableCheckpoint(UserMistake):
    """A file that is no checkpoint of the model, and why."""

    def __init__(self, path, reason):
        self.words = f"{path} is not a checkpoint that can be used ({reason})"
        super().__init__(
            f"{self.words}: put a whole copy of it there, or begin a new run with "
            "another --name"
        )


class Place(NamedTuple):
    """Where in the data a run stands: epochs done, and steps done of the next one."""

    epoch: int = 0
    step: int = 0


@dataclass(frozen=True)
class State:
    """What a run goes on from, besides the variables of the model.

    Attributes:
        place: `Place` in the data.
        log_sums: as `LossLog.sums`.
        listing: what tells the pictures from others, as `data.Pictures.listing`.
    """

    place: Place
    log_sums: np.ndarray
    listing: str


def save_checkpoint(path, vae, state, former=None):
    """Write a compiled `VAE` and `State`, and the surroundings of the computation.

    The checkpoint that was there goes to `former`.

    Raises:
        TrainingDiverged: a weight is not finite; nothing is written.
    """
    values = {name: variable.numpy() for name, variable in _variables(vae).items()}
    for name, value in values.items():
        if not np.all(np.isfinite(value)):
            raise TrainingDiverged(f"{name} holds a number that is not finite")
    with whole_file(path, former=former) as file:
        np.savez(
            file,
            place=state.place,
            log_sums=state.log_sums,
            listing=state.listing,
            surroundings=json.dumps(read_surroundings()),
            **values,
        )


def restore_last(run, vae):
    """Do as `restore_checkpoint` with the last one of a `RunFolder` that can be used.

    If that is the one before the last, it prints a line, and puts it in the other's
    place: the next save would let go of it.
    """
    try:
        return restore_checkpoint(run.checkpoint, vae)
    except UnusableCheckpoint as unusable:
        if not run.former_checkpoint.exists():
            raise
        state = restore_checkpoint(run.former_checkpoint, vae)
        os.replace(run.former_checkpoint, run.checkpoint)
        print(f"{unusable.words}: going on from the one before it", flush=True)
        return state


def check_pictures(state, listing):
    """Raise UserMistake unless a `State` was reached with the pictures of `listing`."""
    if state.listing != listing:
        raise UserMistake(
            "the pictures are not those that the run began with (then "
            f"{state.listing}, now {listing}): put them back, or go on with these by "
            "--accept-changed-pictures"
        )


def restore_checkpoint(path, vae):
    """Put what was saved at `path` into a compiled `VAE`, and return the `State`.

    Prints one line if the run goes on in other surroundings than it was saved in.

    Raises:
        UnusableCheckpoint: it belongs to another model, or is none.
    """
    state, surroundings, values = _read(path)
    variables = _variables(vae)
    _check_fit(path, values, variables)
    for name, variable in variables.items():
        variable.assign(values[name])
    difference = describe_difference(surroundings, read_surroundings())
    if difference:
        print(difference, flush=True)
    return state


def restore_networks(path, vae):
    """Put the encoder and decoder saved at `path` into a new `VAE`, and nothing else.

    Raises:
        UnusableCheckpoint: it holds networks of other sizes, or is none.
    """
    _, _, values = _read(path)
    networks = _networks(vae)
    _check_fit(path, values, networks)
    for name, variable in networks.items():
        variable.assign(values[name])


def _read(path):
    """Return the `State`, the surroundings and the arrays of a checkpoint by name."""
    try:
        with np.load(path) as saved:
            values = dict(saved)
        state = State(
            place=Place(*map(int, values.pop("place"))),
            log_sums=values.pop("log_sums"),
            listing=str(values.pop("listing")),
        )
        return state, json.loads(str(values.pop("surroundings"))), values
    # A damaged file can lead to any error whatever.
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UnusableCheckpoint(path, reason) from error


def _check_fit(path, values, variables):
    for name, variable in variables.items():
        if name not in values or values[name].shape != tuple(variable.shape):
            raise UnusableCheckpoint(path, "it was saved by a model with other layers")


def _variables(vae):
    if not vae.optimizer.built:
        vae.optimizer.build(vae.trainable_variables)
    networks = _networks(vae)
    known = {id(v) for v in vae.encoder.variables + vae.decoder.variables}
    others = [variable for variable in vae.variables if id(variable) not in known]
    return (
        networks
        | _by_name("rest", others)
        | _by_name("optimizer", vae.optimizer.variables)
    )


def _networks(vae):
    encoder, decoder = vae.network_variables
    return _by_name("encoder", encoder) | _by_name("decoder", decoder)


def _by_name(owner, variables):
    return {
        f"{owner} {number:04d} {variable.name} {tuple(variable.shape)}": variable
        for number, variable in enumerate(variables)
    }


class PoliteInterrupt:
    """While entered, a first Ctrl-C is only `noted`; a second one interrupts at once.

    So it is with every signal to stop. If it is not polite, they are left as they are.
    """

    def __init__(self, is_polite=True):
        self.is_polite, self.noted = is_polite, False

    def __enter__(self):
        """Take over the signals that are not ignored, as SIGHUP is by nohup."""
        handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}
        self._former_handlers = {
            number: handler
            for number, handler in handlers.items()
            if self.is_polite and handler != signal.SIG_IGN
        }
        for number in self._former_handlers:
            signal.signal(number, self._note)
        return self

    def __exit__(self, kind, error, trace):
        """Give them back."""
        for number, handler in self._former_handlers.items():
            signal.signal(number, handler)

    def _note(self, number, _):
        self.noted = True
        signal.signal(number, signal.default_int_handler)


class Checkpoints(StepCallback):
    """Saves the run now and then, after each epoch, and on Ctrl-C; the last callback.

    Args:
        run: `RunFolder`; the last two checkpoints are kept.
        state: `State` in which training begins; its sums are those that `LossLog` adds
            to.
        interrupt: `PoliteInterrupt`; once it is noted, the step that is being computed
            is finished and saved, and KeyboardInterrupt is raised.
    """

    def __init__(self, run, every_steps, state, interrupt):
        super().__init__(every_steps)
        self.run, self.state, self.interrupt = run, state, interrupt

    def on_step_end(self, logs):
        """Count the step of this epoch, and save when it is time."""
        epoch, step = self.state.place
        self._move_to(Place(epoch, step + 1))
        if self.interrupt.noted or self.is_due:
            self._save()

    def on_test_batch_end(self, batch, logs=None):
        """Leave the validation on Ctrl-C; it is done anew when the run goes on."""
        if self.interrupt.noted:
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        """Save: the next epoch starts with its first picture."""
        self._move_to(Place(epoch + 1))
        self._save()

    def _move_to(self, place):
        self.state = replace(self.state, place=place)

    def _save(self):
        save_checkpoint(
            self.run.checkpoint, self.model, self.state, self.run.former_checkpoint
        )
        if self.interrupt.noted:
            raise KeyboardInterrupt
