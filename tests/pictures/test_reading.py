import pytest
from PIL import Image

from mistakes import UserMistake
from pictures.reading import read_to_reconstruct
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


def test_pictures_to_reconstruct_leave_out_what_cannot_be_read(tmp_path, capsys):
    Image.new("RGB", (30, 20), (9, 8, 7)).save(tmp_path / "b.png")
    (tmp_path / "a.jpg").touch()
    pictures = read_to_reconstruct(tmp_path, 8)
    assert pictures.shape == (1, 8, 8, 3)
    assert "a.jpg: the file is empty" in capsys.readouterr().out
    (tmp_path / "b.png").unlink()
    with pytest.raises(UserMistake, match="holds no picture to reconstruct"):
        read_to_reconstruct(tmp_path, 8)
