import json

import pytest

from finished_run import read_run
from mistakes import UserMistake


def fill(folder):
    folder.mkdir(exist_ok=True)
    (folder / "hyperparameters.json").write_text('{"name": "small"}')
    (folder / "metrics.json").write_text('{"test_rmse": 0.1}')
    (folder / "losses.csv").write_text("step,split\n20,train\n")
    return folder


def test_everything_a_run_left_is_read(tmp_path):
    folder = fill(tmp_path / "run")
    times = {"resumed": False, "seconds": {"reading": 1.5}}
    (folder / "timings.json").write_text(json.dumps(times))
    skipped = "a\tb.jpg\tthe file is empty\nc.png\tno picture\n"
    (folder / "skipped_pictures.txt").write_text(skipped)
    (folder / "monitor_generation").mkdir()
    for step in (200, 1):
        (folder / "monitor_generation" / f"step_{step:06d}.png").touch()
    run = read_run(folder)
    assert run.settings == {"name": "small"}
    assert run.metrics == {"test_rmse": 0.1}
    assert run.losses == [{"step": "20", "split": "train"}]
    assert run.timings == times
    assert run.skipped == [("a\tb.jpg", "the file is empty"), ("c.png", "no picture")]
    assert list(run.sheets("generation")) == [1, 200]
    assert run.sheets("reconstruction") == {}
    assert run.dreams == folder / "demo_small" / "dreams.png"


def test_what_an_older_run_did_not_write_is_empty(tmp_path):
    run = read_run(fill(tmp_path / "run"))
    assert run.timings == {}
    assert run.skipped == []


def test_no_run_and_an_unfinished_one_are_refused_with_the_cure(tmp_path):
    with pytest.raises(UserMistake, match="holds no run"):
        read_run(tmp_path)
    folder = fill(tmp_path / "mine")
    (folder / "metrics.json").unlink()
    with pytest.raises(UserMistake, match="python main.py --resume --name mine"):
        read_run(folder)
    (folder / "metrics.json").write_text("{")
    with pytest.raises(UserMistake, match="metrics.json is no json"):
        read_run(folder)
