"""The command that writes the looks of a folder of photos."""

import os
import subprocess
import sys

import pytest
from PIL import Image

from pictures.factors import read_factors
from pictures.looks import table
from pictures.looks.__main__ import main
from pictures.looks.measures import LOOKS
from tests.grey_pictures import fill


def described(folder):
    _, rows, _ = read_factors(folder / "factors.csv")
    return list(rows)


def test_looks_of_a_folder_and_those_below_are_written(tmp_path, capsys):
    fill(tmp_path, 3)
    fill(tmp_path / "more", 5, start=4)
    assert main([str(tmp_path)]) == 0
    names, rows, words = read_factors(tmp_path / "factors.csv")
    assert set(names) <= set(LOOKS)
    assert not words
    assert list(rows)[:2] == ["more/picture_004.png", "more/picture_005.png"]
    assert len(rows) == 8
    column = names.index("brightness")
    brightness = {name: values[column] for name, values in rows.items()}
    assert brightness["more/picture_008.png"] > brightness["picture_000.png"] > 0
    assert f"{len(LOOKS)} looks of 8 pictures" in capsys.readouterr().out


def test_each_split_gets_its_own_table(tmp_path):
    for split in ("train", "validation", "test"):
        fill(tmp_path / split, 2)
    assert main([str(tmp_path)]) == 0
    for split in ("train", "validation", "test"):
        names = described(tmp_path / split)
        assert names == ["picture_000.png", "picture_001.png"]
    assert not (tmp_path / "factors.csv").exists()


def test_what_cannot_be_read_is_left_out_and_counted(tmp_path, capsys):
    fill(tmp_path, 2)
    (tmp_path / "a.jpg").touch()
    (tmp_path / "z.png").write_text("a web page")
    assert main([str(tmp_path)]) == 0
    assert len(described(tmp_path)) == 2
    told = capsys.readouterr().out
    assert "left out 2, such as 'a.jpg': the file is empty" in told


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_no_table_can_hold_is_left_out(tmp_path, capsys):
    fill(tmp_path, 2)
    Image.new("RGB", (8, 8)).save(tmp_path / "b.png")
    os.rename(tmp_path / "b.png", os.fsencode(tmp_path) + b"/\xff.png")
    assert main([str(tmp_path)]) == 0
    assert len(described(tmp_path)) == 2
    assert "left out 1, such as '\\udcff.png'" in capsys.readouterr().out


def test_own_table_is_renewed_and_another_only_when_asked_to(tmp_path, capsys):
    fill(tmp_path, 2)
    assert main([str(tmp_path)]) == 0
    fill(tmp_path, 3)
    assert main([str(tmp_path)]) == 0
    path = tmp_path / "factors.csv"
    assert len(described(tmp_path)) == 3
    path.write_text("file,style\npicture_000.png,gothic\n")
    capsys.readouterr()
    assert main([str(tmp_path)]) == 2
    line = capsys.readouterr().err
    assert "'file,style'" in line
    assert "--overwrite" in line
    assert line.count("\n") == 1
    assert path.read_text().startswith("file,style\n")
    assert main([str(tmp_path), "--overwrite"]) == 0
    assert len(described(tmp_path)) == 3


def test_no_table_is_renewed_when_that_of_one_split_is_another(tmp_path):
    for split in ("train", "validation", "test"):
        fill(tmp_path / split, 1)
    (tmp_path / "test" / "factors.csv").write_text("file,style\n")
    assert main([str(tmp_path)]) == 2
    assert not (tmp_path / "train" / "factors.csv").exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "is not a folder"),
        ([], "holds no picture to measure"),
        (["a.png"], "can"),
    ],
)
def test_folders_without_pictures_are_refused_in_one_line(
    tmp_path, capsys, content, problem
):
    folder = tmp_path / "photos"
    if content is not None:
        folder.mkdir()
        for name in content:
            (folder / name).touch()
    assert main([str(folder)]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert problem in line
    assert line.startswith("python -m pictures.looks: ")
    assert not (folder / "factors.csv").exists()


def test_ctrl_c_leaves_the_former_table(tmp_path, monkeypatch, capsys):
    fill(tmp_path, 2)
    assert main([str(tmp_path)]) == 0
    before = (tmp_path / "factors.csv").read_bytes()
    fill(tmp_path, 3)

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(table, "measure_looks", stop)
    assert main([str(tmp_path)]) == 130
    assert "stopped; give the command again" in capsys.readouterr().err
    assert (tmp_path / "factors.csv").read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


def test_the_command_starts_as_a_module(tmp_path):
    fill(tmp_path, 1)
    subprocess.run(
        [sys.executable, "-m", "pictures.looks", tmp_path], check=True, timeout=60
    )
    assert (tmp_path / "factors.csv").is_file()
