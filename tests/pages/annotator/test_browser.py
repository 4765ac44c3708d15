"""The annotator in a real browser: keys, undo, back and forward, grid, factors."""

import time

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from pages.annotator.routes import make_routes
from pages.server import build_app
from tests.browser import needs_chromium, open_page
from tests.served import serving
from transfer_learning.annotation.books import FactorsBook, LabelsBook
from transfer_learning.annotation.choice import drawn
from transfer_learning.annotation.desk import Desk
from transfer_learning.labels import read_rows

pytestmark = needs_chromium
PHOTOS = [f"{number:02}.jpg" for number in range(60)]
FACTS = {"question": "a building?", "factors": None, "isGrid": False}
FACTS |= {"person": "ada", "isLocal": True}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    colours = np.random.default_rng(1).integers(0, 255, (60, 3))
    for photo, colour in zip(PHOTOS, colours.tolist(), strict=True):
        Image.new("RGB", (64, 48), tuple(colour)).save(folder / photo)
    (folder / PHOTOS[7]).write_bytes(b"no photo")
    return folder


@pytest.fixture
def on(browser, folder):
    """Return a function that opens the page of a desk and its facts."""
    open_ones = []

    def opened(desk, width=1400, **facts):
        routes = make_routes(desk, [folder] * 60, FACTS | facts, "a-token")
        served = serving(build_app(routes, "a-token"))
        open_ones.append(served)
        open_page(browser, served.__enter__(), width)
        wait_for(browser, "return !isBusy && queue.length")

    yield opened
    for served in open_ones:
        served.__exit__(None, None, None)


def wait_for(browser, script):
    until = time.monotonic() + 10
    while not (found := browser.execute_script(script)):
        assert time.monotonic() < until, script
        time.sleep(0.02)
    return found


def press(browser, *keys):
    for key in keys:
        ActionChains(browser).send_keys(key).perform()
        wait_for(browser, "return !isBusy")


def text_of(browser, name):
    return browser.find_element(By.ID, name).text


def test_keys_answer_and_undo(browser, on, tmp_path):
    book = LabelsBook(tmp_path / "labels.csv")
    on(Desk(PHOTOS, book, drawn(set(PHOTOS) - {PHOTOS[7]})))
    order = browser.execute_script("return queue.map((photo) => photo.number)")
    first, second, third = (PHOTOS[number] for number in order[:3])
    press(browser, "y", "n", "u")
    assert book.answers == {first: "yes", second: "no", third: "unsure"}
    press(browser, Keys.BACKSPACE, Keys.BACKSPACE)
    assert book.answers == {first: "yes", second: "", third: ""}
    press(browser, "y")
    assert book.answers[second] == "yes"
    press(browser, Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    given = "return document.querySelector('[data-given]').dataset.do"
    assert browser.execute_script(given) == "yes"
    press(browser, "n", Keys.ARROW_RIGHT)
    assert book.answers == {first: "no", second: "yes", third: ""}
    assert text_of(browser, "progress").startswith("2 of 60")
    # The page is left and opened again: nothing is forgotten.
    browser.refresh()
    wait_for(browser, "return !isBusy && trail.length === 2")
    press(browser, Keys.BACKSPACE)
    assert book.answers[first] == ""
    assert [row["person"] for row in read_rows(book.path)] == ["ada"] * 8
    assert browser.get_log("browser") == []


def test_no_photo_comes_twice_however_late_the_next_ones_come(browser, on, tmp_path):
    book = LabelsBook(tmp_path / "labels.csv")
    on(Desk(PHOTOS, book, drawn(set(PHOTOS) - {PHOTOS[7]})))
    browser.execute_script(
        "const send = window.fetch; window.fetch = async (...what) => {"
        "const answer = await send(...what);"
        "if (what[0] === 'next') await new Promise((go) => setTimeout(go, 150));"
        "return answer; };"
    )
    press(browser, *"ynynynynynynynynynynyn")
    photos = [row["photo"] for row in read_rows(book.path)]
    assert len(photos) == len(set(photos)) == 22


def test_a_photo_that_cannot_be_read_is_said_and_skipped(browser, on, tmp_path):
    book = LabelsBook(tmp_path / "labels.csv")
    on(Desk(PHOTOS, book, drawn([PHOTOS[7], PHOTOS[8]])))
    while browser.execute_script("return queue[0].number") != 7:
        press(browser, "y")
    wait_for(browser, "return document.getElementById('status').textContent")
    assert "cannot be read: not a picture that can be decoded" in text_of(
        browser, "status"
    )
    press(browser, " ")
    assert PHOTOS[7] not in book.answers


def test_a_grid_is_taken_but_for_the_wrong_ones(browser, on, tmp_path):
    book = LabelsBook(tmp_path / "labels.csv")
    guesses = dict.fromkeys(PHOTOS[10:], "yes")
    on(Desk(PHOTOS, book, drawn(PHOTOS, guesses)), isGrid=True, width=390)
    tiles = browser.find_elements(By.CSS_SELECTOR, ".tile")
    assert len(tiles) == 24
    wrong = browser.execute_script("return queue[3].number")
    browser.execute_script("document.querySelectorAll('.tile')[3].click()")
    press(browser, Keys.ENTER)
    assert len(book.answers) == 24
    no = [photo for photo, answer in book.answers.items() if answer == "no"]
    assert no == [PHOTOS[wrong]]
    press(browser, Keys.BACKSPACE)
    assert not any(book.answers.values())


def test_factors_are_given_by_digits(browser, on, folder):
    factors = [
        {"name": "tower_count", "values": ["2", "3", "4"]},
        {"name": "roof_slant", "values": ["1", "2"]},
    ]
    book = FactorsBook(folder, [factor["name"] for factor in factors])
    on(Desk(PHOTOS, book, drawn(PHOTOS)), factors=factors)
    order = browser.execute_script("return queue.map((photo) => photo.number)")
    press(browser, "3", "1", " ", "2", "2", Keys.ENTER)
    first, second, third = (book.answers[PHOTOS[number]] for number in order[:3])
    assert first == {"tower_count": "4", "roof_slant": "1"}
    assert second == {"tower_count": "", "roof_slant": "2"}
    assert third == {"tower_count": "3", "roof_slant": ""}
    (folder / "factors.csv").unlink()


@pytest.mark.parametrize(
    ("across", "down", "answer"), [(180, 0, "yes"), (-180, 0, "no"), (0, -90, "unsure")]
)
def test_a_finger_answers_by_a_swipe(browser, on, tmp_path, across, down, answer):
    book = LabelsBook(tmp_path / "labels.csv")
    # A page that a swipe could go back to.
    browser.get("about:blank")
    on(Desk(PHOTOS, book, drawn(set(PHOTOS) - {PHOTOS[7]})), width=390)
    number = browser.execute_script("return queue[0].number")
    touch(browser, "touchStart", (195, 300))
    touch(browser, "touchMove", (195 + across, 300 + down))
    touch(browser, "touchEnd")
    wait_for(browser, "return !isBusy && trail.length === 1")
    assert book.answers[PHOTOS[number]] == answer


def touch(browser, kind, *points):
    """Have one finger touch the page, move on it or leave it."""
    places = [{"x": x, "y": y} for x, y in points]
    browser.execute_cdp_cmd(
        "Input.dispatchTouchEvent", {"type": kind, "touchPoints": places}
    )
