"""What transactions spend and make, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from peelchain.actions.view import StoreView
from peelchain.store.arrays import ChainArrays, Int64
from peelchain.store.chain_rows import Outputs


@dataclass(frozen=True)
class Coins:
    """N outputs, each beside a transaction that spends or makes it; all int64[N].

    `at` is the transaction asked about, `txout` the output, `value_sat`, `script` its script_id,
    `maker` the transaction that made it, `spender` the one that spends it, -1 for none.
    `unspendable` is bool[N].
    """

    at: Int64
    txout: Int64
    value_sat: Int64
    script: Int64
    maker: Int64
    spender: Int64
    unspendable: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.txout)

    def where(self, kept: npt.NDArray[np.bool_]) -> "Coins":
        """Those of the rows that are kept."""
        return Coins(
            self.at[kept],
            self.txout[kept],
            self.value_sat[kept],
            self.script[kept],
            self.maker[kept],
            self.spender[kept],
            self.unspendable[kept],
        )


def made_by(view: StoreView, tx_ids: Sequence[int] | Int64) -> Coins:
    """The outputs of transactions, these rising, in order of vout."""
    at = np.unique(np.asarray(tx_ids, np.int64))
    rows = view.chain.transactions(at)
    return _coins(view, np.repeat(at, rows.txout_count), spans(rows.first_txout, rows.txout_count))


def spent_by(view: StoreView, tx_ids: Sequence[int] | Int64) -> Coins:
    """The outputs that transactions spend, as far as they are known, in order of inputs."""
    at = np.unique(np.asarray(tx_ids, np.int64))
    chain = view.chain
    if isinstance(chain, ChainArrays):
        first = chain.tx_first_txin[at]
        counts = chain.tx_first_txin[at + 1] - first
        txouts = chain.txin_prev_txout[spans(first, counts)]
    else:
        parts = [chain.prevouts(tx_id) for tx_id in at.tolist()]
        counts = np.array([len(part) for part in parts], np.int64)
        txouts = np.concatenate([*parts, np.empty(0, np.int64)]).astype(np.int64)
    owners, known = np.repeat(at, counts), txouts >= 0
    return _coins(view, owners[known], txouts[known])


def paid_to(view: StoreView, scripts: Int64) -> Coins:
    """Every output that pays some scripts, in chain order; `at` is the transaction that made it."""
    txouts = view.chain.outputs_of_scripts(scripts)
    rows = view.chain.outputs(txouts)
    return _of(rows.tx_id, txouts, rows)


def spans(first: Int64, count: Int64) -> Int64:
    """The numbers from each first on, as many as its count, one after another."""
    ends = np.cumsum(count)
    whole = int(ends[-1]) if len(ends) else 0
    starts: Int64 = np.arange(whole, dtype=np.int64) + np.repeat(first - (ends - count), count)
    return starts


def _coins(view: StoreView, at: Int64, txouts: Int64) -> Coins:
    return _of(at, txouts, view.chain.outputs(txouts))


def _of(at: Int64, txouts: Int64, rows: Outputs) -> Coins:
    return Coins(
        at, txouts, rows.value_sat, rows.script_id, rows.tx_id, rows.spender, rows.unspendable
    )
