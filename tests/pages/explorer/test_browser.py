"""The explorer in a real browser."""

import json
import time

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from export.page import write_page
from export.runtime import runtime_folder
from pages.explorer.model import open_run
from pages.explorer.page import render_alone
from pages.explorer.routes import make_routes
from pages.server import build_app
from tests.browser import needs_chromium, open_page
from tests.pages.explorer import small
from tests.served import serving

pytestmark = needs_chromium
# The middle of the picture, as it is shown.
COLOUR = (
    "const canvas = document.getElementById('picture');"
    "return [...canvas.getContext('2d').getImageData(4, 4, 1, 1).data].slice(0, 3)"
)

# Pastes or drops a red picture.
HAND_OVER = """
const canvas = new OffscreenCanvas(20, 20);
const context = canvas.getContext("2d");
context.fillStyle = "#f00";
context.fillRect(0, 0, 20, 20);
canvas.convertToBlob().then((blob) => {
  const files = new DataTransfer();
  files.items.add(new File([blob], "own.png", { type: "image/png" }));
  const event = arguments[0] === "paste"
    ? new ClipboardEvent("paste", { clipboardData: files, bubbles: true })
    : new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event);
});
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Return the address of an explorer, and its run's folder."""
    folder = tmp_path_factory.mktemp("explorer") / "run"
    with pytest.MonkeyPatch.context() as monkeypatch:
        run = small.explored(folder, monkeypatch)
        app = build_app(make_routes(run, "token"), "token")
        with serving(app) as address:
            yield f"{address}/", folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Return the address of the explorer as one file, and its run's folder."""
    if not runtime_folder().is_dir():
        pytest.skip("no runtime; python -m export RUN --page FILE fetches it by npm")
    folder = tmp_path_factory.mktemp("alone") / "run"
    with pytest.MonkeyPatch.context() as monkeypatch:
        facts = small.explored(folder, monkeypatch).facts
    path = folder / "explorer.html"
    write_page(facts, small.painter_as_onnx(), path)
    return path.as_uri(), folder


@pytest.fixture(params=["served", "alone"])
def address(request):
    """Return the address of the page that is tested."""
    return request.getfixturevalue(request.param)[0]


@pytest.fixture
def page(browser, address):
    """Open the explorer at a known picture, and see that it leaves no complaint."""
    browser.get_log("browser")
    browser.get("about:blank")
    open_page(browser, f"{address}#z={'A' * 11}")
    wait_for(browser, lambda: colour(browser) == [128, 128, 0])
    yield browser
    assert errors_of(browser) == []


def errors_of(browser):
    """Return what the page complained of; that tests read its canvas is none."""
    return [
        entry["message"]
        for entry in browser.get_log("browser")
        if entry["level"] == "SEVERE"
    ]


def wait_for(browser, condition):
    WebDriverWait(browser, 10, poll_frequency=0.05).until(lambda _: condition())


def colour(browser):
    return browser.execute_script(COLOUR)


def slider(browser, dimension):
    return browser.find_element("css selector", f"[data-id={dimension}] [type=range]")


def press(browser, key):
    ActionChains(browser).send_keys(key).perform()


def do(browser, name):
    button = browser.find_element("css selector", f"[data-do='{name}']")
    browser.execute_script("arguments[0].click()", button)


def status_of(browser):
    return browser.find_element("id", "status").text


def upload(browser, path):
    browser.find_element("id", "upload").send_keys(str(path))


def saved(browser, name):
    """Return the path of a file once it is saved whole, and forget it."""
    path = browser.downloads / name
    wait_for(browser, lambda: path.exists() and path.stat().st_size)
    kept = path.with_name(f"kept_{name}")
    path.rename(kept)
    return kept


