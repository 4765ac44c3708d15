import keras
import numpy as np
import pytest
from PIL import Image

from dreams.__main__ import main
from hyperparameters import Hyperparameters
from model import VAE, build_decoder, build_encoder
from run_folder import RunFolder
from tests import small_run
from tests.grey_pictures import fill


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    # The folder of a run with networks that were never trained.
    folder = small_run.fill(
        tmp_path_factory.mktemp("runs") / "small", small_run.LATENTS
    )
    sizes = {"img_dim": 8, "latent_dim": 2}
    filters = {"encoder_filters": (4,), "decoder_filters": (4,)}
    settings = Hyperparameters(name="small", **sizes, **filters)
    RunFolder(folder).save_start(settings, skipped=[])
    keras.utils.set_random_seed(1)
    encoder = build_encoder(8, (4,), units=8, latent_dim=2)
    decoder = build_decoder(8, (4,), channels=4, latent_dim=2)
    VAE(encoder, decoder, beta=0.0, gamma=0.0).save_networks(RunFolder(folder))
    return folder


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_more_dreams_come_into_a_new_folder(run_folder, tmp_path, capsys):
    argv = [str(run_folder), "--count", "12", "--seed", "3", "--sampler", "prior"]
    assert main(argv) == 0
    folder = run_folder / "dreams_prior_seed_3"
    assert str(folder) in capsys.readouterr().out
    names = sorted(path.name for path in folder.iterdir())
    assert names[:2] == ["dream_001.png", "dream_002.png"]
    assert len(names) == 13 and names[-1] == "dreams.png"
    assert main(argv) == 2
    assert "is no empty folder; choose another one by --to" in capsys.readouterr().err
    assert main([*argv, "--to", str(tmp_path / "again")]) == 0
    first = pixels(folder / "dream_001.png")
    np.testing.assert_array_equal(pixels(tmp_path / "again/dream_001.png"), first)
    argv[4] = "4"
    assert main(argv) == 0
    other = pixels(run_folder / "dreams_prior_seed_4" / "dream_001.png")
    assert not np.array_equal(other, first)


def test_pictures_are_redrawn_under_their_names(run_folder, tmp_path, capsys):
    fill(tmp_path / "photos" / "inside", 2)
    fill(tmp_path / "photos", 1, side=20)
    (tmp_path / "photos" / "empty.jpg").touch()
    to = tmp_path / "redrawn"
    argv = [str(run_folder), "--redraw", str(tmp_path / "photos"), "--to", str(to)]
    assert main(argv) == 0
    assert "left out" in capsys.readouterr().out
    assert sorted(path.relative_to(to).as_posix() for path in to.rglob("*.png")) == [
        "inside/picture_000.png.png",
        "inside/picture_001.png.png",
        "originals_and_redrawn.png",
        "picture_000.png.png",
    ]
    assert pixels(to / "picture_000.png.png").shape == (8, 8, 3)


def test_numbers_that_the_page_copied_are_drawn(run_folder, tmp_path):
    (tmp_path / "vector.json").write_text("[0.5, -1]")
    (tmp_path / "two.json").write_text("[[0.5, -1], [2, 2]]")
    assert main([str(run_folder), "--latent", str(tmp_path / "vector.json")]) == 0
    assert main([str(run_folder), "--latent", str(tmp_path / "two.json")]) == 0
    one, two = run_folder / "drawn_vector", run_folder / "drawn_two"
    assert [path.name for path in one.iterdir()] == ["dream_001.png"]
    assert len(list(two.iterdir())) == 2
    first = pixels(one / "dream_001.png")
    np.testing.assert_array_equal(pixels(two / "dream_001.png"), first)
    assert not np.array_equal(pixels(two / "dream_002.png"), first)


@pytest.mark.parametrize(
    "content", ["[1]", "[]", "{}", '["a", "b"]', "[[1, 2], [3]]", "[NaN, 1]", "null"]
)
def test_what_is_no_vector_of_the_run_is_one_line(
    run_folder, tmp_path, content, capsys
):
    (tmp_path / "vector.json").write_text(content)
    argv = ["--latent", str(tmp_path / "vector.json"), "--to", str(tmp_path / "to")]
    assert main([str(run_folder), *argv]) == 2
    assert "expected a list of 2 numbers" in capsys.readouterr().err
    assert not (tmp_path / "to").exists()


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--sampler", "posterior"], "--demo-sampler"),
        (["--count", "0"], "--demo-iterations"),
        (["--redraw", "nowhere"], "nowhere"),
        (["--latent", "nowhere"], "nowhere"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(run_folder, argv, words, capsys):
    before = sorted(run_folder.iterdir())
    assert main([str(run_folder), *argv]) == 2
    line = capsys.readouterr().err
    assert words in line and line.count("\n") == 1
    assert sorted(run_folder.iterdir()) == before


def test_networks_that_cannot_be_read_are_said(run_folder, tmp_path, capsys):
    folder = small_run.fill(tmp_path / "run", small_run.LATENTS)
    (folder / "encoder.keras").write_bytes(b"torn")
    assert main([str(folder), "--sampler", "prior"]) == 2
    line = capsys.readouterr().err
    assert "encoder.keras cannot be loaded" in line and line.count("\n") == 1
