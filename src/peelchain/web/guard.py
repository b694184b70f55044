"""What every request passes, who asks, from where and how much; and what every answer carries.

No cookie is ever set: what a page may do hangs on a token that only the page knows, so that another
site cannot use a visitor's browser (CSRF), and the Host header is checked, so that it cannot do so
by a name that points here (DNS rebinding). Source: OWASP cheat sheets on both.
"""

import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi.exceptions import HTTPException

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)

_HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), clipboard-write=(self)",
}

_BODY_BYTES = 2 << 20
_LARGER = (("/api/tables/", 64 << 20), ("/api/cases/", 32 << 20), ("/api/uploads", 16 << 30))
"""What a body may be at most, by how the path begins."""


class TooLargeError(HTTPException):
    """More was sent than is read.

    One of FastAPI's own, since it takes any other that comes while it reads for a torn body.
    """

    def __init__(self, most: int) -> None:
        said = f"the request is larger than the {most >> 20} MiB that are read; send less at once"
        super().__init__(413, said)


class Guard:
    """An ASGI application that lets only the page's own requests through to another."""

    def __init__(self, app: App, hosts: frozenset[str], token: str) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = frozenset(f"http://{host}" for host in hosts)
        self._origin = next(iter(self._origins), "")
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers why not."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        path = scope["path"]
        private = path.startswith("/api/")
        guarded = _saying(send, private=private)
        refused = self._refused(scope, private=private)
        if refused is not None:
            await _answer(guarded, *refused)
            return
        most = next((most for start, most in _LARGER if path.startswith(start)), _BODY_BYTES)
        stated = only(scope, b"content-length")
        if stated is not None and (not stated.isdigit() or int(stated) > most):
            await _answer(guarded, 413, TooLargeError(most).detail, "too_large")
            return
        await self._app(scope, bounded(receive, most), guarded)

    def _refused(self, scope: Scope, *, private: bool) -> tuple[int, str, str] | None:
        host = only(scope, b"host")
        if host is None or host.lower() not in self._hosts:
            return 421, "this server answers only to the address that it printed", "host"
        if only(scope, b"origin", self._origin) not in self._origins:
            return 403, "the request comes from another site", "origin"
        if private:
            if only(scope, b"sec-fetch-site", "none") not in ("same-origin", "none"):
                return 403, "the request comes from another site", "origin"
            scheme, _, given = (only(scope, b"authorization") or "").partition(" ")
            given_bytes = given.encode("utf-8", "replace")
            if scheme.lower() != "bearer" or not hmac.compare_digest(given_bytes, self._token):
                said = (
                    "the token is missing or of an earlier start; open the address that 'peelchain "
                    "serve' printed"
                )
                return 401, said, "token"
        return None


def only(scope: Scope, name: bytes, absent: str | None = None) -> str | None:
    """The header's value; `absent` where there is none, and None where there are several."""
    values: list[str] = [v.decode("latin-1") for k, v in scope["headers"] if k == name]
    return (values[0] if len(values) == 1 else None) if values else absent


def bounded(receive: Receive, most: int) -> Receive:
    """Receives a body, and raises TooLargeError once it is longer than `most` bytes."""
    taken = 0

    async def bounded_part() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise TooLargeError(most)
        return message

    return bounded_part


def _saying(send: Send, *, private: bool) -> Send:
    """Sends answers with the headers that each has."""

    async def saying(message: Message) -> None:
        if message["type"] == "http.response.start":
            held = {k.lower() for k, _ in message["headers"]}
            added = [(k, v) for k, v in _HEADERS.items() if k not in held]
            if private and b"cache-control" not in held:
                added.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*message["headers"], *added]}
        await send(message)

    return saying


async def _answer(send: Send, status: int, said: str, kind: str) -> None:
    body = json.dumps({"error": said, "kind": kind}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
