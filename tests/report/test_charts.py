import re
import xml.etree.ElementTree as ElementTree

import pytest

from report.charts import in_short, line_chart, linear_ticks, logarithmic_ticks
from report.page import TEMPLATES


def test_linear_ticks_are_round_and_inside():
    assert linear_ticks(0, 3750) == [0, 1000, 2000, 3000]
    assert linear_ticks(0, 12) == [0, 5, 10]
    assert linear_ticks(0, 0.9) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert linear_ticks(7, 7) == [7]


def test_logarithmic_ticks_thin_out_over_many_powers():
    assert logarithmic_ticks(20, 330) == pytest.approx([20, 50, 100, 200])
    assert logarithmic_ticks(20, 14_000) == pytest.approx(
        [30, 100, 300, 1000, 3000, 10_000]
    )
    assert logarithmic_ticks(1, 1e8) == pytest.approx([10.0**n for n in range(9)])


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (0.05, "0.05"), (12, "12"), (3000, "3,000"), (4e6, "4e+06")],
)
def test_numbers_are_shown_in_short(number, shown):
    assert in_short(number) == shown


def points_of(chart, number):
    pixels = chart.lines[number].points
    return [(round(x, 1), round(y, 1)) for x, y in pixels]


def test_a_linear_chart_begins_at_zero():
    chart = line_chart({"train": [(0, 4.0), (50, 8.0), (100, 8.0)]}, "a", "step")
    # The plane reaches from 60 to 466, and from 30 down to 228.
    assert points_of(chart, 0) == [(60.0, 129.0), (263.0, 30.0), (466.0, 30.0)]
    assert chart.title == "a"


def test_what_falls_to_a_fifth_is_drawn_by_its_logarithm():
    lines = {"train": [(0, 100.0), (100, 10.0)], "validation": [(100, 1.0)]}
    chart = line_chart(lines, "a", "step")
    assert points_of(chart, 0) == [(60.0, 30.0), (466.0, 129.0)]
    assert points_of(chart, 1) == [(466.0, 228.0)]
    assert chart.title == "a (log scale)"


def drawn(chart):
    """Return the elements of the chart as the page has it."""
    svg = TEMPLATES.get_template("chart.svg").render(chart=chart)
    assert not re.search("nan|inf", svg)
    return ElementTree.fromstring(svg)


@pytest.mark.parametrize("ys", [(0.0, 0.0), (-2.0, 3.0), (5.0, 5.0)])
def test_any_finite_values_make_a_well_formed_chart(ys):
    svg = drawn(line_chart({"<b>": list(enumerate(ys))}, "x & y", "step"))
    texts = [text.text for text in svg.iter("text")]
    assert {"<b>", "x & y", "step"} <= set(texts)


def test_every_line_is_in_the_legend_and_every_axis_has_numbers():
    lines = {"train": [(1, 1.0), (9, 2.0)], "validation": [(5, 1.5)]}
    svg = drawn(line_chart(lines, "KL", "step"))
    texts = [text.text for text in svg.iter("text")]
    assert {"train", "validation", "KL", "step"} <= set(texts)
    assert {"0", "0.5", "1", "1.5", "2"} <= set(texts)
    assert {"2", "4", "6", "8"} <= set(texts)
    groups = [group.get("class") for group in svg.iter("g")]
    assert groups == ["line-1", "line-2"]


def test_points_of_short_lines_are_dots():
    lines = {"long": [(x, 1.0) for x in range(41)], "short": [(5, 1.5)]}
    long, short = drawn(line_chart(lines, "KL", "step")).iter("g")
    assert not long.findall("circle")
    (dot,) = short.findall("circle")
    assert (dot.get("cx"), dot.get("cy")) == ("110.8", "30.0")
