"""What a row of a dump says, and the rows that are refused."""

from dataclasses import dataclass, field

from peelchain.chain.partial.records import Place, Transaction
from peelchain.raw_tx import RawTx

_MOST_REASONS = 20
"""So many refused rows are told one by one; a file of the wrong kind has millions."""


class RowError(ValueError):
    """A row is not what a row of its kind is; the message says why, in lower case."""


@dataclass(frozen=True)
class TxRow:
    """A transaction of a dump.

    `raw` hashes to its txid; None where the dump lacks a part of it. `stripped`: the transaction
    has witnesses, and `raw` lacks them. A `coinbase` whose input the dump leaves out is told by its
    other parts, its sequence where that is told beside. `where` names file and row.
    """

    where: str
    transaction: Transaction
    place: Place
    raw: bytes | None = None
    stripped: bool = False
    coinbase: RawTx | None = None
    coinbase_sequence: int | None = None


@dataclass(frozen=True)
class BlockRow:
    """A block of a dump by its header's parts; hashes in internal byte order, None: not told.

    `coinbase_script` is the scriptSig of the coinbase. Sizes are those with witnesses, and without.
    """

    where: str
    height: int
    block_hash: bytes
    prev_hash: bytes | None
    version: int
    merkle_root: bytes
    time: int
    bits: int
    nonce: int
    tx_count: int | None
    coinbase_script: bytes | None
    size_bytes: int | None
    stripped_bytes: int | None
    weight: int | None


def why(error: Exception, source: str = "") -> str:
    """What is wrong with a row, as those said who check what servers answer."""
    text = str(error).removeprefix(f"{source}: ")
    return text.replace("use another server", "the dump is false here")


@dataclass
class Refusals:
    """The rows that were not taken in: how many, and why the first of them."""

    count: int = 0
    reasons: list[str] = field(default_factory=list)
    _damaged: set[str] = field(default_factory=set)

    def damaged(self, where: str, why: object) -> None:
        """Counts a place where a file is damaged, once, however often it is read."""
        if where not in self._damaged:
            self._damaged.add(where)
            self.add(where, why)

    def add(self, where: str, why: object) -> None:
        """Counts a refused row."""
        self.count += 1
        if len(self.reasons) < _MOST_REASONS:
            self.reasons.append(f"{where}: {why}")
