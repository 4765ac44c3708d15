"""Measures how a picture looks: its brightness, its skyline, the rhythm of its windows.

Owns the list of looks and their definitions. Each is a function of one picture, in
[0, 1], and nearly the same at every size of that picture. Files are left to `table.py`.
"""

from functools import cached_property

import numpy as np
from PIL import Image
from scipy import ndimage

# Pixels of the side at which all looks are measured.
SIDE = 64
PLACES = (np.arange(SIDE) + 0.5) / SIDE
# Luma of ITU-R BT.601.
RED_GREEN_BLUE_IN_LUMA = np.array([0.299, 0.587, 0.114], np.float32)

# Luma steps from one pixel to the next: no edge up to the first, a full one from the
# second on.
FAINT_STEP, CLEAR_STEP = 0.02, 0.25
# Excess green of no plant, and of a plant for certain.
GREY_EXCESS, PLANT_EXCESS = 0.05, 0.15
# Sky has at least so much blue, and steps of luma no larger than this.
LEAST_BLUE, LARGEST_STEP_IN_SKY = 0.3, 0.08
# Blue by red: of the warmest cloud, and of what is sky even beside lighter walls.
CLOUD_BLUE_TO_RED, CLEAR_BLUE_TO_RED = 0.85, 1.3
# Side of a picture in which a building's two halves can be compared, in pixels.
COARSE_SIDE = 16
# Bands of a picture in which edges may repeat differently, as on floors of a house.
BANDS = 8
# Energy of edges, as `_rhythm` sums it, too faint to be called a rhythm.
FAINT_RHYTHM = 0.004
# Of the luma's variance, what a picture of one colour may have by rounding.
FLAT = 1e-5


class SmallPicture:
    """A picture at `SIDE` pixels, with what several looks start from.

    Args:
        pixels: uint8 `(side, side, 3)`.

    Attributes:
        rgb: red, green and blue, float32 `(3, SIDE, SIDE)` in [0, 1].
    """

    def __init__(self, pixels):
        image = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.HAMMING)
        # Channels first: most looks compare whole channels.
        self.rgb = np.asarray(image).transpose(2, 0, 1).astype(np.float32, "C") / 255

    @cached_property
    def luma(self):
        """Lightness, `(SIDE, SIDE)` in [0, 1]."""
        return np.einsum("c,chw->hw", RED_GREEN_BLUE_IN_LUMA, self.rgb)

    @cached_property
    def gradient(self):
        """Steps of the luma from pixel to pixel: to the right, and downwards."""
        down, right = np.gradient(self.luma)
        return right, down

    @cached_property
    def sky_mask(self):
        """Which pixels are sky, bool `(SIDE, SIDE)`.

        Sky is smooth and hangs together from the upper edge. It is clear blue, or it is
        no warmer than a cloud and of the lighter one of two classes by its blue
        (Otsu 1979).
        """
        red, _, blue = self.rgb
        is_light = blue > _otsu_threshold(blue)
        is_cloud = is_light & (blue > CLOUD_BLUE_TO_RED * red)
        is_clear = blue > CLEAR_BLUE_TO_RED * red
        is_smooth = np.hypot(*self.gradient) < LARGEST_STEP_IN_SKY
        parts, count = ndimage.label(
            (is_cloud | is_clear) & is_smooth & (blue > LEAST_BLUE)
        )
        is_at_top = np.zeros(count + 1, bool)
        is_at_top[parts[0]] = True
        # Part 0 is all that does not look like sky.
        is_at_top[0] = False
        return is_at_top[parts]

    @cached_property
    def skyline(self):
        """Share of each column that is not sky, `(SIDE,)`."""
        return 1 - self.sky_mask.mean(axis=0)

    @cached_property
    def upright_edges(self):
        """Strength of upright edges, `(SIDE, SIDE)` in [0, 1]."""
        right, down = self.gradient
        return _edges(right, down)

    @cached_property
    def level_edges(self):
        """Strength of level edges, `(SIDE, SIDE)` in [0, 1]."""
        right, down = self.gradient
        return _edges(down, right)


def brightness(picture):
    """Return the mean luma: 0 is black, 1 white."""
    return picture.luma.mean()


def contrast(picture):
    """Return the standard deviation of the luma (RMS contrast, Peli 1990), doubled.

    A picture of one colour has 0, one half black and half white 1.
    """
    return 2 * picture.luma.std()


def warmth(picture):
    """Return the mean of red minus blue: 0 is blue, 0.5 grey, 1 red or yellow."""
    red, _, blue = picture.rgb
    return 0.5 + 0.5 * (red - blue).mean()


def saturation(picture):
    """Return the mean chroma, the largest minus the smallest channel (Smith 1978).

    Grey has 0, pure red 1. Unlike saturation in HSV it is no noise in the dark.
    """
    return (picture.rgb.max(axis=0) - picture.rgb.min(axis=0)).mean()


def green(picture):
    """Return the share of plants: excess green, 2g - r - b (Woebbecke et al. 1995).

    r, g and b are shares of their sum. A pixel counts in part between `GREY_EXCESS`
    and `PLANT_EXCESS`.
    """
    r, g, b = picture.rgb
    # Black is no plant.
    excess = (2 * g - r - b) / np.maximum(r + g + b, 0.01)
    return _ramp(excess, GREY_EXCESS, PLANT_EXCESS).mean()


def sky(picture):
    """Return the share of sky, as `SmallPicture.sky_mask` finds it."""
    return picture.sky_mask.mean()


