import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import lists
from PIL import Image

from mistakes import Mishap
from tests.broken_pictures import broken, whole
from tests.transfer_learning.tiny_filters import draw_photo, write_photos
from transfer_learning.photos.pixels import is_reducible, pixel_batches, read_pixels


def test_published_preprocessing_is_pillows_nearest_resize(tmp_path):
    path = tmp_path / "a.png"
    draw_photo(0, width=70, height=40).save(path)
    pixels, size = read_pixels(path, 16, "nearest")
    expected = np.asarray(Image.open(path).resize((16, 16), Image.NEAREST))
    np.testing.assert_array_equal(pixels, expected)
    assert size == (70, 40)


def test_bytes_are_read_like_the_file(tmp_path):
    (path,) = write_photos(tmp_path, 1)
    from_file, _ = read_pixels(path, 16, "bilinear")
    from_bytes, _ = read_pixels(path.read_bytes(), 16, "bilinear")
    np.testing.assert_array_equal(from_file, from_bytes)


def test_large_photos_are_reducible_and_keep_their_size(tmp_path):
    (large,) = write_photos(tmp_path, 1, width=300, height=200)
    assert is_reducible(large, 16)
    assert not is_reducible(large, 120)
    pixels, size = read_pixels(large, 16, "bilinear", is_reduced=True)
    full, _ = read_pixels(large, 16, "bilinear")
    assert size == (300, 200)
    assert np.abs(pixels.astype(int) - full).max() <= 6


@pytest.mark.parametrize("are_bytes", [False, True])
def test_batches_keep_the_order_and_explain_bad_files(tmp_path, are_bytes):
    paths = write_photos(tmp_path, 5)
    paths[1].write_bytes(b"")
    paths[3].write_bytes(b"<html>")
    sources = [path.read_bytes() for path in paths] if are_bytes else paths
    batches = list(pixel_batches(sources, 16, "bilinear", 2))
    assert [len(batch.pixels) for batch in batches] == [2, 2, 1]
    errors = [error for batch in batches for error in batch.errors]
    assert errors == [
        "", "the file is empty", "", "not a picture that can be decoded", "",
    ]  # fmt: skip
    expected, _ = read_pixels(paths[4], 16, "bilinear")
    np.testing.assert_array_equal(batches[2].pixels[0], expected)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@settings(max_examples=5, deadline=None, derandomize=True, database=None)
@given(contents=lists(broken(), min_size=20, max_size=20))
def test_broken_photos_of_every_format_cost_no_other(contents):
    whole_photo = whole("png")
    with pytest.MonkeyPatch.context() as patch:
        # A changed byte may ask for gigabytes.
        patch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
        (batch,) = pixel_batches([*contents, whole_photo], 16, "bilinear", 100)
    assert len(batch.errors) == 21
    assert not batch.errors[-1]
    expected, _ = read_pixels(whole_photo, 16, "bilinear")
    np.testing.assert_array_equal(batch.pixels[-1], expected)


def test_a_photo_that_cannot_be_had_is_no_bad_photo(tmp_path):
    paths = write_photos(tmp_path, 3)
    paths[1].unlink()
    with pytest.raises(Mishap, match="001.jpg: No such file or directory"):
        list(pixel_batches(paths, 16, "nearest", 2))


def test_names_that_are_no_text_are_read(tmp_path):
    (path,) = write_photos(tmp_path, 1)
    odd = tmp_path / "a\udcff b\n.jpg"
    path.rename(odd)
    (batch,) = pixel_batches([odd], 16, "nearest", 1)
    assert batch.errors == [""]
