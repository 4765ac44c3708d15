import pytest

from report import sections
from run_folder import read_run
from tests.small_run import LATENTS, fill


@pytest.fixture
def run(tmp_path):
    return read_run(fill(tmp_path / "run", LATENTS))


def test_thinned_steps_keep_the_first_and_the_last():
    assert sections.thinned([1, 5, 9], most=3) == [1, 5, 9]
    assert sections.thinned(list(range(101)), most=5) == [0, 25, 50, 75, 100]


def test_a_moment_shows_the_monitors_that_have_a_sheet_of_it(run):
    run.folder.sheets("generation")[10].unlink()
    moments = sections.timeline(run)["moments"]
    assert [(step, len(pictures)) for step, pictures in moments] == [
        (1, 2),
        (10, 1),
        (100, 2),
    ]


def test_charts_are_of_both_splits_but_for_the_learning_rate(run):
    names = {
        chart.title: [line.name for line in chart.lines]
        for chart in sections.losses(run)
    }
    assert names["KL divergence, nats"] == ["train", "validation"]
    assert names["Learning rate"] == ["train"]


def test_only_changed_settings_have_their_default_beside_them(run):
    rows = {row["name"]: row for row in sections.settings(run)}
    changed = [name for name, row in rows.items() if row["default"] is not None]
    assert changed == ["beta"]
    assert (rows["beta"]["value"], rows["beta"]["default"]) == ("0.25", "0.1")
    assert rows["encoder_filters"]["value"] == "32, 64, 64, 128"
