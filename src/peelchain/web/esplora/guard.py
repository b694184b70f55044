"""What every request passes that a wallet or an explorer sends, who has no token to show.

The Host header is checked, so that no site can reach the server through a visitor's browser by a
name that points here (DNS rebinding); pages of other sites read nothing unless `--cors` lets them.
Source: OWASP cheat sheets on both.
"""

import ipaddress
from dataclasses import dataclass
from typing import Any

from peelchain.web.guard import App, Message, Receive, Scope, Send, TooLargeError, bounded, only

_BODY_BYTES = 1 << 20

_HEADERS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
}


@dataclass(frozen=True)
class Names:
    """The Host headers that the server answers to.

    `hosts` are those it was told, lower-case, with their ports. Where others on the network may
    ask, `any_address_at` is the port at which it answers to every IP address as well: such a name
    cannot be made to point elsewhere.
    """

    hosts: frozenset[str]
    any_address_at: int | None = None

    def has(self, host: str) -> bool:
        """Whether this is one of them."""
        return host.lower() in self.hosts or (
            self.any_address_at is not None and _is_address(host, self.any_address_at)
        )


class EsploraGuard:
    """An ASGI application that lets only what may be asked through to another."""

    def __init__(self, app: App, names: Names, cors: str | None) -> None:
        self._app = app
        self._names = names
        self._cors = cors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers why not."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        origin = only(scope, b"origin")
        allowed = self._allowed(origin)
        guarded = _saying(send, self._cors_headers(allowed))
        host = only(scope, b"host")
        if host is None or not self._names.has(host):
            said = "this server answers only to the address that it printed, or to --allow-host"
            await _answer(guarded, 421, said)
            return
        if allowed is None and self._is_of_another_site(scope, origin, host):
            said = "the request comes from another site; 'peelchain serve --cors ORIGIN' allows it"
            await _answer(guarded, 403, said)
            return
        if scope["method"] == "OPTIONS":
            await _answer(guarded, 204 if allowed else 405, "")
            return
        stated = only(scope, b"content-length")
        if stated is not None and (not stated.isdigit() or int(stated) > _BODY_BYTES):
            await _answer(guarded, 413, TooLargeError(_BODY_BYTES).detail)
            return
        await self._app(scope, bounded(receive, _BODY_BYTES), guarded)

    def _allowed(self, origin: str | None) -> str | None:
        """The origin as the answer names it where its pages may read, else None."""
        if origin is None or self._cors is None:
            return None
        return self._cors if self._cors in ("*", origin) else None

    def _is_of_another_site(self, scope: Scope, origin: str | None, host: str) -> bool:
        if origin is not None:
            return origin.lower() != f"http://{host.lower()}"
        # a page's own GET has no origin, but browsers say this of it
        return only(scope, b"sec-fetch-site", "none") not in ("same-origin", "none")

    def _cors_headers(self, allowed: str | None) -> dict[bytes, bytes]:
        if self._cors is None:
            return {}
        if allowed is None:
            return {b"vary": b"origin"}
        return {
            b"access-control-allow-origin": allowed.encode("latin-1"),
            b"access-control-allow-methods": b"GET, HEAD",
            b"vary": b"origin",
        }


def _is_address(host: str, port: int) -> bool:
    name, colon, number = host.rpartition(":")
    if not colon or number != str(port):
        return False
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _saying(send: Send, more: dict[bytes, bytes]) -> Send:
    """Sends answers with the headers that each has."""

    async def saying(message: Message) -> None:
        if message["type"] == "http.response.start":
            held = {k.lower() for k, _ in message["headers"]}
            added = [(k, v) for k, v in (_HEADERS | more).items() if k not in held]
            message = {**message, "headers": [*message["headers"], *added]}
        await send(message)

    return saying


async def _answer(send: Send, status: int, said: str) -> None:
    body = said.encode()
    headers: list[Any] = [(b"content-type", b"text/plain; charset=utf-8")]
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
