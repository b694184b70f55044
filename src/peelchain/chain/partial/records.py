"""Transactions as a source tells them, with None for what it does not tell."""

from dataclasses import dataclass, replace

from peelchain.network import BITCOIN_RULES, Rules
from peelchain.raw_tx import RawTx, parsed, serialised, serialised_stack
from peelchain.script import sha256d
from peelchain.units import OutPoint

_HOGEX_BYTES = 3
"""Marker, flag and absent part, which a HogEx without witnesses has beside what is hashed."""


@dataclass(frozen=True)
class Prevout:
    """What an input spends, and, where the source tells them, its satoshis and script."""

    outpoint: OutPoint
    value_sat: int | None = None
    script_pubkey: bytes | None = None


@dataclass(frozen=True)
class Input:
    """An input; `prevout` is None for a coinbase's own."""

    prevout: Prevout | None
    sequence: int | None = None
    script_sig_bytes: int | None = None
    witness_items: int | None = None
    witness_bytes: int | None = None


@dataclass(frozen=True)
class Output:
    """An output: satoshis and script."""

    value_sat: int
    script_pubkey: bytes


@dataclass(frozen=True)
class Transaction:
    """A transaction, its txid in internal byte order."""

    txid: bytes
    version: int | None
    locktime: int | None
    size_bytes: int | None
    weight: int | None
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]


@dataclass(frozen=True)
class Place:
    """Where a transaction stands in the chain; None for what is not told.

    `block_hash` in internal byte order, `time` in seconds since 1970, `position` 0 the coinbase.
    """

    height: int | None
    block_hash: bytes | None
    time: int | None
    position: int | None


def of_raw(raw: bytes, size_bytes: int | None = None, rules: Rules = BITCOIN_RULES) -> Transaction:
    """The transaction in raw bytes of a chain with these rules.

    Raises SourceError for what is none. Where the bytes lack the witnesses that it has,
    `size_bytes` is its size with them, as told.
    """
    tx = parsed(raw, rules)
    whole = len(raw) if size_bytes is None else size_bytes
    # the mark of a HogEx has no weight
    unweighed = _HOGEX_BYTES if raw[4:6] == b"\0\x08" else 0
    return _of(tx, len(raw), whole, unweighed)


def of_parts(tx: RawTx, size_bytes: int | None = None) -> Transaction:
    """The transaction of these parts; `size_bytes` as for raw bytes."""
    own = len(serialised(tx))
    return _of(tx, own, own if size_bytes is None else size_bytes, 0)


def _of(tx: RawTx, own: int, whole: int, unweighed: int) -> Transaction:
    """The transaction of parts of `own` bytes, which has `whole` with all of its witnesses."""
    bare = serialised(tx, witness=False)
    inputs = tuple(_input(tx, vin) for vin in range(len(tx.inputs)))
    if whole != own:
        inputs = tuple(replace(i, witness_items=None, witness_bytes=None) for i in inputs)
    return Transaction(
        txid=sha256d(bare),
        version=tx.version,
        locktime=tx.locktime,
        size_bytes=whole,
        weight=3 * len(bare) + whole - unweighed,
        inputs=inputs,
        outputs=tuple(Output(o.value_sat, o.script_pubkey) for o in tx.outputs),
    )


def told_together(one: Transaction, other: Transaction) -> Transaction | None:
    """What two sources tell of a transaction; None where one contradicts the other."""
    if len(one.inputs) != len(other.inputs) or one.outputs != other.outputs:
        return None
    inputs = []
    for a, b in zip(one.inputs, other.inputs, strict=True):
        spends = [i.prevout.outpoint if i.prevout else None for i in (a, b)]
        if spends[0] != spends[1]:
            return None
        numbers = _together(
            (a.sequence, a.script_sig_bytes, a.witness_items, a.witness_bytes),
            (b.sequence, b.script_sig_bytes, b.witness_items, b.witness_bytes),
        )
        if numbers is None:
            return None
        inputs.append(Input(a.prevout, *numbers))
    own = _together(
        (one.version, one.locktime, one.size_bytes, one.weight),
        (other.version, other.locktime, other.size_bytes, other.weight),
    )
    return None if own is None else Transaction(one.txid, *own, tuple(inputs), one.outputs)


_Numbers = tuple[int | None, int | None, int | None, int | None]


def _together(one: _Numbers, other: _Numbers) -> _Numbers | None:
    if any(None not in (a, b) and a != b for a, b in zip(one, other, strict=True)):
        return None
    a, b, c, d = (y if x is None else x for x, y in zip(one, other, strict=True))
    return a, b, c, d


def _input(tx: RawTx, vin: int) -> Input:
    given = tx.inputs[vin]
    items = given.witness
    return Input(
        prevout=None if given.is_coinbase else Prevout(OutPoint(given.prev_txid, given.prev_vout)),
        sequence=given.sequence,
        script_sig_bytes=len(given.script_sig),
        witness_items=len(items),
        witness_bytes=len(serialised_stack(items)) if items else 0,
    )
