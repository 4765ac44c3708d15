"""Looks of drawn pictures, whose answer is known."""

import numpy as np
import pytest
from PIL import Image

from castles.drawing import draw_castle
from castles.factors import FACTORS
from pictures.looks.measures import LOOKS, SmallPicture, measure_looks

SIDE = 64
WHITE, BLACK, GREY = (255, 255, 255), (0, 0, 0), (90, 90, 90)
RED, BLUE, LEAF = (255, 0, 0), (0, 0, 255), (60, 120, 40)
SKY, CLOUD, SAND = (120, 170, 240), (225, 225, 230), (230, 200, 150)
DEEP_SKY, DULL, NIGHT = (20, 60, 160), (160, 160, 165), (10, 10, 50)


def plain(colour, side=SIDE):
    return np.full((side, side, 3), colour, np.uint8)


def house(left, top, right, colour=GREY, air=SKY, side=SIDE):
    """Draw a block before the sky; places are shares of the side."""
    picture = plain(air, side)
    picture[round(top * side) :, round(left * side) : round(right * side)] = colour
    return picture


def stripes(period, degrees=0.0, side=SIDE):
    """Draw upright waves of so many pixels of 64, turned clockwise."""
    down, right = np.mgrid[:side, :side] * SIDE / side
    angle = np.deg2rad(degrees)
    across = right * np.cos(angle) + down * np.sin(angle)
    wave = np.rint(127 + 100 * np.sin(2 * np.pi * across / period))
    return np.repeat(wave[:, :, None], 3, axis=2).astype(np.uint8)


def noise(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), np.uint8)


def turned(picture):
    """Swap right and down."""
    return picture.transpose(1, 0, 2)


def look(name, pixels):
    return LOOKS[name](SmallPicture(pixels))


HALF_WHITE = house(0, 0.5, 1, BLACK, WHITE)
ORDINARY_CASTLE = {factor.name: (factor.low + factor.high) / 2 for factor in FACTORS}
# The row of pixels above an edge is too steep to be sky.
ONE_ROW = 1.01 / SIDE


@pytest.mark.parametrize(
    ("name", "pixels", "expected"),
    [
        ("brightness", plain(WHITE), 1),
        ("brightness", plain(BLACK), 0),
        ("brightness", plain((0, 255, 0)), 0.587),
        ("brightness", HALF_WHITE, 0.5),
        ("contrast", plain(RED), 0),
        ("contrast", HALF_WHITE, 1),
        ("warmth", plain(RED), 1),
        ("warmth", plain(GREY), 0.5),
        ("warmth", plain(BLUE), 0),
        ("saturation", plain(GREY), 0),
        ("saturation", plain(BLUE), 1),
        ("saturation", house(0, 0.75, 1, RED, WHITE), 0.25),
        ("green", plain(LEAF), 1),
        ("green", plain(GREY), 0),
        ("green", plain(BLACK), 0),
        ("green", plain(SAND), 0),
        ("green", house(0, 0.5, 1, LEAF), 0.5),
        ("symmetry", plain(GREY), 1),
        ("symmetry", house(0.25, 0.25, 0.75), 1),
        ("symmetry", house(0, 0, 0.5), 0),
        ("vertical_edges", plain(GREY), 0),
        ("vertical_edges", HALF_WHITE, 0),
        # A step shows in the pixels on both sides of it.
        ("vertical_edges", turned(HALF_WHITE), 2 / SIDE),
        ("horizontal_edges", HALF_WHITE, 2 / SIDE),
        ("horizontal_edges", turned(HALF_WHITE), 0),
        ("vertical_rhythm", plain(GREY), 0),
        ("horizontal_rhythm", plain(GREY), 0),
        ("vertical_rhythm", turned(HALF_WHITE), 0),
        ("tilt", plain(GREY), 0.5),
        ("tilt", HALF_WHITE, 0.5),
        ("light_above", HALF_WHITE, 1),
        ("light_above", HALF_WHITE[::-1], 0),
        ("light_above", turned(HALF_WHITE), 0.5),
        ("light_right", turned(HALF_WHITE), 0),
        ("light_right", turned(HALF_WHITE)[:, ::-1], 1),
        ("light_right", HALF_WHITE, 0.5),
    ],
)
def test_looks_of_drawn_pictures(name, pixels, expected):
    assert look(name, pixels) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("air", "ground"),
    [(SKY, GREY), (CLOUD, GREY), (DULL, GREY), (WHITE, BLACK), (DEEP_SKY, WHITE)],
)
def test_sky_lies_above_the_ground(air, ground):
    picture = house(0, 0.5, 1, ground, air)
    assert look("sky", picture) == pytest.approx(0.5, abs=ONE_ROW)
    assert look("skyline_height", picture) == pytest.approx(0.5, abs=ONE_ROW)
    assert look("skyline_place", picture) == 0.5