def test_a_slider_is_moved_by_keyboard_and_by_mouse(page):
    slider(page, "z0").send_keys(Keys.ARROW_RIGHT * 40)
    wait_for(page, lambda: colour(page)[0] > 170)
    assert colour(page)[1:] == [128, 0]
    handle = slider(page, "z1")
    width = handle.size["width"]
    moves = ActionChains(page).move_to_element(handle).click_and_hold()
    moves.move_by_offset(-width // 4, 0).release().perform()
    wait_for(page, lambda: colour(page)[1] < 90)


def test_the_middle_is_shown_before_anything_can_be_drawn(
    browser, tmp_path, monkeypatch
):
    facts = small.explored(tmp_path / "run", monkeypatch).facts
    path = tmp_path / "explorer.html"
    # Without what it needs to draw.
    path.write_text(render_alone(facts, carried={}), encoding="utf-8")
    open_page(browser, path.as_uri())
    wait_for(browser, lambda: colour(browser) == [128, 128, 0])
    assert browser.find_element("id", "start-words").text == "all in the middle"


def test_the_first_eight_sliders_are_open_and_the_rest_is_folded(
    browser, tmp_path, monkeypatch
):
    facts = small.explored(tmp_path / "run", monkeypatch).facts
    sliders = [facts["sliders"][0] | {"id": f"z{index}"} for index in range(14)]
    path = tmp_path / "explorer.html"
    page = render_alone(facts | {"sliders": sliders}, carried={})
    path.write_text(page, encoding="utf-8")
    open_page(browser, path.as_uri())
    shown = [
        row.is_displayed() for row in browser.find_elements("class name", "slider")
    ]
    assert shown == [True] * 8 + [False] * 6
    assert browser.find_element("id", "more-words").text == "6 more"


def test_ends_of_folded_sliders_are_drawn_once_they_are_open(
    browser, alone, tmp_path, monkeypatch
):
    facts = small.explored(tmp_path / "run", monkeypatch).facts
    sliders = [facts["sliders"][0] | {"id": f"z{index}"} for index in range(10)]
    path = tmp_path / "explorer.html"
    write_page(facts | {"sliders": sliders}, small.painter_as_onnx(), path)
    open_page(browser, path.as_uri())
    # A canvas that was drawn has the side of a picture.
    drawn = (
        "return [...document.querySelectorAll('.slider')].map("
        f"row => row.querySelector('canvas').width === {small.SIDE})"
    )
    wait_for(browser, lambda: sum(browser.execute_script(drawn)) == 8)
    time.sleep(0.5)
    assert browser.execute_script(drawn) == [True] * 8 + [False] * 2
    browser.find_element("id", "more-words").click()
    wait_for(browser, lambda: all(browser.execute_script(drawn)))


def move(page, *values, then=""):
    """Let the first slider go to these values at once, before any picture of them."""
    page.execute_script(
        "const input = document.querySelector('[data-id=z0] [type=range]');"
        "for (const value of arguments) {"
        "input.value = value; input.dispatchEvent(new Event('input'));"
        "input.dispatchEvent(new Event('change')); }" + then,
        *values,
    )


def test_a_picture_that_gave_way_is_not_in_the_history(page):
    move(page, 2.3, -2.3)
    wait_for(page, lambda: colour(page)[0] < 40)
    thumbnails = "return document.querySelectorAll('#history canvas').length"
    wait_for(page, lambda: page.execute_script(thumbnails) == 2)
    last = COLOUR.replace(
        "getElementById('picture')", "querySelector('#history :last-child canvas')"
    )
    assert page.execute_script(last) == colour(page)


def test_undo_redo_and_reset(page):
    slider(page, "z0").send_keys(Keys.END)
    wait_for(page, lambda: colour(page)[0] > 240)
    wait_for(page, lambda: len(page.find_elements("css selector", "#history *")) == 4)
    press(page, "z")
    wait_for(page, lambda: colour(page) == [128, 128, 0])
    press(page, "y")
    wait_for(page, lambda: colour(page)[0] > 240)
    press(page, "0")
    wait_for(page, lambda: colour(page) == [128, 128, 0])


def test_a_slider_beyond_the_training_pictures_is_marked(page):
    mark = page.find_element("css selector", "[data-id=z0] .mark")
    assert not mark.is_displayed()
    slider(page, "z0").send_keys(Keys.END)
    wait_for(page, mark.is_displayed)


def test_a_lock_holds_while_one_dreams(page):
    page.find_element("css selector", "[data-id=z0] .lock").click()
    press(page, "r")
    wait_for(page, lambda: colour(page)[1] != 128)
    assert colour(page)[0] == 128
    assert "locked=z0" in page.current_url


def test_the_same_seed_gives_the_same_dream_and_the_link_brings_it_back(page):
    press(page, "r")
    wait_for(page, lambda: colour(page) != [128, 128, 0])
    wait_for(page, lambda: "z=AAAA" not in page.current_url)
    seen, link = colour(page), page.current_url
    seed = page.find_element("id", "seed").get_attribute("value")
    press(page, "r")
    wait_for(page, lambda: colour(page) != seen)
    page.execute_script(
        "const seed = document.getElementById('seed'); seed.value = arguments[0];"
        "seed.dispatchEvent(new Event('change'))",
        seed,
    )
    wait_for(page, lambda: colour(page) == seen)
    page.get("about:blank")
    page.get(link)
    wait_for(page, lambda: colour(page) == seen)


def test_own_pictures_come_in_upright_or_are_refused_in_a_sentence(page, tmp_path):
    lying = Image.new("RGB", (40, 40), (255, 0, 0))
    lying.paste((0, 255, 0), (20, 0, 40, 40))
    exif = Image.Exif()
    exif[0x0112] = 6
    lying.save(tmp_path / "lying.png", exif=exif)
    upload(page, tmp_path / "lying.png")
    words = page.find_element("id", "start-words")
    wait_for(page, lambda: "lying.png, redrawn with an error of" in words.text)
    pixels = page.execute_script(
        "const canvas = document.getElementById('start').getContext('2d');"
        "return [1, 6].map(y => [...canvas.getImageData(4, y, 1, 1).data])"
    )
    assert pixels == [[255, 0, 0, 255], [0, 255, 0, 255]]
    (tmp_path / "broken.png").write_bytes(b"no picture")
    upload(page, tmp_path / "broken.png")
    wait_for(page, lambda: status_of(page) == "not a picture that can be decoded")
    # The answer 400 itself is no complaint of the page.
    assert all("400" in message for message in errors_of(page))


def test_a_saved_picture_brings_its_sliders_back(page):
    slider(page, "z0").send_keys(Keys.HOME)
    wait_for(page, lambda: colour(page)[0] < 10)
    press(page, "s")
    path = saved(page, "small.png")
    with Image.open(path) as picture:
        assert picture.size == (512, 512)
        assert picture.getpixel((256, 256))[1:3] == (128, 0)
        assert "castle-dreamer" in picture.text
    press(page, "0")
    wait_for(page, lambda: colour(page)[0] == 128)
    upload(page, path)
    wait_for(page, lambda: colour(page)[0] < 10)


def test_the_way_between_two_pictures_is_saved_as_gif(page):
    page.find_element("id", "tab-between").click()
    press(page, "p")
    # At once: the picture of the newest numbers is kept, not the one still shown.
    move(page, -2.3, then="document.querySelector('[data-do=pin]').click()")
    wait_for(page, lambda: "Kept: 2" in status_of(page))
    kept = COLOUR.replace(
        "getElementById('picture')", "querySelector('#pins :last-child canvas')"
    )
    assert page.execute_script(kept)[0] < 40
    do(page, "way-gif")
    with Image.open(saved(page, "way.gif")) as way:
        assert (way.n_frames, way.size) == (24, (small.SIDE, small.SIDE))
        reds = []
        for frame in range(13):
            way.seek(frame)
            reds.append(way.convert("RGB").getpixel((4, 4))[0])
    assert np.all(np.diff(reds) <= 0)
    assert abs(reds[0] - 128) < 8 and abs(reds[-1] - 30) < 8


@pytest.mark.parametrize("address", ["served"], indirect=True)
def test_the_way_is_saved_as_video(page):
    page.find_element("id", "tab-between").click()
    press(page, "p")
    press(page, "r")
    wait_for(page, lambda: colour(page) != [128, 128, 0])
    press(page, "p")
    do(page, "way-video")
    wait_for(page, lambda: status_of(page) == "The video is saved.")
    (video,) = page.downloads.glob("way.[mw]*")
    assert video.stat().st_size > 500
    video.unlink()


@pytest.mark.parametrize("address", ["served"], indirect=True)
def test_a_walk_goes_from_dream_to_dream_until_escape(page):
    press(page, "w")
    walk = page.find_element("id", "walk")
    wait_for(page, walk.is_displayed)
    middle = COLOUR.replace("'picture'", "'walk-picture'")
    first = page.execute_script(middle)
    wait_for(page, lambda: page.execute_script(middle) != first)
    press(page, Keys.ESCAPE)
    wait_for(page, lambda: not walk.is_displayed())


@pytest.mark.parametrize("kind", ["paste", "drop"])
@pytest.mark.parametrize("address", ["served"], indirect=True)
def test_a_picture_is_pasted_or_dropped(page, kind):
    page.execute_script(HAND_OVER, kind)
    words = page.find_element("id", "start-words")
    wait_for(page, lambda: "own.png, redrawn with an error of" in words.text)
    assert colour(page)[0] > 240


def test_nine_mutations_and_a_plate_for_print(page):
    press(page, "m")
    wait_for(page, lambda: len(page.find_elements("css selector", ".nine button")) == 9)
    page.find_element("css selector", ".nine button").click()
    wait_for(page, lambda: colour(page) != [128, 128, 0])
    page.find_element("id", "tab-plate").click()
    do(page, "plate-save")
    with Image.open(saved(page, "plate.png")) as plate:
        assert round(plate.info["dpi"][0]) == 300
        assert plate.width == plate.height == 120 + 7 * 280


def test_a_name_is_kept_in_the_page_alone(browser, alone):
    open_page(browser, alone[0])
    browser.find_element("css selector", "[data-id=z0] .name").click()
    browser.switch_to.active_element.send_keys("warm light", Keys.ENTER)
    browser.get("about:blank")
    open_page(browser, alone[0])
    name = browser.find_element("css selector", "[data-id=z0] .name")
    assert name.text == "warm light"
    browser.execute_script("localStorage.clear()")


@pytest.mark.parametrize("address", ["served"], indirect=True)
def test_a_name_is_kept_after_a_restart(page, served, monkeypatch):
    page.find_element("css selector", "[data-id=z0] .name").click()
    page.switch_to.active_element.send_keys("warm light", Keys.ENTER)
    names = served[1] / "names.json"
    wait_for(page, names.exists)
    assert json.loads(names.read_text()) == {"z0": "warm light"}
    monkeypatch.setattr("pages.explorer.model.load_networks", lambda _: small.Painter())
    again = build_app(make_routes(open_run(served[1]), "other"), "other")
    with serving(again) as address:
        open_page(page, address)
        name = page.find_element("css selector", "[data-id=z0] .name")
        wait_for(page, lambda: name.text == "warm light")
        page.get("about:blank")


@pytest.mark.parametrize("address", ["served"], indirect=True)
@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("tab", ["sliders", "mutate", "between", "plate"])
def test_the_page_is_never_moved_sideways(page, address, width, tab):
    open_page(page, address, width)
    page.execute_script(f"document.getElementById('tab-{tab}').click()")
    widths = "return [document.documentElement.scrollWidth, innerWidth]"
    assert page.execute_script(widths) == [width, width]
