import contextlib
import io
import struct
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from pictures import files
from pictures.files import (
    ORIENTATION,
    UnreachablePicture,
    UnreadablePicture,
    find_pictures,
    open_picture,
    read_square,
    to_uint8,
    write_gif,
    write_picture,
)
from tests.broken_pictures import SAVED, broken, whole

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def save(folder, name, colour=RED, size=(8, 8), mode="RGB", **options):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path, **options)
    return path


def test_pictures_are_known_by_their_names_or_else_by_their_content(tmp_path):
    for name in ("b.JPG", "a/z.png", ".hidden.png"):
        save(tmp_path, name)
    save(tmp_path, "c.png").rename(tmp_path / "c")
    for name in ("d.jfif", "e.heic", "f.AVIF", "notes.txt", "README", "factors.csv"):
        (tmp_path / name).write_text("no picture")
    found = find_pictures(tmp_path)
    names = [path.relative_to(tmp_path).as_posix() for path in found.paths]
    assert names == ["a/z.png", "b.JPG", "c", "d.jfif", "e.heic", "f.AVIF"]
    reasons = {path.name: reason for path, reason in found.passed_over}
    assert reasons == {
        ".hidden.png": "hidden, or left by a system",
        "README": "no picture in it",
        "notes.txt": "not named like a picture",
    }


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
        with pytest.raises(UnreadablePicture, match=reason) as caught:
            read_square(tmp_path / f"{name}.jpg", 16)
        assert caught.type is UnreadablePicture


def test_what_cannot_be_had_is_told_from_what_is_broken(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    reasons = {"gone": "No such file", "folder": "Is a directory"}
    for name, reason in reasons.items():
        with pytest.raises(UnreachablePicture, match=reason):
            read_square(tmp_path / f"{name}.jpg", 16)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (struct.error("short\nbytes"), "its decoder failed: error short bytes"),
        (KeyError("\udce9"), r"its decoder failed: KeyError '\\udce9'"),
        (OSError(22, "Invalid argument"), "Invalid argument"),
    ],
)
def test_decoders_may_fail_in_any_way(tmp_path, monkeypatch, error, reason):
    path = save(tmp_path, "a.jpg")
    monkeypatch.setattr(Image.Image, "getexif", raiser(error))
    with pytest.raises(UnreadablePicture, match=reason) as caught:
        open_picture(path)
    assert caught.type is UnreadablePicture


@pytest.mark.parametrize("kind", SAVED)
def test_whole_files_of_every_format_are_read(kind):
    assert read_square(io.BytesIO(whole(kind)), 8).shape == (8, 8, 3)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(content=broken())
def test_broken_files_of_every_format_are_read_or_named(content):
    with pytest.MonkeyPatch.context() as patch:
        # A changed byte may ask for gigabytes.
        patch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
        with contextlib.suppress(UnreadablePicture):
            assert read_square(io.BytesIO(content), 8).shape == (8, 8, 3)


@pytest.mark.parametrize("error", [MemoryError(), KeyboardInterrupt()])
def test_no_memory_and_ctrl_c_are_no_fault_of_a_file(tmp_path, monkeypatch, error):
    path = save(tmp_path, "a.jpg")
    monkeypatch.setattr(Image.Image, "getexif", raiser(error))
    with pytest.raises(type(error)):
        open_picture(path)


def raiser(error):
    def fail(*_):
        raise error

    return fail


def test_a_turned_photo_with_a_tag_of_an_unusual_type_is_read(tmp_path):
    # The width as a byte: Pillow reads it, and cannot write it again.
    tags = struct.pack("<HHIIHHII", 0x0100, 1, 1, 40, ORIENTATION, 3, 1, 6)
    content = b"Exif\0\0" + struct.pack("<2sHIH", b"II", 42, 8, 2) + tags + bytes(4)
    save(tmp_path, "a.jpg", size=(40, 20), exif=content)
    assert open_picture(tmp_path / "a.jpg").size == (20, 40)


@pytest.mark.parametrize(
    ("mode", "levels", "expected"),
    [
        ("F", [0.0, 0.5, 1.0], [0, 128, 255]),
        ("I;16", [0, 0x8000, 0xFFFF], [0, 128, 255]),
        ("I", [0, 0x8000, 0xFFFF], [0, 128, 255]),
    ],
)
def test_many_levels_become_eight_bits(tmp_path, mode, levels, expected):
    kinds = {"F": np.float32, "I;16": np.uint16, "I": np.int32}
    pixels = np.array([levels], kinds[mode])
    Image.fromarray(pixels).save(tmp_path / "a.tiff")
    with Image.open(tmp_path / "a.tiff") as stored:
        assert stored.mode == mode
    read = np.asarray(open_picture(tmp_path / "a.tiff"))
    assert read[0, :, 0].tolist() == expected


@pytest.mark.parametrize("levels", [[0.0, 255.0], [-1.0, 1.0], [0.0, np.nan]])
def test_floats_of_no_known_range_are_refused_not_black(tmp_path, levels):
    Image.fromarray(np.array([levels], np.float32)).save(tmp_path / "a.tiff")
    with pytest.raises(UnreadablePicture, match="save it with 8 or 16 bits"):
        open_picture(tmp_path / "a.tiff")


@pytest.mark.parametrize(
    ("kind", "format_name", "cure"),
    [
        ("heic", "HEIF", "HEIC: pip install pillow-heif"),
        ("avif", "AVIF", "AVIF: pip install --upgrade pillow"),
    ],
)
def test_a_format_whose_package_is_missing_is_named_with_the_cure(
    monkeypatch, kind, format_name, cure
):
    content = whole("heic").replace(b"ftypheic", b"ftyp" + kind.encode())
    monkeypatch.delitem(Image.OPEN, format_name, raising=False)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    files._known_formats.cache_clear()
    with pytest.raises(UnreadablePicture, match=cure):
        open_picture(io.BytesIO(content))
    monkeypatch.undo()
    files._known_formats.cache_clear()


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


def test_a_padded_picture_is_whole_and_knows_its_bars(tmp_path):
    tower = Image.new("RGB", (100, 400), GREEN)
    tower.paste(RED, (0, 0, 100, 100))
    tower.save(tmp_path / "tower.png")
    square = read_square(tmp_path / "tower.png", 32, fit="pad")
    assert square.shape == (32, 32, 4)
    assert square[..., 3].tolist() == [[0] * 12 + [255] * 8 + [0] * 12] * 32
    assert not square[:, :12].any()
    # Its top is still there.
    assert np.abs(square[:7, 12:20, :3].astype(int) - RED).max() <= 1
    assert np.abs(square[9:, 12:20, :3].astype(int) - GREEN).max() <= 1


def test_a_small_or_thin_picture_is_padded_too(tmp_path):
    thin = read_square(save(tmp_path, "thin.png", size=(900, 2)), 32, fit="pad")
    assert thin[..., 3].any(axis=1).sum() == 1
    small = read_square(save(tmp_path, "small.png", size=(4, 2)), 32, fit="pad")
    assert small[..., 3].any(axis=1).sum() == 16


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


@pytest.mark.filterwarnings("error")
def test_float_pictures_are_rounded_and_clipped_and_nan_is_black():
    values = np.array([-1.0, 0.0, 0.4999 / 255, 0.5001 / 255, 1.0, 2.0, np.nan])
    assert to_uint8(values).tolist() == [0, 0, 0, 1, 255, 255, 0]


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
