"""No test reaches a real host: the guard is in conftest.py."""

import pytest

from downloads.http import fetch_text
from tests.loopback import Loopback, Page


# Both are set aside for documentation: nobody can have them.
@pytest.mark.parametrize("host", ["example.invalid", "192.0.2.1"])
def test_a_download_from_a_real_host_fails_its_test(host, monkeypatch):
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    with pytest.raises(pytest.fail.Exception, match=host):
        fetch_text(f"http://{host}/a.txt")


def test_loopback_is_let_through():
    with Loopback({"/a.txt": Page(b"here")}) as server:
        assert fetch_text(server.url("/a.txt")) == "here"
