"""A loopback SOCKS5 proxy (RFC 1928): it notes which names it is asked for, and resolves them."""

import selectors
import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_REFUSED = b"\x05\x05\x00\x01" + bytes(6)
_GRANTED = b"\x05\x00\x00\x01" + bytes(6)


class SocksProxy(socketserver.ThreadingTCPServer):
    """`asked` are the hosts and ports asked for; `places` says where each host truly is.

    A host that is not among them is refused, as Tor refuses a name that nobody has.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, places: Mapping[str, tuple[str, int]]) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.places = dict(places)
        self.asked: list[tuple[str, int]] = []

    @property
    def url(self) -> str:
        return f"socks5://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Either side may go away at any time."""


class _Session(socketserver.BaseRequestHandler):
    server: SocksProxy
    request: socket.socket

    def handle(self) -> None:
        version, methods = self._take(2)
        assert (version, 0 in self._take(methods)) == (5, True)
        self.request.sendall(b"\x05\x00")
        _, command, _, kind = self._take(4)
        if kind == 3:
            host = self._take(self._take(1)[0]).decode("ascii")
        else:
            family = socket.AF_INET if kind == 1 else socket.AF_INET6
            host = socket.inet_ntop(family, self._take(4 if kind == 1 else 16))
        port = int.from_bytes(self._take(2), "big")
        self.server.asked.append((host, port))
        place = self.server.places.get(host)
        if command != 1 or place is None:
            self.request.sendall(_REFUSED)
            return
        with socket.create_connection(place, 10.0) as onward:
            self.request.sendall(_GRANTED)
            _carry(self.request, onward)

    def _take(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            part = self.request.recv(count - len(found))
            if not part:
                raise ConnectionError
            found += part
        return found


def _carry(one: socket.socket, other: socket.socket) -> None:
    """Carries bytes both ways until either side ends."""
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in selector.select():
                part = key.fileobj.recv(1 << 16)
                if not part:
                    return
                key.data.sendall(part)


@contextmanager
def proxying(places: Mapping[str, tuple[str, int]]) -> Iterator[SocksProxy]:
    """A proxy that runs until the block is left."""
    with SocksProxy(places) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
