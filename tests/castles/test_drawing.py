import numpy as np
import pytest
from PIL import Image

from castles.drawing import HALF_WALL, TOWERS, draw_castle
from castles.factors import FACTORS, sample_factors

MIDDLING = {factor.name: (factor.low + factor.high) / 2 for factor in FACTORS}
MIDDLING["tower_count"] = 3

# The least mean absolute difference, in levels of 255 over all pixels and channels of
# 64 px castles, between a factor's low end and its high end.
VISIBILITY = {
    "tower_count": 4.5,
    "tower_height": 4.5,
    "roof_slant": 2.0,
    "window_width": 1.0,
    "wall_height": 1.1,
    "gate_width": 1.8,
    "stone_colour": 6.0,
    "roof_colour": 1.9,
    "time_of_day": 45.0,
    "horizontal_position": 11.0,
    "hill_height": 3.0,
    "tree_size": 1.8,
}


def castle(size=64, **factors):
    return draw_castle({**MIDDLING, **factors}, size).astype(int)


def castles_of_a_sample(count, seed):
    columns = sample_factors(count, seed)
    return [{name: column[n] for name, column in columns.items()} for n in range(count)]


def value_at(factor, share):
    if factor.levels:
        return factor.levels[round(share * (len(factor.levels) - 1))]
    return factor.low + (factor.high - factor.low) * share


@pytest.mark.parametrize("size", [32, 64, 129, 512])
def test_picture_has_the_asked_size_and_kind(size):
    picture = draw_castle(MIDDLING, size)
    assert picture.shape == (size, size, 3)
    assert picture.dtype == np.uint8


def test_middling_castle_looks_as_it_always_did():
    picture = Image.fromarray(draw_castle(MIDDLING, 64))
    seen = np.asarray(picture.resize((4, 4), Image.BOX)).astype(int)
    expected = [
        [[120, 156, 199], [122, 157, 199], [149, 174, 196], [130, 162, 199]],
        [[154, 170, 175], [160, 174, 178], [157, 167, 155], [159, 175, 178]],
        [[182, 178, 158], [193, 179, 153], [187, 171, 139], [189, 184, 163]],
        [[117, 133, 80], [158, 150, 102], [154, 147, 100], [134, 147, 85]],
    ]
    np.testing.assert_allclose(seen, expected, atol=2)


def test_same_factors_give_the_same_pixels():
    np.testing.assert_array_equal(castle(), castle())


@pytest.mark.parametrize("size", [128, 256])
def test_scene_is_the_same_at_every_size(size):
    for factors in castles_of_a_sample(6, seed=3):
        large = Image.fromarray(draw_castle(factors, size))
        reduced = np.asarray(large.resize((64, 64), Image.BOX)).astype(int)
        assert np.abs(reduced - draw_castle(factors, 64)).mean() < 1.5


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.name)
def test_each_factor_is_visible_at_64_pixels(factor):
    differences = []
    for others in castles_of_a_sample(40, seed=1):
        low, high = (
            draw_castle({**others, factor.name: value_at(factor, share)}, 64)
            for share in (0, 1)
        )
        differences.append(np.abs(low.astype(int) - high).mean())
    assert np.mean(differences) > VISIBILITY[factor.name]


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.name)
def test_farther_values_of_a_factor_look_more_different(factor):
    low, near, far = (
        castle(**{factor.name: value_at(factor, share)}) for share in (0, 1 / 3, 1)
    )
    near, far = np.abs(near - low).mean(), np.abs(far - low).mean()
    assert 0 < near < far


@pytest.mark.parametrize(
    "factor", [each for each in FACTORS if not each.levels], ids=lambda each: each.name
)
def test_pixels_change_smoothly_along_a_factor(factor):
    steps = [
        castle(**{factor.name: value_at(factor, share)})
        for share in np.linspace(0.5, 0.52, 5)
    ]
    jumps = [np.abs(b - a).mean() for a, b in zip(steps[:-1], steps[1:], strict=True)]
    # The whole range is 200 such steps; none may hold more than a tenth of it.
    whole = np.abs(
        castle(**{factor.name: factor.high}) - castle(**{factor.name: factor.low})
    ).mean()
    assert max(jumps) < 0.1 * whole


def test_one_more_tower_leaves_the_others_where_they_are():
    for count in (2, 3, 4):
        fewer, more = castle(tower_count=count), castle(tower_count=count + 1)
        offset, radius, _ = TOWERS[count]
        middle = MIDDLING["horizontal_position"] + offset
        columns = (np.arange(64) + 0.5) / 64
        elsewhere = np.abs(columns - middle) > 1.5 * radius + 1 / 64
        np.testing.assert_array_equal(fewer[:, elsewhere], more[:, elsewhere])
        assert (fewer != more).any()


def test_nothing_but_the_castle_moves_with_it():
    left, right = castle(horizontal_position=0.46), castle(horizontal_position=0.54)
    np.testing.assert_array_equal(left[:8], right[:8])
    np.testing.assert_array_equal(left[:, :3], right[:, :3])


def test_castle_is_never_clipped():
    widest = HALF_WALL + max(radius for _, radius, _ in TOWERS) * 1.5
    for factor in FACTORS:
        if factor.name == "horizontal_position":
            assert factor.low - widest > 0
            assert factor.high + widest < 1
    tallest = castle(tower_height=0.475, roof_slant=2.6, tower_count=5)
    np.testing.assert_array_equal(tallest[0], castle(tower_count=2)[0])


def test_stone_and_roof_can_be_told_apart_at_night():
    for name in ("stone_colour", "roof_colour"):
        low, high = (castle(time_of_day=24.0, **{name: end}) for end in (0.0, 1.0))
        changed = np.abs(low - high).max(axis=-1)
        assert changed.max() > 50


def test_windows_are_dark_by_day_and_lit_by_night():
    day, night = castle(size=256), castle(size=256, time_of_day=24.0)
    column, row = int((0.5 - 0.155) * 256), int((0.84 - 0.06) * 256)
    assert day[row, column].sum() < 300
    assert night[row, column].sum() > 450


@pytest.mark.parametrize("hour", np.arange(15.0, 19.1, 0.1))
@pytest.mark.parametrize("stone", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_width_of_windows_is_seen_at_dusk_too(stone, hour):
    factors = {"time_of_day": hour, "stone_colour": stone}
    narrow, wide = (castle(window_width=width, **factors) for width in (0.02, 0.06))
    assert np.abs(narrow - wide).mean() > 0.4
