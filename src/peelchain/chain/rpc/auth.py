"""Who asks a node: cookie file, password file or environment; never kept, never shown."""

import base64
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from peelchain.errors import MisuseError, SourceError
from peelchain.network import NETWORKS, Network
from peelchain.remote.endpoint import Endpoint

USER, PASSWORD = "PEELCHAIN_RPC_USER", "PEELCHAIN_RPC_PASSWORD"
COOKIE = ".cookie"

_PORTS = {8332: "mainnet", 18332: "testnet3", 48332: "testnet4", 38332: "signet", 18443: "regtest"}
"""Where each network's node listens unless told otherwise. Source: Core, chainparamsbase.cpp."""
_HOMES = {"Litecoin": ".litecoin", "Dogecoin": ".dogecoin", "Dash": ".dashcore", "Zcash": ".zcash"}
"""Where nodes keep their data, by coin, where it is not as Bitcoin Core does."""
_MOST_BYTES = 4096


@dataclass(frozen=True)
class Auth:
    """Where user and password are, and what to do where the node refuses them.

    `place` is empty where there are none. A file is read for each request: a node that starts anew
    writes another cookie.
    """

    place: str
    remedy: str
    file: Path | None = None
    is_cookie: bool = False
    _own: bytes | None = field(default=None, repr=False)

    def headers(self) -> Mapping[str, str]:
        """What a request is sent with. Raises SourceError where the file cannot be read."""
        secret = self._secret()
        if secret is None:
            return {}
        return {"authorization": f"Basic {base64.b64encode(secret).decode()}"}

    def tells(self, text: str) -> bool:
        """Whether the text has the password in it, or what is sent for it."""
        try:
            secret = self._secret()
        except SourceError:
            return False
        if secret is None:
            return False
        password = secret.partition(b":")[2].decode("utf-8", "replace")
        return password in text or base64.b64encode(secret).decode() in text

    def _secret(self) -> bytes | None:
        if self.file is None:
            return self._own
        try:
            with self.file.open("rb") as stream:
                if not self.is_cookie:
                    _refuse_if_others_can_read(self.file, os.fstat(stream.fileno()))
                content = stream.read(_MOST_BYTES + 1)
        except OSError as e:
            raise SourceError(f"{self.file}: {e.strerror}; {self.remedy}") from None
        line = content.rstrip(b"\r\n")
        user, colon, password = line.partition(b":")
        if len(content) > _MOST_BYTES or not (user and colon and password) or b"\n" in line:
            raise SourceError(
                f"{self.file}: it does not hold USER:PASSWORD in one line; {self.remedy}"
            )
        return line


def auth_of(
    endpoint: Endpoint,
    network: Network | None,
    *,
    cookie: Path | None = None,
    password_file: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    home: Path | None = None,
) -> Auth:
    """Where the credentials for a node are: as given, else the environment, else its own cookie.

    The cookie of a node on this machine is looked for where Bitcoin Core keeps it; without any, a
    request goes out bare. Raises MisuseError where two were given, and SourceError for a password
    file that others can read.
    """
    if cookie is not None and password_file is not None:
        raise MisuseError("--rpc-cookie and --rpc-auth are two ways of one thing; give one of them")
    if cookie is not None:
        return _cookie(cookie)
    if password_file is not None:
        remedy = "write USER:PASSWORD as the node's configuration has them, and chmod 600 it"
        auth = Auth(str(password_file), remedy, password_file)
        auth.headers()
        return auth
    user, password = environment.get(USER), environment.get(PASSWORD)
    if user or password:
        if not (user and password) or ":" in user:
            raise MisuseError(f"{USER} and {PASSWORD} go together, and a user has no colon in it")
        secret = f"{user}:{password}".encode()
        return Auth("the environment", f"check {USER} and {PASSWORD}", _own=secret)
    found = _usual_cookie(endpoint, network, home or Path.home()) if endpoint.is_local else None
    if found is not None:
        return _cookie(found)
    remedy = (
        f"give --rpc-cookie FILE, --rpc-auth FILE (user:password, mode 0600), or {USER} and "
        f"{PASSWORD} in the environment"
    )
    return Auth("", remedy)


def _cookie(file: Path) -> Auth:
    remedy = f"name the {COOKIE} of the node that runs there, with --rpc-cookie"
    return Auth(str(file), remedy, file, is_cookie=True)


def _usual_cookie(endpoint: Endpoint, network: Network | None, home: Path) -> Path | None:
    """The cookie of the network asked for, else of the port's, else the only one there is."""
    by_port = NETWORKS.get(_PORTS.get(endpoint.port, ""))
    chosen = network or by_port
    asked = [chosen] if chosen else list(NETWORKS.values())
    places = {home / _HOMES.get(n.coin, ".bitcoin") / n.folder / COOKIE for n in asked}
    found = [place for place in places if place.is_file()]
    return found[0] if len(found) == 1 else None


def _refuse_if_others_can_read(file: Path, of: os.stat_result) -> None:
    if of.st_uid != os.getuid():
        raise SourceError(f"{file} is another user's; give a file of your own with --rpc-auth")
    if stat.S_IMODE(of.st_mode) & 0o177:
        raise SourceError(
            f"{file} can be read or written by others (mode {stat.S_IMODE(of.st_mode):04o}); "
            f"run 'chmod 600 {file}', and change the password if anybody may have seen it"
        )
