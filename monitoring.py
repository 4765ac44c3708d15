"""What one sees of a run: the progress line, and pictures.

Owns callbacks, each with one subject, and the dreams after training. Files are
written in hooks and in functions named `write_*` only.
"""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from pictures.files import (
    UnreadablePicture,
    list_pictures,
    read_square,
    to_uint8,
    write_gif,
    write_picture,
)
from pictures.sheets import sheet, titled
from progress import Progress

# The first steps change most, so they are shown whatever the interval is.
EARLY_STEPS = (1, 10, 100)
SMALLEST_TILE = 128
COLUMNS = 6


class ProgressLine(keras.callbacks.Callback):
    """Shows the pictures learnt so far, rate, time left and the three losses.

    Args:
        epochs: epochs in the whole run.
        steps_per_epoch: steps in a whole epoch.
        batch_size: pictures in a step.
    """

    def __init__(self, epochs, steps_per_epoch, batch_size):
        super().__init__()
        self.total = epochs * steps_per_epoch * batch_size
        self.batch_size = batch_size

    def on_epoch_begin(self, epoch, logs=None):
        """Open the line of this epoch."""
        done = self.model.step * self.batch_size
        label = f"training, epoch {epoch + 1}"
        self.line = Progress(self.total, "pictures", label, start=done)

    def on_train_batch_end(self, batch, logs=None):
        """Move the line on."""
        step = self.model.step
        self.line.advance(self.batch_size, f"step {step}  {_losses_in_words(logs)}")

    def on_epoch_end(self, epoch, logs=None):
        """Close the line, and say what the validation gave."""
        self.line.close()
        if logs and "val_loss" in logs:
            held_out = {name.removeprefix("val_"): logs[name] for name in logs}
            print(f"  held out: {_losses_in_words(held_out)}", flush=True)


def _losses_in_words(logs):
    return (
        f"loss {float(logs['loss']):.1f} (squared errors "
        f"{float(logs['reconstruction']):.1f}, KL {float(logs['kl']):.1f}, "
        f"perceptual {float(logs['perceptual']):.0f})"
    )


class PictureMonitor(keras.callbacks.Callback):
    """Writes a sheet of pictures every so many steps, to see the network learn.

    The base of the two monitors below, which say what pictures these are.

    Args:
        folder: where `step_000001.png` and so on are written.
        every_steps: training steps between two sheets.
        writer: TensorFlow summary writer.
        last_step: the last step of the run, which is shown whatever the interval is.
        singles: write each picture as a file of its own too.
    """

    def __init__(self, folder, every_steps, writer, last_step=None, singles=False):
        super().__init__()
        if every_steps < 1:
            raise ValueError(f"every_steps: received {every_steps}, expected 1 or more")
        self.folder, self.every_steps = Path(folder), every_steps
        self.writer, self.singles = writer, singles
        self.always_shown = {*EARLY_STEPS, last_step}

    def on_train_batch_end(self, batch, logs=None):
        """Write the sheet when it is time."""
        step = self.model.step
        if step in self.always_shown or step % self.every_steps == 0:
            self._write(step)

    def _write(self, step):
        self.folder.mkdir(parents=True, exist_ok=True)
        pictures = self._pictures()
        image = self._sheet(pictures)
        write_picture(image, self.folder / f"step_{step:06d}.png")
        with self.writer.as_default():
            tf.summary.image(self.folder.name, np.asarray(image)[np.newaxis], step)
        if self.singles:
            singles = self.folder / f"step_{step:06d}"
            singles.mkdir(exist_ok=True)
            for number, picture in enumerate(pictures, start=1):
                write_picture(
                    Image.fromarray(picture), singles / f"picture_{number:02d}.png"
                )

    def _sheet(self, pictures):
        return sheet(pictures, COLUMNS, scale=_scale(pictures))


class ReconstructionMonitor(PictureMonitor):
    """Redraws the same pictures again and again, each below its original.

    Args:
        pictures: uint8 `(count, img_dim, img_dim, 3)`.
        **monitor: the arguments of `PictureMonitor`.
    """

    def __init__(self, pictures, **monitor):
        super().__init__(**monitor)
        self.originals = np.asarray(pictures)

    def _pictures(self):
        redrawn = self.model(self.originals.astype(np.float32) / 255.0, training=False)
        return to_uint8(redrawn)

    def _sheet(self, pictures):
        rows = []
        for start in range(0, len(pictures), COLUMNS):
            originals = self.originals[start : start + COLUMNS]
            blank = [np.zeros_like(pictures[0])] * (COLUMNS - len(originals))
            rows += [*originals, *blank, *pictures[start : start + COLUMNS], *blank]
        return super()._sheet(rows)


class GenerationMonitor(PictureMonitor):
    """Decodes the same random latent vectors again and again.

    Args:
        latents: float32 `(count, latent_dim)`.
        **monitor: the arguments of `PictureMonitor`.
    """

    def __init__(self, latents, **monitor):
        super().__init__(**monitor)
        self.latents = np.asarray(latents, np.float32)

    def _pictures(self):
        return to_uint8(self.model.decoder(self.latents, training=False))


def random_latents(count, latent_dim, seed):
    """Return `count` latent vectors from N(0, I), float32 `(count, latent_dim)`."""
    noise = np.random.default_rng(seed).standard_normal((count, latent_dim))
    return noise.astype(np.float32)


def read_to_reconstruct(folder, side):
    """Return the pictures of `folder` as uint8 `(count, side, side, 3)`.

    Raises:
        ValueError: there is no picture that can be read.
    """
    pictures = []
    for path in list_pictures(folder):
        try:
            pictures.append(read_square(path, side))
        except UnreadablePicture as error:
            print(f"left out {path}: {error}")
    if not pictures:
        raise ValueError(f"{folder} holds no picture to reconstruct; put some there")
    return np.stack(pictures)


def write_demo(decoder, folder, latents, label, batch_size=100):
    """Decode latent vectors into single pictures and one sheet.

    Args:
        decoder: as `model.build_decoder` makes it.
        folder: is made; `dream_001.png` and so on, and `dreams.png`, ten in a row.
        latents: float32 `(count, latent_dim)`; with none, nothing is written.
        label: what the sheet says of itself, in one line.
        batch_size: vectors decoded at once.
    """
    if not len(latents):
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    dreams = to_uint8(decoder.predict(latents, batch_size=batch_size, verbose=0))
    for number, dream in enumerate(dreams, start=1):
        write_picture(Image.fromarray(dream), Path(folder) / f"dream_{number:03d}.png")
    together = titled(sheet(dreams, columns=10), label)
    write_picture(together, Path(folder) / "dreams.png")


def write_animation(folder, path, frame_milliseconds=250):
    """Join the sheets of a monitor into an animated GIF that rests on the last one."""
    frames = [Image.open(file) for file in sorted(Path(folder).glob("step_*.png"))]
    if not frames:
        return
    durations = [frame_milliseconds] * (len(frames) - 1) + [10 * frame_milliseconds]
    write_gif(frames, path, durations)


def _scale(pictures):
    return max(1, SMALLEST_TILE // len(pictures[0]))
