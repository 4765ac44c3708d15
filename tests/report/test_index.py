import json

import pytest

from report.__main__ import main
from tests.report.test_page import Page
from tests.small_run import FACTORS, LATENTS, change_metrics, fill


@pytest.fixture
def runs(tmp_path):
    """Return a folder of two finished runs, and one that is not."""
    first = fill(tmp_path / "first & <one>", LATENTS | FACTORS)
    second = fill(tmp_path / "second", LATENTS)
    change_metrics(second, test_rmse=0.03)
    settings = json.loads((second / "hyperparameters.json").read_text())
    changed = json.dumps(settings | {"beta": 0.5, "encoder_filters": [4, 8]})
    (second / "hyperparameters.json").write_text(changed)
    (first / "report.html").touch()
    timings = {"resumed": True, "seconds": {"training": 60, "testing": 30}}
    (first / "timings.json").write_text(json.dumps(timings))
    (fill(tmp_path / "third", LATENTS) / "timings.json").unlink()
    (tmp_path / "notes").mkdir()
    return tmp_path


def test_runs_stand_side_by_side_with_what_differs(runs, capsys):
    assert main(["--index", str(runs)]) == 0
    assert str(runs / "index.html") in capsys.readouterr().out
    page = Page((runs / "index.html").read_text())
    heads = page.after("dreams", 7)
    assert heads == "run RMSE MIG owned minutes encoder_filters beta".split()
    assert page.words.index("second") < page.words.index("first & <one>")
    assert page.after("second", 4) == ["0.0300", "0.0", "4, 8", "0.5"]
    row = page.after("first & <one>", 6)
    assert row[:4] == ["0.0421", "0.40", "1 of 2", "more than 1.5"]
    assert row[5] == "0.25"
    assert "Not finished, or of another version: third." in page.words


def test_pictures_and_reports_are_found_beside_the_page(runs):
    main(["--index", str(runs)])
    page = Page((runs / "index.html").read_text())
    places = [picture["src"] for picture in page.all("img")]
    assert places[1] == "first%20%26%20%3Cone%3E/demo_small%20%26%20co/dreams.png"
    (link,) = page.all("a")
    assert link["href"] == "first%20%26%20%3Cone%3E/report.html"


def test_a_folder_without_runs_is_one_line(tmp_path, capsys):
    for folder, words in ((tmp_path, "no finished run"), (tmp_path / "x", "no folder")):
        assert main(["--index", str(folder)]) == 2
        assert words in capsys.readouterr().err
    assert not (tmp_path / "index.html").exists()
