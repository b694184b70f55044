"""Blocks of a store with all their parts: the tables' rows joined with what raw bytes hold."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from peelchain.raw_tx import RawTx, TxOutput, parsed
from peelchain.store.lookup import Lookup

_BATCH_BYTES = 8 << 20
"""Raw blocks read together: bounds memory, and few small blocks are slow to look up alone."""
_MOST_BLOCKS = 144
_MEDIAN_BLOCKS = 11

NO_PREVOUT = bytes(32), 0xFFFF_FFFF
"""What a coinbase's input names as its prevout."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a store: what its row says.

    `number` is its height; None where a partial store knows blocks by their order alone, in which
    `height` then counts them. `time` and `median_time` (of it and the ten before, BIP 113) in
    seconds since 1970. None, in a partial store: not fetched.
    """

    height: int
    number: int | None
    block_hash: bytes | None
    header: bytes | None
    time: int | None
    median_time: int | None
    first_tx_id: int
    tx_count: int
    size_bytes: int | None
    weight: int | None
    file_number: int | None
    file_offset: int | None

    @property
    def stripped_size(self) -> int | None:
        """Bytes without witnesses: weight is three times these and the size (BIP 141)."""
        if self.weight is None or self.size_bytes is None:
            return None
        return (self.weight - self.size_bytes) // 3


@dataclass(frozen=True, slots=True)
class Spent:
    """The output that an input spends, and the transaction that made it."""

    value_sat: int
    script_pubkey: bytes
    tx_id: int


@dataclass(frozen=True, slots=True)
class TxInput:
    """An input; None for what a partial store, or a source without witnesses, does not know."""

    prev_txid: bytes
    prev_vout: int
    script_sig: bytes | None
    sequence: int | None
    witness: tuple[bytes, ...] | None
    spent: Spent | None


@dataclass(frozen=True, slots=True)
class Tx:
    """A transaction in its block; `raw` are the parts of its bytes, None where only told.

    None for what a partial store does not know: `index` its position, `fee_sat` where it has not
    what an input spends.
    """

    tx_id: int
    txid: bytes
    index: int | None
    version: int | None
    locktime: int | None
    size_bytes: int | None
    weight: int | None
    fee_sat: int | None
    is_coinbase: bool
    inputs: tuple[TxInput, ...]
    outputs: tuple[TxOutput, ...]
    raw: RawTx | None

    @property
    def virtual_size(self) -> int | None:
        """Weight by four, rounded up (BIP 141)."""
        return None if self.weight is None else -(-self.weight // 4)

    @property
    def input_sat(self) -> int | None:
        """What it spends, 0 for a coinbase; None where that is not known."""
        if self.is_coinbase:
            return 0
        values = [i.spent.value_sat for i in self.inputs if i.spent is not None]
        return sum(values) if len(values) == len(self.inputs) else None

    @property
    def output_sat(self) -> int:
        """What it pays."""
        return sum(o.value_sat for o in self.outputs)


BlockTxs = tuple[Block, tuple[Tx, ...]]
Raws = Callable[[Block, Sequence[bytes]], Sequence[bytes | None]]
"""The raw bytes of a block's transactions, given their txids in order; None where not kept."""


@dataclass(frozen=True)
class Header:
    """The fields of a block's header; hashes in internal byte order."""

    version: int
    prev_hash: bytes
    merkle_root: bytes
    time: int
    bits: int
    nonce: int

    @classmethod
    def of(cls, header: bytes) -> "Header":
        """The fields of 80 bytes."""

        def number(at: int) -> int:
            return int.from_bytes(header[at : at + 4], "little")

        return cls(
            version=int.from_bytes(header[:4], "little", signed=True),
            prev_hash=header[4:36],
            merkle_root=header[36:68],
            time=number(68),
            bits=number(72),
            nonce=number(76),
        )


