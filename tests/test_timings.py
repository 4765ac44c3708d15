import json

import pytest

import timings


def test_each_part_has_the_seconds_it_took(tmp_path, monkeypatch):
    clock = iter([10.0, 12.5, 20.0, 50.0])
    monkeypatch.setattr(timings.time, "monotonic", lambda: next(clock))
    measured = timings.Timings(is_resumed=True)
    for part in ("reading", "training"):
        with measured.of(part):
            pass
    measured.save(tmp_path / "timings.json")
    assert json.loads((tmp_path / "timings.json").read_text()) == {
        "resumed": True,
        "seconds": {"reading": 2.5, "training": 30.0},
    }


def test_a_part_that_fails_is_not_counted():
    measured = timings.Timings()
    with pytest.raises(OSError, match="disk"), measured.of("training"):
        raise OSError("disk")
    assert measured.seconds == {}