def skyline_height(picture):
    """Return how high the highest quarter of the skyline stands on average.

    0 is the lower edge of the picture; 1 the upper one, or no sky at all.
    """
    return np.sort(picture.skyline)[-SIDE // 4 :].mean()


def skyline_place(picture):
    """Return where what rises above the lowest point of the skyline has its middle.

    0 is the left edge, 1 the right one; a level skyline has 0.5.
    """
    rise = picture.skyline - picture.skyline.min()
    return rise @ PLACES / rise.sum() if rise.any() else 0.5


def symmetry(picture):
    """Return the share of the mirrored part in what changes from left to right.

    Luma less the mean of its row is the sum of an even and an odd part; this is the
    energy of the even one by that of both (Marola 1989, there as a correlation). A
    mirrored picture has 1, chance 0.5, a negative mirror 0. Compared at `COARSE_SIDE`
    pixels: no two windows are alike to the pixel.
    """
    block = SIDE // COARSE_SIDE
    shape = (COARSE_SIDE, block, COARSE_SIDE, block)
    luma = picture.luma.reshape(shape).mean(axis=(1, 3))
    luma -= luma.mean(axis=1, keepdims=True)
    if luma.var() < FLAT:
        return 1.0
    even = (luma + luma[:, ::-1]) / 2
    return even.var() / luma.var()


def vertical_edges(picture):
    """Return the density of upright edges: their mean strength over all pixels."""
    return picture.upright_edges.mean()


def horizontal_edges(picture):
    """Return the density of level edges: their mean strength over all pixels."""
    return picture.level_edges.mean()


def vertical_rhythm(picture):
    """Return how evenly upright edges repeat from left to right, as columns do."""
    return _rhythm(picture.upright_edges)


def horizontal_rhythm(picture):
    """Return how evenly level edges repeat from top to bottom, as floors do."""
    return _rhythm(picture.level_edges.T)


def tilt(picture):
    """Return how far edges are turned out of upright and level, on average.

    Edges at an angle t count with sin 4t and the square of their step, which is the
    double angle of Kass and Witkin (1987) doubled again, since upright and level are
    alike. 0.5 is level or undecided; 1 turned clockwise by 22.5 degrees, 0 the other
    way.
    """
    right, down = picture.gradient
    energy = right**2 + down**2
    if energy.mean() < FLAT:
        return 0.5
    # The imaginary part of (right + i down)^4.
    turned = 4 * right * down * (right**2 - down**2)
    return 0.5 + 0.5 * (turned / np.maximum(energy, FLAT)).sum() / energy.sum()


def light_above(picture):
    """Return the lead in luma of the upper half over the lower; none is 0.5."""
    upper, lower = np.split(picture.luma, 2)
    return 0.5 + 0.5 * (upper.mean() - lower.mean())


def light_right(picture):
    """Return the lead in luma of the right half over the left; none is 0.5."""
    left, right = np.split(picture.luma, 2, axis=1)
    return 0.5 + 0.5 * (right.mean() - left.mean())


# On 4,426 photos of castles and streets no two of them correlate by more than 0.82.
LOOKS = {
    look.__name__: look
    for look in (
        brightness,
        contrast,
        warmth,
        saturation,
        green,
        sky,
        skyline_height,
        skyline_place,
        symmetry,
        vertical_edges,
        horizontal_edges,
        vertical_rhythm,
        horizontal_rhythm,
        tilt,
        light_above,
        light_right,
    )
}


def measure_looks(pictures) -> tuple[list[str], np.ndarray]:
    """Return the names of all looks, and float64 `(count, look_count)` in [0, 1].

    `pictures` is an iterable of uint8 `(side, side, 3)`.
    """
    rows = [
        [look(picture) for look in LOOKS.values()]
        for picture in map(SmallPicture, pictures)
    ]
    return list(LOOKS), np.array(rows, np.float64).reshape(-1, len(LOOKS))


def _ramp(values, low, high):
    return ((values - low) / (high - low)).clip(0, 1)


def _edges(across, along):
    """Return the strength of edges from the steps across and along them."""
    return _ramp(np.abs(across) - np.abs(along), FAINT_STEP, CLEAR_STEP)


def _rhythm(edges):
    """Return how evenly edges repeat along the rows: 0 not at all, 1 like a comb.

    The highest return of their autocorrelation (Lin, Wang and Yang 1997): how far it
    stands above zero, and no further than above the lowest value before it. What
    repeats must be there three times.
    """
    bands = edges.reshape(BANDS, SIDE // BANDS, SIDE).mean(axis=1)
    bands -= bands.mean(axis=1, keepdims=True)
    # Padded to twice the length, a row does not meet its own beginning.
    power = np.abs(np.fft.rfft(bands, 2 * SIDE)) ** 2
    lags = np.arange(SIDE // 3 + 1)
    products = np.fft.irfft(power.sum(axis=0))[lags] / (SIDE - lags)
    repeats = products / (products[0] + FAINT_RHYTHM)
    rises = repeats - np.minimum.accumulate(repeats)
    return np.minimum(repeats, rises).max().clip(0, 1)


def _otsu_threshold(values):
    """Return what divides values in [0, 1] into two classes of least variance."""
    bins = 32
    counts = np.bincount((values * (bins - 1)).astype(int).ravel(), minlength=bins)
    middles = np.linspace(0, 1, bins)
    below = counts.cumsum()[:-1]
    sums = (counts * middles).cumsum()
    products = np.maximum(below * (values.size - below), 1)
    between = (sums[-1] * below - sums[:-1] * values.size) ** 2 / products
    return (between.argmax() + 1) / (bins - 1)
