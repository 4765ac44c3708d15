"""The page is parsed here; test_browser.py opens it."""

import base64
import io
import json
import re
from html.parser import HTMLParser

import pytest
from PIL import Image

from report.page import SECTIONS, write_report
from tests.small_run import FACTORS, LATENTS, change_metrics, fill


class Page(HTMLParser):
    """The elements and words of a page."""

    def __init__(self, text):
        super().__init__()
        self.text, self.elements, self.words, self.open = text, [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("img", "input", "meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        if data.strip():
            self.words.append(" ".join(data.split()))

    def all(self, tag, kind=""):
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and kind in attributes.get("class", "")
        ]

    def after(self, words, count=1):
        """Return what is written after some words."""
        place = self.words.index(words) + 1
        return self.words[place : place + count]


def page_of(folder):
    page = Page(write_report(folder).read_text(encoding="utf-8"))
    assert page.open == []
    return page


@pytest.fixture
def page(tmp_path):
    return page_of(fill(tmp_path / "run", {**LATENTS, **FACTORS}))


def test_the_report_stands_in_the_folder_of_the_run(tmp_path):
    path = write_report(fill(tmp_path / "run", LATENTS))
    assert path == tmp_path / "run" / "report.html"


def test_every_picture_is_inside_and_can_be_opened(page):
    pictures = page.all("img")
    assert len(pictures) == 6 + 1 + 3
    for picture in pictures:
        kind, content = re.match(
            r"data:image/(\w+);base64,(.*)", picture["src"]
        ).groups()
        with Image.open(io.BytesIO(base64.b64decode(content))) as image:
            image.load()
            assert image.format.lower() == kind
            assert image.size == (40, 40)
        assert picture["alt"]


def test_nothing_outside_the_page_is_asked_for(page):
    text = re.sub('"data:[^"]*"', "", page.text)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|fetch\(", text)
    for _, attributes in page.elements:
        for name in ("src", "href"):
            if name in attributes:
                assert attributes[name].startswith(("data:", "#"))


def test_the_page_names_the_command_that_opens_the_run_to_play_with(tmp_path):
    folder = fill(tmp_path / "a run", LATENTS)
    command = page_of(folder).after("Play with its dimensions:")
    assert command == [f"python explore.py '{folder}'"]


def test_the_slider_has_as_many_places_as_there_are_moments(page):
    moments = page.all("div", "moment")
    assert [moment["data-step"] for moment in moments] == ["1", "10", "100"]
    # Without the script the last one shows.
    assert ["hidden" in moment for moment in moments] == [True, True, False]
    (slider,) = (element for element in page.all("input") if element["type"] == "range")
    assert (slider["min"], slider["max"], slider["value"]) == ("0", "2", "2")
    for name in re.findall(r'getElementById\("(.*?)"\)', page.text):
        assert any(attributes.get("id") == name for _, attributes in page.elements)


def test_names_are_escaped(page):
    assert "small & co" in page.words
    assert not page.all("small")


def test_sections_can_be_reached_from_the_top(page):
    targets = [link["href"].removeprefix("#") for link in page.all("a")]
    sections = [section["id"] for section in page.all("section")]
    assert targets == sections == [name for name, _, _ in SECTIONS]


def test_the_first_figures_are_there_with_what_they_mean(page):
    (rmse,) = page.after("RMSE")
    assert rmse == "0.0421"
    assert "on 1,000 pictures never trained on: 4.2 % of the way" in page.after(rmse)[0]
    sigma, meaning, *_ = page.after("implied sigma", 2)
    assert (sigma, meaning) == ("0.3535", "The RMSE that")
    active, meaning = page.after("dimensions in use", 2)
    assert active == "2 of 24"
    assert "more than 0.01 nats" in meaning
    owned, meaning = page.after("owned factors", 2)
    assert owned == "1 of 2"
    assert "such as roof slant" in meaning
    assert "knows more than 0.5 of it, and leads the next by more than 0.3" in meaning
    assert page.after("training steps")[0] == "100"


def test_what_was_told_is_said_at_the_top(tmp_path):
    folder = fill(tmp_path / "run", {**LATENTS, **FACTORS})
    assert "It was told nothing about what they show" in " ".join(page_of(folder).words)
    told = {"pictures": 300, "dimensions": ["roof_slant", "gate_width"]}
    change_metrics(folder, told=told)
    words = "What 300 of them show was told to it: 2 dimensions have names."
    assert words in " ".join(page_of(folder).words)


def test_figures_that_a_run_has_not_are_left_out(tmp_path):
    folder = fill(tmp_path / "run", LATENTS)
    change_metrics(folder, implied_sigma=None)
    page = page_of(folder)
    assert "implied sigma" not in page.words
    assert "owned factors" not in page.words


def test_the_heat_map_frames_the_best_dimension_of_each_factor(page):
    # The largest KL divergence comes first: rows z1, then z0.
    cells = re.findall(r'<td class="([a-z ]*)" style="--share: ([\d.]+)">', page.text)
    assert [(kinds.split(), share) for kinds, share in cells] == [
        (["strong", "best"], "0.75"),
        ([], "0.10"),
        ([], "0.05"),
        (["best"], "0.20"),
    ]
    assert "1 of 2 factors have a dimension of their own" in page.text


def test_changed_settings_stand_out(page):
    assert len(page.all("span", "changed")) == 1
    place = page.words.index("(default 0.1)")
    assert page.words[place - 2 : place] == ["beta", "0.25"]
    assert "<code>mixture</code>" in page.text


def test_losses_without_a_value_are_not_drawn(page):
    titles = [chart["aria-label"] for chart in page.all("svg", "chart")]
    assert len(titles) == 5
    assert not any("Perceptual" in title for title in titles)


def test_what_does_not_exist_is_said_or_left_out(tmp_path):
    folder = fill(tmp_path / "run", LATENTS)
    for name in ("traversals.png", "traversals.gif", "interpolation.png"):
        (folder / name).unlink()
    text = page_of(folder).text
    assert "No factors are known of these pictures" in text
    assert "knows most about" not in text
    assert "every file could be decoded" in text
    assert "took no timings" in text
    assert "From picture to picture" not in text
    assert "What each dimension does" not in text
    too_few = {**LATENTS, "factors_not_measured": "9 pictures are too few"}
    text = page_of(fill(tmp_path / "few", too_few)).text
    assert "Not measured: 9 pictures are too few" in text


def test_a_data_set_whose_name_is_no_text_is_told(tmp_path):
    folder = fill(tmp_path / "run", LATENTS)
    path = folder / "hyperparameters.json"
    settings = json.loads(path.read_text()) | {"dataset": "caf\udce9"}
    path.write_text(json.dumps(settings))
    assert r"caf\udce9" in page_of(folder).text


def test_skipped_files_and_timings_are_told(tmp_path):
    folder = fill(tmp_path / "run", LATENTS)
    (folder / "skipped_pictures.txt").write_text("a&b.jpg\tthe file is empty\n")
    times = {"resumed": True, "seconds": {"training": 601.2, "testing": 9.0}}
    (folder / "timings.json").write_text(json.dumps(times))
    page = page_of(folder)
    assert page.after("a&b.jpg") == ["the file is empty"]
    assert "One file was left out" in page.words
    assert page.after("training") == ["10:01"]
    assert page.after("together") == ["10:10"]
    assert "was resumed" in page.text


def test_more_skipped_files_than_fit_are_counted(tmp_path):
    folder = fill(tmp_path / "run", LATENTS)
    lines = [f"{number}.jpg\tthe file is empty\n" for number in range(203)]
    (folder / "skipped_pictures.txt").write_text("".join(lines))
    page = page_of(folder)
    assert "203 files were left out" in page.words
    assert "and 3 more, in skipped_pictures.txt" in page.words
    assert page.words.count("the file is empty") == 200


def test_long_runs_show_some_of_their_moments(tmp_path):
    page = page_of(fill(tmp_path / "run", LATENTS, steps=range(1, 62)))
    shown = [int(moment["data-step"]) for moment in page.all("div", "moment")]
    assert len(shown) == 40
    assert (shown[0], shown[-1]) == (1, 61)
    assert "40 of 61 moments" in page.text


def test_scores_stand_beside_those_before_the_rotation(tmp_path):
    folder = fill(tmp_path / "run", {**LATENTS, **FACTORS})
    trained = LATENTS | {"mutual_information_gap": 0.123, "mean_correlation": 0.456}
    change_metrics(folder, latents_before_rotation=trained)
    page = page_of(folder)
    assert page.after("mutual information gap", 2) == ["0.123", "0.400"]
    assert page.after("mean correlation", 2) == ["0.456", "0.100"]
    assert "in the axes of training" in page.words
