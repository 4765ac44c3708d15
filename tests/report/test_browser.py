"""The page in a real browser, without a screen and without a network."""

import json
import time

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from report.page import write_report
from tests.browser import needs_chromium, open_page
from tests.small_run import FACTORS, LATENTS, fill

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser") / "run"
    # As many factors as the castles have, so that their table is wide.
    factors = FACTORS | {
        name: FACTORS[name] * 6 for name in ("factor_names", "factors")
    }
    shares = FACTORS["normalized_mutual_information"]
    factors |= {"normalized_mutual_information": [row * 6 for row in shares]}
    return write_report(fill(folder, LATENTS | factors)).as_uri()


def shown_steps(browser):
    return browser.execute_script(
        "return [...document.querySelectorAll('.moment')]"
        ".filter(moment => moment.offsetHeight > 0)"
        ".map(moment => moment.dataset.step)"
    )


def press_tab_until(browser, name):
    """Press the tab key until the element with that id has the focus."""
    for _ in range(40):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.switch_to.active_element.get_attribute("id") == name:
            return browser.switch_to.active_element
    raise AssertionError(f"{name} cannot be reached by the keyboard")


def test_the_slider_moves_by_keyboard_and_shows_its_moment(browser, report):
    open_page(browser, report)
    slider = press_tab_until(browser, "moment")
    told = browser.find_element("id", "moment-step")
    for key, step in (
        (None, "100"),
        (Keys.ARROW_LEFT, "10"),
        (Keys.HOME, "1"),
        (Keys.ARROW_RIGHT, "10"),
        (Keys.END, "100"),
    ):
        if key:
            slider.send_keys(key)
        assert shown_steps(browser) == [step]
        assert told.text == f"step {step}"


def test_the_moments_are_played_by_keyboard_and_stop_at_the_last(browser, report):
    open_page(browser, report)
    browser.execute_script(
        "window.told = [];"
        "const tell = changes => told.push(changes[0].target.textContent);"
        "for (const name of ['play', 'moment-step'])"
        "  new MutationObserver(tell)"
        "    .observe(document.getElementById(name), {childList: true})"
    )
    button = press_tab_until(browser, "play")
    button.send_keys(Keys.SPACE)
    expected = ["Pause", "step 1", "step 10", "step 100", "Play"]
    WebDriverWait(browser, 10).until(
        lambda _: set(browser.execute_script("return told")) == set(expected)
    )
    assert shown_steps(browser) == ["100"]
    time.sleep(0.7)
    assert len(browser.execute_script("return told")) == len(expected)


def test_a_second_press_pauses(browser, report):
    open_page(browser, report)
    button = browser.find_element("id", "play")
    browser.execute_script("arguments[0].click(); arguments[0].click()", button)
    time.sleep(0.7)
    assert (button.text, shown_steps(browser)) == ("Play", ["1"])


@pytest.mark.parametrize("width", [360, 400, 768, 1400])
def test_the_page_is_never_moved_sideways(browser, report, width):
    open_page(browser, report, width)
    widths = browser.execute_script(
        "return [document.documentElement.scrollWidth, innerWidth]"
    )
    assert widths == [width, width]


def test_a_wide_table_is_moved_by_keyboard_on_a_phone(browser, report):
    open_page(browser, report, width=400)
    scrolled = browser.execute_script(
        "const table = document.querySelector('.heat').parentElement;"
        "table.id = 'wide-table';"
        "return table.scrollWidth > table.clientWidth"
    )
    assert scrolled
    press_tab_until(browser, "wide-table")


def test_dark_and_light_differ_in_paper_and_ink(browser, report):
    colours = {}
    for theme in ("light", "dark"):
        open_page(browser, report, theme=theme)
        colours[theme] = browser.execute_script(
            "const style = getComputedStyle(document.body);"
            "return [style.backgroundColor, style.color]"
        )
    assert colours["light"] == ["rgb(251, 250, 247)", "rgb(28, 27, 34)"]
    assert colours["dark"] == ["rgb(18, 17, 23)", "rgb(236, 234, 242)"]


def test_every_picture_shows_and_nothing_else_is_asked_for(browser, report):
    browser.get_log("performance")
    open_page(browser, report)
    unseen = browser.execute_script(
        "return [...document.images].filter(image => !image.naturalWidth).length"
    )
    assert unseen == 0
    events = [
        json.loads(entry["message"])["message"]
        for entry in browser.get_log("performance")
    ]
    asked = {
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    }
    assert {url for url in asked if not url.startswith("data:")} == {report}
    assert browser.get_log("browser") == []
