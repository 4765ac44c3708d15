import base64
import io

import pytest
from PIL import Image

from report.embedding import embed


def open_again(picture):
    return Image.open(io.BytesIO(base64.b64decode(picture.source.partition(",")[2])))


@pytest.fixture
def paint():
    return Image.effect_noise((60, 40), 90).convert("RGB")


def test_a_file_smaller_than_its_webp_is_embedded_byte_for_byte(tmp_path):
    path = tmp_path / "chequered.png"
    chequered = Image.new("1", (64, 64))
    chequered.putdata([(x // 2 + y // 2) % 2 for y in range(64) for x in range(64)])
    chequered.save(path)
    picture = embed(path, "chequered")
    assert picture.source.startswith("data:image/png;base64,")
    assert base64.b64decode(picture.source.partition(",")[2]) == path.read_bytes()
    assert picture[1:] == ("chequered", 64, 64)


def test_a_wide_picture_is_shrunk_and_keeps_its_shape(tmp_path, paint):
    path = tmp_path / "wide.png"
    paint.save(path)
    picture = embed(path, "noise", widest_pixels=30)
    assert (picture.width, picture.height) == (60, 40)
    with open_again(picture) as image:
        assert image.format == "WEBP"
        assert image.size == (30, 20)


def test_an_animation_keeps_its_frames_and_its_pace(tmp_path, paint):
    path = tmp_path / "moving.gif"
    frames = [paint.rotate(angle) for angle in (90, 180)]
    paint.save(path, save_all=True, append_images=frames, duration=70)
    with open_again(embed(path, "swinging", widest_pixels=30)) as image:
        assert image.n_frames == 3
        image.load()
        assert image.info["duration"] == 70


def test_no_file_is_no_picture(tmp_path):
    assert embed(tmp_path / "none.png", "nothing") is None
