"""The base of all callbacks that act on training steps."""

import keras


class StepCallback(keras.callbacks.Callback):
    """A callback that knows the training step and acts every so many steps.

    The step is read from the model when an epoch begins and counted from there:
    asking the device after each step, once for every callback, would hold it up.

    Attributes:
        step: training steps that the model has taken since its very first one.
    """

    def __init__(self, every_steps=1):
        super().__init__()
        if every_steps < 1:
            raise ValueError(f"every_steps: received {every_steps}, expected 1 or more")
        self.every_steps = every_steps

    @property
    def is_due(self):
        """Return whether `every_steps` divides the step."""
        return self.step % self.every_steps == 0

    def on_epoch_begin(self, epoch, logs=None):
        """Read the step; a subclass that overrides this calls it first."""
        self.step = self.model.step

    def on_train_batch_end(self, batch, logs=None):
        """Count the step; subclasses override `on_step_end` in its place."""
        self.step += 1
        self.on_step_end(logs)

    def on_step_end(self, logs):
        """Act after a training step; `logs` are the losses of its batch."""
