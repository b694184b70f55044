"""Whom a connection goes to, as the user named it: never with credentials."""

import ipaddress
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from peelchain.errors import MisuseError
from peelchain.units import shown

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Endpoint:
    """A server: scheme `http`, `https`, `tcp` or `tls`, host, port, and the path before all others.

    As a text it is what messages, journals and manifests may show.
    """

    scheme: str
    host: str
    port: int
    path: str = ""

    def __str__(self) -> str:
        """The URL, without what can be left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if _PORTS.get(self.scheme) == self.port else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    @property
    def is_local(self) -> bool:
        """Whether nothing sent there leaves this machine: a loopback address or `localhost`."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @classmethod
    def of_url(cls, url: str) -> Self:
        """The endpoint of an `http:` or `https:` URL.

        Raises MisuseError for another scheme, for what is no URL, and for one with credentials or
        a query in it: those do not belong on a command line.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise MisuseError(f"{_without_user(url)} is no URL; give http://HOST:PORT") from None
        if parts.username is not None or parts.password is not None:
            raise MisuseError(
                f"{_without_user(url)} was given with a user or password in it, which other users "
                "of this machine can read; take them out, and give a cookie file, a password file "
                "or the environment instead"
            )
        if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
            raise MisuseError(f"{shown(url)} is no URL of a server; give http://HOST:PORT/PATH")
        if any(ord(c) <= 32 or ord(c) > 126 for c in url):
            raise MisuseError(f"{shown(url)} has characters that no URL has; write it in ASCII")
        scheme = parts.scheme
        return cls(scheme, parts.hostname, port or _PORTS[scheme], parts.path.rstrip("/"))


def _without_user(url: str) -> str:
    return shown(url.rpartition("@")[2])
