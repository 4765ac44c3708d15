"""The main job as a user runs it, with a small model and few pictures."""

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import data
import main
import monitoring
import training
from castles.dataset import write_castles
from command_line import parse
from downloads import http
from run_folder import read_losses
from tests.loopback import Loopback, Page

ROOT = Path(__file__).parent.parent
SMALL = (
    "--img_dim 32 --castle_count 48 --batch_size 8 --epochs 2 --latent_dim 3 "
    "--encoder_filters 4,4 --decoder_filters 4,4 --encoder_units 8 "
    "--decoder_channels 4 --kl_warm_up_steps 5 --log_every_steps 2 "
    "--told_pictures 0 "
    "--checkpoint_every_steps 4 --monitor_every_steps 5 --demo_iterations 11 "
    "--name small"
).split()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder in which the small job has run to its end."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main.main(SMALL) == 0
    return folder


def start(folder, *argv, **environment):
    return subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), *argv],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
    )


def wait_for(path, seconds=120, holds=lambda text: True):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if path.exists() and holds(path.read_text(errors="replace")):
            return
        time.sleep(0.01)
    raise AssertionError(f"{path} did not come to hold what was waited for")


def test_a_run_writes_everything_it_promises(finished):
    run = finished / "runs" / "small"
    written = {path.name for path in run.iterdir()}
    assert written >= {
        "commands.json",
        "hyperparameters.json",
        "losses.csv",
        "checkpoint.npz",
        "metrics.json",
        "timings.json",
        "report.html",
        "encoder.keras",
        "decoder.keras",
        "skipped_pictures.txt",
        "monitor_reconstruction",
        "monitor_reconstruction.gif",
        "monitor_generation",
        "monitor_generation.gif",
        "demo_small",
        "traversals.png",
        "traversals.gif",
        "interpolation.png",
        "tensorboard",
    }
    assert not [path for path in run.rglob("*.part")]
    sheets = sorted(path.stem for path in (run / "monitor_generation").iterdir())
    assert sheets == [f"step_{step:06d}" for step in (1, 5, 10, 12)]
    assert len(list((run / "demo_small").glob("dream_*.png"))) == 11
    with Image.open(run / "monitor_reconstruction" / "step_000012.png") as sheet:
        assert sheet.size == (2 + 6 * 130, 2 + 4 * 130)


def test_held_out_figures_follow_from_their_definition(finished):
    metrics = json.loads((finished / "runs/small/metrics.json").read_text())
    test = metrics["test"]
    assert metrics["steps"] == 12
    assert metrics["pictures"] == {"train": 48, "validation": 2, "test": 2}
    rmse = np.sqrt(test["reconstruction"] / (3 * 32 * 32))
    assert metrics["test_rmse"] == pytest.approx(rmse)
    assert 0.0 < metrics["test_rmse"] < 0.6
    settings = parse(SMALL).settings
    parts = (test["reconstruction"], settings.beta * test["kl"])
    total = sum(parts) + settings.gamma * test["perceptual"]
    assert test["loss"] == pytest.approx(total, rel=1e-5)
    assert test["perceptual"] > 0


def test_every_part_is_timed(finished):
    timings = json.loads((finished / "runs/small/timings.json").read_text())
    assert not timings["resumed"]
    assert list(timings["seconds"]) == ["reading", "training", "testing", "dreaming"]
    assert min(timings["seconds"].values()) > 0


