"""How a castle looks: the scene, and the colours of everything in it.

Every pixel is a function of the factors. Places and lengths are fractions of the
picture's side, x to the right and y down. Shapes and light are up to `brush.py`; which
factors there are and their ranges belong to `factors.py`, files to `dataset.py`.
"""

import numpy as np
from PIL import Image

from castles.brush import Brush, along, blend

# Sky, sun and moon through the day: a row every three hours from dawn to night.
DAWN_HOUR, NIGHT_HOUR = 6.0, 24.0
SKY_TOP = (
    (132, 142, 196), (104, 156, 212), (84, 152, 216), (96, 142, 200),
    (100, 92, 150), (66, 66, 120), (44, 54, 100),
)  # fmt: skip
SKY_LOW = (
    (252, 202, 190), (226, 220, 216), (204, 230, 240), (240, 224, 196),
    (250, 178, 124), (166, 122, 150), (88, 106, 154),
)  # fmt: skip
SUN = (
    (255, 230, 206), (255, 244, 220), (255, 250, 228), (255, 240, 200),
    (255, 208, 130), (255, 190, 120), (255, 190, 120),
)  # fmt: skip
SUN_PLACE = (
    (0.1, 0.5), (0.19, 0.24), (0.36, 0.11), (0.7, 0.2), (0.89, 0.5), (0.97, 0.9),
    (1.0, 1.2),
)  # fmt: skip
SUN_RADIUS = 0.055
MOON, MOON_PLACE, MOON_RADIUS = (230, 232, 224), (0.17, 0.16), 0.05
STARS = (
    (0.07, 0.31), (0.12, 0.05), (0.29, 0.07), (0.36, 0.25), (0.47, 0.06),
    (0.62, 0.12), (0.7, 0.28), (0.79, 0.06), (0.89, 0.2), (0.95, 0.4),
)  # fmt: skip
# As shares of the day: first seen or lit, and brightest.
MOONLIGHT = (0.68, 0.95)
STARLIGHT = (0.78, 1.0)
LAMPS = (0.58, 0.63)

# Colours in white light; a factor is a place on the path through its three.
STONE = ((134, 148, 168), (210, 194, 160), (194, 130, 104))
ROOF = ((82, 102, 150), (92, 138, 108), (184, 84, 74))
GLASS = (64, 70, 92)
LAMPGLOW = (250, 230, 10)
LAMPLIGHT = (250, 206, 128)
GATE = (104, 78, 66)
HILL = (78, 112, 104)
MEADOW = (122, 148, 84)
ROAD = (206, 186, 146)
LEAVES = (82, 118, 80)
TRUNK = (104, 84, 68)

# Distance from the middle of the castle, radius, and height above `tower_height`.
# A castle of n towers has the first n: one more tower never moves another one.
TOWERS = (
    (-0.27, 0.058, 0.0),
    (0.27, 0.058, 0.0),
    (0.035, 0.064, 0.07),
    (-0.125, 0.046, 0.02),
    (0.165, 0.042, 0.035),
)
END_TOWERS = 2
EAVES = 1.36
WINDOW_HEIGHT = 0.082
WALL_WINDOWS = (-0.155, 0.155)
HALF_WALL = 0.27
MERLONS = 10
GATE_HEIGHT, GATE_FRAME = 0.125, 0.012
HORIZON, CASTLE_BASE = 0.76, 0.84
TREE_PLACE = (0.1, 0.95)


def draw_castle(factors, size):
    """Return one castle, RGB uint8 (size, size, 3).

    `factors` maps each name in `factors.FACTORS` to its value.
    """
    day = (factors["time_of_day"] - DAWN_HOUR) / (NIGHT_HOUR - DAWN_HOUR)
    brush = Brush(_draw_sky(day, size), day)
    _draw_stars(brush, _rise(day, *STARLIGHT))
    _draw_hills(brush, factors["hill_height"], along(SKY_LOW, day))
    _draw_meadow(brush)
    _draw_stronghold(brush, factors, _rise(day, *LAMPS))
    _draw_tree(brush, factors["tree_size"])
    return brush.picture()


def _rise(day, start, end):
    """Return how far something is on its way from 0 at `start` to 1 at `end`."""
    return min(1.0, max(0.0, (day - start) / (end - start)))


def _draw_sky(day, size):
    """Draw sky, sun and moon: smooth, and so in the size of the finished picture."""
    places = (np.arange(size, dtype=np.float32) + 0.5) / size
    down = np.minimum(places / HORIZON, 1.0)
    top, low = _channels(along(SKY_TOP, day)), _channels(along(SKY_LOW, day))
    # Channels come first while computing: numpy is slow on a last axis of length 3.
    sky = np.repeat(top + (low - top) * down[None, :, None], size, axis=2)
    for (x, y), radius, colour, share in (
        (along(SUN_PLACE, day), SUN_RADIUS, along(SUN, day), 1.0),
        (MOON_PLACE, MOON_RADIUS, MOON, _rise(day, *MOONLIGHT)),
    ):
        if not share:
            continue
        squared = np.square(places - x) + np.square(places[:, None] - y)
        disc = np.minimum((radius - np.sqrt(squared)) * size + 0.5, 1.0)
        glow = 0.45 / np.square(1.0 + squared / (2.6 * radius) ** 2)
        sky += (_channels(colour) - sky) * (share * np.maximum(disc, glow))
    picture = np.empty((size, size, 3), np.uint8)
    picture[...] = (sky + 0.5).transpose(1, 2, 0)
    return Image.fromarray(picture)


