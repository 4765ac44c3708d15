"""The page is parsed, not looked at; how it looks is checked in a browser by hand."""

import base64
import io
import json
import re
from html.parser import HTMLParser

import pytest
from PIL import Image

from hyperparameters import Hyperparameters, save
from loss_table import LOG_COLUMNS
from report import __main__

LATENTS = {
    "picture_count": 900,
    "kl_per_dimension": [0.5, 2.25],
    "active_dimensions": 2,
    "mean_correlation": 0.1,
}
FACTORS = {
    "factor_names": ["roof_slant", "gate_width"],
    "normalized_mutual_information": [[0.05, 0.2], [0.75, 0.1]],
    "factor_owners": [
        {"factor": "roof_slant", "dimension": 1, "score": 0.75, "second_dimension": 0}
        | {"second_score": 0.05, "gap": 0.7, "is_owned": True},
        {"factor": "gate_width", "dimension": 0, "score": 0.2, "second_dimension": 1}
        | {"second_score": 0.1, "gap": 0.1, "is_owned": False},
    ],
    "owned_factor_count": 1,
    "mutual_information_gap": 0.4,
}


def fill(folder, latents, steps=(1, 10, 100)):
    """Write what a small run would have left."""
    folder.mkdir()
    save(Hyperparameters(name="<small>", beta=0.25), folder / "hyperparameters.json")
    metrics = {
        "test_rmse": 0.0421,
        "latents": latents,
        "pictures": {"train": 20_000},
        "steps": 100,
        "versions": {"python": "3.11.7"},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    rows = ["20,1,train,9.0,7.0,2.0,0.0,2.0,0.01", "20,1,validation,8.0,7,1.0,0,2,0.01"]
    (folder / "losses.csv").write_text("\n".join([",".join(LOG_COLUMNS), *rows, ""]))
    paint = Image.effect_noise((40, 40), 90).convert("RGB")
    for kind in ("reconstruction", "generation"):
        (folder / f"monitor_{kind}").mkdir()
        for step in steps:
            paint.save(folder / f"monitor_{kind}" / f"step_{step:06d}.png")
    (folder / "demo_<small>").mkdir()
    paint.save(folder / "demo_<small>" / "dreams.png")
    for name in ("traversals.png", "interpolation.png"):
        paint.save(folder / name)
    frames = [paint.rotate(angle) for angle in (90, 180)]
    paint.save(folder / "traversals.gif", save_all=True, append_images=frames)
    return folder


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
        self.words.append(data)

    def all(self, tag, kind=""):
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and kind in attributes.get("class", "")
        ]


@pytest.fixture
def page(tmp_path):
    path = __main__.write_report(fill(tmp_path / "run", {**LATENTS, **FACTORS}))
    assert path == tmp_path / "run" / "report.html"
    page = Page(path.read_text(encoding="utf-8"))
    assert page.open == []
    return page


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


def test_the_slider_has_as_many_places_as_there_are_moments(page):
    moments = page.all("div", "moment")
    assert [moment["data-step"] for moment in moments] == ["1", "10", "100"]
    # Without the script the last one shows.
    assert ["hidden" in moment for moment in moments] == [True, True, False]
    (slider,) = (each for each in page.all("input") if each["type"] == "range")
    assert (slider["min"], slider["max"], slider["value"]) == ("0", "2", "2")
    for name in re.findall(r'getElementById\("(.*?)"\)', page.text):
        assert any(each.get("id") == name for _, each in page.elements)


def test_the_animation_moves_in_the_page_too(page):
    (source,) = (
        picture["src"]
        for picture in page.all("img")
        if "back and forth" in picture["alt"]
    )
    with Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))) as image:
        assert image.n_frames == 3


def test_names_are_escaped(page):
    assert "<small>" in page.words
    assert not page.all("small")


def test_sections_can_be_reached_from_the_top(page):
    targets = [link["href"].removeprefix("#") for link in page.all("a")]
    sections = [section["id"] for section in page.all("section")]
    assert targets == sections
    assert len(sections) == len(__main__.SECTIONS)


