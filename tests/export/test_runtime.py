import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from export import runtime
from export.__main__ import main
from mistakes import Mishap, UserMistake


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """Return a folder that says which runtime is wanted, and has none."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(runtime.PAGES / name, tmp_path)
    monkeypatch.setattr(runtime, "PAGES", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    return tmp_path


def test_the_runtime_is_fetched_once_and_only_its_two_files_kept(pages, monkeypatch):
    commands = []

    def npm(command, cwd, **_):
        commands.append(command)
        assert (Path(cwd) / "package-lock.json").is_file()
        found = Path(cwd, "node_modules", "onnxruntime-web", "dist")
        found.mkdir(parents=True)
        for name in (runtime.SCRIPT, runtime.BINARY, "other.js"):
            (found / name).write_text(name)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", npm)
    folder = runtime.fetch_runtime()
    assert folder == runtime.fetch_runtime() == pages / "runtime" / "1.30.0"
    names = {path.name for path in folder.iterdir()}
    assert names == {runtime.SCRIPT, runtime.BINARY}
    (command,) = commands
    # What the lock file pins, and no script of a package.
    assert command[1:3] == ["ci", "--ignore-scripts"]


def test_without_npm_one_line_says_so(pages, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UserMistake, match=r"needs npm.*explore\.py needs none"):
        runtime.fetch_runtime()


def test_a_missing_npm_is_said_before_anything_is_loaded(pages, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr("export.__main__.prepare_tensorflow", pytest.fail)
    assert main([str(pages), "--page", str(pages / "explorer.html")]) == 2
    words = capsys.readouterr().err
    assert "needs npm" in words and words.count("\n") == 1


def test_what_npm_says_is_passed_on(pages, monkeypatch):
    failed = SimpleNamespace(returncode=1, stderr="npm error network\nmore\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(Mishap, match="could not fetch onnxruntime-web: npm error"):
        runtime.fetch_runtime()
    assert not runtime.runtime_folder().exists()


def test_the_lock_file_pins_the_wanted_version_and_holds_no_address():
    lock = (runtime.PAGES / "package-lock.json").read_text()
    assert f'"onnxruntime-web": "{runtime.runtime_folder().name}"' in lock
    assert "://" not in lock
    assert lock.count('"version"') == lock.count('"integrity"')
