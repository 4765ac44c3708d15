from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from dreams import traversals
from latents.dimensions import LatentDimension
from pictures.reading import Split
from run_folder import RunFolder

LATENTS = {"picture_count": 900, "kl_per_dimension": [0.3, 0.0, 1.5]}


def decode(codes):
    """Draw each code as a plain colour: its three numbers, 0 in the middle."""
    return plain(*np.clip(0.5 + np.asarray(codes) / 10, 0, 1)) / np.float32(255)


def encode(batches):
    (pictures,) = batches
    means = (np.asarray(pictures)[:, 0, 0] - 0.5) * 10
    return means, np.zeros_like(means)


VAE = SimpleNamespace(encode=encode, decode=decode)


def plain(*colours):
    levels = np.rint(np.array(colours) * 255).astype(np.uint8)
    return np.tile(levels[:, None, None, :], (1, 128, 128, 1))


def test_one_dimension_at_a_time_is_set_and_the_others_stay():
    dimensions = [LatentDimension(2, 1.0), LatentDimension(0, 0.5)]
    code = np.array([1.0, 2.0, 3.0])
    moved = traversals.move_one_by_one(code, dimensions, [-5.0, 5.0])
    assert moved.tolist() == [
        [[1.0, 2.0, -5.0], [1.0, 2.0, 5.0]],
        [[-5.0, 2.0, 3.0], [5.0, 2.0, 3.0]],
    ]


def test_the_most_ordinary_code_is_closest_to_the_prior_s_middle():
    assert (
        traversals.most_ordinary(np.array([[3.0, 0.0], [-1.0, 1.0], [2.0, 1.0]])) == 1
    )


def test_what_two_codes_share_stays_on_the_way_between_them():
    between = traversals.straight_between(np.array([1.0, 0.0]), np.array([1.0, 4.0]), 5)
    assert between.tolist() == [[1.0, step] for step in (0.0, 1.0, 2.0, 3.0, 4.0)]


def write(folder, originals):
    held_out = plain((0.9, 0.9, 0.9), (0.5, 0.6, 0.5))
    test = Split(folder, [None, None], 128, held_out)
    pictures = SimpleNamespace(test=test, to_reconstruct=originals)
    traversals.write(VAE, pictures, LATENTS, RunFolder(folder))


@pytest.fixture
def walks(tmp_path):
    write(tmp_path, plain((0.1, 0.2, 0.3), (0.9, 0.2, 0.3), (0.5, 0.5, 0.5)))
    return tmp_path


def test_each_row_moves_its_dimension_from_minus_to_plus_two_and_a_half(walks):
    with Image.open(walks / "traversals.png") as sheet:
        image = np.asarray(sheet.convert("RGB")).astype(int)
    left = image.shape[1] - (2 + 11 * 130)
    # Original and redrawing of the second picture, the more ordinary one.
    for middle in (66, 196):
        np.testing.assert_allclose(image[66, middle], (128, 153, 128), atol=1)

    def tile(row, column):
        return image[132 + 26 + 66 + 130 * row, left + 66 + 130 * column]

    # Dimension 2 tells most, dimension 0 less, dimension 1 nothing.
    assert image.shape[0] == 132 + 26 + 2 + 2 * 130
    for column, value in enumerate(np.linspace(-2.5, 2.5, 11)):
        level = (0.5 + value / 10) * 255
        np.testing.assert_allclose(tile(0, column), (128, 153, level), atol=1)
        np.testing.assert_allclose(tile(1, column), (level, 153, 128), atol=1)


def test_the_sweep_swings_to_both_ends_and_back_without_a_jump(walks):
    with Image.open(walks / "traversals.gif") as sweep:
        levels = []
        for frame in range(sweep.n_frames):
            sweep.seek(frame)
            level = sweep.convert("RGB").getpixel((66, 66))[2]
            # Equal frames are written as one that stands longer.
            levels += [level] * (int(sweep.info["duration"]) // 60)
    assert len(levels) == 40
    assert min(levels) == levels[0] == pytest.approx(0.25 * 255, abs=8)
    assert max(levels) == levels[20] == pytest.approx(0.75 * 255, abs=8)
    assert levels[1:20] == levels[:20:-1]
    # The steepest step of a sine, which includes the one from the last to the first.
    steps = np.abs(np.diff([*levels, levels[0]]))
    assert steps.max() <= 0.25 * 255 * np.sin(np.pi / 20) + 12


def test_walks_lead_from_one_original_to_the_next(walks):
    with Image.open(walks / "interpolation.png") as sheet:
        # Three originals make one pair.
        assert sheet.size == (2 + 13 * 130, 26 + 2 + 130)
        image = np.asarray(sheet.convert("RGB")).astype(int)
    row = image[26 + 66, 66::130]
    levels = [0.1, *np.linspace(0.1, 0.9, 11), 0.9]
    np.testing.assert_allclose(row[:, 0], np.array(levels) * 255, atol=2)
    np.testing.assert_allclose(row[:, 1], 0.2 * 255, atol=2)


def test_a_single_original_has_nowhere_to_walk_to(tmp_path):
    write(tmp_path, plain((0.1, 0.2, 0.3)))
    assert (tmp_path / "traversals.png").exists()
    assert not (tmp_path / "interpolation.png").exists()