def test_the_report_can_be_written_again_without_tensorflow(finished, tmp_path):
    report = finished / "runs/small/report.html"
    before = report.read_bytes()
    code = (
        "import sys\n"
        "from report.__main__ import main\n"
        "assert main(sys.argv[1:]) == 0\n"
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(finished / "runs/small")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert report.read_bytes() == before


def test_an_existing_run_is_never_overwritten(finished, capsys, monkeypatch):
    monkeypatch.chdir(finished)
    before = (finished / "runs/small/losses.csv").read_bytes()
    with pytest.raises(SystemExit) as ended:
        main.main(SMALL)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert "exists already and is never overwritten" in error
    assert "--resume" in error
    assert (finished / "runs/small/losses.csv").read_bytes() == before


@pytest.mark.parametrize("rows", [1, 4])
def test_a_killed_run_goes_on_digit_for_digit(finished, tmp_path, rows):
    os.symlink(finished / "datasets", tmp_path / "datasets")
    process = start(tmp_path, *SMALL)
    # After row 1 there is no checkpoint yet; after row 4 the second epoch has begun.
    log = tmp_path / "runs/small/losses.csv"
    wait_for(log, holds=lambda text: text.count("\n") > rows)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    resumed = start(tmp_path, "--resume", "--name", "small")
    output, _ = resumed.communicate()
    assert resumed.returncode == 0, output
    whole = finished / "runs/small"
    assert log.read_text() == (whole / "losses.csv").read_text()
    for folder in ("demo_small", "monitor_generation"):
        for picture in sorted((whole / folder).iterdir()):
            again = tmp_path / "runs/small" / folder / picture.name
            assert again.read_bytes() == picture.read_bytes()


def test_two_machines_lose_and_write_what_one_does(finished, tmp_path):
    os.symlink(finished / "datasets", tmp_path / "datasets")
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("localhost", 0))
        workers = [f"localhost:{each.getsockname()[1]}" for each in (one, other)]
    processes = []
    for index in range(2):
        task = {"type": "worker", "index": index}
        config = json.dumps({"cluster": {"worker": workers}, "task": task})
        processes.append(start(tmp_path, *SMALL, TF_CONFIG=config))
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    # What the chief alone says.
    assert ["everything is in" in output for output in outputs] == [True, False]
    shared, alone = (
        read_losses(folder / "runs/small/losses.csv") for folder in (tmp_path, finished)
    )
    for ours, theirs in zip(shared, alone, strict=True):
        assert ours["step"] == theirs["step"]
        for name in ("loss", "reconstruction", "kl", "perceptual"):
            # Sums over 8 pictures are rounded otherwise than over 4 and 4, most of all
            # without oneDNN, and Adam's first steps are as long for a tiny gradient as
            # for a large one.
            assert float(ours[name]) == pytest.approx(float(theirs[name]), rel=1e-2)
    assert float(shared[0]["loss"]) == pytest.approx(float(alone[0]["loss"]), rel=1e-3)
    written = [
        sorted(path.name for path in (folder / "runs/small").iterdir())
        for folder in (tmp_path, finished)
    ]
    assert written[0] == written[1]


def test_ctrl_c_leaves_a_checkpoint_and_says_how_to_go_on(finished, tmp_path):
    os.symlink(finished / "datasets", tmp_path / "datasets")
    process = start(tmp_path, *SMALL, "--epochs", "500")
    wait_for(tmp_path / "runs/small/losses.csv", holds=lambda t: t.count("\n") > 2)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "go on with: python main.py --resume --name small" in output
    assert "Traceback" not in output
    assert (tmp_path / "runs/small/checkpoint.npz").exists()


def test_a_resumed_run_can_be_given_more_epochs(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.symlink(finished / "datasets", tmp_path / "datasets")
    # A cosine would know how long the training is to be.
    steady = [*SMALL, "--schedule", "exponential", "--rotation", "none"]
    assert main.main([*steady, "--name", "whole"]) == 0
    assert main.main([*steady, "--epochs", "1"]) == 0
    assert main.main(["--resume", "--name", "small", "--epochs", "2"]) == 0
    log = (tmp_path / "runs/small/losses.csv").read_text()
    assert log == (tmp_path / "runs/whole/losses.csv").read_text()
    timings = json.loads((tmp_path / "runs/small/timings.json").read_text())
    assert timings["resumed"]


def test_a_run_killed_after_its_last_epoch_is_measured_as_it_was(
    finished, tmp_path, monkeypatch
):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True, symlinks=True)
    metrics = tmp_path / "runs/small/metrics.json"
    metrics.unlink()
    monkeypatch.chdir(tmp_path)
    assert main.main(["--resume", "--name", "small"]) == 0
    assert metrics.read_text() == (finished / "runs/small/metrics.json").read_text()


