"""Serves one page to its user alone.

Owns who is answered, the port, and the opening of the browser. What is answered is the
page's own.

A server on loopback is reached by every web page that the browser has open. Three rules
keep those out. The Host header must be one of loopback's own names: a page elsewhere
whose name leads here (DNS rebinding) is refused. Whatever is not a plain GET wants the
token that only the served page knows. And the page may not be framed. A server that
other machines reach wants the token for everything, in the address.
"""

import errno
import hmac
import os
import secrets
import socket
import sys
import webbrowser
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from mistakes import UserMistake
from pictures.files import UnreadablePicture

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
# A page's script sends the token in this header, which no form can set.
TOKEN_HEADER = "x-page-token"
# The next free one is taken.
PORTS_TRIED = 50
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'self' data: blob:; script-src 'unsafe-inline'; "
        "style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'; "
        "base-uri 'none'"
    ),
    # What threads of a page's own need.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


class Guard:
    """Answers the page's own user, and refuses all others in one sentence.

    Args:
        app: the application behind it, as ASGI has it.
        token: as the page sends it back.
        is_local: whether only this machine is served.
    """

    def __init__(self, app, token, is_local):
        self.app, self.token, self.is_local = app, token, is_local

    async def __call__(self, scope, receive, send):
        """Pass a request on, or refuse it."""
        refusal = self._refusal(Request(scope)) if scope["type"] == "http" else None
        if refusal:
            await PlainTextResponse(refusal, 403)(scope, receive, send)
            return
        await self.app(scope, receive, _with_headers(send))

    def _refusal(self, request):
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
        if self.is_local and host not in LOOPBACK_NAMES:
            return "This page is only served to the machine it runs on."
        if self.is_local and request.method == "GET":
            return None
        given = request.headers.get(TOKEN_HEADER) or request.query_params.get("token")
        if not hmac.compare_digest((given or "").encode(), self.token.encode()):
            return "The token is missing or old: open the address that was printed."
        return None


def _with_headers(send):
    async def send_with_headers(message):
        if message["type"] == "http.response.start":
            ours = [(name.lower(), value) for name, value in HEADERS.items()]
            encoded = [(name.encode(), value.encode()) for name, value in ours]
            message = {**message, "headers": [*message["headers"], *encoded]}
        await send(message)

    return send_with_headers


def build_app(routes, token, is_local=True):
    """Return the guarded application of a page.

    What a handler raises as `UserMistake`, `UnreadablePicture` or `HTTPException`
    becomes a sentence with the status 400 or its own.

    Args:
        routes: Starlette's `Route`s.
        token: text that the page must know.
        is_local: whether only this machine is served.
    """

    def as_sentence(request, error):
        status = error.status_code if isinstance(error, HTTPException) else 400
        words = error.detail if isinstance(error, HTTPException) else str(error)
        return PlainTextResponse(words, status)

    kinds = (UserMistake, UnreadablePicture, HTTPException)
    app = Starlette(routes=routes, exception_handlers=dict.fromkeys(kinds, as_sentence))
    return Guard(app, token, is_local)


def serve(make_routes, host, port, is_browser_wanted):
    """Serve a page until Ctrl-C.

    Args:
        make_routes: function from the page's token to its routes.
        host: name or address to serve at.
        port: the first one tried.
        is_browser_wanted: whether a browser is opened.

    Raises:
        UserMistake: there is no such host, or no port is free.
    """
    token = secrets.token_urlsafe(16)
    is_local = host in LOOPBACK_NAMES
    listener = listen(host, port)
    address = _address(host, listener.getsockname()[1], token, is_local)
    app = build_app(make_routes(token), token, is_local)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    print(f"serving {address} (Ctrl-C ends it)", flush=True)
    if is_browser_wanted:
        open_browser(address)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        # How a server is meant to end.
        print()


def listen(host, port):
    """Return a socket bound to the first free port from `port` on; say which.

    Raises:
        UserMistake: there is no such host, or no port is free.
    """
    last = min(port + PORTS_TRIED, 65535)
    for candidate in range(port, last + 1):
        try:
            listener = socket.create_server((host, candidate), family=_family(host))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise UserMistake(f"--host: received {host!r} ({error})") from None
            continue
        # Connections inherit it: an answer is not kept back until the last one is
        # acknowledged, which takes 40 ms. asyncio sees to it only for its own sockets.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if candidate != port:
            print(f"port {port} is in use; took {candidate}")
        return listener
    raise UserMistake(
        f"--port: received {port}, and no port from there to {last} can be had at "
        f"{host}; choose another one"
    )


def _family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _address(host, port, token, is_local):
    name = socket.gethostname() if host in ("0.0.0.0", "::") else host
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{port}/" + ("" if is_local else f"?token={token}")


def open_browser(address):
    """Open a browser window if there is a screen; the address is printed anyway."""
    has_screen = sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    # Without a screen, a browser for the terminal would take it over.
    if has_screen:
        webbrowser.open(address)
