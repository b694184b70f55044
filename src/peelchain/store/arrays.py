"""The chain as flat arrays, for the kernels that walk it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from peelchain.errors import StoreError
from peelchain.script import MAX_SCRIPT_BYTES
from peelchain.store.chain_rows import Outputs, Transactions
from peelchain.store.reader import Store

Int64 = npt.NDArray[np.int64]

NOT_FETCHED = "not_fetched"
"""State of an input whose prevout a partial store does not have."""


@dataclass(frozen=True)
class ChainArrays:
    """The best chain of a store, indexed by the dense ids, in chain order.

    With T transactions, I inputs and O outputs:
    `tx_height` int32[T]; `tx_first_txin` int64[T+1] and `tx_first_txout` int64[T+1] bound each
    transaction's rows; `txin_prev_txout` int64[I], -1 for a coinbase input, -2 for one whose
    prevout a partial store has not fetched; `txout_value` int64[O] in satoshis; `txout_script`
    int64[O] the script_id; `txout_tx` int64[O] the transaction that made it; `txout_spender`
    int64[O] the transaction that spends it, -1 for none, -2 where a partial store does not know;
    `txout_unspendable` bool[O], true where the script can never be spent (OP_RETURN, over 10,000
    bytes), for genesis, and where a BIP 30 duplicate overwrote the output.
    """

    tx_height: npt.NDArray[np.int32]
    tx_first_txin: Int64
    tx_first_txout: Int64
    txin_prev_txout: Int64
    txout_value: Int64
    txout_script: Int64
    txout_tx: Int64
    txout_spender: Int64
    txout_unspendable: npt.NDArray[np.bool_]

    @property
    def tx_count(self) -> int:
        """T."""
        return len(self.tx_height)

    @property
    def txout_count(self) -> int:
        """O."""
        return len(self.txout_value)

    def outputs(self, txouts: npt.ArrayLike) -> Outputs:
        """Columns of outputs, as in ChainRows."""
        at = _rows(txouts, self.txout_count, "txout")
        return Outputs(
            self.txout_value[at],
            self.txout_script[at],
            self.txout_tx[at],
            self.txout_spender[at],
            self.txout_unspendable[at],
        )

    def transactions(self, txs: npt.ArrayLike) -> Transactions:
        """Columns of transactions, as in ChainRows."""
        at = _rows(txs, self.tx_count, "tx")
        first_txout, first_txin = self.tx_first_txout[at], self.tx_first_txin[at]
        return Transactions(
            self.tx_height[at],
            first_txout,
            self.tx_first_txout[at + 1] - first_txout,
            self.tx_first_txin[at + 1] - first_txin,
        )

    def prevouts(self, tx: int) -> Int64:
        """What a transaction spends, as in ChainRows."""
        at = int(_rows([tx], self.tx_count, "tx")[0])
        return self.txin_prev_txout[self.tx_first_txin[at] : self.tx_first_txin[at + 1]]

    def outputs_of_scripts(self, scripts: npt.ArrayLike) -> Int64:
        """The outputs that pay any of the scripts, rising."""
        wanted = np.unique(np.asarray(scripts, np.int64))
        return np.flatnonzero(np.isin(self.txout_script, wanted)).astype(np.int64)

    def txs_of_heights(self, first: int, last: int) -> tuple[int, int]:
        """The transactions of some blocks, as in ChainRows."""
        start, end = np.searchsorted(self.tx_height, [first, last + 1])
        return int(start), int(end)


def load(store: Store) -> ChainArrays:
    """The whole chain of a store as arrays. Raises StoreError when an id leads nowhere."""

    def column(table: str, name: str) -> Int64:
        values = store.read(table, [name])[name].combine_chunks().fill_null(-1)
        return np.ascontiguousarray(values.to_numpy(zero_copy_only=False), dtype=np.int64)

    def ids(table: str, name: str, of: str) -> Int64:
        values = column(table, name)
        if len(values) and values.max() >= counts[of]:
            raise StoreError(
                f"{store.path}: {table}.{name} names a row that {of} does not have; run 'peelchain "
                f"chain verify --store {store.path}', then ingest into a new store"
            )
        return values

    counts = store.manifest.counts
    txin_tx = ids("txins", "tx_id", "txs")
    txin_prev = ids("txins", "prev_txout_id", "txouts")
    partial = store.manifest.partial is not None
    if partial:
        unknown = pc.equal(store.read("txins", ["state"])["state"].cast(pa.string()), NOT_FETCHED)
        rows = np.asarray(unknown.combine_chunks().to_numpy(zero_copy_only=False), bool)
        txin_prev = np.where(rows, -2, txin_prev)
    spent = txin_prev >= 0
    spender = np.full(counts.get("txouts", 0), -1, dtype=np.int64)
    spender[txin_prev[spent]] = txin_tx[spent]
    txout_script = ids("txouts", "script_id", "scripts")
    dead = _dead_outputs(store, spender)
    if partial:
        spender[(spender < 0) & ~_said_unspent(store, len(spender))] = -2
    return ChainArrays(
        tx_height=column("txs", "height").astype(np.int32),
        tx_first_txin=_bounds(column("txs", "first_txin"), counts.get("txins", 0)),
        tx_first_txout=_bounds(column("txs", "first_txout_id"), counts.get("txouts", 0)),
        txin_prev_txout=txin_prev,
        txout_value=column("txouts", "value_sat"),
        txout_script=txout_script,
        txout_tx=ids("txouts", "tx_id", "txs"),
        txout_spender=spender,
        txout_unspendable=_unspendable_scripts(store)[txout_script] | dead,
    )


def _said_unspent(store: Store, count: int) -> npt.NDArray[np.bool_]:
    """The outputs of a partial store that a server said nobody spends."""
    said = np.zeros(count, dtype=bool)
    said[store.read("absences", ["txout_id"])["txout_id"].to_numpy()] = True
    return said


def _rows(ids: npt.ArrayLike, count: int, what: str) -> Int64:
    rows = np.asarray(ids, np.int64)
    beyond = rows[(rows < 0) | (rows >= count)]
    if beyond.size:
        raise StoreError(f"{what} {beyond[0]} is not among {count}; ask for rows of this store")
    return rows


def _bounds(first: Int64, end: int) -> Int64:
    return np.append(first, end)


def _unspendable_scripts(store: Store) -> npt.NDArray[np.bool_]:
    scripts = store.read("scripts", ["script_pubkey"])["script_pubkey"]
    # 0x6a is OP_RETURN; over 10,000 bytes no script runs
    starts = pc.starts_with(scripts.cast(pa.large_binary()), pattern=b"\x6a")
    long = pc.greater(pc.binary_length(scripts), MAX_SCRIPT_BYTES)
    return np.asarray(pc.or_(starts, long).combine_chunks().to_numpy(zero_copy_only=False), bool)


def _dead_outputs(store: Store, spender: Int64) -> npt.NDArray[np.bool_]:
    """Outputs no node keeps: genesis's, and those a BIP 30 duplicate overwrote."""
    ranked = store.manifest.partial is not None and store.manifest.partial.ranks
    dead = np.zeros(len(spender), dtype=bool)
    coinbases = store.read("txs", ["txid", "tx_index", "first_txout_id", "txout_count"])
    coinbases = coinbases.filter(pc.equal(coinbases["tx_index"], 0))
    firsts = coinbases["first_txout_id"].to_pylist()
    sizes = coinbases["txout_count"].to_pylist()
    latest: dict[bytes, int] = {}
    for row, txid in enumerate(coinbases["txid"].to_pylist()):
        if txid in latest:
            older = slice(firsts[latest[txid]], firsts[latest[txid]] + sizes[latest[txid]])
            dead[older] = spender[older] < 0
        latest[txid] = row
    if firsts and store.read("txs", ["height"])["height"][0].as_py() == 0 and not ranked:
        dead[firsts[0] : firsts[0] + sizes[0]] = True
    return dead
