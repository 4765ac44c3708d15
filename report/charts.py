"""Line charts, drawn without a library: where each line, tick and word stands.

Owns axes, ticks and lines in pixels; chart.svg draws them, in the colours of the style
sheet.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

WIDTH, HEIGHT = 480, 270
# Where the plane of the lines begins and ends.
LEFT, RIGHT, TOP, BOTTOM = 60, 466, 30, 228
# A line that falls to a fifth would be flat for most of a linear axis.
LOGARITHMIC_FROM_RATIO = 5
MARKED_UP_TO = 40


@dataclass(frozen=True)
class Axis:
    """One axis: `low` stands at its first pixel, `high` at its last one.

    Pixels count from the left or from the top.
    """

    low: float
    high: float
    first_pixel: int
    last_pixel: int
    is_logarithmic: bool = False

    def pixel(self, value):
        """Return where a value stands."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        if self.is_logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.first_pixel + share * (self.last_pixel - self.first_pixel)

    def ticks(self):
        """Return pairs of the pixel of a round number and its text."""
        find = logarithmic_ticks if self.is_logarithmic else linear_ticks
        numbers = find(self.low, self.high)
        return [(self.pixel(number), in_short(number)) for number in numbers]


class Line(NamedTuple):
    """One line of a chart, in pixels, and where its part of the legend begins."""

    name: str
    points: list[tuple[float, float]]
    # Whether each point is a dot: a line of one would not be seen.
    is_marked: bool
    legend_pixel: int


@dataclass(frozen=True)
class Chart:
    """What chart.svg draws: words, and places in pixels."""

    title: str
    x_label: str
    x_ticks: list
    y_ticks: list
    lines: list
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    bottom: int = BOTTOM


def line_chart(lines, title, x_label):
    """Return the `Chart` of lines over a common horizontal axis.

    The vertical axis begins at 0, or is logarithmic where positive values fall to a
    fifth.

    Args:
        lines: dict of name to points, a list of (x, y); finite, at least one in all.
        title: what the vertical axis shows, with its unit.
        x_label: the same of the horizontal one.
    """
    points = [point for line in lines.values() for point in line]
    xs, ys = zip(*points, strict=True)
    across, up = Axis(0, max(xs), LEFT, RIGHT), _vertical_axis(min(ys), max(ys))
    if up.is_logarithmic:
        title += " (log scale)"
    return Chart(title, x_label, across.ticks(), up.ticks(), _place(lines, across, up))


def _vertical_axis(low, high):
    if low > 0 and high / low >= LOGARITHMIC_FROM_RATIO:
        return Axis(low, high, BOTTOM, TOP, is_logarithmic=True)
    return Axis(min(0, low), max(0, high), BOTTOM, TOP)


def _place(lines, across, up):
    """Return the `Line`s of named points, in pixels."""
    placed, legend_pixel = [], LEFT
    for name, points in lines.items():
        pixels = [(across.pixel(x), up.pixel(y)) for x, y in points]
        placed.append(Line(name, pixels, len(points) <= MARKED_UP_TO, legend_pixel))
        legend_pixel += 44 + 7 * len(name)
    return placed


def linear_ticks(low, high, most=6):
    """Return round numbers in [low, high], at most so many, equally far apart."""
    if high <= low:
        return [low]
    rough = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * round_ for round_ in (1, 2, 5, 10) if power * round_ >= rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def logarithmic_ticks(low, high, most=7):
    """Return powers of ten in [low, high], with 2 and 5 times them if these are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for multiples in ((1, 2, 5), (1, 3), (1,)):
        ticks = [times * 10.0**power for power in powers for times in multiples]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= most:
            break
    return ticks


def in_short(number):
    """Return a number as an axis shows it: 0.05, 20, 3,000, 4e+06."""
    if 1000 <= abs(number) < 1_000_000:
        return f"{number:,.0f}"
    return f"{number:.4g}"
