import socket
import time

import pytest
import requests
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from mistakes import UserMistake
from pages.server import TOKEN_HEADER, build_app, listen, open_browser
from pages.uploads import read_body
from tests.served import serving

TOKEN = "a-token"


async def show(request):
    return PlainTextResponse("the page")


async def change(request):
    content = await read_body(request, most_bytes=1000)
    if content == b"wrong":
        raise UserMistake("received 'wrong'; expected something else")
    return PlainTextResponse("changed")


@pytest.fixture(scope="module", params=[True, False], ids=["local", "open"])
def served(request):
    """Return the address of a running page, and whether it is a local one."""
    routes = [Route("/", show), Route("/change", change, methods=["POST"])]
    app = build_app(routes, TOKEN, is_local=request.param)
    with serving(app) as address:
        yield address, request.param


def test_a_local_page_is_shown_to_loopback_names_only(served):
    address, is_local = served
    port = address.rpartition(":")[2]
    for host, wanted in (
        (f"127.0.0.1:{port}", 200),
        (f"localhost:{port}", 200),
        (f"[::1]:{port}", 200),
        (f"elsewhere.example:{port}", 403),
        (f"127.0.0.1.elsewhere.example:{port}", 403),
        ("", 403),
    ):
        answer = requests.get(address, headers={"Host": host}, timeout=5)
        assert answer.status_code == (wanted if is_local else 403), host


def test_a_page_for_other_machines_wants_the_token_in_its_address(served):
    address, is_local = served
    wanted = 200 if is_local else 403
    assert requests.get(address, timeout=5).status_code == wanted
    assert requests.get(f"{address}?token=other", timeout=5).status_code == wanted
    answer = requests.get(f"{address}?token={TOKEN}", timeout=5)
    assert (answer.status_code, answer.text) == (200, "the page")


def test_what_changes_something_wants_the_token(served):
    address, _ = served
    for headers, wanted in (
        ({}, 403),
        ({TOKEN_HEADER: "other"}, 403),
        ({TOKEN_HEADER: "ä".encode()}, 403),
        ({TOKEN_HEADER: TOKEN}, 200),
    ):
        answer = requests.post(f"{address}/change", headers=headers, timeout=5)
        assert answer.status_code == wanted, headers


def test_too_large_a_body_is_not_read(served):
    address, _ = served
    answer = requests.post(
        f"{address}/change", b"x" * 1001, headers={TOKEN_HEADER: TOKEN}, timeout=5
    )
    assert (answer.status_code, answer.text) == (413, "that is more than 1,000 bytes")


def test_a_mistake_is_a_sentence(served):
    address, _ = served
    answer = requests.post(
        f"{address}/change", b"wrong", headers={TOKEN_HEADER: TOKEN}, timeout=5
    )
    assert answer.status_code == 400
    assert answer.text == "received 'wrong'; expected something else"


def test_the_page_may_not_be_framed_or_kept(served):
    address, _ = served
    headers = requests.get(f"{address}?token={TOKEN}", timeout=5).headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


def test_the_next_free_port_is_taken_and_said(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with listen("127.0.0.1", port) as listener:
            other = listener.getsockname()[1]
    assert port < other <= port + 50
    assert capsys.readouterr().out == f"port {port} is in use; took {other}\n"


def test_no_free_port_and_no_such_host_are_mistakes():
    with socket.create_server(("127.0.0.1", 65535)):
        with pytest.raises(UserMistake, match="--port: received 65535"):
            listen("127.0.0.1", 65535)
    with pytest.raises(UserMistake, match="--host: received 'no such host'"):
        listen("no such host", 8000)


@pytest.mark.parametrize("screen", ["", ":0"])
def test_a_browser_is_opened_where_there_is_a_screen(screen, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", screen)
    open_browser("http://127.0.0.1:1/")
    assert bool(opened) == bool(screen)


def test_answers_are_not_kept_back(served):
    address, _ = served
    seconds = []
    with requests.Session() as session:
        for _ in range(20):
            began = time.perf_counter()
            session.post(f"{address}/change", b"wrong", headers={TOKEN_HEADER: TOKEN})
            seconds.append(time.perf_counter() - began)
    # A delayed acknowledgement takes 40 ms each time.
    assert min(seconds[1:]) < 0.03
