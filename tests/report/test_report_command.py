import pytest

from report.__main__ import main
from tests.small_run import LATENTS, fill


@pytest.mark.parametrize("argv", [[], ["nowhere"], ["--x", "nowhere"]])
def test_mistakes_are_one_line(argv, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    try:
        code = main(argv)
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    error = capsys.readouterr().err
    assert error.startswith("report: ")
    assert error.count("\n") == 1


def test_the_command_writes_the_report_again(tmp_path, capsys):
    folder = fill(tmp_path / "run", LATENTS)
    assert main([str(folder)]) == 0
    assert str(folder / "report.html") in capsys.readouterr().out
    before = (folder / "report.html").read_bytes()
    assert main([str(folder)]) == 0
    assert (folder / "report.html").read_bytes() == before