def test_a_loss_beyond_numbers_stops_the_run(finished, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    os.symlink(finished / "datasets", tmp_path / "datasets")
    assert main.main([*SMALL, "--initial_learning_rate", "1e30"]) == 1
    error = capsys.readouterr().err
    assert "training diverged" in error
    assert "--initial-learning-rate" in error


def test_a_full_disk_is_said_and_leaves_the_checkpoint(
    finished, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    os.symlink(finished / "datasets", tmp_path / "datasets")
    write_picture, calls = monitoring.write_picture, []

    def full_in_step_10(image, path):
        calls.append(path)
        # Two sheets each at steps 1 and 5.
        if len(calls) > 4:
            raise OSError(28, "No space left on device", str(path))
        write_picture(image, path)

    monkeypatch.setattr(monitoring, "write_picture", full_in_step_10)
    assert main.main(SMALL) == 1
    error = capsys.readouterr().err
    assert "the disk is full" in error
    assert "--resume --name small" in error
    assert np.load(tmp_path / "runs/small/checkpoint.npz")["place"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("place", "error", "words"),
    [
        (
            "files.os.fsync",
            OSError(errno.ENOSPC, "No space left on device"),
            "the disk is full: free some space, then",
        ),
        (
            "files.open",
            PermissionError(errno.EACCES, "Permission denied", "runs/small"),
            "no permission (runs/small): change it, then",
        ),
    ],
)
def test_a_first_file_that_cannot_be_written_is_said_and_leaves_no_run(
    place, error, words, finished, tmp_path, monkeypatch, capsys
):
    def fail(*_):
        raise error

    monkeypatch.chdir(tmp_path)
    os.symlink(finished / "datasets", tmp_path / "datasets")
    with monkeypatch.context() as planted:
        planted.setattr(place, fail, raising=False)
        assert main.main(SMALL) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == f"main.py: {words} give the command again: nothing is lost"
    # The same command is not refused for what the first one left.
    assert main.main([*SMALL, "--dry-run"]) == 0


def test_a_lost_connection_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0)
    record = "/api/records/5655491"
    with Loopback({record: Page(b'{"files": []}', breaks_after=5)}) as server:
        fetch = partial(data.fetch_landmarks, base_url=server.url())
        monkeypatch.setattr(data, "fetch_landmarks", fetch)
        assert main.main([*SMALL, "--dataset", "landmarks"]) == 1
        assert len(server.requests) == http.ATTEMPTS
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"main.py: {server.url(record)}: the connection broke off;")
    assert not (tmp_path / "runs").exists()


def test_a_fault_of_keras_keeps_its_traceback(finished, tmp_path, monkeypatch, capsys):
    def build_faulty(*_):
        return keras.layers.Dense(3)("no tensor")

    monkeypatch.chdir(tmp_path)
    os.symlink(finished / "datasets", tmp_path / "datasets")
    monkeypatch.setattr(training, "build_decoder", build_faulty)
    with pytest.raises(ValueError) as raised:
        main.main(SMALL)
    assert "build_faulty" in [entry.name for entry in raised.traceback]
    assert "main.py:" not in capsys.readouterr().err