def test_the_heat_map_frames_the_best_dimension_of_each_factor(page):
    # The largest KL divergence comes first: rows z1, then z0.
    cells = re.findall(r'<td class="([a-z ]*)" style="--share:([\d.]+)">', page.text)
    assert cells == [
        ("strong best", "0.75"),
        ("", "0.10"),
        ("", "0.05"),
        ("best", "0.20"),
    ]
    assert "1 of 2 factors have a dimension of their own" in page.text


def test_changed_settings_stand_out(page):
    rows = re.findall(r"<tr><td><code>(\w+)</code></td><td><span class=\"ch", page.text)
    assert rows == ["beta"]
    assert "<code>mixture</code>" in page.text


def test_losses_without_a_value_are_not_drawn(page):
    titles = [chart["aria-label"] for chart in page.all("svg", "chart")]
    assert len(titles) == 5
    assert not any("Perceptual" in title for title in titles)


def test_what_does_not_exist_is_said_or_left_out(tmp_path):
    folder = fill(tmp_path / "run", LATENTS)
    for name in ("traversals.png", "traversals.gif", "interpolation.png"):
        (folder / name).unlink()
    text = __main__.write_report(folder).read_text(encoding="utf-8")
    assert "No factors are known of these pictures" in text
    assert "knows most about" not in text
    assert "every file could be decoded" in text
    assert "took no timings" in text
    assert "From picture to picture" not in text
    assert "What each dimension does" not in text
    too_few = {**LATENTS, "factors_not_measured": "9 pictures are too few"}
    text = __main__.build_report(__main__.read_run(fill(tmp_path / "few", too_few)))
    assert "Not measured: 9 pictures are too few" in text


def test_skipped_files_and_timings_are_told(tmp_path):
    folder = fill(tmp_path / "run", LATENTS)
    (folder / "skipped_pictures.txt").write_text("a&b.jpg\tthe file is empty\n")
    times = {"resumed": True, "seconds": {"training": 601.2, "testing": 9.0}}
    (folder / "timings.json").write_text(json.dumps(times))
    text = __main__.write_report(folder).read_text(encoding="utf-8")
    assert "<td>a&amp;b.jpg</td><td>the file is empty</td>" in text
    assert "1 files were left out" not in text
    assert "10:01" in text
    assert "10:10" in text
    assert "was resumed" in text


def test_long_runs_show_some_of_their_moments(tmp_path):
    folder = fill(tmp_path / "run", LATENTS, steps=range(1, 62))
    page = Page(__main__.write_report(folder).read_text(encoding="utf-8"))
    shown = [int(moment["data-step"]) for moment in page.all("div", "moment")]
    assert len(shown) == 40
    assert (shown[0], shown[-1]) == (1, 61)
    assert "40 of 61 moments" in page.text


@pytest.mark.parametrize("argv", [[], ["nowhere"], ["--x", "nowhere"]])
def test_mistakes_are_one_line(argv, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    try:
        code = __main__.main(argv)
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    error = capsys.readouterr().err
    assert error.startswith("report.py: ")
    assert error.count("\n") == 1


def test_the_command_writes_the_report_again(tmp_path, capsys):
    folder = fill(tmp_path / "run", LATENTS)
    assert __main__.main([str(folder)]) == 0
    assert str(folder / "report.html") in capsys.readouterr().out
    before = (folder / "report.html").read_bytes()
    assert __main__.main([str(folder)]) == 0
    assert (folder / "report.html").read_bytes() == before


def test_scores_stand_beside_those_before_the_rotation(tmp_path):
    folder = fill(tmp_path / "run", {**LATENTS, **FACTORS})
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics["latents_before_rotation"] = {**LATENTS, "mutual_information_gap": 0.123}
    metrics["latents_before_rotation"]["mean_correlation"] = 0.456
    (folder / "metrics.json").write_text(json.dumps(metrics))
    page = Page(__main__.write_report(folder).read_text(encoding="utf-8"))
    for before, after in (("0.123", "0.400"), ("0.456", "0.100")):
        place = page.words.index(before)
        assert after in page.words[place : place + 3]
    assert "in the axes of training" in page.words
