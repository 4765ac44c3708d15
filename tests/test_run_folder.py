import dataclasses
import json

import pytest

import run_folder
from hyperparameters import PRESETS, Hyperparameters
from mistakes import UserMistake
from run_folder import LOG_COLUMNS, RunFolder, read_losses, read_run

HEAD = ",".join(LOG_COLUMNS) + "\n"
SMALL = Hyperparameters(name="small")
ROW = "20,1,train,3.5,2.0,1.0,0.5,0.1,3.0,0.001\n"


def test_saved_settings_come_back_equal(tmp_path):
    settings = Hyperparameters(**PRESETS["landmarks_256"])
    run = RunFolder(tmp_path / "a" / "run")
    with run.held(is_resumed=False):
        run.save_start(settings, skipped=[("a.jpg", "the file is empty")])
    assert run.read_settings() == settings
    assert run.skipped.read_text() == "a.jpg\tthe file is empty\n"


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"beta": 1}', "not json", '"a"', "3"]
)
def test_a_file_that_holds_no_settings_is_refused(tmp_path, text):
    run = RunFolder(tmp_path)
    run.settings.write_text(text)
    with pytest.raises(UserMistake, match="hyperparameters.json") as refused:
        run.read_settings()
    assert "\n" not in str(refused.value)


def test_rows_come_by_the_names_of_their_columns(tmp_path):
    path = tmp_path / "losses.csv"
    path.write_text(HEAD + ROW)
    (row,) = read_losses(path)
    assert row["step"] == "20"
    assert row["split"] == "train"
    assert row["learning_rate"] == "0.001"


def test_a_line_that_a_power_cut_tore_is_left_out(tmp_path):
    path = tmp_path / "losses.csv"
    # Torn in the middle; and torn, then written on.
    for torn in ("40,1,train,3.", "40,1,tra\n", ROW.strip() + ",60,1\n"):
        path.write_text(HEAD + ROW + torn)
        assert [row["step"] for row in read_losses(path)] == ["20"]


def test_each_part_has_the_seconds_it_took(tmp_path, monkeypatch):
    clock = iter([10.0, 12.5, 20.0, 50.0])
    monkeypatch.setattr(run_folder.time, "monotonic", lambda: next(clock))
    run = RunFolder(tmp_path)
    for part in ("reading", "training"):
        with run.timed(part):
            pass
    run.save_timings(is_resumed=True)
    assert json.loads(run.timings.read_text()) == {
        "resumed": True,
        "seconds": {"reading": 2.5, "training": 30.0},
    }


def test_a_part_that_fails_is_not_counted(tmp_path):
    run = RunFolder(tmp_path)
    with pytest.raises(OSError, match="disk"), run.timed("training"):
        raise OSError("disk")
    run.save_timings(is_resumed=False)
    assert json.loads(run.timings.read_text())["seconds"] == {}


def fill(folder):
    run = RunFolder(folder)
    folder.mkdir(exist_ok=True)
    run.settings.write_text(json.dumps(dataclasses.asdict(SMALL)))
    run.metrics.write_text('{"test_rmse": 0.1}')
    run.losses.write_text("step,split\n20,train\n")
    run.timings.write_text('{"resumed": false, "seconds": {"reading": 1.5}}')
    run.skipped.write_text("a\tb.jpg\tthe file is empty\nc.png\tno picture\n")
    return run


def test_everything_a_run_left_is_read(tmp_path):
    folder = fill(tmp_path / "run")
    folder.monitor("generation").mkdir()
    for step in (200, 1):
        (folder.monitor("generation") / f"step_{step:06d}.png").touch()
    run = read_run(tmp_path / "run")
    assert run.folder.path == folder.path
    assert run.settings == SMALL
    assert run.metrics == {"test_rmse": 0.1}
    assert run.losses == [{"step": "20", "split": "train"}]
    assert run.timings == {"resumed": False, "seconds": {"reading": 1.5}}
    assert run.skipped == [("a\tb.jpg", "the file is empty"), ("c.png", "no picture")]
    assert list(run.folder.sheets("generation")) == [1, 200]
    assert run.folder.sheets("reconstruction") == {}


def test_no_run_and_an_unfinished_one_are_refused_with_the_cure(tmp_path):
    with pytest.raises(UserMistake, match="holds no run"):
        read_run(tmp_path)
    run = fill(tmp_path / "mine")
    run.timings.unlink()
    with pytest.raises(UserMistake, match="python main.py --resume --name mine"):
        read_run(run.path)
    run.timings.write_text("{")
    with pytest.raises(UserMistake, match="timings.json is not JSON"):
        read_run(run.path)


def test_a_second_process_is_refused_until_the_first_one_ends(tmp_path):
    with RunFolder(tmp_path / "run").held(is_resumed=False):
        for is_resumed in (False, True):
            other = RunFolder(tmp_path / "run").held(is_resumed)
            with pytest.raises(UserMistake, match="another process is at work"), other:
                raise AssertionError("not reached")
        RunFolder(tmp_path / "run").save_start(SMALL, skipped=[])
    with RunFolder(tmp_path / "run").held(is_resumed=True):
        pass
    assert (tmp_path / "run" / "hyperparameters.json").exists()


def test_a_folder_that_came_to_be_meanwhile_is_refused_and_left_alone(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").touch()
    held = RunFolder(tmp_path / "run").held(is_resumed=False)
    with pytest.raises(UserMistake, match="exists already and is never over"), held:
        raise AssertionError("not reached")
    assert (tmp_path / "run" / "mine.txt").exists()


def test_a_run_killed_while_its_settings_were_written_is_begun_again(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    for name in (".lock", "hyperparameters.json.part"):
        (run.path / name).touch()
    run.check_new()
    with run.held(is_resumed=False):
        run.save_start(SMALL, skipped=[])
    left = {path.name for path in run.path.iterdir()}
    assert left == {
        ".lock",
        "commands.json",
        "hyperparameters.json",
        "skipped_pictures.txt",
    }


def test_a_run_that_came_to_nothing_leaves_nothing(tmp_path):
    run = RunFolder(tmp_path / "runs" / "small")
    with pytest.raises(OSError, match="disk"), run.held(is_resumed=False):
        assert run.path.is_dir()
        raise OSError("disk")
    assert not list(tmp_path.iterdir())
    (tmp_path / "runs").touch()
    with pytest.raises(UserMistake, match="cannot be written to.*--runs-folder"):
        with run.held(is_resumed=False):
            raise AssertionError("not reached")


@pytest.mark.parametrize(
    ("name", "value"), [("beta", "3"), ("epochs", 2.5), ("flip", "no"), ("new", 1)]
)
def test_settings_edited_by_hand_are_refused_by_their_file(tmp_path, name, value):
    run = RunFolder(tmp_path)
    run.settings.write_text(json.dumps(dataclasses.asdict(SMALL) | {name: value}))
    with pytest.raises(UserMistake, match=f"hyperparameters.json holds no.*{name}"):
        run.read_settings()


def test_the_command_to_go_on_is_that_of_the_folder_as_it_is_called_now(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    command = "python main.py --resume --name "
    assert RunFolder("runs/mine").how_to_go_on() == command + "mine"
    assert RunFolder("runs/my castle").how_to_go_on() == command + "'my castle'"
    elsewhere = RunFolder(tmp_path / "old runs" / "mine").how_to_go_on()
    assert elsewhere == f"{command}mine --runs-folder '{tmp_path}/old runs'"
