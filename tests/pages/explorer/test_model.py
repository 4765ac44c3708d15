import pytest

from mistakes import UserMistake
from pages.explorer import model
from tests.pages.explorer import small
from tests.pages.explorer.small import Painter, explored
from tests.small_run import LATENTS, change_metrics, fill


def test_sliders_have_names_and_say_how_sure_they_are(tmp_path, monkeypatch):
    first, second = explored(tmp_path / "run", monkeypatch).facts["sliders"]
    assert (first["id"], first["name"]) == ("z1", "roof slant")
    assert first["note"] == "knows 75% of it"
    assert (second["id"], second["name"]) == ("z0", "gate width")
    assert (first["low"], first["high"], first["nats"]) == (-2.33, 2.33, 2.25)


def test_what_a_dimension_was_told_is_its_name(tmp_path, monkeypatch):
    small.explored(tmp_path / "run", monkeypatch)
    told = LATENTS | {"told": ["gate_width", "sky: blue"]}
    change_metrics(tmp_path / "run", latents=told)
    sliders = model.open_run(tmp_path / "run").facts["sliders"]
    assert [slider["name"] for slider in sliders] == ["gate width", "sky: blue"]
    assert [slider["note"] for slider in sliders] == ["", ""]


def test_pictures_to_start_from_come_with_their_codes(tmp_path, monkeypatch):
    pictures = explored(tmp_path / "run", monkeypatch).facts["pictures"]
    assert len(pictures) == 12
    assert all(len(picture["latent"]) == 2 for picture in pictures)
    assert pictures[0]["source"].startswith("data:image/png;base64,")


def test_a_run_that_is_not_finished_shows_its_last_checkpoint(
    tmp_path, monkeypatch, capsys
):
    run = fill(tmp_path / "run", LATENTS)
    (run / "checkpoint.npz").touch()
    for name in ("metrics.json", "timings.json"):
        (run / name).unlink()
    monkeypatch.setattr(model, "build_vae", lambda *_, **__: Painter())
    monkeypatch.setattr(model, "restore_checkpoint", lambda *_: None)
    facts = model.open_run(run).facts
    assert facts["warning"] == "This run is not finished: what step 60 knew is shown."
    assert capsys.readouterr().out == facts["warning"] + "\n"
    assert facts["rmse"] is None
    assert {slider["name"] for slider in facts["sliders"]} == {""}


def test_what_cannot_be_explored_is_a_mistake(tmp_path):
    with pytest.raises(UserMistake, match="holds no run"):
        model.open_run(tmp_path)
    run = fill(tmp_path / "run", LATENTS)
    with pytest.raises(UserMistake, match="neither networks nor a checkpoint"):
        model.open_run(run)
    for name in ("encoder", "decoder"):
        (run / f"{name}.keras").write_bytes(b"torn")
    with pytest.raises(UserMistake, match="encoder.keras cannot be loaded"):
        model.open_run(run)
