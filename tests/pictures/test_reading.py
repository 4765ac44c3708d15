import pytest
from PIL import Image

from mistakes import UserMistake
from pictures.reading import LostPicture, read_to_reconstruct
from tests.grey_pictures import fill, read


@pytest.mark.parametrize("cache_bytes", [1e9, 0])
def test_unreadable_files_are_left_out_and_named(tmp_path, cache_bytes):
    fill(tmp_path, 5)
    (tmp_path / "picture_001.png").write_bytes(b"")
    (tmp_path / "picture_003.png").write_text("a web page")
    pictures = read(tmp_path, cache_bytes)
    assert [path.name for path, _ in pictures.skipped] == [
        "picture_001.png",
        "picture_003.png",
    ]
    assert pictures.skipped[0][1] == "the file is empty"
    assert pictures.read()[:, 0, 0, 0].tolist() == [0, 2, 4]


def test_pixels_are_kept_only_when_they_fit(tmp_path):
    fill(tmp_path, 4)
    size = 4 * 8 * 8 * 3
    assert read(tmp_path, cache_bytes=size).pixels.nbytes == size
    assert read(tmp_path, cache_bytes=size - 1).pixels is None


@pytest.mark.parametrize("cache_bytes", [1e9, 0])
def test_some_pictures_are_spread_over_all(tmp_path, cache_bytes):
    pictures = read(fill(tmp_path, 9), cache_bytes)
    for most, values in ((3, [0, 4, 8]), (20, list(range(9)))):
        some = pictures.spread(most).read()
        assert some[:, 0, 0, 0].tolist() == values


def test_padded_pictures_say_how_much_of_their_squares_they_fill(tmp_path):
    for number, size in enumerate(((8, 8), (8, 4), (2, 8))):
        Image.new("RGB", size, (9, 8, 7)).save(tmp_path / f"{number}.png")
    split = read(tmp_path, fit="pad")
    assert split.pixels.shape == (3, *split.shape) == (3, 8, 8, 4)
    assert split.read().shape == (3, 8, 8, 3)
    assert split.inside_share == pytest.approx((1 + 0.5 + 0.25) / 3)
    assert read_to_reconstruct(tmp_path, 8, "pad").shape == (3, 8, 8, 4)
    assert read(tmp_path).inside_share == 1


def test_a_picture_that_is_gone_is_named_with_what_to_do(tmp_path):
    split = read(fill(tmp_path, 3), cache_bytes=0)
    split.paths[1].unlink()
    message = r"picture_001.png .*\(No such file or directory\): put it back and go on"
    with pytest.raises(LostPicture, match=message):
        split.read()


def test_pictures_to_reconstruct_leave_out_what_cannot_be_read(tmp_path, capsys):
    Image.new("RGB", (30, 20), (9, 8, 7)).save(tmp_path / "b.png")
    (tmp_path / "a.jpg").touch()
    (tmp_path / "notes.txt").touch()
    pictures = read_to_reconstruct(tmp_path, 8)
    assert pictures.shape == (1, 8, 8, 3)
    told = capsys.readouterr().out
    assert "a.jpg: the file is empty" in told
    assert "passed over 1: not named like a picture (1)" in told
    (tmp_path / "b.png").unlink()
    with pytest.raises(UserMistake, match="holds no picture to reconstruct"):
        read_to_reconstruct(tmp_path, 8)
