import csv
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from castles import __main__, dataset
from castles.__main__ import main
from castles.dataset import write_castles
from castles.drawing import draw_castle
from castles.factors import FACTORS, sample_factors
from mistakes import Mishap, UserMistake

COUNTS = {"train": 5, "validation": 2, "test": 3}


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def read_table(folder):
    with open(folder / "factors.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_there_are_a_dozen_factors_with_sound_ranges():
    assert len(FACTORS) == len({factor.name for factor in FACTORS}) == 12
    for factor in FACTORS:
        assert factor.low < factor.high
        if factor.levels:
            assert (factor.levels[0], factor.levels[-1]) == (factor.low, factor.high)


def test_factors_fill_their_ranges_evenly():
    sample = sample_factors(8000, seed=4)
    for factor in FACTORS:
        column = sample[factor.name]
        assert column.shape == (8000,)
        assert column.min() >= factor.low
        assert column.max() <= factor.high
        if factor.levels:
            shares = [np.mean(column == level) for level in factor.levels]
        else:
            edges = np.linspace(factor.low, factor.high, 5)
            shares = np.histogram(column, edges)[0] / len(column)
        np.testing.assert_allclose(shares, 0.25, atol=0.03)


def test_factors_are_independent():
    columns = np.stack(list(sample_factors(8000, seed=4).values()))
    correlation = np.corrcoef(columns) - np.eye(len(FACTORS))
    # Six standard deviations of a correlation that is none.
    assert np.abs(correlation).max() < 6 / np.sqrt(8000)


def test_sample_depends_on_the_seed_alone():
    few, many = sample_factors(3, seed=9), sample_factors(50, seed=9)
    other = sample_factors(3, seed=10)
    for name in few:
        np.testing.assert_array_equal(few[name], many[name][:3])
    assert (few["tree_size"] != other["tree_size"]).all()
    # What numpy made of this seed when the shipped pictures were drawn.
    tower_height = sample_factors(1, seed=9)["tower_height"]
    np.testing.assert_allclose(tower_height, 0.4036817209087555, rtol=1e-12)


def test_pictures_are_drawn_from_the_factors_in_the_table(tmp_path):
    write_castles(tmp_path / "drawn", {"": 12}, size=32, seed=5)
    table = read_table(tmp_path / "drawn")
    names = [row.pop("file") for row in table]
    assert names == [f"castle_{n:02}.png" for n in range(1, 13)]
    assert {path.name for path in (tmp_path / "drawn").glob("*.png")} == set(names)
    for name, row in zip(names, table, strict=True):
        assert list(row) == [factor.name for factor in FACTORS]
        picture = np.asarray(Image.open(tmp_path / "drawn" / name))
        factors = {key: float(text) for key, text in row.items()}
        np.testing.assert_array_equal(picture, draw_castle(factors, 32))


def test_data_set_has_all_splits_and_no_castle_twice(tmp_path):
    write_castles(tmp_path / "set", COUNTS, size=32, seed=0)
    assert {path.name for path in (tmp_path / "set").iterdir()} == set(COUNTS)
    rows = []
    for split, count in COUNTS.items():
        assert len(list((tmp_path / "set" / split).glob("*.png"))) == count
        rows += read_table(tmp_path / "set" / split)
    assert len(rows) == len({row["hill_height"] for row in rows}) == 10


def share_among_two(monkeypatch):
    monkeypatch.setattr(dataset, "PIXELS_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(dataset.os, "cpu_count", lambda: 2)


def test_bytes_do_not_depend_on_the_number_of_processes(tmp_path, monkeypatch):
    write_castles(tmp_path / "alone", COUNTS, size=32, seed=0)
    share_among_two(monkeypatch)
    write_castles(tmp_path / "shared", COUNTS, size=32, seed=0)
    assert contents(tmp_path / "alone") == contents(tmp_path / "shared")
    assert len(contents(tmp_path / "alone")) == 10 + 3


def test_nothing_appears_if_drawing_breaks_off(tmp_path, monkeypatch):
    def draw_two_and_stop(factors, size, drawn=[]):  # noqa: B006
        drawn.append(factors)
        if len(drawn) > 2:
            raise KeyboardInterrupt
        return draw_castle(factors, size)

    monkeypatch.setattr(dataset, "draw_castle", draw_two_and_stop)
    with pytest.raises(KeyboardInterrupt):
        write_castles(tmp_path / "set", COUNTS, size=32, seed=0)
    assert list(tmp_path.iterdir()) == []


def test_fault_in_another_process_arrives_as_it_was(tmp_path, monkeypatch):
    share_among_two(monkeypatch)

    def splits(counts, seed):
        yield "", ["missing/castle.png", "castle.png"], sample_factors(2, seed)

    monkeypatch.setattr(dataset, "_splits", splits)
    with pytest.raises(FileNotFoundError, match="missing/castle.png"):
        write_castles(tmp_path / "set", {"": 2}, size=32, seed=0)
    assert list(tmp_path.iterdir()) == []


def test_process_that_is_killed_ends_the_drawing(tmp_path, monkeypatch):
    share_among_two(monkeypatch)

    def kill(progress, units=1):
        for child in multiprocessing.active_children():
            child.kill()

    monkeypatch.setattr(dataset.Progress, "advance", kill)
    with pytest.raises(Mishap, match="a process that drew castles was killed"):
        write_castles(tmp_path / "set", {"": 3000}, size=32, seed=0)
    assert list(tmp_path.iterdir()) == []


# Ends itself as soon as a castle is drawn, by the signal that it is given.
ENDED_WHILE_DRAWING = """
import os, pathlib, signal, sys, threading, time
from castles import __main__, dataset

def end():
    while not any(pathlib.Path("set.partial").glob("*.png")):
        time.sleep(0.01)
    if sys.argv[1] == "SIGINT":
        os.killpg(0, signal.SIGINT)
    else:
        os.kill(os.getpid(), signal.SIGKILL)

dataset.os.cpu_count = lambda: 2
signal.signal(signal.SIGINT, signal.default_int_handler)
threading.Thread(target=end, daemon=True).start()
sys.exit(__main__.main("--count 4000 --size 64 --to set".split()))
"""


def end_while_drawing(folder, by):
    """Return the ended program, once all that wrote to its outputs has ended too."""
    return subprocess.run(
        [sys.executable, "-c", ENDED_WHILE_DRAWING, by],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(dataset.__file__).parents[1])},
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=60,
    )


