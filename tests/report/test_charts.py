import re
import xml.etree.ElementTree as ElementTree

import pytest

from report.charts import in_short, line_chart, linear_ticks, logarithmic_ticks


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
    line = re.search(rf'<polyline class="line-{number}" points="([^"]*)"', chart)
    return [tuple(map(float, pair.split(","))) for pair in line[1].split()]


def test_a_linear_chart_begins_at_zero():
    chart = line_chart({"train": [(0, 4.0), (50, 8.0), (100, 8.0)]}, "a", "step")
    # The plane reaches from 60 to 466, and from 30 down to 228.
    assert points_of(chart, 1) == [(60.0, 129.0), (263.0, 30.0), (466.0, 30.0)]
    assert "log scale" not in chart


def test_what_falls_to_a_fifth_is_drawn_by_its_logarithm():
    lines = {"train": [(0, 100.0), (100, 10.0)], "validation": [(100, 1.0)]}
    chart = line_chart(lines, "a", "step")
    assert points_of(chart, 1) == [(60.0, 30.0), (466.0, 129.0)]
    assert points_of(chart, 2) == [(466.0, 228.0)]
    assert "a (log scale)" in chart


@pytest.mark.parametrize("ys", [(0.0, 0.0), (-2.0, 3.0), (5.0, 5.0)])
def test_any_finite_values_make_a_well_formed_chart(ys):
    chart = line_chart({"<b>": list(enumerate(ys))}, "x & y", "step")
    texts = [text.text for text in ElementTree.fromstring(chart).iter("text")]
    assert {"<b>", "x & y", "step"} <= set(texts)
    assert not re.search("nan|inf", chart)


def test_every_line_is_in_the_legend_and_every_axis_has_numbers():
    lines = {"train": [(1, 1.0), (9, 2.0)], "validation": [(5, 1.5)]}
    texts = re.findall(r"<text[^>]*>([^<]*)<", line_chart(lines, "KL", "step"))
    assert {"train", "validation", "KL", "step"} <= set(texts)
    assert {"0", "0.5", "1", "1.5", "2"} <= set(texts)
    assert {"2", "4", "6", "8"} <= set(texts)
