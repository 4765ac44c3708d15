import importlib.util

import explore


def test_a_folder_that_is_no_run_is_one_line(tmp_path, capsys):
    assert explore.main([str(tmp_path), "--no-browser"]) == 2
    words = capsys.readouterr().err
    assert words.startswith("explore.py: ") and "holds no run" in words
    assert words.count("\n") == 1


def test_a_missing_package_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert explore.main([]) == 2
    assert "pip install -r requirements-pages.txt" in capsys.readouterr().err


def test_the_castles_that_come_with_the_suite_are_whole():
    names = {path.name for path in explore.PRETRAINED.iterdir()}
    assert {
        "decoder.keras",
        "encoder.keras",
        "hyperparameters.json",
        "latents.json",
        "made.json",
        "metrics.json",
    } <= names
    assert sum(path.stat().st_size for path in explore.PRETRAINED.iterdir()) < 6e6