def block_rows(lookup: Lookup, heights: Sequence[int]) -> list[Block]:
    """The blocks of these heights, which rise and are all in the store."""
    columns = ["height", "block_hash", "header", "time_utc", "first_tx_id", "tx_count"]
    columns += ["size_bytes", "weight", "file_number", "file_offset"]
    rows = lookup.rows_of("blocks", heights, columns)
    before = {h - back for h in heights for back in range(_MEDIAN_BLOCKS) if h >= back}
    times = {
        h: row["time_utc"] for h, row in lookup.rows_of("blocks", before, ["time_utc"]).items()
    }
    partial = lookup.store.manifest.partial
    is_ranked = partial is not None and partial.ranks
    made = []
    for height, row in rows.items():
        milliseconds = row.pop("time_utc")
        made.append(
            Block(
                number=None if is_ranked else height,
                time=None if milliseconds is None else milliseconds // 1000,
                median_time=_median(times, height),
                **row,
            )
        )
    return made


def _median(times: dict[int, int | None], height: int) -> int | None:
    of = [times[h] for h in range(max(0, height - _MEDIAN_BLOCKS + 1), height + 1)]
    known = sorted(t for t in of if t is not None)
    return known[len(known) // 2] // 1000 if len(known) == len(of) else None


def blocks(lookup: Lookup, raws: Raws, heights: Iterable[int]) -> Iterator[BlockTxs]:
    """The blocks of these heights, which rise, with their transactions in order.

    Raises StoreError where raw blocks are no longer there, or a file is damaged.
    """
    for rows in _batches(lookup, heights):
        for run in _neighbours(rows):
            yield from _joined(lookup, raws, run)


def _batches(lookup: Lookup, heights: Iterable[int]) -> Iterator[list[Block]]:
    waiting: list[int] = []
    for height in heights:
        waiting.append(height)
        if len(waiting) == _MOST_BLOCKS:
            yield from _by_size(block_rows(lookup, waiting))
            waiting = []
    if waiting:
        yield from _by_size(block_rows(lookup, waiting))


def _by_size(rows: Sequence[Block]) -> Iterator[list[Block]]:
    some: list[Block] = []
    size = 0
    for row in rows:
        if some and size + (row.size_bytes or 0) > _BATCH_BYTES:
            yield some
            some, size = [], 0
        some.append(row)
        size += row.size_bytes or 0
    if some:
        yield some


def _neighbours(rows: Sequence[Block]) -> Iterator[list[Block]]:
    """Runs of blocks whose transactions follow each other: and so their rows do.

    Between those of a partial store may be others of which it has nothing.
    """
    run: list[Block] = []
    for row in rows:
        if run and row.first_tx_id != run[-1].first_tx_id + run[-1].tx_count:
            yield run
            run = []
        run.append(row)
    if run:
        yield run


_TX_COLUMNS = (
    *("txid", "tx_index", "version", "locktime", "size_bytes", "weight", "fee_sat"),
    *("first_txin", "txin_count", "first_txout_id", "txout_count"),
)
_TXIN_COLUMNS = ("prev_txout_id", "state", "sequence", "witness_items")


def _joined(lookup: Lookup, raws: Raws, rows: Sequence[Block]) -> Iterator[BlockTxs]:
    first = rows[0].first_tx_id
    last = rows[-1].first_tx_id + rows[-1].tx_count
    if first == last:
        yield from ((row, ()) for row in rows)
        return
    txs = lookup.columns_of("txs", range(first, last), _TX_COLUMNS)
    first_txin = txs["first_txin"][0]
    end_txin = txs["first_txin"][-1] + txs["txin_count"][-1]
    txins = lookup.columns_of("txins", range(first_txin, end_txin), _TXIN_COLUMNS)
    spent = _spent(lookup, txins["prev_txout_id"])
    told: _Told | None = None
    for row in rows:
        start = row.first_tx_id - first
        places = range(start, start + row.tx_count)
        made = []
        for at, raw in zip(places, raws(row, txs["txid"][start : places.stop]), strict=True):
            txin = txs["first_txin"][at] - first_txin
            vins = range(txin, txin + txs["txin_count"][at])
            if raw is None:
                told = told or _told_of(lookup, range(first, last), txs, txins)
                made.append(_told(told, first + at, txs, at, txins, vins, spent))
            else:
                whole = parsed(raw, lookup.store.network.rules)
                made.append(_parsed(whole, first + at, txs, at, txins, vins, spent))
        yield row, tuple(made)


Columns = dict[str, list[Any]]


def _parsed(
    raw: RawTx,
    tx_id: int,
    txs: Columns,
    at: int,
    txins: Columns,
    vins: range,
    spent: dict[int, Spent],
) -> Tx:
    inputs = tuple(
        TxInput(
            given.prev_txid,
            given.prev_vout,
            given.script_sig,
            given.sequence,
            None if txins["witness_items"][vin] is None else given.witness,
            spent.get(txins["prev_txout_id"][vin]),
        )
        for vin, given in zip(vins, raw.inputs, strict=True)
    )
    return Tx(
        tx_id=tx_id,
        txid=txs["txid"][at],
        index=txs["tx_index"][at],
        version=raw.version,
        locktime=raw.locktime,
        size_bytes=txs["size_bytes"][at],
        weight=txs["weight"][at],
        fee_sat=txs["fee_sat"][at],
        is_coinbase=raw.inputs[0].is_coinbase,
        inputs=inputs,
        outputs=raw.outputs,
        raw=raw,
    )


@dataclass(frozen=True)
class _Told:
    """What the tables of a partial store say of a run of transactions of which it has no bytes.

    Of the outputs that they make what these hold, of those that they spend txid and vout, and the
    same by tx_id and vin of those that are not fetched.
    """

    made: dict[int, Spent]
    spent: dict[int, tuple[bytes, int]]
    missing: dict[tuple[int, int], tuple[bytes, int]]


def _told_of(lookup: Lookup, tx_ids: range, txs: Columns, txins: Columns) -> _Told:
    end = txs["first_txout_id"][-1] + txs["txout_count"][-1]
    known = lookup.rows_of(
        "txouts", {p for p in txins["prev_txout_id"] if p is not None}, ["tx_id", "vout"]
    )
    txids = lookup.txids({row["tx_id"] for row in known.values()})
    query = "SELECT tx_id, vin, prev_txid, prev_vout FROM not_fetched WHERE tx_id BETWEEN ? AND ?"
    return _Told(
        made=_spent(lookup, range(txs["first_txout_id"][0], end)),
        spent={p: (txids[row["tx_id"]], row["vout"]) for p, row in known.items()},
        missing={
            (row["tx_id"], row["vin"]): (bytes(row["prev_txid"]), row["prev_vout"])
            for row in lookup.rows(query, [tx_ids[0], tx_ids[-1]])
        },
    )


def _told(
    told: _Told,
    tx_id: int,
    txs: Columns,
    at: int,
    txins: Columns,
    vins: range,
    spent: dict[int, Spent],
) -> Tx:
    """A transaction of which a partial store has no bytes: what the tables say of it."""
    first = txs["first_txout_id"][at]
    made = [told.made[o] for o in range(first, first + txs["txout_count"][at])]
    inputs = []
    for number, vin in enumerate(vins):
        prevout = txins["prev_txout_id"][vin]
        where = (
            told.missing.get((tx_id, number), NO_PREVOUT)
            if prevout is None
            else told.spent[prevout]
        )
        inputs.append(TxInput(*where, None, txins["sequence"][vin], None, spent.get(prevout)))
    return Tx(
        tx_id=tx_id,
        txid=txs["txid"][at],
        index=txs["tx_index"][at],
        version=txs["version"][at],
        locktime=txs["locktime"][at],
        size_bytes=txs["size_bytes"][at],
        weight=txs["weight"][at],
        fee_sat=txs["fee_sat"][at],
        is_coinbase=bool(vins) and txins["state"][vins[0]] == "coinbase",
        inputs=tuple(inputs),
        outputs=tuple(TxOutput(o.value_sat, o.script_pubkey) for o in made),
        raw=None,
    )


def _spent(lookup: Lookup, prevouts: Sequence[int | None]) -> dict[int, Spent]:
    wanted = sorted({p for p in prevouts if p is not None})
    outputs = lookup.columns_of("txouts", wanted, ["value_sat", "script_id", "tx_id"])
    script_ids = sorted(set(outputs["script_id"]))
    found = lookup.columns_of("scripts", script_ids, ["script_pubkey"])["script_pubkey"]
    scripts: dict[int, Any] = dict(zip(script_ids, found, strict=True))
    return {
        txout_id: Spent(value_sat, scripts[script_id], tx_id)
        for txout_id, value_sat, script_id, tx_id in zip(
            wanted, outputs["value_sat"], outputs["script_id"], outputs["tx_id"], strict=True
        )
    }
