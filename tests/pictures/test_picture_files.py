import pytest
from PIL import Image

from pictures.files import write_gif, write_picture


def test_a_picture_comes_back_as_it_was(tmp_path):
    picture = Image.new("RGB", (3, 2), (9, 8, 7))
    write_picture(picture, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as read:
        assert read.format == "PNG"
        assert read.tobytes() == picture.tobytes()


def test_animations_keep_one_palette_and_their_durations(tmp_path):
    levels, durations = (0, 120, 240), [50, 100, 400]
    frames = [Image.new("RGB", (8, 8), (level, level, 40)) for level in levels]
    write_gif(frames, tmp_path / "a.gif", iter(durations))
    with Image.open(tmp_path / "a.gif") as animation:
        assert animation.info["loop"] == 0
        for place, (level, duration) in enumerate(zip(levels, durations, strict=True)):
            animation.seek(place)
            assert animation.info["duration"] == duration
            shown = animation.convert("RGB").getpixel((4, 4))
            assert shown == pytest.approx((level, level, 40), abs=3)
            # A second palette would be a local one.
            assert place == 0 or not animation.info.get("palette")


def test_no_part_of_a_picture_is_left_when_it_cannot_be_written(tmp_path):
    picture = Image.new("RGBA", (3, 2))
    picture.save = lambda *_: (_ for _ in ()).throw(OSError("no space"))
    with pytest.raises(OSError, match="no space"):
        write_picture(picture, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())
