"""Checking a whole store: its files, its header chain, and what its tables claim of money."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from peelchain import _core
from peelchain.errors import StoreError
from peelchain.network import Network
from peelchain.schema import CHAIN_TABLES, TABLES
from peelchain.script import sha256d
from peelchain.store.reader import Store
from peelchain.units import MAX_MONEY, format_hash, parse_txid

Progress = Callable[[str, int, int], None]
Ints = npt.NDArray[np.int64]
_SHOWN = 20


@dataclass
class Verified:
    """What was checked, with how many of each, and every failure in words."""

    checked: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not self.failures


def verify_store(store: Store, progress: Progress | None = None) -> Verified:
    """Manifest hashes, table structure, header links and proof of work, Merkle roots, and money.

    Money: no output spent twice or before it was made, fees as the inputs and outputs have them,
    no coinbase beyond subsidy and fees. Each step rests on the one before: when one fails the later
    ones are left out, and a failure says so. Reads every file. Failures are gathered, not raised.
    An amount is not hashed into a txid that the tables could show, so that amounts changed so as to
    balance are found by the manifest's hashes alone.
    """
    say = progress or (lambda phase, done, of: None)
    result = Verified()
    steps = (("files", _files), ("tables", _tables), ("blocks", _headers), ("txs", _money))
    for step, (what, checks) in enumerate(steps):
        failures: list[str] = []
        count = 0
        for failure in checks(store, say):
            count += 1
            if failure:
                failures.append(failure)
        result.checked[what] = count
        result.failures += failures[:_SHOWN]
        if len(failures) > _SHOWN:
            result.failures.append(f"... and {len(failures) - _SHOWN} more failures of {what}")
        left = [name for name, _ in steps[step + 1 :]]
        # headers and money are told of different tables
        if failures and left and what != "blocks":
            result.failures.append(f"{', '.join(left)} were not checked: {what} must hold first")
            break
    return result


def _files(store: Store, say: Progress) -> Iterator[str]:
    files = store.manifest.files()
    for done, stored in enumerate(files):
        say("files", done, len(files))
        path = store.path / stored.file
        try:
            digest = sha256()
            with path.open("rb") as f:
                while chunk := f.read(1 << 20):
                    digest.update(chunk)
        except OSError as e:
            yield f"{path}: {e.strerror}"
            continue
        same = digest.hexdigest() == stored.sha256
        yield "" if same else f"{path}: its content is not what was written"
    say("files", len(files), len(files))


def _tables(store: Store, say: Progress) -> Iterator[str]:
    """That the tables are whole and fit each other: the later checks index by their ids."""
    counts = store.manifest.counts
    columns: dict[str, dict[str, Ints]] = {}
    for done, table in enumerate(CHAIN_TABLES):
        say("tables", done, len(CHAIN_TABLES))
        try:
            rows = store.read(table)
        except StoreError as e:
            yield str(e)
            continue
        why = ""
        if rows.num_rows != counts.get(table, 0):
            why = f"it has {rows.num_rows} rows, the manifest counts {counts.get(table, 0)}"
        for column in TABLES[table].columns:
            if column.null is None and rows[column.name].null_count:
                why = why or f"column {column.name} has nulls"
        columns[table] = {
            name: _ints(rows, name) for name in rows.column_names if _is_int(rows, name)
        }
        yield f"table {table}: {why}" if why else ""
    say("tables", len(CHAIN_TABLES), len(CHAIN_TABLES))
    if len(columns) == len(CHAIN_TABLES) and all(
        len(next(iter(columns[t].values()))) == counts.get(t, 0) for t in CHAIN_TABLES
    ):
        yield from filter(None, _misfits(columns))


def _misfits(columns: dict[str, dict[str, Ints]]) -> Iterator[str]:
    blocks, txs, txouts, txins, scripts = (columns[t] for t in CHAIN_TABLES)
    tx_count, txout_count, script_count = (
        len(txs["tx_id"]),
        len(txouts["txout_id"]),
        len(scripts["script_id"]),
    )

    def same(name: str, have: Ints, should: Ints) -> str:
        if len(have) == len(should) and bool((have == should).all()):
            return ""
        return f"{name} does not follow from the tables before it"

    for name, ids in (
        ("blocks.height", blocks["height"]),
        ("txs.tx_id", txs["tx_id"]),
        ("txouts.txout_id", txouts["txout_id"]),
        ("scripts.script_id", scripts["script_id"]),
    ):
        yield same(name, ids, np.arange(len(ids)))
    for name, first, size, total in (
        ("blocks.first_tx_id", blocks["first_tx_id"], blocks["tx_count"], tx_count),
        ("blocks.first_txout_id", blocks["first_txout_id"], blocks["txout_count"], txout_count),
        ("txs.first_txout_id", txs["first_txout_id"], txs["txout_count"], txout_count),
        ("txs.first_txin", txs["first_txin"], txs["txin_count"], len(txins["tx_id"])),
    ):
        runs = np.append(first, total)
        fits = _add_up(size, total)
        yield (
            same(name, runs, np.concatenate([[0], np.cumsum(size)]))
            if fits
            else (f"{name}: the counts beside it do not add up to {total}")
        )
    sizes = (
        (blocks["tx_count"], tx_count),
        (txs["txout_count"], txout_count),
        (txs["txin_count"], len(txins["tx_id"])),
    )
    # repeating by counts that do not add up would fail, or fill the memory
    if any(not _add_up(size, total) for size, total in sizes):
        return
    height = np.repeat(blocks["height"], blocks["tx_count"])
    yield same("txs.height", txs["height"], height)
    starts = np.repeat(blocks["first_tx_id"], blocks["tx_count"])
    yield same("txs.tx_index", txs["tx_index"], txs["tx_id"] - starts)
    maker = np.repeat(txs["tx_id"], txs["txout_count"])
    yield same("txouts.tx_id", txouts["tx_id"], maker)
    firsts = np.repeat(txs["first_txout_id"], txs["txout_count"])
    yield same("txouts.vout", txouts["vout"], txouts["txout_id"] - firsts)
    yield same("txins.tx_id", txins["tx_id"], np.repeat(txs["tx_id"], txs["txin_count"]))
    firsts = np.repeat(txs["first_txin"], txs["txin_count"])
    yield same("txins.vin", txins["vin"], np.arange(len(firsts)) - firsts)
    known, first_use = np.unique(txouts["script_id"], return_index=True)
    yield same("txouts.script_id", known, np.arange(script_count))
    yield same("scripts.first_txout_id", scripts["first_txout_id"], first_use)
    # an input spends what an earlier transaction made
    limits = np.repeat(txs["first_txout_id"], txs["txin_count"])
    prev = txins["prev_txout_id"]
    from_coinbase = np.repeat(txs["tx_index"] == 0, txs["txin_count"])
    sound = np.where(from_coinbase, prev == -1, (prev >= 0) & (prev < limits))
    unsound = int((~sound).sum())
    if unsound:
        yield f"txins.prev_txout_id: {unsound} inputs spend nothing that was made before them"


def _headers(store: Store, say: Progress) -> Iterator[str]:
    network = store.network
    blocks = store.read("blocks", ["height", "block_hash", "header", "time_utc", "tx_count"])
    times = _ints(blocks, "time_utc")
    counts = _ints(blocks, "tx_count").astype(np.int32)
    txids = b"".join(store.read("txs", ["txid"])["txid"].to_pylist())
    roots = _core.merkle_roots(txids, counts)
    previous = bytes(32)
    headers = blocks["header"].to_pylist()
    hashes = blocks["block_hash"].to_pylist()
    for height, (header, block_hash) in enumerate(zip(headers, hashes, strict=True)):
        if height % 10_000 == 0:
            say("headers", height, len(headers))
        why = _header_fault(header, block_hash, previous, network)
        if not why and roots[32 * height : 32 * height + 32] != header[36:68]:
            why = "the Merkle root of its txids is not the header's"
        if not why and times[height] != 1000 * int.from_bytes(header[68:72], "little"):
            why = "its time is not the header's"
        if not why and height == 0 and block_hash != parse_txid(network.genesis_hash):
            why = f"it is not the genesis block of {network.name}"
        yield f"block {format_hash(block_hash)} at height {height}: {why}" if why else ""
        previous = block_hash
    for segment in store.manifest.segments:
        if format_hash(hashes[segment.last_height]) != segment.last_hash:
            yield f"the manifest's block {segment.last_hash} is not at height {segment.last_height}"
    say("headers", len(headers), len(headers))


def _header_fault(header: bytes, block_hash: bytes, previous: bytes, network: Network) -> str:
    if sha256d(header) != block_hash:
        return "its hash is not that of its header"
    if header[4:36] != previous:
        return "its header names another parent"
    exponent, mantissa = header[75], int.from_bytes(header[72:75], "little")
    target = mantissa << (8 * (exponent - 3)) if exponent > 3 else mantissa >> (8 * (3 - exponent))
    if not 0 < target <= network.pow_limit or mantissa & 0x800000:
        return "its target is out of range"
    if int.from_bytes(block_hash, "little") > target:
        return "its hash does not meet its target"
    return ""


def _money(store: Store, say: Progress) -> Iterator[str]:
    say("money", 0, 3)
    txs = store.read(
        "txs",
        [
            "txid",
            "height",
            "tx_index",
            "fee_sat",
            "first_txin",
            "txin_count",
            "first_txout_id",
            "txout_count",
        ],
    )
    values = _ints(store.read("txouts", ["value_sat"]), "value_sat")
    prev = _ints(store.read("txins", ["prev_txout_id"]), "prev_txout_id")
    say("money", 1, 3)
    taken = np.where(prev >= 0, values[np.maximum(prev, 0)], 0) if len(values) else values
    sums_in = _sums(taken, _ints(txs, "first_txin"), _ints(txs, "txin_count"))
    sums_out = _sums(values, _ints(txs, "first_txout_id"), _ints(txs, "txout_count"))
    fees = _ints(txs, "fee_sat")
    heights = _ints(txs, "height")
    coinbase = _ints(txs, "tx_index") == 0
    block_fees = np.zeros(int(heights.max(initial=-1)) + 1, dtype=np.int64)
    np.add.at(block_fees, heights, np.where(coinbase, 0, fees))
    limits = np.array([store.network.subsidy(h) for h in range(len(block_fees))]) + block_fees
    say("money", 2, 3)
    negative = int(((values < 0) | (values > MAX_MONEY)).sum())
    if negative:
        yield f"{negative} outputs have amounts that cannot be"
    spent_twice = len(prev[prev >= 0]) - len(np.unique(prev[prev >= 0]))
    if spent_twice:
        yield f"{spent_twice} outputs are spent more than once"
    wrong = np.where(
        coinbase,
        (sums_out > limits[heights]) | (fees != 0),
        (sums_in - sums_out != fees) | (fees < 0),
    )
    for tx_id in np.flatnonzero(wrong):
        txid = format_hash(txs["txid"][int(tx_id)].as_py())
        if coinbase[tx_id]:
            yield (
                f"transaction {txid}: the coinbase at height {heights[tx_id]} claims "
                f"{sums_out[tx_id]} sat and states a fee of {fees[tx_id]}, subsidy and fees are "
                f"{limits[heights[tx_id]]}"
            )
        else:
            yield (
                f"transaction {txid}: takes in {sums_in[tx_id]} sat, pays out {sums_out[tx_id]}, "
                f"states a fee of {fees[tx_id]}"
            )
    yield from ("" for _ in range(len(fees) - int(wrong.sum())))
    say("money", 3, 3)


def _add_up(sizes: Ints, total: int) -> bool:
    # each within 1 and total, so that no sum of fewer than 2^31 of them wraps
    return bool(((sizes > 0) & (sizes <= total)).all()) and int(sizes.sum()) == total


def _is_int(table: pa.Table, name: str) -> bool:
    return bool(pa.types.is_integer(table.schema.field(name).type))


def _ints(table: pa.Table, name: str) -> Ints:
    """The column with -1 for null, times as milliseconds since 1970."""
    column = table[name].combine_chunks()
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    return np.asarray(column.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)


def _sums(values: Ints, first: Ints, count: Ints) -> Ints:
    # wraps modulo 2^64 on the way, but each difference is exact
    running = np.concatenate([[0], np.cumsum(values)])
    return np.asarray(running[first + count] - running[first], dtype=np.int64)
