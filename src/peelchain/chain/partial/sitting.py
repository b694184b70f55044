"""One sitting with a server: on which chain it stands, how much may be fetched, what was said."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from peelchain.chain.partial.header_checks import check_header
from peelchain.chain.partial.source import Tip, TxSource
from peelchain.chain.partial.vault import Vault
from peelchain.errors import FalseAnswerError, PeelchainError, RemoteError
from peelchain.script import sha256d
from peelchain.units import OutPoint, format_hash

MOST_TXS = 10_000
"""Transactions fetched by one command unless the user says otherwise."""

FETCHING = "transactions fetched"
"""What is counted while servers are asked."""

_NEAR_BLOCKS = 200
"""No reorganisation in the field went deeper; what differs below is another chain."""
_LOOKED_AT = 100

Watch = Callable[[str, int, int], bool | None]
"""Called with what is done, steps done and in all (0: not known); False asks to stop."""


class EnoughError(PeelchainError):
    """As much was fetched as was allowed, or the user asked to stop: what there is, is kept."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass
class Spends:
    """Who spends what, among the transactions that are kept: txids in internal byte order."""

    by_outpoint: dict[OutPoint, bytes] = field(default_factory=dict)
    of_tx: dict[bytes, dict[int, bytes]] = field(default_factory=dict)

    def add(self, txid: bytes, spent: list[OutPoint]) -> None:
        """Takes note of what a transaction spends."""
        for outpoint in spent:
            self.by_outpoint[outpoint] = txid
            self.of_tx.setdefault(outpoint.txid, {})[outpoint.vout] = txid

    @classmethod
    def of_vault(cls, vault: Vault) -> "Spends":
        """What the transactions of a vault spend."""
        spends = cls()
        for tx, _, _ in vault.transactions():
            spends.add(tx.txid, [i.prevout.outpoint for i in tx.inputs if i.prevout])
        return spends


@dataclass
class Sitting:
    """A server that is asked, the tip it stands on, and what may still be fetched.

    `notes` are what the user should know: contradicted words of servers, reorganisations.
    `unconfirmed` are spends that wait for a block: the outpoint and the txid that the server told.
    """

    vault: Vault
    source: TxSource
    tip: Tip
    spends: Spends
    most_txs: int = MOST_TXS
    refresh: bool = False
    watch: Watch = lambda _what, _done, _of: None
    fetched: int = 0
    notes: list[str] = field(default_factory=list)
    unconfirmed: dict[OutPoint, bytes] = field(default_factory=dict)
    asked: set[OutPoint | bytes] = field(default_factory=set)
    """Outputs and scripts that were asked for in this sitting."""
    saved_at: float = field(default_factory=time.monotonic)
    headers: dict[int, bytes] = field(default_factory=dict)
    """Headers as the server gave them, by height, to be kept once a transaction rests on them."""

    @property
    def name(self) -> str:
        """The server as messages show it."""
        return self.source.name

    def take_note(self, note: str) -> None:
        """Keeps a note, each once."""
        if note not in self.notes:
            self.notes.append(note)

    def is_due(self, what: OutPoint | bytes, told_at: Tip | None) -> bool:
        """Whether what was told at a tip, and may change, is to be asked for: once a sitting."""
        return what not in self.asked and (self.refresh or told_at != self.tip)

    def save_now_and_then(self) -> None:
        """Makes what was kept durable, about once a second: each time takes the disk a while."""
        now = time.monotonic()
        if now - self.saved_at >= 1.0:
            self.vault.commit()
            self.saved_at = now

    def check_stopped(self) -> None:
        """Tells how far the fetching is. Raises EnoughError where the user asked to stop."""
        if self.watch(FETCHING, self.fetched, 0) is False:
            raise EnoughError("you", "you stopped the fetching; the same command goes on from here")

    def room_for(self, wanted: int) -> int:
        """How many of so many transactions may be fetched now. Raises EnoughError for none."""
        self.check_stopped()
        room = self.most_txs - self.fetched
        if room <= 0:
            raise EnoughError(
                "max_fetch",
                f"{self.fetched:,} transactions were fetched, as many as were allowed; the same "
                "command goes on from here",
            )
        return min(room, wanted)


