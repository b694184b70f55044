"""The servers that can be asked for single transactions, by kind."""

from collections.abc import Callable
from dataclasses import dataclass

from peelchain.chain.partial.esplora import LIMITS, EsploraSource
from peelchain.chain.partial.source import TxSource
from peelchain.chain.partial.vault import Vault
from peelchain.errors import MisuseError
from peelchain.remote.endpoint import Endpoint
from peelchain.remote.http import HttpLimits
from peelchain.units import shown


@dataclass(frozen=True)
class Connection:
    """How servers are reached: by which SOCKS proxy, how fast, within which limits."""

    proxy: str | None = None
    requests_per_s: float | None = None
    limits: HttpLimits = LIMITS


@dataclass(frozen=True)
class Server:
    """A server that the user named. `name` is shown and kept; `open` connects when it is asked."""

    name: str
    host: str
    is_local: bool
    open: Callable[[Vault], TxSource]


def server(text: str, connection: Connection) -> Server:
    """The server that is meant by `KIND:PLACE`. Raises MisuseError."""
    kind, colon, place = text.partition(":")
    named = KINDS.get(kind)
    if named is None or not colon or not place:
        kinds = ", ".join(KINDS)
        raise MisuseError(
            f"{shown(text)} is no server of transactions; give KIND:PLACE, such as "
            f"esplora:https://HOST/api; kinds are {kinds}"
        )
    return named(place, connection)


def _esplora(place: str, connection: Connection) -> Server:
    endpoint = Endpoint.of_url(place)

    def opened(_vault: Vault) -> TxSource:
        return EsploraSource(
            endpoint,
            proxy=connection.proxy,
            requests_per_s=connection.requests_per_s,
            limits=connection.limits,
        )

    return Server(f"esplora:{endpoint}", endpoint.host, endpoint.is_local, opened)


KINDS: dict[str, Callable[[str, Connection], Server]] = {
    "esplora": _esplora,
}
"""What makes a server of the text after `KIND:`."""
