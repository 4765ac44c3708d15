"""Line charts as inline SVG, drawn without a library.

Owns axes, ticks and lines. Colours come from the style sheet of the page that shows
the chart: the classes are `chart`, `axis`, `grid`, `line-1`, `line-2` and so on.
"""

import math
from html import escape

WIDTH, HEIGHT = 480, 270
LEFT, RIGHT, TOP, BOTTOM = 60, 14, 30, 42
# A line that falls to a fifth would be flat for most of a linear axis.
LOGARITHMIC_FROM_RATIO = 5
MARKED_UP_TO = 40


def line_chart(lines, title, x_label):
    """Return a chart of lines over a common horizontal axis.

    Args:
        lines: dict of name to points, a list of (x, y); finite, at least one in all.
        title: what the vertical axis shows, with its unit.
        x_label: the same of the horizontal one.

    Returns:
        An `<svg>` element with numbers on both axes, labels and a legend. The vertical
        axis begins at 0, or is logarithmic where positive values fall to a fifth.
    """
    points = [point for line in lines.values() for point in line]
    xs, ys = zip(*points, strict=True)
    low, high = min(ys), max(ys)
    across = _scale((0, max(xs)), (LEFT, WIDTH - RIGHT))
    if low > 0 and high / low >= LOGARITHMIC_FROM_RATIO:
        title += " (log scale)"
        y_ticks = logarithmic_ticks(low, high)
        up = _scale((low, high), (HEIGHT - BOTTOM, TOP), bend=math.log)
    else:
        y_ticks = linear_ticks(min(0, low), max(0, high))
        up = _scale((min(0, low), max(0, high)), (HEIGHT - BOTTOM, TOP))
    parts = [
        *(_horizontal(up(tick), tick) for tick in y_ticks),
        *(_vertical(across(tick), tick) for tick in linear_ticks(0, max(xs))),
        *_lines(lines, across, up),
        *_legend(lines),
        f'<text class="name" x="{LEFT}" y="16">{escape(title)}</text>',
        f'<text class="name" x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" '
        f'text-anchor="end">{escape(x_label)}</text>',
    ]
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)} by {escape(x_label)}">{"".join(parts)}</svg>'
    )


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


def _scale(domain, pixels, bend=float):
    """Return the function that takes one pair of limits to the other, after `bend`."""
    (first, last), (start, end) = map(bend, domain), pixels
    span = (last - first) or 1.0
    return lambda value: start + (bend(value) - first) / span * (end - start)


def _horizontal(y, tick):
    right = WIDTH - RIGHT
    return (
        f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="axis" x="{LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">'
        f"{in_short(tick)}</text>"
    )


def _vertical(x, tick):
    y = HEIGHT - BOTTOM
    return (
        f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + 5}"/>'
        f'<text class="axis" x="{x:.1f}" y="{y + 19}" text-anchor="middle">'
        f"{in_short(tick)}</text>"
    )


def _lines(lines, across, up):
    for number, points in enumerate(lines.values(), start=1):
        placed = [(across(x), up(y)) for x, y in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        yield f'<polyline class="line-{number}" points="{path}"/>'
        # A few points are marked, for a line of one point would not be seen.
        if len(placed) <= MARKED_UP_TO:
            for x, y in placed:
                yield f'<circle class="line-{number}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'


def _legend(lines):
    x, y = LEFT, HEIGHT - 6
    for number, name in enumerate(lines, start=1):
        yield (
            f'<line class="line-{number}" x1="{x}" x2="{x + 16}" '
            f'y1="{y - 4}" y2="{y - 4}"/>'
            f'<text class="axis" x="{x + 22}" y="{y}">{escape(name)}</text>'
        )
        x += 44 + 7 * len(name)
