import numpy as np
import pytest
from PIL import Image

from mistakes import UserMistake
from pictures.files import (
    UnreadablePicture,
    list_pictures,
    open_picture,
    read_square,
    to_uint8,
    write_gif,
    write_picture,
)

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def save(folder, name, colour=RED, size=(8, 8), mode="RGB", **options):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path, **options)
    return path


def test_listing_is_sorted_recursive_and_knows_pictures_by_suffix(tmp_path):
    for name in ("b.JPG", "a/z.png", "ü ö.jpeg", ".hidden.png", ".cache/c.png"):
        save(tmp_path, name)
    (tmp_path / "notes.txt").write_text("no picture")
    names = [path.relative_to(tmp_path).as_posix() for path in list_pictures(tmp_path)]
    assert names == ["a/z.png", "b.JPG", "ü ö.jpeg"]


def test_listing_refuses_what_is_no_folder(tmp_path):
    with pytest.raises(UserMistake, match="is not a folder"):
        list_pictures(tmp_path / "missing")


@pytest.mark.parametrize(
    ("name", "mode", "colour", "expected"),
    [
        ("grey.png", "L", 100, (100, 100, 100)),
        ("palette.png", "P", 0, None),
        ("cmyk.jpg", "CMYK", (0, 0, 0, 0), (255, 255, 255)),
        ("clear.png", "RGBA", (9, 9, 9, 0), (255, 255, 255)),
        ("solid.png", "RGBA", (9, 9, 9, 255), (9, 9, 9)),
        ("deep.png", "I;16", 0x8000, (128, 128, 128)),
        ("web.webp", "RGB", (200, 200, 200), (200, 200, 200)),
    ],
)
def test_every_mode_becomes_rgb(tmp_path, name, mode, colour, expected):
    picture = open_picture(save(tmp_path, name, colour, mode=mode))
    assert picture.mode == "RGB"
    if expected:
        assert np.abs(np.array(picture.getpixel((3, 3))) - expected).max() <= 2


def test_first_frame_of_an_animation_is_taken(tmp_path):
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert open_picture(tmp_path / "a.gif").getpixel((0, 0)) == RED


def test_exif_orientation_is_honoured(tmp_path):
    picture = Image.new("RGB", (40, 20), RED)
    picture.paste(BLUE, (20, 0, 40, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.png", exif=exif)
    upright = open_picture(tmp_path / "turned.png")
    assert upright.size == (20, 40)
    assert upright.getpixel((10, 5)) == RED
    assert upright.getpixel((10, 35)) == BLUE


def test_bad_files_say_why(tmp_path):
    whole = save(tmp_path, "whole.jpg", size=(64, 64)).read_bytes()
    (tmp_path / "torn.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "page.jpg").write_text("<html>not found</html>")
    reasons = {"torn": "(?i)truncated", "empty": "empty", "page": "not a picture"}
    for name, reason in reasons.items():
        with pytest.raises(UnreadablePicture, match=reason):
            read_square(tmp_path / f"{name}.jpg", 16)


def test_a_picture_too_large_to_be_true_is_reported(tmp_path, monkeypatch):
    path = save(tmp_path, "bomb.png", size=(100, 100))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(UnreadablePicture, match="decompression bomb"):
        read_square(path, 16)


def test_square_keeps_proportions_and_the_centre(tmp_path):
    picture = Image.new("RGB", (300, 100), RED)
    picture.paste(GREEN, (100, 0, 200, 100))
    picture.save(tmp_path / "wide.png")
    square = read_square(tmp_path / "wide.png", 32)
    assert square.shape == (32, 32, 3)
    assert square.dtype == np.uint8
    # Only the middle third is left, and none of what was cut off.
    assert np.abs(square[:, 2:-2].astype(int) - GREEN).max() <= 1


def test_a_large_jpeg_decoded_at_reduced_size_looks_the_same(tmp_path):
    ramp = np.linspace(0, 255, 512, dtype=np.uint8)
    pixels = np.stack([np.tile(ramp, (512, 1))] * 3, axis=-1)
    Image.fromarray(pixels).save(tmp_path / "ramp.jpg", quality=95)
    reduced = read_square(tmp_path / "ramp.jpg", 32).astype(int)
    exact = Image.fromarray(pixels).resize((32, 32))
    assert np.abs(reduced - np.asarray(exact).astype(int)).max() <= 3


def test_a_jpeg_is_never_reduced_below_what_is_enough(tmp_path):
    path = save(tmp_path, "large.jpg", size=(512, 512))
    sizes = [open_picture(path, at_least=side).size for side in (None, 129, 128, 65, 9)]
    assert sizes == [(512, 512), (256, 256), (128, 128), (128, 128), (64, 64)]


def test_float_pictures_are_rounded_and_clipped():
    values = np.array([-1.0, 0.0, 0.4999 / 255, 0.5001 / 255, 1.0, 2.0])
    assert to_uint8(values).tolist() == [0, 0, 0, 1, 255, 255]


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
        for frame, (level, duration) in enumerate(zip(levels, durations, strict=True)):
            animation.seek(frame)
            assert animation.info["duration"] == duration
            shown = animation.convert("RGB").getpixel((4, 4))
            assert shown == pytest.approx((level, level, 40), abs=3)
            # A second palette would be a local one.
            assert frame == 0 or not animation.info.get("palette")


def test_no_part_of_a_picture_is_left_when_it_cannot_be_written(tmp_path):
    picture = Image.new("RGBA", (3, 2))
    picture.save = lambda *_: (_ for _ in ()).throw(OSError("no space"))
    with pytest.raises(OSError, match="no space"):
        write_picture(picture, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())
