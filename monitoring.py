"""What one sees of a network while it learns: sheets of pictures, and animations."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from callbacks.step_callback import StepCallback
from pictures.files import to_uint8, write_gif, write_picture
from pictures.sheets import enlarged, sheet

# The first steps change most, so they are shown whatever the interval is.
EARLY_STEPS = (1, 10, 100)
COLUMNS = 6
FRAME_MILLISECONDS = 250
LAST_FRAME_MILLISECONDS = 2500


class PictureMonitor(StepCallback):
    """Writes a sheet of the pictures that a subclass makes, every so many steps.

    Args:
        folder: where `step_000001.png` and so on are written.
        every_steps: training steps between two sheets.
        writer: TensorFlow summary writer.
        last_step: the last step of the run, which is shown whatever the interval is.
        singles: write each picture as a file of its own too.
    """

    def __init__(self, folder, every_steps, writer, last_step=None, singles=False):
        super().__init__(every_steps)
        self.folder, self.writer, self.singles = Path(folder), writer, singles
        self.always_shown = {*EARLY_STEPS, last_step}

    def on_step_end(self, logs):
        """Write the sheet when it is time."""
        if self.is_due or self.step in self.always_shown:
            self._write(self.step)

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
                path = singles / f"picture_{number:02d}.png"
                write_picture(Image.fromarray(picture), path)

    def _sheet(self, pictures):
        return sheet([enlarged(picture) for picture in pictures], COLUMNS)

    def write_animation(self, path):
        """Join all sheets, if there are any, into a GIF that rests on the last one."""
        frames = []
        for sheet_path in sorted(self.folder.glob("step_*.png")):
            # One after the other: a long run has more sheets than a process may open.
            with Image.open(sheet_path) as frame:
                frames.append(frame.convert("RGB"))
        if frames:
            durations = [FRAME_MILLISECONDS] * len(frames)
            durations[-1] = LAST_FRAME_MILLISECONDS
            write_gif(frames, path, durations)


class ReconstructionMonitor(PictureMonitor):
    """Redraws the same pictures again and again, each below its original.

    They are uint8 `(count, img_dim, img_dim, 3)`.
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
    """Decodes the same latent vectors again and again.

    They are float32 `(count, latent_dim)`.
    """

    def __init__(self, latents, **monitor):
        super().__init__(**monitor)
        self.latents = np.asarray(latents, np.float32)

    def _pictures(self):
        return to_uint8(self.model.decoder(self.latents, training=False))
