import numpy as np
import pytest
from PIL import Image

from castles.brush import Brush, along, blend

NOON = 1 / 3
WHITE = (255, 255, 255)


def black_brush(size=40, day=NOON):
    return Brush(Image.new("RGB", (size, size)), day)


def test_path_is_straight_between_its_points():
    path = ((0, 0), (10, 100), (30, 100))
    assert along(path, 0.0) == (0, 0)
    assert along(path, 0.25) == (5, 50)
    assert along(path, 0.75) == (20, 100)
    assert along(path, 1.0) == (30, 100)


def test_blend_is_rounded():
    assert blend(((0, 0, 0), (10, 20, 255)), 0.25) == (3, 5, 64)


def test_rectangle_covers_exactly_its_area():
    brush = black_brush()
    brush.rectangle(0.25, 0.5, 0.75, 0.75, WHITE)
    picture = brush.picture()
    assert (picture[20:30, 10:30] == 255).all()
    assert picture.astype(int).sum() == 3 * 255 * 10 * 20


def test_edge_within_a_pixel_is_antialiased():
    brush = black_brush(size=32)
    brush.rectangle(0.0, 0.0, 4.5 / 32, 1.0, WHITE)
    np.testing.assert_array_equal(
        brush.picture()[0, :, 0], [255] * 4 + [128] + [0] * 27
    )


@pytest.mark.parametrize(
    ("draw", "area"),
    [
        (lambda brush: brush.ellipse(0.5, 0.5, 0.3, 0.2, WHITE), np.pi * 0.3 * 0.2),
        (
            lambda brush: brush.polygon([(0.1, 0.9), (0.5, 0.1), (0.9, 0.9)], WHITE),
            0.5 * 0.8 * 0.8,
        ),
        (lambda brush: brush.land(np.array([0.5, 0.7, 0.5]), WHITE), 0.4),
    ],
    ids=["ellipse", "polygon", "land"],
)
def test_area_of_a_shape(draw, area):
    brush = black_brush(size=100)
    draw(brush)
    assert brush.picture().mean() / 255 == pytest.approx(area, abs=0.012)


def test_cylinder_and_cone_cover_what_they_should():
    brush = black_brush(size=100)
    brush.cylinder(0.5, 0.2, 0.8, 0.2, WHITE)
    assert (brush.picture()[21:79, 31:69] > 0).all()
    assert (brush.picture()[:, :29] == 0).all()
    assert (brush.picture()[85:] == 0).all()
    brush = black_brush(size=100)
    brush.cone(0.5, 0.2, 0.8, 0.2, WHITE)
    assert (brush.picture()[:19] == 0).all()
    assert (brush.picture()[70, 40:60] > 0).all()
    assert (brush.picture()[30, :40] == 0).all()


def test_round_wall_is_brighter_towards_the_light():
    brush = black_brush(day=0.0)
    brush.cylinder(0.5, 0.1, 0.9, 0.4, (200, 200, 200))
    row = brush.picture()[20, 5:35, 0].astype(int)
    assert row[:8].mean() > row[-8:].mean() + 20


def test_light_turns_a_colour_into_paint():
    # Night lets 0.66, 0.71 and 0.86 of red, green and blue through.
    assert black_brush(day=1.0).lit((100, 100, 100)) == (66, 71, 86)
    assert black_brush().lit((255, 255, 255), brightness=3.0) == WHITE
