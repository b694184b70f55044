"""Requests as bytes, for what no ordinary client would send."""

import contextlib
import json
import socket
from dataclasses import dataclass, field
from typing import Any

from tests.web.serving import Served


@dataclass
class Got:
    """An answer, read to the end of its stated length or of the connection."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def kind(self) -> str:
        """The word by which the server names its refusal."""
        return str(json.loads(self.body)["kind"])


Pairs = list[tuple[str, str]]


def usual(served: Served) -> Pairs:
    """The headers of the page's own requests."""
    return [
        ("Host", f"127.0.0.1:{served.port}"),
        ("Authorization", f"Bearer {served.token}"),
        ("Origin", served.origin),
        ("Sec-Fetch-Site", "same-origin"),
    ]


def ask(
    served: Served,
    target: str,
    *,
    method: str = "GET",
    drop: tuple[str, ...] = (),
    add: Pairs | None = None,
    body: bytes = b"",
) -> Got:
    """What the server answers to the usual headers, less some, plus some."""
    headers = [pair for pair in usual(served) if pair[0] not in drop] + (add or [])
    if body and not any(name.lower() == "content-length" for name, _ in headers):
        headers.append(("Content-Length", str(len(body))))
    lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers)]
    return send(served, "\r\n".join([*lines, "", ""]).encode("latin-1") + body)


def send(served: Served, content: bytes) -> Got:
    """The first answer to these bytes; status 0 where the server hangs up without one."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(content)
        return answer(connection)


def answer(connection: socket.socket) -> Got:
    """The next answer that the connection gives."""
    held = b""
    with contextlib.suppress(ConnectionError):
        while b"\r\n\r\n" not in held:
            part = connection.recv(1 << 16)
            if not part:
                return Got(0)
            held += part
        head, _, body = held.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines[1:])
        headers = {name.lower(): value for name, _, value in pairs}
        length = int(headers.get("content-length", 1 << 40))
        while len(body) < length and (part := connection.recv(1 << 16)):
            body += part
        return Got(int(lines[0].split()[1]), headers, body)
    return Got(0)


def as_json(value: Any) -> tuple[Pairs, bytes]:
    """Headers and body of a JSON request."""
    return [("Content-Type", "application/json")], json.dumps(value).encode()
