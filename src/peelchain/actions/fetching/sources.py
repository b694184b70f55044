"""The servers that can be asked for single transactions, by kind."""

from collections.abc import Callable
from dataclasses import dataclass, field

from peelchain.chain.partial.electrum import ElectrumSource
from peelchain.chain.partial.electrum_place import endpoint_of, source_name
from peelchain.chain.partial.esplora import LIMITS, EsploraSource
from peelchain.chain.partial.source import TxSource
from peelchain.chain.partial.vault import Vault
from peelchain.errors import MisuseError
from peelchain.remote.certificates import Trust
from peelchain.remote.endpoint import Endpoint
from peelchain.remote.http import HttpLimits
from peelchain.remote.lines import LineLimits
from peelchain.units import shown


@dataclass(frozen=True)
class Connection:
    """How servers are reached: by which SOCKS proxy, how fast, within which limits.

    `fingerprints` are those of the certificates that Electrum servers may show, where any is given.
    """

    proxy: str | None = None
    requests_per_s: float | None = None
    limits: HttpLimits = LIMITS
    line_limits: LineLimits = field(default_factory=LineLimits)
    fingerprints: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Server:
    """A server that the user named. `name` is shown and kept; `open` connects when it is asked.

    `notes` are what the user should know of the connection, once there is one.
    """

    name: str
    host: str
    is_local: bool
    open: Callable[[Vault], TxSource]
    is_encrypted: bool = True
    notes: list[str] = field(default_factory=list)


def server(text: str, connection: Connection) -> Server:
    """The server that is meant by `KIND:PLACE`. Raises MisuseError."""
    kind, colon, place = text.partition(":")
    named = KINDS.get(kind)
    if named is None or not colon or not place:
        kinds = ", ".join(KINDS)
        raise MisuseError(
            f"{shown(text)} is no server of transactions; give KIND:PLACE, such as "
            f"esplora:https://HOST/api or electrum:HOST:PORT; kinds are {kinds}"
        )
    return named(place, connection)


def _esplora(place: str, connection: Connection) -> Server:
    endpoint = Endpoint.of_url(place)

    def opened(_vault: Vault) -> TxSource:
        return EsploraSource(
            endpoint,
            proxy=_proxy_to(endpoint, connection),
            requests_per_s=connection.requests_per_s,
            limits=connection.limits,
        )

    name = f"esplora:{endpoint}"
    return Server(name, endpoint.host, endpoint.is_local, opened, _is_encrypted(endpoint))


def _electrum(place: str, connection: Connection) -> Server:
    endpoint = endpoint_of(place)
    name = source_name(endpoint)
    notes: list[str] = []

    def opened(vault: Vault) -> TxSource:
        kept = f"certificate {name}"

        def known() -> str | None:
            found = vault.answer(kept)
            return None if found is None else found.decode("ascii")

        def keep(seen: str) -> None:
            vault.keep_answer(kept, seen.encode("ascii"))
            vault.commit()

        return ElectrumSource(
            endpoint,
            vault,
            trust=Trust(connection.fingerprints, known, keep, notes.append),
            proxy=_proxy_to(endpoint, connection),
            requests_per_s=connection.requests_per_s,
            limits=connection.line_limits,
        )

    encrypted = _is_encrypted(endpoint)
    return Server(name, endpoint.host, endpoint.is_local, opened, encrypted, notes)


def _proxy_to(endpoint: Endpoint, connection: Connection) -> str | None:
    """The proxy to an endpoint: none to this machine, which is another one seen from there."""
    return None if endpoint.is_local else connection.proxy


def _is_encrypted(endpoint: Endpoint) -> bool:
    return endpoint.scheme in ("https", "tls") or endpoint.host.endswith(".onion")


KINDS: dict[str, Callable[[str, Connection], Server]] = {
    "electrum": _electrum,
    "esplora": _esplora,
}
"""What makes a server of the text after `KIND:`."""