def sit_down(
    vault: Vault,
    source: TxSource,
    *,
    spends: Spends | None = None,
    most_txs: int = MOST_TXS,
    refresh: bool = False,
    watch: Watch = lambda _what, _done, _of: None,
) -> Sitting:
    """A sitting with a server that serves the vault's network, and its tip's header kept.

    After a reorganisation, what the vault held of the blocks that were left is forgotten. Raises
    FalseAnswerError for a server of another chain, or of a fork that is behind what is known.
    """
    _check_genesis(vault, source)
    tip = source.tip()
    with vault.atomically():
        notes = _join(vault, source, tip)
        if vault.header(tip.height) is None:
            header = next(iter(source.headers([tip.height])))
            if sha256d(header) != tip.block_hash:
                raise FalseAnswerError(
                    f"{source.name}: its tip is {format_hash(tip.block_hash)}, and its header at "
                    f"that height, {tip.height}, is another's; use another server"
                )
            vault.add_header(header, tip.height, source.name)
    vault.commit()
    return Sitting(
        vault=vault,
        source=source,
        tip=tip,
        spends=spends or Spends.of_vault(vault),
        most_txs=most_txs,
        refresh=refresh,
        watch=watch,
        notes=notes,
    )


def _check_genesis(vault: Vault, source: TxSource) -> None:
    key = f"genesis {source.name}"
    genesis = vault.answer(key) or source.genesis_hash()
    if format_hash(genesis) != vault.network.genesis_hash:
        raise FalseAnswerError(
            f"{source.name}: its chain begins with block {format_hash(genesis)}, and "
            f"{vault.network.name} with {vault.network.genesis_hash}; use a server of that "
            "network, or name the other with --network"
        )
    vault.keep_answer(key, genesis)


def _join(vault: Vault, source: TxSource, tip: Tip) -> list[str]:
    """Finds where the server's chain leaves what is known, and forgets what was reorganised away.

    The notes to give. What is forgotten is only that which a chain as high or higher contradicts.
    """
    newest = vault.newest_headers(_LOOKED_AT)
    if not newest:
        return []
    top, header = newest[0]
    if tip.height < top:
        _check_behind(vault, source, tip, top)
        return []
    left: int | None = None
    for height, header in newest:
        if height == tip.height:
            agrees = sha256d(header) == tip.block_hash
        else:
            theirs = next(iter(source.headers([height])))
            agrees = theirs == header
            if not agrees:
                check_header(theirs, height, vault.network, source.name)
        if agrees:
            break
        left = height
    else:
        raise _other_chain(source, top)
    if left is None:
        return []
    if tip.height == top or left < tip.height - _NEAR_BLOCKS:
        raise _other_chain(source, left)
    vault.forget_from(left)
    return [
        f"the chain was reorganised from height {left} on, as {source.name} tells; what was known "
        "of those blocks is fetched again"
    ]


def _check_behind(vault: Vault, source: TxSource, tip: Tip, top: int) -> None:
    """Refuses a server whose tip is not one that the greatest known header builds on."""
    at, after = vault.header(tip.height), vault.header(tip.height + 1)
    if at is None and after is None:
        raise RemoteError(
            f"{source.name}: its tip is at height {tip.height}, and {top} was known; it lags "
            "behind: ask later, or use another server"
        )
    on_chain = sha256d(at) if at is not None else after[4:36] if after is not None else b""
    if on_chain != tip.block_hash:
        raise _other_chain(source, tip.height)


def _other_chain(source: TxSource, height: int) -> FalseAnswerError:
    return FalseAnswerError(
        f"{source.name}: its block at height {height} is not the one known there, and its chain is "
        f"no longer than that known, or leaves it more than {_NEAR_BLOCKS} blocks ago: a fork of "
        "less work, or another chain; use another server"
    )
