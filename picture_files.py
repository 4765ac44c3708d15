"""Pictures written to disk, whole or not at all: one as PNG, many as an animation.

Owns the two formats. What the pictures show is left to the caller.
"""

import numpy as np
from PIL import Image

from files import write_whole


def write_picture(image, path):
    """Write a Pillow image as PNG, whole or not at all."""
    write_whole(path, lambda file: image.save(file, "PNG"))


def write_gif(frames, path, durations):
    """Write RGB Pillow images of one size as a GIF that repeats for ever.

    Args:
        frames: at least one image.
        path: the GIF file.
        durations: milliseconds that each frame stands.
    """
    # One palette for all the frames keeps colours from flickering.
    everything = np.concatenate([np.asarray(frame.reduce(2)) for frame in frames])
    # An octree keeps rare colours better than Pillow's median cut.
    palette = Image.fromarray(everything).quantize(255, Image.Quantize.FASTOCTREE)
    # Dithered, the files would be twice as large.
    undithered = {"palette": palette, "dither": Image.Dither.NONE}
    frames = [frame.quantize(**undithered) for frame in frames]
    write_whole(
        path,
        lambda file: frames[0].save(
            file,
            "GIF",
            save_all=True,
            append_images=frames[1:],
            duration=list(durations),
            loop=0,
        ),
    )