def test_no_process_outlives_one_that_is_killed(tmp_path):
    assert end_while_drawing(tmp_path, "SIGKILL").returncode == -signal.SIGKILL


def test_ctrl_c_ends_all_processes_and_leaves_nothing(tmp_path):
    done = end_while_drawing(tmp_path, "SIGINT")
    assert done.returncode == 130
    *progress, words = done.stderr.splitlines()
    assert words == "python -m castles: stopped; give the command again"
    assert all(line.startswith("drawing castles ") for line in progress)
    assert list(tmp_path.iterdir()) == []


def test_leftover_of_a_killed_run_is_cleared(tmp_path):
    leftover = tmp_path / "set.partial" / "train" / "castle_9.png"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"half a picture")
    write_castles(tmp_path / "set", COUNTS, size=32, seed=0)
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
    assert "train/castle_9.png" not in contents(tmp_path / "set")


def test_empty_folder_is_used_and_a_full_one_left_alone(tmp_path):
    folder = tmp_path / "castles"
    folder.mkdir()
    write_castles(folder, {"": 1}, size=32, seed=0)
    before = contents(folder)
    with pytest.raises(UserMistake, match="is not an empty folder"):
        write_castles(folder, {"": 1}, size=64, seed=0)
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        ("--count 0 --size 64 --to x", "received 0 castles"),
        ("--count 3 --size 31 --to x", "a size of 31 pixels"),
        ("--count 3 --size 513 --to x", "a size of 513 pixels"),
        ("--count 3 --size 64 --to x --seed -1", "the seed -1"),
        ("--count three --size 64 --to x", "invalid int value: 'three'"),
        ("--count 3 --size 64", "required: --to"),
        ("--count 3 --size 64 --to x --colour red", "unrecognized arguments"),
        ("--count 3 --size 64 --to full", "full is not an empty folder"),
        ("--count 3 --size 64 --to full/file", "file is not an empty folder"),
    ],
)
def test_mistake_on_the_command_line_is_one_line(
    flags, complaint, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    Path("full").mkdir()
    Path("full/file").write_text("mine")
    # argparse ends the program by itself.
    with pytest.raises(SystemExit) as stop:
        sys.exit(main(flags.split()))
    assert stop.value.code == 2
    message = capsys.readouterr().err
    assert complaint in message
    assert message.count("\n") == 1
    assert not Path("x").exists()


def test_command_draws(tmp_path):
    command = "-m castles --count 2 --size 32 --seed 3 --to".split()
    subprocess.run(
        [sys.executable, *command, tmp_path / "drawn"],
        cwd=Path(dataset.__file__).parents[1],
        check=True,
        capture_output=True,
    )
    assert len(contents(tmp_path / "drawn")) == 3


def test_shipped_pictures_are_those_of_the_written_command(tmp_path):
    command = next(line for line in __main__.__doc__.splitlines() if "--seed" in line)
    *flags, shipped = command.split()[3:]
    main([*flags, str(tmp_path / "drawn")])
    shipped = Path(dataset.__file__).parents[1] / shipped
    assert read_table(tmp_path / "drawn") == read_table(shipped)
    for row in read_table(shipped):
        now, then = (
            np.asarray(Image.open(folder / row["file"]), int)
            for folder in (tmp_path / "drawn", shipped)
        )
        assert np.abs(now - then).mean() < 0.5
