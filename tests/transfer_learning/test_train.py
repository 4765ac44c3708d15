import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.transfer_learning.exit_codes import exit_code
from tests.transfer_learning.tiny_filters import (
    build_tiny_filter,
    draw_photo,
    write_photos,
)
from transfer_learning import train
from transfer_learning.filters.network import load_filter
from transfer_learning.filters.traits import read_traits
from transfer_learning.jobs.photo_scoring import PhotoScorer
from transfer_learning.labels import LabelsFile
from transfer_learning.photos.labelled import PARTS
from transfer_learning.selection.decisions import Jury
from transfer_learning.selection.manifests import read_csv

# Trains networks of the tests instead of DenseNets, in a process of its own.
TRAIN_TINY = """
import sys
from transfer_learning.filters import network
from tests.transfer_learning.tiny_filters import (
    build_tiny_filter,
    draw_photo,
    write_photos,
)
network.build_filter = lambda *network_, head_seed: build_tiny_filter(0, head_seed)
from transfer_learning import train
sys.exit(train.main(sys.argv[1:]))
"""


def write_bars(folder, count):
    """Write photos of one bar each into folder/yes (upright) and folder/no (lying).

    Place, width and both colours are random: only the direction tells the classes.
    """
    for number in range(count):
        generator = np.random.default_rng(number)
        pixels = np.empty((32, 32, 3), np.uint8)
        pixels[:], bar = generator.integers(0, 256, (2, 3))
        start, width = generator.integers(6, 20), generator.integers(4, 9)
        pixels[:, start : start + width] = bar
        is_upright = number % 2
        target = folder / ("yes" if is_upright else "no") / f"{number:03}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels if is_upright else pixels.swapaxes(0, 1)).save(target)


@pytest.fixture(scope="module")
def bars(tmp_path_factory):
    """Return folders with the same 40 photos in each part, 20 of each class."""
    folder = tmp_path_factory.mktemp("bars")
    for part in PARTS:
        write_bars(folder / part, 40)
    return folder


def arguments(photos, output, *more):
    return [
        "--task", "castle", "--photos", str(photos), "--output", str(output),
        "--network", "densenet121", "--side", "32", "--weights", "random",
        # All parts have the same photos.
        "--allow-leaks", *more,
    ]  # fmt: skip


def test_training_from_random_weights_overfits_40_photos(bars, tmp_path):
    output = tmp_path / "run"
    settings = [
        "--members", "1", "--stages", "1", "--no-augmentation", "--batch-size", "8",
        "--epochs-per-stage", "20", "--patience-epochs", "20",
        "--learning-rate", "1e-3", "--precision", "1",
    ]  # fmt: skip
    assert train.main(arguments(bars, output, *settings)) == 0
    metrics = json.loads((output / "metrics.json").read_text())
    assert metrics["test"]["ensemble"]["confusion"] == {
        "true_chosen": 20, "false_chosen": 0, "false_rejected": 0, "true_rejected": 20
    }  # fmt: skip
    assert (output / "metrics.png").stat().st_size > 1000
    # The file that was written chooses the same photos.
    path = output / "castle_1.keras"
    assert load_filter(path).input_shape == (None, 32, 32, 3)
    jury = Jury((1,), (read_traits(path).threshold,), "all")
    scorer = PhotoScorer([[str(path)]], jury, 20)
    photos = sorted((bars / "test").rglob("*.png"))
    for photo, row in zip(photos, scorer.rows(photos, photos), strict=True):
        assert (row["verdict"] == "chosen") == (photo.parent.name == "yes")


def weights_and_files(output):
    """Return the weights of a run's filters, and its files that hold no date."""
    filters = sorted(output.glob("*.keras"))
    weights = [w for path in filters for w in load_filter(path).get_weights()]
    names = [
        "metrics.json",
        "left_out.csv",
        "label_issues.csv",
        *sorted(os.listdir(output / "features")),
    ]
    return weights, {name: next(output.rglob(name)).read_bytes() for name in names}


def test_a_killed_training_goes_on_to_the_same_filters(bars, tmp_path, monkeypatch):
    settings = [
        "--members", "2", "--stages", "2", "--epochs-per-stage", "3",
        "--learning-rate", "1e-2", "--batch-size", "8",
    ]  # fmt: skip
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    command = [sys.executable, "-c", TRAIN_TINY, *arguments(bars, killed, *settings)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment
    )
    for line in process.stdout:
        if line.startswith("member 2  stage 1"):
            os.kill(process.pid, signal.SIGKILL)
            break
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (killed / "metrics.json").exists()
    monkeypatch.setattr(
        "transfer_learning.fine_tuning.ensemble.build_filter",
        lambda *network, head_seed: build_tiny_filter(0, head_seed),
    )
    assert train.main(arguments(bars, killed, *settings, "--resume")) == 0
    assert train.main(arguments(bars, whole, *settings)) == 0
    weights, files = weights_and_files(killed)
    expected_weights, expected_files = weights_and_files(whole)
    assert files == expected_files
    assert weights
    for left, right in zip(weights, expected_weights, strict=True):
        np.testing.assert_array_equal(left, right)
    # The process that was killed computed in the surroundings of this one.
    noted = [folder / "surroundings.json" for folder in (killed, whole)]
    assert noted[0].read_text() == noted[1].read_text()