def test_a_told_run_says_what_it_was_told(finished, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    os.symlink(finished / "datasets", tmp_path / "datasets")
    argv = [*SMALL, "--told-pictures", "20", "--latent-dim", "12"]
    assert main.main([*argv, "--encoder", "strided", "--decoder", "modulated"]) == 0
    assert "told 20 of 48 training pictures" in capsys.readouterr().out
    metrics = json.loads((tmp_path / "runs/small/metrics.json").read_text())
    assert metrics["told"]["pictures"] == 20
    assert metrics["told"]["dimensions"][:2] == ["tower_count", "tower_height"]
    rows = read_losses(tmp_path / "runs/small/losses.csv")
    told = [float(row["told"]) for row in rows if row["split"] == "train"]
    assert 0 < told[-1] < told[0]


def photo_folder(folder, count=40):
    write_castles(folder / "drawn", {"": count}, 48, seed=3)
    (folder / "drawn" / "empty.jpg").touch()
    (folder / "drawn" / "page.png").write_text("<html>")
    # Not text in any encoding of today.
    (folder / "drawn" / "castle_01.png").rename(folder / "drawn" / "caf\udce9.png")
    (folder / "drawn" / "again").symlink_to(".")
    return folder


def test_a_folder_of_photos_with_broken_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    photos = photo_folder(tmp_path / "photos")
    argv = [*SMALL, "--dataset", str(photos), "--gamma", "0", "--cache_gigabytes", "0"]
    assert main.main([*argv, "--flip", "true", "--epochs", "1"]) == 0
    told = capsys.readouterr().out
    assert "2 files cannot be decoded and are left out" in told
    assert "passed over 1: a link back" in told
    report = (tmp_path / "runs/small/skipped_pictures.txt").read_text()
    assert "empty.jpg\tthe file is empty" in report
    assert "page.png\tnot a picture that can be decoded" in report
    assert "drawn/again\ta link back to a folder that holds it" in report


def test_photos_that_vanish_are_named_and_the_checkpoint_is_whole(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    photos, calls = photo_folder(tmp_path / "photos"), []

    def vanish_in_step_5(image, path):
        calls.append(path)
        # Two sheets at step 1.
        if len(calls) == 3:
            photos.rename(tmp_path / "elsewhere")

    monkeypatch.setattr(monitoring, "write_picture", vanish_in_step_5)
    argv = [*SMALL, "--dataset", "photos", "--gamma", "0", "--cache-gigabytes", "0"]
    assert main.main([*argv, "--fit", "pad", "--epochs", "100"]) == 1
    (line,) = [
        line for line in capsys.readouterr().err.splitlines() if "main.py" in line
    ]
    assert "photos/drawn/" in line
    assert "No such file or directory" in line
    assert "go on with --resume" in line
    assert np.load(tmp_path / "runs/small/checkpoint.npz")["place"].tolist() >= [1, 0]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--dataset", "missing"], ["--dataset", "'missing'"]),
        (["--dataset", "empty"], ["no picture"]),
        (["--dataset", "photos", "--batch_size", "64"], ["--batch-size", "64"]),
        (["--dataset", "photos", "--steps_per_epoch", "99"], ["--steps-per-epoch"]),
        (["--perceptual_layers", "nowhere"], ["--perceptual-layers", "'nowhere'"]),
        (["--img_dim", "1024"], ["1024"]),
    ],
)
def test_what_cannot_be_trained_is_one_line_and_writes_no_run(
    argv, words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    photo_folder(tmp_path / "photos")
    assert main.main([*SMALL, *argv]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("main.py: ")
    for word in words:
        assert word in error
    assert not (tmp_path / "runs").exists()


def test_dry_run_shows_the_settings_and_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main.main(["--dry-run", "--beta", "0.25"]) == 0
    shown = capsys.readouterr().out
    assert "runs/castles" in shown
    assert "0.25" in shown
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("argv", [["--help"], ["--bta", "3"], ["--dry-run"]])
def test_help_and_mistakes_do_not_load_tensorflow(argv, tmp_path):
    code = (
        "import sys\n"
        "import main\n"
        "try:\n"
        "    main.main(sys.argv[1:])\n"
        "except SystemExit:\n"
        "    pass\n"
        "assert 'tensorflow' not in sys.modules\n"
        "assert 'numpy' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *argv],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
