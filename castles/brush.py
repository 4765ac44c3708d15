"""Fills antialiased shapes, each in the light of a time of day.

Owns the step from places in a picture to pixels, and the light. All places and lengths
are fractions of the picture's side, x to the right and y down, so that a shape is the
same at every size. A colour is what a thing has in white light, a paint is what lands
in the picture. What is drawn belongs to `drawing.py`.
"""

import math
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

# Shapes are drawn this many times larger in both directions and averaged down.
SUPERSAMPLING = 4

# Light and where it falls from, -1 far left to 1 far right, from dawn to night.
LIGHT = (
    (1.0, 0.9, 0.88), (1.0, 0.98, 0.95), (1.02, 1.02, 0.98), (1.02, 0.97, 0.9),
    (1.0, 0.82, 0.7), (0.78, 0.7, 0.78), (0.66, 0.71, 0.86),
)  # fmt: skip
LIGHT_FROM = ((-0.8,), (-0.6,), (-0.2,), (0.4,), (0.8,), (0.1,), (-0.6,))
LEAST_LIGHT, DIRECT_LIGHT = 0.76, 0.28

# Facets of a cone, and places around a cylinder where the light is computed.
FACETS = 10
# A circle seen from a little above is this share as high as it is wide.
SAG = 0.18


def along(path, position):
    """Return the point at 0 (start) to 1 (end) of a path straight between its points.

    These are tuples of numbers, at even distances.
    """
    place = position * (len(path) - 1)
    leg = min(int(place), len(path) - 2)
    return _between(path[leg], path[leg + 1], place - leg)


def blend(paints, share):
    """Return the paint at 0 (start) to 1 (end) of a path between paints."""
    return tuple([int(level + 0.5) for level in along(paints, share)])


def _between(start, end, share):
    return tuple([a + (b - a) * share for a, b in zip(start, end, strict=True)])


class Brush:
    """Draws on a picture.

    Args:
        background: `PIL.Image`, square, in the size of the finished picture.
        day: time that the light has, from 0 (dawn) to 1 (night).
    """

    def __init__(self, background, day):
        self.side = background.width * SUPERSAMPLING
        self.image = background.resize((self.side, self.side), Image.NEAREST)
        self.draw = ImageDraw.Draw(self.image)
        self.light = along(LIGHT, day)
        (sideways,) = along(LIGHT_FROM, day)
        facing = FACES_SIDEWAYS * sideways
        facing += FACES_US * math.sqrt(1 - sideways * sideways)
        brightness = LEAST_LIGHT + DIRECT_LIGHT * np.maximum(facing, 0.0)
        self.light_around = np.outer(brightness, self.light)

    def picture(self):
        """Return what has been drawn, uint8 (size, size, 3)."""
        return np.asarray(self.image.reduce(SUPERSAMPLING))

    def lit(self, colour, brightness=1.0):
        """Return the paint of a thing of this colour in this light."""
        return tuple(
            [
                min(255, int(level * light * brightness + 0.5))
                for level, light in zip(colour, self.light, strict=True)
            ]
        )

    def paint_at(self, x, y):
        """Return the paint that lies at a place."""
        return self.image.getpixel(self._pixels(x, y))

    def polygon(self, corners, paint):
        """Fill a polygon of (x, y) corners."""
        # Pillow counts from the middle of the first pixel.
        pixels = [place * self.side - 0.5 for corner in corners for place in corner]
        self.draw.polygon(pixels, paint)

    def land(self, heights, paint):
        """Fill all below a crest whose y is given from left to right, as an array."""
        x = np.arange(len(heights)) * (self.side / (len(heights) - 1)) - 0.5
        y = heights * self.side - 0.5
        crest = zip(x.tolist(), y.tolist(), strict=True)
        below = self.side + 1
        self.draw.polygon([*crest, (self.side, below), (-1, below)], paint)

    def rectangle(self, left, top, right, bottom, paint):
        """Fill an upright rectangle."""
        self.draw.rectangle(self._box(left, top, right, bottom), paint)

    def ellipse(self, x, y, radius_x, radius_y, paint):
        """Fill an ellipse around (x, y)."""
        box = self._box(x - radius_x, y - radius_y, x + radius_x, y + radius_y)
        self.draw.ellipse(box, paint)

    def cylinder(self, x, top, bottom, radius, colour):
        """Fill a round wall, seen from a little above, so that its foot curves down."""
        left, top, right, bottom = self._box(x - radius, top, x + radius, bottom)
        width, foot = right - left + 1, int(SAG * radius * self.side + 0.5)
        paints = self._paints_around(colour).tobytes()
        row = Image.frombytes("RGB", (FACETS, 1), paints)
        row = row.resize((width, 1), Image.BILINEAR)
        wall = row.resize((width, bottom - top + 1), Image.NEAREST)
        self.image.paste(wall, (left, top))
        outline = _lower_half_of_ellipse(width, foot)
        foot = row.resize(outline.size, Image.NEAREST)
        self.image.paste(foot, (left, bottom + 1), outline)

    def cone(self, x, apex, bottom, radius, colour):
        """Fill a pointed roof; its eaves curve down like the foot of a wall."""
        corners = (x, apex, x, bottom, x, bottom) + radius * CONE
        pixels = (corners * self.side - 0.5).tolist()
        paints = self._paints_around(colour).tolist()
        for facet, paint in zip(pixels, paints, strict=True):
            self.draw.polygon(facet, tuple(paint))

    def _paints_around(self, colour):
        """Return the paints (FACETS, 3) of a round thing from left to right."""
        return np.minimum(self.light_around * colour + 0.5, 255.0).astype(np.uint8)

    def _box(self, left, top, right, bottom):
        left, top, right, bottom = self._pixels(left, top, right, bottom)
        # In Pillow the last column and row belong to a shape.
        return left, top, right - 1, bottom - 1

    def _pixels(self, *places):
        return [int(place * self.side + 0.5) for place in places]


@lru_cache(maxsize=64)
def _lower_half_of_ellipse(width, height):
    outline = Image.new("L", (width, height))
    ImageDraw.Draw(outline).ellipse((0, -height, width - 1, height - 1), 255)
    return outline


def _cone_facets():
    """Return the corners (FACETS, 6) of a cone of radius 1: apex, left, right."""
    # Rounded, since the last digit of a cosine differs between machines.
    edges = [round(-math.cos(math.pi * n / FACETS), 6) for n in range(FACETS + 1)]
    x = np.array(edges)
    y = SAG * np.sqrt(1 - x * x)
    apex = np.zeros(FACETS)
    return np.stack((apex, apex, x[:-1], y[:-1], x[1:], y[1:]), axis=1)


CONE = _cone_facets()
FACES_SIDEWAYS = (CONE[:, 2] + CONE[:, 4]) / 2
FACES_US = np.sqrt(1 - FACES_SIDEWAYS * FACES_SIDEWAYS)
