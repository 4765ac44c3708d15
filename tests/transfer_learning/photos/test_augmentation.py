import numpy as np

from transfer_learning.photos.augmentation import augment

SIDE = 33


def gradient(count=1):
    """Return pictures whose brightness grows from left to right, 100 to 150."""
    row = np.linspace(100, 150, SIDE, dtype="float32")
    return np.broadcast_to(row[None, None, :, None], (count, SIDE, SIDE, 3))


def test_same_seed_same_pictures():
    first, again, other = (
        augment(gradient(4), seed).numpy() for seed in ((1, 2), (1, 2), (1, 3))
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1


def test_each_picture_is_changed_in_its_own_way():
    pictures = augment(gradient(8), (0, 0)).numpy()
    assert len({picture.tobytes() for picture in pictures}) == 8


def test_half_of_the_pictures_are_mirrored():
    pictures = augment(gradient(400), (0, 0)).numpy()
    falls = pictures[:, SIDE // 2, 4, 0] > pictures[:, SIDE // 2, -5, 0]
    assert 0.4 < falls.mean() < 0.6


def test_brightness_is_multiplied_by_up_to_a_fifth():
    flat = np.full((400, 8, 8, 3), 100.0, "float32")
    means = augment(flat, (0, 0)).numpy().mean((1, 2, 3))
    assert 80 <= means.min() < 84 and 116 < means.max() <= 120


def test_values_stay_in_range_and_the_border_is_repeated():
    white = augment(np.full((50, 16, 16, 3), 255.0, "float32"), (0, 0)).numpy()
    assert white.max() <= 255 and white.min() >= 255 * 0.8 - 1e-3


def test_turns_by_at_most_25_degrees():
    pictures = augment(gradient(300), (5, 5)).numpy()
    middle = pictures[:, 8:-8, 8:-8, 0]
    down, across = np.gradient(middle, axis=1), np.gradient(middle, axis=2)
    tangent = np.abs(down.mean((1, 2)) / across.mean((1, 2)))
    # A zoom of 0.8 by 1.2 widens the angle; more than 25 degrees would exceed this.
    assert 0.3 < tangent.max() <= np.tan(np.radians(25)) * 1.2 / 0.8 + 0.01