def test_a_run_is_not_overwritten_and_resume_needs_the_same_settings(
    bars, tmp_path, monkeypatch, capsys
):
    output = tmp_path / "run"
    monkeypatch.setattr(
        "transfer_learning.fine_tuning.ensemble.EnsembleTraining.read_photos", stop
    )
    for more, code, message in (
        ([], 130, "stopped"),
        ([], 2, "holds a run already"),
        (["--resume", "--seed", "5"], 2, "begun with seed 1, not 5"),
        (["--resume"], 130, "stopped"),
    ):
        assert train.main(arguments(bars, output, *more)) == code
        assert message in capsys.readouterr().err


def test_changed_photos_are_said_and_trained_on_anew(
    bars, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(
        "transfer_learning.fine_tuning.ensemble.build_filter",
        lambda *network, head_seed: build_tiny_filter(0, head_seed),
    )
    photos, output = tmp_path / "photos", tmp_path / "run"
    shutil.copytree(bars, photos)
    (photos / "test" / "yes" / "odd.jpg").write_bytes(b"")
    settings = ["--members", "1", "--stages", "1", "--epochs-per-stage", "1"]

    def go_on():
        assert train.main(arguments(photos, output, *settings, "--resume")) == 0
        metrics = json.loads((output / "metrics.json").read_text())
        return metrics, capsys.readouterr().out

    first, said = go_on()
    assert "The photos have changed" not in said
    assert "1 photos are left out: left_out.csv says why" in said
    assert go_on() == (first, said.replace(next(_epochs(said)), ""))
    # Two photos change their class, and one is added.
    for name in ("001.png", "003.png"):
        (photos / "train" / "yes" / name).rename(photos / "train" / "no" / name)
    second, said = go_on()
    assert "2 are new and 2 gone" in said and list(_epochs(said))
    assert second["photos"] == first["photos"] != second
    shutil.copy(photos / "test" / "no" / "000.png", photos / "validation" / "no" / "x")
    (photos / "validation" / "no" / "x").rename(photos / "validation" / "no" / "x.png")
    third, said = go_on()
    assert "1 are new and 0 gone" in said and list(_epochs(said))
    assert third["photos"]["validation"] == 41


def test_answers_are_trained_on_where_the_photos_are(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        "transfer_learning.fine_tuning.ensemble.build_filter",
        lambda *network, head_seed: build_tiny_filter(0, head_seed),
    )
    photos, labels = tmp_path / "photos", LabelsFile(tmp_path / "labels.csv")
    for folder in range(30):
        paths = write_photos(photos / str(folder), 2, first_seed=2 * folder)
        names = [path.relative_to(photos).as_posix() for path in paths]
        labels.add(zip(names, ("yes", "no"), strict=True), "ada", "random")
    # Saved anew in another folder, by the same answer.
    draw_photo(0).save(photos / "29" / "anew.jpg", quality=60)
    labels.add([("29/anew.jpg", "yes")], "ada", "uncertain")
    settings = ["--members", "1", "--stages", "1", "--epochs-per-stage", "1"]
    settings += ["--labels", str(tmp_path / "labels.csv")]
    assert train.main(arguments(photos, tmp_path / "run", *settings)) == 0
    said = capsys.readouterr().out
    assert "of the photos" in said and "labels are doubtful" in said
    rows = list(read_csv(tmp_path / "run" / "photos.csv"))
    part_of = {row["path"].partition("/")[0]: row["part"] for row in rows}
    assert set(part_of.values()) == set(PARTS)
    for row in rows:
        assert part_of[row["path"].partition("/")[0]] == row["part"]
    assert part_of["0"] == part_of["29"]
    issues = list(read_csv(tmp_path / "run" / "label_issues.csv"))
    assert {row["photo"] for row in issues} < {row["path"] for row in rows}
    # A copy of the other class is refused, whatever its group.
    labels.add([("29/anew.jpg", "no")], "ada", "uncertain")
    settings.append("--resume")
    command = arguments(photos, tmp_path / "run", *settings)
    command.remove("--allow-leaks")
    assert train.main(command) == 2
    assert "2 photos look like one of another part or class" in capsys.readouterr().err


def _epochs(said):
    return (line for line in said.splitlines(True) if line.startswith("member"))


def stop(self):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--side", "16"], "argument --side: 16: give 32 or more"),
        (["--precision", "2"], "argument --precision: 2: give 0 to 1"),
        (["--stages", "5"], "argument --stages: 5: give 1 to 4"),
        (["--members", "0"], "argument --members: 0: give 1 or more"),
        (["--members", "two"], "argument --members: invalid int value: 'two'"),
        (["--learning-rate", "nan"], "argument --learning-rate: nan: give 1e-09 to 1"),
        (["--weights", "nowhere.h5"], "--weights nowhere.h5 is not a file"),
        (["--photos", "nowhere"], "nowhere is not a folder"),
    ],
)
def test_mistakes_end_in_one_line(wrong, message, tmp_path, capsys):
    assert exit_code(train, arguments(tmp_path, tmp_path / "run", *wrong)) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error
