"""What is asked of the chain by dense ids, whether it is in memory or in a store's files."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Outputs:
    """Columns of N outputs, in the order asked.

    `value_sat`, `script_id`, `tx_id` (that made it), `spender` (the transaction that spends it, -1
    for none, -2 where a partial store does not know) int64[N]; `unspendable` bool[N] as in
    ChainArrays.
    """

    value_sat: Int64
    script_id: Int64
    tx_id: Int64
    spender: Int64
    unspendable: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Transactions:
    """Columns of N transactions, in the order asked.

    `height` int32[N]; `first_txout` int64[N] the txout_id of vout 0; `txout_count`, `txin_count`
    int64[N].
    """

    height: npt.NDArray[np.int32]
    first_txout: Int64
    txout_count: Int64
    txin_count: Int64


class ChainRows(Protocol):
    """The best chain of a store by dense ids. Raises StoreError for ids beyond the chain."""

    @property
    def tx_count(self) -> int:
        """Transactions of the chain."""

    @property
    def txout_count(self) -> int:
        """Outputs of the chain."""

    def outputs(self, txouts: npt.ArrayLike) -> Outputs:
        """Columns of outputs, in any order, repeated where asked twice."""

    def transactions(self, txs: npt.ArrayLike) -> Transactions:
        """Columns of transactions, in any order."""

    def prevouts(self, tx: int) -> Int64:
        """The txout_ids a transaction spends in order of its inputs: -1 coinbase, -2 unknown."""

    def outputs_of_scripts(self, scripts: npt.ArrayLike) -> Int64:
        """The txout_ids that pay any of the scripts, rising."""

    def txs_of_heights(self, first: int, last: int) -> tuple[int, int]:
        """The tx_ids of the blocks from height `first` to `last`: from, up to and not with."""
