"""The command that opens the annotator: what it takes, and what it refuses."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from PIL import Image

import annotate
from mistakes import UserMistake

ROOT = Path(__file__).parent.parent


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGB", (8, 8)).save(folder / name)
    return folder


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("tower_count:2,3,4", ["2", "3", "4"]),
        ("roof slant:1-5", ["1", "2", "3", "4", "5"]),
        ("style:tudor, art-deco", ["tudor", "art-deco"]),
    ],
)
def test_values_of_a_factor_are_listed_or_counted(text, values):
    assert annotate.read_factor(text)["values"] == values


@pytest.mark.parametrize("text", ["x", "x:", ":1-3", "x:1", "x:1,1", "x:1-10", "x:1,"])
def test_a_factor_without_a_choice_is_refused(text):
    with pytest.raises(UserMistake, match="expected a name and 2 to 9 values"):
        annotate.read_factor(text)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "give one of --labels, --factors and --audit"),
        (["--labels", "l.csv", "--audit", "a.csv"], "give one of"),
        (["--labels", "l.csv", "--grid"], "--grid needs --manifest or --filters"),
        (["--labels", "l.csv", "--review", "none.csv"], "none.csv is not there"),
        (["--audit", "a.csv", "--grid"], "--grid needs --labels"),
        (["--audit", "none.csv"], "is not an audit.csv"),
        (["--labels", "l.csv", "--photos", "none"], "none is not a folder"),
        (["--labels", "l.csv", "--twice", "2"], "give 0 to 1"),
    ],
)
def test_mistakes_are_one_line(photos, flags, words, capsys, monkeypatch):
    monkeypatch.chdir(photos.parent)
    try:
        code = annotate.main(["--photos", str(photos), *flags])
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr().err
    assert (code, said.count("\n")) == (2, 1)
    assert words in said


def test_killed_without_a_word_it_has_lost_no_answer(photos, tmp_path):
    labels = tmp_path / "labels.csv"
    command = [sys.executable, str(ROOT / "annotate.py"), "--photos", str(photos)]
    command += ["--labels", str(labels), "--no-browser", "--question", "a castle?"]

    def begin():
        job = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        return job, job.stdout.readline().split()[1].rstrip("/")

    job, address = begin()
    token = requests.get(address, timeout=5).text.split('const token = "')[1]
    headers = {"x-page-token": token.split('"')[0]}
    body = {"person": "ada", "answers": [[0, "yes"]]}
    sent = requests.post(f"{address}/answers", json=body, headers=headers, timeout=5)
    assert sent.json() == {"answered": 1, "total": 2}
    second = subprocess.run(command, capture_output=True, text=True)
    assert second.returncode == 2
    assert "another annotate.py adds to" in second.stderr
    os.kill(job.pid, signal.SIGKILL)
    job.wait()
    job, address = begin()
    requests.get(address, timeout=5)
    job.send_signal(signal.SIGINT)
    said, _ = job.communicate(timeout=10)
    assert job.returncode == 0
    assert "1 of 2 photos have an answer" in said
