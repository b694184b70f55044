"""Checking a whole store: its files, its header chain, and what its tables claim of money."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from peelchain import _core
from peelchain.network import Network
from peelchain.script import sha256d
from peelchain.store.reader import Store
from peelchain.units import format_hash, parse_txid

Progress = Callable[[str, int, int], None]
_SHOWN = 20


@dataclass
class Verified:
    """What was checked, with how many of each, and every failure in words (the first of each kind)."""

    checked: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not self.failures


def verify_store(store: Store, progress: Progress | None = None) -> Verified:
    """Manifest hashes, header links, proof of work, Merkle roots, inputs, outputs and subsidies.

    Reads every file once. Failures are gathered, not raised.
    """
    say = progress or (lambda phase, done, of: None)
    result = Verified()
    for what, checks in (("files", _files), ("blocks", _headers), ("txs", _money)):
        failures: list[str] = []
        count = 0
        try:
            for failure in checks(store, say):
                count += 1
                if failure:
                    failures.append(failure)
        except Exception as e:  # a damaged table may break any later check: report, go on
            if not result.failures:
                raise
            failures.append(f"{what} could not be checked: {e}")
        result.checked[what] = count
        result.failures += failures[:_SHOWN]
        if len(failures) > _SHOWN:
            result.failures.append(f"... and {len(failures) - _SHOWN} more failures of {what}")
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


def _headers(store: Store, say: Progress) -> Iterator[str]:
    network = store.network
    blocks = store.read("blocks", ["height", "block_hash", "header", "tx_count"])
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
        if not why and height == 0 and block_hash != parse_txid(network.genesis_hash):
            why = f"it is not the genesis block of {network.name}"
        yield f"block {format_hash(block_hash)} at height {height}: {why}" if why else ""
        previous = block_hash
    if previous != bytes(32) and format_hash(previous) != store.manifest.tip_hash:
        yield f"the manifest's tip {store.manifest.tip_hash} is not the last block"
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
    spent_twice = len(prev[prev >= 0]) - len(np.unique(prev[prev >= 0]))
    if spent_twice:
        yield f"{spent_twice} outputs are spent more than once"
    wrong = np.where(
        coinbase, sums_out > limits[heights], (sums_in - sums_out != fees) | (fees < 0)
    )
    for tx_id in np.flatnonzero(wrong):
        txid = format_hash(txs["txid"][int(tx_id)].as_py())
        if coinbase[tx_id]:
            yield (
                f"transaction {txid}: the coinbase at height {heights[tx_id]} claims "
                f"{sums_out[tx_id]} sat, subsidy and fees are {limits[heights[tx_id]]}"
            )
        else:
            yield (
                f"transaction {txid}: takes in {sums_in[tx_id]} sat, pays out {sums_out[tx_id]}, "
                f"states a fee of {fees[tx_id]}"
            )
    yield from ("" for _ in range(len(fees) - int(wrong.sum())))
    say("money", 3, 3)


def _ints(table: pa.Table, name: str) -> npt.NDArray[np.int64]:
    column = table[name].combine_chunks().fill_null(-1)
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.int64)


def _sums(
    values: npt.NDArray[np.int64], first: npt.NDArray[np.int64], count: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    # wraps modulo 2^64 on the way, but each difference is exact
    running = np.concatenate([[0], np.cumsum(values)])
    return np.asarray(running[first + count] - running[first], dtype=np.int64)