def test_what_is_dark_or_warm_or_does_not_reach_the_top_is_no_sky():
    lake = house(0, 0.5, 1, SKY, GREY)
    for picture in (plain(BLACK), plain(NIGHT), house(0, 0.5, 1, GREY, SAND), lake):
        assert look("sky", picture) == 0
        assert look("skyline_height", picture) == 1
        assert look("skyline_place", picture) == 0.5


@pytest.mark.parametrize(
    ("left", "place"), [(0.125, 0.25), (0.375, 0.5), (0.625, 0.75)]
)
def test_skyline_is_as_high_as_its_tower_and_where_the_tower_stands(left, place):
    picture = house(left, 0.25, left + 0.25)
    assert look("skyline_height", picture) == pytest.approx(0.75, abs=2 * ONE_ROW)
    assert look("skyline_place", picture) == pytest.approx(place, abs=0.01)


def test_light_blue_and_dark_walls_do_not_change_where_the_sky_ends():
    picture = house(0, 0.5, 0.5, BLACK)
    picture[SIDE // 2 :, SIDE // 2 :] = SAND
    assert look("sky", picture) == pytest.approx(0.5, abs=ONE_ROW)


def test_any_picture_is_as_symmetrical_as_it_is_mirrored():
    picture = noise()
    both = np.concatenate([picture[:, : SIDE // 2], picture[:, SIDE // 2 - 1 :: -1]], 1)
    assert look("symmetry", both) == pytest.approx(1)
    assert look("symmetry", picture) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("period", [4, 6, 8, 12, 16, 20])
def test_stripes_have_rhythm_across_and_none_along(period):
    for first, second, picture in (
        ("vertical", "horizontal", stripes(period)),
        ("horizontal", "vertical", turned(stripes(period))),
    ):
        assert look(f"{first}_rhythm", picture) > 0.95
        assert look(f"{second}_rhythm", picture) == pytest.approx(0, abs=1e-3)
        assert look(f"{first}_edges", picture) > 0.2
        assert look(f"{second}_edges", picture) == pytest.approx(0, abs=1e-3)


def test_diagonal_edges_are_neither_upright_nor_level():
    picture = stripes(8, 45)
    assert look("vertical_edges", picture) < 0.02
    assert look("horizontal_edges", picture) < 0.02


def test_columns_in_one_floor_have_rhythm_and_noise_has_little():
    columns = plain(GREY)
    for left in range(2, SIDE, 8):
        columns[24:40, left : left + 3] = WHITE
    assert look("vertical_rhythm", columns) > 0.8
    assert look("vertical_rhythm", noise()) < 0.2
    assert look("horizontal_rhythm", noise()) < 0.2


@pytest.mark.parametrize("degrees", [-22.5, -10, -5, 0, 5, 10, 22.5])
def test_tilt_is_the_turn_of_upright_and_level_edges(degrees):
    expected = 0.5 + 0.5 * np.sin(4 * np.deg2rad(degrees))
    picture = stripes(8, degrees)
    assert look("tilt", picture) == pytest.approx(expected, abs=0.03)
    level = np.rot90(picture)
    assert look("tilt", level) == pytest.approx(expected, abs=0.03)
    assert look("tilt", picture[:, ::-1]) == pytest.approx(1 - expected, abs=0.03)


@pytest.mark.parametrize("side", [32, 48, 100, 128, 256])
def test_looks_do_not_depend_on_the_size(side):
    castle = Image.fromarray(draw_castle(ORDINARY_CASTLE, 256))
    sizes = [
        np.asarray(castle.resize((each, each), Image.Resampling.HAMMING))
        for each in (SIDE, side)
    ]
    names, looks = measure_looks(sizes)
    # At 32 pixels half of the edges are gone.
    most = 0.06 if side >= SIDE else 0.3
    for name, first, second in zip(names, *looks, strict=True):
        assert second == pytest.approx(first, abs=most), name


def test_all_looks_lie_between_zero_and_one():
    names, looks = measure_looks(
        [plain(WHITE), plain(BLACK), plain(RED), noise(1), stripes(5, 20), HALF_WHITE]
    )
    assert names == list(LOOKS)
    assert looks.shape == (6, len(LOOKS))
    assert looks.dtype == np.float64
    assert np.isfinite(looks).all()
    assert looks.min() >= 0
    assert looks.max() <= 1


def test_without_pictures_there_are_no_looks():
    assert measure_looks([])[1].shape == (0, len(LOOKS))


def test_every_look_says_what_it_is():
    for name, measure in LOOKS.items():
        assert measure.__name__ == name
        assert measure.__doc__.startswith("Return ")
