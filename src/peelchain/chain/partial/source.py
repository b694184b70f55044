"""What a partial store asks of a server, whatever protocol it speaks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from peelchain.errors import RemoteError
from peelchain.units import OutPoint


@dataclass(frozen=True)
class Tip:
    """The last block that a server knows; hash in internal byte order."""

    height: int
    block_hash: bytes


@dataclass(frozen=True)
class Inclusion:
    """A server's claim of where a transaction is: height, position in the block, Merkle branch.

    The branch goes from the leaves up, hashes in internal byte order.
    """

    height: int
    position: int
    branch: tuple[bytes, ...]


@dataclass(frozen=True)
class Mention:
    """A transaction in the history of a script; `height` None while no block has it."""

    txid: bytes
    height: int | None


@dataclass(frozen=True)
class Watched:
    """An output whose spender is asked for; its script, for servers that know scripts alone."""

    outpoint: OutPoint
    script_pubkey: bytes


@dataclass(frozen=True)
class SpentBy:
    """The claim of who spends an output; `txid` None: nobody does, as far as the server knows.

    `untold` says in words why the server cannot tell it of this output, where it can of others.
    """

    txid: bytes | None
    height: int | None = None
    untold: str | None = None


class UntoldError(RemoteError):
    """A server cannot tell something, and is right otherwise: another server may tell it."""


class TxSource(Protocol):
    """A server of single transactions; hashes in internal byte order. All it says is a claim.

    Each method raises RemoteError where no answer comes and FalseAnswerError for one of a form
    that cannot be; both name the server.
    """

    @property
    def name(self) -> str:
        """The server as messages and the store show it, such as `esplora:https://HOST/api`."""

    def tip(self) -> Tip:
        """The tip now."""

    def genesis_hash(self) -> bytes:
        """The hash of the first block: which chain it serves."""

    def raw_txs(self, txids: Sequence[bytes]) -> Iterator[bytes]:
        """The raw bytes of each transaction, in the order asked."""

    def inclusions(self, mentions: Sequence[Mention]) -> Iterator[Inclusion | None]:
        """Where each transaction is, None for one that no block has."""

    def headers(self, heights: Sequence[int]) -> Iterator[bytes]:
        """The 80 bytes of the header at each height of the server's best chain."""

    def spenders(self, watched: Sequence[Watched]) -> Iterator[SpentBy]:
        """Who spends each output."""

    def history(self, script_pubkey: bytes) -> Iterator[Mention]:
        """Every transaction that pays or spends a script, each once, in any order."""

    def close(self) -> None:
        """Closes the connection."""
