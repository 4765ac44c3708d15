import importlib
import sys
from types import SimpleNamespace

import pytest

from export.__main__ import main
from mistakes import Mishap, UserMistake


@pytest.fixture
def hub(monkeypatch):
    """Return `export.hub` with a hub that keeps what it is sent."""
    sent = []

    class Api:
        def create_repo(self, name, repo_type, exist_ok, **options):
            sent.append(("made", name, repo_type, options))
            return f"hub/{repo_type}/{name}"

        def upload_folder(self, repo_id, repo_type, folder_path):
            if repo_id == "user/refused":
                raise RuntimeError("403 Forbidden\nfor this token")
            sent.append(("sent", repo_id, repo_type, folder_path))

    package = SimpleNamespace(HfApi=Api, get_token=lambda: "token", sent=sent)
    monkeypatch.setitem(sys.modules, "huggingface_hub", package)
    monkeypatch.delitem(sys.modules, "export.hub", raising=False)
    module = importlib.import_module("export.hub")
    yield SimpleNamespace(module=module, package=package)
    del sys.modules["export.hub"]


def test_a_folder_is_sent_as_model_and_as_static_space(hub, tmp_path):
    addresses = hub.module.push_folder(tmp_path, "user/castles")
    assert addresses == ["hub/model/user/castles", "hub/space/user/castles"]
    assert hub.package.sent == [
        ("made", "user/castles", "model", {}),
        ("sent", "user/castles", "model", tmp_path),
        ("made", "user/castles", "space", {"space_sdk": "static"}),
        ("sent", "user/castles", "space", tmp_path),
    ]


def test_a_hub_that_refuses_is_one_line(hub, tmp_path):
    with pytest.raises(Mishap) as caught:
        hub.module.push_folder(tmp_path, "user/refused")
    assert str(caught.value) == "--push user/refused: 403 Forbidden for this token"


def test_nobody_is_logged_in(hub, monkeypatch):
    monkeypatch.setattr(hub.package, "get_token", lambda: None)
    with pytest.raises(UserMistake, match="nobody is logged in"):
        hub.module.check_login()


def test_push_wants_a_folder_and_its_package(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path), "--page", "explorer.html", "--push", "user/castles"])
    assert ended.value.code == 2
    assert "--push sends the folder of --to" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    argv = [str(tmp_path), "--to", str(tmp_path / "to"), "--push", "user/castles"]
    assert main(argv) == 2
    assert "pip install huggingface_hub" in capsys.readouterr().err
