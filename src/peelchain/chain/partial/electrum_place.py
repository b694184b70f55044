"""The server that `electrum:HOST:PORT` names."""

import re

from peelchain.errors import MisuseError
from peelchain.remote.endpoint import Endpoint
from peelchain.units import shown

_PLACE = re.compile(
    r"(?:(?P<scheme>tcp|tls|ssl)://)?"
    r"(?P<host>\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}))"
    r":(?P<port>[0-9]{1,5})(?::(?P<letter>[st]))?"
)


def endpoint_of(place: str) -> Endpoint:
    """The endpoint of HOST:PORT (TLS), HOST:PORT:t (plain TCP), tcp://HOST:PORT or ssl://HOST:PORT.

    The letters are those of Electrum's own HOST:PORT:s and HOST:PORT:t. Raises MisuseError.
    """
    found = _PLACE.fullmatch(place)
    port = int(found["port"]) if found else 0
    if found is None or not 0 < port < 1 << 16 or (found["scheme"] and found["letter"]):
        raise MisuseError(
            f"{shown(place)} names no Electrum server; give electrum:HOST:PORT, or "
            "electrum:HOST:PORT:t for one that speaks plain TCP"
        )
    plain = found["scheme"] == "tcp" or found["letter"] == "t"
    return Endpoint("tcp" if plain else "tls", found["host"].strip("[]"), port)


def source_name(endpoint: Endpoint) -> str:
    """The server as the user may name it again: `electrum:HOST:PORT`, with `:t` if plain."""
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    return f"electrum:{host}:{endpoint.port}{':t' if endpoint.scheme == 'tcp' else ''}"
