"""Connections of the server: those that only knock make room for those that ask."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 200
"""Connections at once. uvicorn refuses requests beyond; each page needs a handful."""

_IPPROTO_TCP, _TCP_NODELAY = 6, 1
"""As the module `socket` has them. Without, the body of an answer waits 40 ms until its head is
acknowledged: asyncio asks for this only where a socket was made with its protocol named."""


class Connection(H11Protocol):
    """A connection that is closed when there are too many and it waits for a request the longest.

    Everybody on this machine can connect, and whoever sends half a request would hold a place for
    ever: the request comes before the token.
    """

    _since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes a new connection; closes an idle one where there is no room for it."""
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
        self._since = self.loop.time()
        if len(self.connections) < MOST:
            return
        others = (c for c in self.connections if isinstance(c, Connection) and c is not self)
        idle = min((c for c in others if c.is_idle), key=lambda c: c._since, default=None)
        if idle is not None:
            self.connections.discard(idle)
            idle.transport.abort()

    @property
    def is_idle(self) -> bool:
        """Whether no request of it is being answered."""
        # uvicorn's types say nothing of the time before the first request
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]
