import io
import json

import numpy as np
import pytest
import requests
from PIL import Image

from pages.explorer.routes import make_routes
from pages.server import TOKEN_HEADER, build_app
from tests.pages.explorer.small import SIDE, explored
from tests.served import serving

HEADERS = {TOKEN_HEADER: "token"}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return the address of the explorer, and the folder of its run."""
    folder = tmp_path_factory.mktemp("explorer") / "run"
    with pytest.MonkeyPatch.context() as monkeypatch:
        run = explored(folder, monkeypatch)
    with serving(build_app(make_routes(run, "token"), "token")) as address:
        yield address, folder


def post(page, what, content):
    return requests.post(f"{page[0]}/{what}", content, headers=HEADERS, timeout=5)


def test_codes_become_raw_pixels(page):
    codes = np.array([[-3, 3], [0, 0]], "<f4")
    answer = post(page, "decode", codes.tobytes())
    pixels = np.frombuffer(answer.content, np.uint8).reshape(2, SIDE, SIDE, 3)
    assert (pixels[0] == (0, 255, 0)).all()
    assert (pixels[1] == (128, 128, 0)).all()


@pytest.mark.parametrize(
    "content", [b"", b"abc", bytes(12), np.array([np.nan, 0], "<f4").tobytes()]
)
def test_what_is_no_code_is_refused_in_a_sentence(page, content):
    answer = post(page, "decode", content)
    assert answer.status_code == 400
    assert "expected codes" in answer.text or "not finite" in answer.text


def test_a_bounded_number_of_codes_is_decoded(page):
    assert post(page, "decode", bytes(8 * 256)).status_code == 200
    assert post(page, "decode", bytes(8 * 257)).status_code == 413


def test_a_picture_becomes_its_code_and_its_pixels(page):
    file = io.BytesIO()
    Image.new("RGB", (30, 20), (255, 0, 0)).save(file, "PNG")
    content = post(page, "encode", file.getvalue()).content
    np.testing.assert_allclose(np.frombuffer(content[:8], "<f4"), [3, -3])
    pixels = np.frombuffer(content[8:], np.uint8).reshape(SIDE, SIDE, 4)
    assert (pixels == (255, 0, 0, 255)).all()


def test_a_broken_picture_is_a_sentence(page):
    answer = post(page, "encode", b"no picture")
    assert answer.status_code == 400
    assert answer.text == "not a picture that can be decoded"


def test_a_name_is_kept_in_the_run_folder_and_taken_back(page):
    names = page[1] / "names.json"
    new = json.dumps({"id": "z0", "name": "  warm   light "})
    assert post(page, "rename", new).status_code == 204
    assert json.loads(names.read_text()) == {"z0": "warm light"}
    assert "warm light" in requests.get(page[0], timeout=5).text
    assert post(page, "rename", '{"id": "z0", "name": ""}').status_code == 204
    assert json.loads(names.read_text()) == {}


@pytest.mark.parametrize(
    "content", ["", "[]", '{"id": "../x", "name": "a"}', '{"id": "z0", "name": 3}']
)
def test_what_is_no_name_is_refused(page, content):
    assert post(page, "rename", content).status_code == 400


def test_a_name_is_text_in_the_page_whatever_it_holds(page):
    name = "</script><script>alert(1)</script>"
    post(page, "rename", json.dumps({"id": "z0", "name": name}))
    assert "alert(1)</script>" not in requests.get(page[0], timeout=5).text
    post(page, "rename", '{"id": "z0", "name": ""}')


def test_nothing_else_is_served(page):
    for path in ("names.json", "hyperparameters.json", "..%2Fexplore.py"):
        assert requests.get(f"{page[0]}/{path}", timeout=5).status_code == 404
