import numpy as np
import pytest
from PIL import Image

from pictures.sheets import enlarged, labelled_rows, sheet, tile, titled


def grey(level, side=128):
    return np.full((side, side, 3), level, np.uint8)


def test_sheet_places_every_picture():
    image = np.asarray(sheet([grey(10, 8), grey(20, 8), grey(30, 8)], columns=2))
    assert image.shape == (2 + 2 * 10, 2 + 2 * 10, 3)
    assert image[2, 2, 0] == image[9, 9, 0] == 10
    assert image[2, 12, 0] == 20
    assert image[12, 2, 0] == 30
    assert image[1, 1].tolist() == image[10, 10].tolist() == [24, 24, 28]


@pytest.mark.parametrize(("side", "shown"), [(48, 96), (128, 128), (200, 200)])
def test_enlarged_pictures_keep_their_pixels(side, shown):
    picture = grey(7, side)
    picture[0, 0] = 200
    drawn = enlarged(picture)
    times = shown // side
    assert drawn.shape == (shown, shown, 3)
    assert (drawn[:times, :times] == 200).all()
    assert (drawn == 200).sum() == 3 * times**2


@pytest.mark.parametrize(
    ("side", "shown"), [(64, 128), (96, 96), (128, 128), (256, 128)]
)
def test_tiles_are_about_128_pixels_wide(side, shown):
    picture = grey(7, side)
    picture[: side // 2] = 200
    drawn = tile(picture)
    assert drawn.shape == (shown, shown, 3)
    assert (drawn[shown // 4, 0, 0], drawn[-shown // 4, 0, 0]) == (200, 7)


def bright_columns(image):
    """Return whether any pixel of each column is as bright as words."""
    return (np.asarray(image).min(axis=2) > 150).any(axis=0)


def test_rows_have_their_words_to_the_left_and_headings_above():
    rows = [[grey(10), grey(20)], [grey(30), grey(40)]]
    plain = labelled_rows(rows, (), ["", ""])
    assert plain.size == (2 + 2 * 130, 26 + 2 + 2 * 130)
    assert not bright_columns(plain).any()
    labelled = labelled_rows(rows, [("z1", "one"), ("z2", "a longer one")], ["-1", "1"])
    left = labelled.width - plain.width
    assert left > 60
    assert bright_columns(labelled)[:left].any()
    # The tiles are where they were, only further right.
    moved = np.asarray(labelled)[26:, left:]
    np.testing.assert_array_equal(moved, np.asarray(plain)[26:])
    assert bright_columns(labelled.crop((left, 0, labelled.width, 26))).any()
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        middle = (left + 2 + 64 + 130 * column, 26 + 2 + 64 + 130 * row)
        assert labelled.getpixel(middle)[0] == 10 + 10 * column + 20 * row


def test_words_that_are_too_long_are_cut():
    image = labelled_rows([[grey(0)]], [("z", "word " * 200)], [""])
    assert image.width == 320 + 2 * 10 + 132


def test_each_caption_stands_below_its_tile():
    tiles = [grey(10), grey(20), grey(30)]
    image = sheet(tiles, 2, ["", "MMM", "word " * 99], caption_pixels=12)
    assert image.size == (2 + 2 * 130, 2 + 2 * 144)
    pixels = np.asarray(image).min(axis=2) > 150
    assert not pixels[:146, :132].any()
    assert pixels[130:146, 132:].any()
    # A long caption ends with its tile.
    assert pixels[274:, :132].any()
    assert not pixels[274:, 131:].any()
    assert image.getpixel((2 + 130 + 64, 2 + 64)) == (20, 20, 20)


def test_a_title_stands_above_and_ends_with_the_picture():
    image = titled(Image.fromarray(grey(20)), "word " * 99)
    assert image.size == (128, 26 + 128)
    assert bright_columns(image.crop((0, 0, 128, 26))).any()
    np.testing.assert_array_equal(np.asarray(image)[26:], grey(20))


def test_a_long_title_is_written_smaller_before_it_is_cut():
    picture = Image.fromarray(np.zeros((30, 330, 3), np.uint8))
    ends = [
        np.flatnonzero(bright_columns(titled(picture, words + " !"))).max()
        for words in ("dreams from a mixture of Gaussians at temperature 0.8", "a", "A")
    ]
    assert ends[0] > 250
    assert ends[1] < ends[2] < 30
