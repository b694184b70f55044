"""What a user asks to have fetched, from whom, and what has to be agreed to first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from peelchain.actions.fetching.sources import Connection, Server
from peelchain.chain.partial.history import MOST_OF_SCRIPT
from peelchain.chain.partial.sitting import MOST_TXS
from peelchain.chain.partial.vault import Vault
from peelchain.errors import MisuseError
from peelchain.remote.certificates import parse_fingerprint
from peelchain.remote.proxy import checked_proxy

_PLAIN = "The connection is NOT encrypted: whoever stands between can read what is asked for."


@dataclass(frozen=True)
class Reveals:
    """What asking a server tells it. `what` are the addresses, outputs and txids it begins with.

    `follows` says that what a walk comes to is asked for too; `proxy` who stands between;
    `is_encrypted` whether those who carry it cannot read it.
    """

    server: str
    host: str
    what: Sequence[str]
    follows: bool
    proxy: str | None
    is_encrypted: bool = True

    def lines(self, most: int = 10) -> list[str]:
        """The same in words."""
        shown = list(self.what[:most])
        if len(self.what) > most:
            shown.append(f"and {len(self.what) - most:,} more")
        then = (
            "then, step by step, each transaction, output and address that the trace comes to"
            if self.follows
            else "and the transactions that prove them"
        )
        seen = (
            f"It is asked through the proxy {self.proxy}: the server does not see your network "
            "address, but it sees what is asked for, in which order and when."
            if self.proxy
            else "It sees your network address and the time beside. Through Tor it does not: "
            "--proxy socks5://127.0.0.1:9050."
        )
        return [
            f"This asks {self.host} ({self.server}), which can log it, for",
            *(f"  {one}" for one in shown),
            f"  {then}.",
            seen,
            *(() if self.is_encrypted else [_PLAIN]),
        ]


Agree = Callable[[Reveals], bool]
"""Whether the user agrees that a server is told."""


@dataclass(frozen=True)
class FetchAsked:
    """From which servers to fetch, the first that is right; and how much.

    `network` is for a store that is yet to be made. `most_txs` and `most_of_script` bound what one
    command fetches. `refresh` asks again for what may have changed since.
    """

    sources: Sequence[str]
    agree: Agree
    network: str | None = None
    connection: Connection = field(default_factory=Connection)
    most_txs: int = MOST_TXS
    most_of_script: int = MOST_OF_SCRIPT
    refresh: bool = False


def connection_asked(
    proxy: str | None, requests_per_s: float | None, fingerprints: Sequence[str] = ()
) -> Connection:
    """How servers are reached. Raises MisuseError for a proxy or fingerprint that is none."""
    return Connection(
        checked_proxy(proxy),
        requests_per_s,
        fingerprints=frozenset(map(parse_fingerprint, fingerprints)),
    )


def check_consent(
    asked: FetchAsked,
    servers: Sequence[Server],
    vault: Vault,
    what: Sequence[str],
    *,
    follows: bool,
) -> None:
    """Sees that the user agreed to each server that is not on this machine, once in a store.

    Who agreed to ask through a proxy has not agreed to show the network address. Raises MisuseError
    where the user did not agree.
    """
    for server in servers:
        direct, hidden = server.name, f"{server.name} through a proxy"
        agreed = [direct] if asked.connection.proxy is None else [direct, hidden]
        if server.is_local or any(map(vault.has_consent, agreed)):
            continue
        reveals = Reveals(
            server.name, server.host, what, follows, asked.connection.proxy, server.is_encrypted
        )
        if not asked.agree(reveals):
            raise MisuseError(
                f"nothing was asked of {server.name}: you did not agree; agree with --yes, or use "
                "a server of your own"
            )
        vault.keep_consent(agreed[-1])
    vault.commit()