def _channels(colour):
    return np.array(colour, np.float32)[:, None, None]


def _draw_stars(brush, starlight):
    if not starlight:
        return
    for x, y in STARS:
        paint = blend((brush.paint_at(x, y), MOON), 0.75 * starlight)
        brush.ellipse(x, y, 0.005, 0.005, paint)


def _ridge(*bumps):
    """Return the heights of a ridge of (middle, half width, height) bumps."""
    x = np.arange(33) / 32
    return sum(
        height / (1 + np.square((x - middle) / half_width))
        for middle, half_width, height in bumps
    )


FAR_RIDGE = _ridge((0.2, 0.16, 0.8), (0.72, 0.2, 1.0))
NEAR_RIDGE = _ridge((-0.02, 0.2, 0.44), (0.45, 0.14, 0.24), (1.0, 0.16, 0.48))


def _draw_hills(brush, height, haze):
    """Draw two ranges of hills; the far one is nearly as light as the low sky."""
    for ridge, nearness in ((FAR_RIDGE, 0.4), (NEAR_RIDGE, 0.75)):
        paint = blend((haze, brush.lit(HILL)), nearness)
        brush.land(HORIZON + 0.02 - height * ridge, paint)


def _draw_meadow(brush):
    x = np.arange(17) / 16
    for highest, top, brightness in (
        (0.7, HORIZON, 1.08),
        (0.3, 0.83, 1.0),
        (0.8, 0.91, 0.92),
    ):
        brush.land(top + 0.05 * np.square(x - highest), brush.lit(MEADOW, brightness))


def _draw_stronghold(brush, factors, lamps):
    """Draw inner towers, the wall before them, and a tower at each end of it."""
    middle = factors["horizontal_position"]
    stone = along(STONE, factors["stone_colour"])
    # A window is dark by day and lit from inside by night. It glows in between: on a
    # straight way it would take the colour of the wall, which hides its width.
    pane = blend((brush.lit(GLASS), LAMPGLOW, LAMPLIGHT), lamps)
    towers = TOWERS[: int(factors["tower_count"])]
    # The feet of inner towers stay behind the wall.
    _draw_towers(brush, towers[END_TOWERS:], CASTLE_BASE - 0.03, factors, pane)
    _draw_wall(brush, middle, factors["wall_height"], stone)
    for offset in WALL_WINDOWS:
        top = CASTLE_BASE - 0.11
        width = factors["window_width"]
        _draw_arch(brush, middle + offset, top, width, WINDOW_HEIGHT, pane)
    _draw_gate(brush, middle, factors["gate_width"], stone)
    _draw_towers(brush, towers[:END_TOWERS], CASTLE_BASE, factors, pane)


def _draw_towers(brush, towers, foot, factors, pane):
    stone = along(STONE, factors["stone_colour"])
    roof = along(ROOF, factors["roof_colour"])
    for offset, radius, extra in towers:
        x = factors["horizontal_position"] + offset
        top = CASTLE_BASE - factors["tower_height"] - extra
        brush.cylinder(x, top, foot, radius, stone)
        width = factors["window_width"]
        _draw_arch(brush, x, top + 0.045, width, WINDOW_HEIGHT, pane)
        apex = top - factors["roof_slant"] * EAVES * radius
        brush.cone(x, apex, top, EAVES * radius, roof)


def _draw_wall(brush, x, height, stone):
    top, left, right = CASTLE_BASE - height, x - HALF_WALL, x + HALF_WALL
    paint = brush.lit(stone, 0.88)
    # As many gaps as merlons, less one.
    merlon = 2 * HALF_WALL / (2 * MERLONS - 1)
    for number in range(MERLONS):
        start = left + 2 * number * merlon
        brush.rectangle(start, top - 0.022, start + merlon, top, paint)
    brush.rectangle(left, top, right, CASTLE_BASE + 0.006, paint)
    brush.rectangle(left, top + 0.012, right, top + 0.022, brush.lit(stone, 0.74))


def _draw_gate(brush, x, width, stone):
    """Draw the gate in its frame, and the road, which is as wide where they meet."""
    top, ground = CASTLE_BASE - GATE_HEIGHT, CASTLE_BASE + 0.006
    frame = (width + 2 * GATE_FRAME, ground - top + GATE_FRAME)
    _draw_arch(brush, x, top - GATE_FRAME, *frame, brush.lit(stone, 1.06))
    _draw_arch(brush, x, top, width, ground - top, brush.lit(GATE))
    half = width / 2
    right = [(half, ground), (1.4 * half, 0.9), (2.2 * half, 1.01)]
    left = [(-across, y) for across, y in reversed(right)]
    brush.polygon([(x + across, y) for across, y in right + left], brush.lit(ROAD))


def _draw_arch(brush, x, top, width, height, paint):
    half = width / 2
    brush.ellipse(x, top + half, half, half, paint)
    brush.rectangle(x - half, top + half, x + half, top + height, paint)


def _draw_tree(brush, height):
    x, ground = TREE_PLACE
    trunk = (x - 0.03 * height, ground - 0.4 * height, x + 0.03 * height, ground)
    brush.rectangle(*trunk, brush.lit(TRUNK))
    for across, up, radius, brightness in (
        (0.0, 0.62, 0.3, 0.9),
        (-0.1, 0.5, 0.22, 0.82),
        (0.1, 0.52, 0.21, 0.86),
        (0.03, 0.7, 0.2, 1.05),
    ):
        paint = brush.lit(LEAVES, brightness)
        middle = (x + across * height, ground - up * height)
        brush.ellipse(*middle, radius * height, radius * height, paint)
