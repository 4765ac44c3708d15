import json

from transfer_learning.selection import run_record
from transfer_learning.selection.run_record import note_surroundings


def test_a_record_tells_the_surroundings_and_each_change_of_them(
    tmp_path, monkeypatch, capsys
):
    on, off = {"oneDNN": "on", "thread count": 2}, {"oneDNN": "off", "thread count": 2}
    said = []
    for now in (on, on, off, off, on):
        monkeypatch.setattr(run_record, "read_surroundings", lambda now=now: now)
        note_surroundings(tmp_path)
        said.append(capsys.readouterr().out)
    line = "from here on no longer digit for digit: oneDNN was {} and is {}\n"
    assert said == ["", "", line.format("on", "off"), "", line.format("off", "on")]
    assert json.loads((tmp_path / "surroundings.json").read_text()) == [on, off, on]
