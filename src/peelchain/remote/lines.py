"""Lines to and from a server over TCP or TLS, bounded in bytes and time."""

import socket
import time
from dataclasses import dataclass
from typing import Self

from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError
from python_socks.sync import Proxy

from peelchain.errors import RemoteError
from peelchain.remote.certificates import Trust, secured
from peelchain.remote.endpoint import Endpoint
from peelchain.units import shown

_PART_BYTES = 1 << 16


class LostError(ConnectionError):
    """A connection failed for what its text says; another may hold."""


@dataclass(frozen=True)
class LineLimits:
    """How long to wait and how often to try.

    `connect_s` and `silence_s` are seconds in which nothing comes; `answer_s` of waiting for one
    answer, whatever else comes meanwhile, so that a server that drips is left. `tries` counts the
    first, waits between tries begin at `wait_s` and double. `strays` is how many messages that
    nobody asked for may come before one that was.
    """

    connect_s: float = 15.0
    silence_s: float = 30.0
    answer_s: float = 120.0
    tries: int = 5
    wait_s: float = 0.5
    strays: int = 1_000


class LineConnection:
    """One connection that carries lines. Errors of the network are raised as OSError."""

    def __init__(self, endpoint: Endpoint, connected: socket.socket, limits: LineLimits) -> None:
        self._endpoint = endpoint
        self._socket = connected
        self._limits = limits
        self._held = bytearray()
        self._looked = 0

    @classmethod
    def open(cls, endpoint: Endpoint, trust: Trust, proxy: str | None, limits: LineLimits) -> Self:
        """A new connection, through TLS where the endpoint's scheme is `tls`.

        `proxy` is `socks5://HOST:PORT`, where the name is resolved. Raises OSError, and
        FalseAnswerError for a certificate that is not trusted.
        """

        def connect() -> socket.socket:
            plain = _connected(endpoint, proxy, limits.connect_s)
            plain.settimeout(limits.connect_s)
            # many small requests are under way at once: none is to wait for the answer of another
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return plain

        if endpoint.scheme == "tls":
            return cls(endpoint, secured(connect, endpoint, trust), limits)
        return cls(endpoint, connect(), limits)

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()

    def send(self, line: bytes) -> None:
        """Sends a line; the newline is added."""
        self._socket.settimeout(self._limits.silence_s)
        self._socket.sendall(line + b"\n")

    def line(self, end: float, most_bytes: int) -> bytes:
        """The next line, without its newline.

        Raises TimeoutError once the monotonic clock is at `end` or nothing comes for long,
        ConnectionError at the end of the stream, RemoteError for a line that is too long.
        """
        while (at := self._held.find(b"\n", self._looked)) < 0:
            self._looked = len(self._held)
            if self._looked > most_bytes:
                break
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(min(left, self._limits.silence_s))
            part = self._socket.recv(_PART_BYTES)
            if not part:
                raise ConnectionResetError
            self._held += part
        if at < 0 or at > most_bytes:
            raise RemoteError(
                f"{self._endpoint}: a line of its answer has more than {most_bytes:,} bytes, which "
                "what was asked for cannot have; nothing of it is taken, use another server"
            )
        line = bytes(self._held[:at])
        del self._held[: at + 1]
        self._looked = 0
        return line


def _connected(endpoint: Endpoint, proxy: str | None, timeout_s: float) -> socket.socket:
    if proxy is None:
        return socket.create_connection((endpoint.host, endpoint.port), timeout_s)
    try:
        through: socket.socket = Proxy.from_url(proxy, rdns=True).connect(
            dest_host=endpoint.host, dest_port=endpoint.port, timeout=timeout_s
        )
    except ProxyTimeoutError:
        raise LostError("it is not reached through the proxy in time") from None
    except ProxyConnectionError:
        raise LostError("the proxy cannot be reached; start it, or leave --proxy out") from None
    except ProxyError as e:
        raise LostError(f"the proxy does not reach it ({shown(str(e))})") from None
    return through
