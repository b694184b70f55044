"""The chain read from a store's files as it is asked for, whatever its length."""

import numpy as np
import numpy.typing as npt

from peelchain import _core
from peelchain.errors import StoreError
from peelchain.store.arrays import ChainArrays
from peelchain.store.chain_rows import Int64, Outputs, Transactions
from peelchain.store.lookup import Lookup

CACHE_BYTES = 512 << 20
"""Memory for decoded pages: a walk in chain order needs few of a chain's at a time."""

CLUSTER_CACHE_BYTES = 128 << 20


class StoredChain:
    """ChainRows over an open store's files; equal to ChainArrays on every id.

    Of decoded pages at most `cache_bytes` are kept, and some 250 MB of where pages lie. Every
    method raises StoreError for an id beyond the chain, and where a file is missing or damaged.
    Not for several threads at once.
    """

    def __init__(self, lookup: Lookup, cache_bytes: int = CACHE_BYTES) -> None:
        self.core = _core.StoredChain(
            lookup.tables, lookup.lookups("txids", "spenders", "receipts"), cache_bytes
        )
        self.knows_clusters = False

    def use_clusters(self, rows: _core.TableRows) -> None:
        """Has walks stop at clusters of a run's table `clusters`, of which `rows` are."""
        self.core.set_clusters(rows, CLUSTER_CACHE_BYTES)
        self.knows_clusters = True

    @property
    def tx_count(self) -> int:
        """Transactions of the chain."""
        return self.core.tx_count

    @property
    def txout_count(self) -> int:
        """Outputs of the chain."""
        return self.core.txout_count

    def outputs(self, txouts: npt.ArrayLike) -> Outputs:
        """Columns of outputs, as in ChainRows."""
        return Outputs(*self.core.outputs(_ids(txouts)))

    def transactions(self, txs: npt.ArrayLike) -> Transactions:
        """Columns of transactions, as in ChainRows."""
        return Transactions(*self.core.transactions(_ids(txs)))

    def prevouts(self, tx: int) -> Int64:
        """What a transaction spends, as in ChainRows."""
        return self.core.prevouts(tx)

    def outputs_of_scripts(self, scripts: npt.ArrayLike) -> Int64:
        """The outputs that pay any of the scripts, rising."""
        return self.core.outputs_of_scripts(_ids(scripts))

    def txs_of_heights(self, first: int, last: int) -> tuple[int, int]:
        """The transactions of some blocks, as in ChainRows."""
        return self.core.first_tx_from(first), self.core.first_tx_from(last + 1)


Chain = ChainArrays | StoredChain
"""What can be traced over."""


def _ids(values: npt.ArrayLike) -> Int64:
    array = np.ascontiguousarray(values, np.int64)
    if array.ndim != 1:
        raise StoreError(f"ids come in {array.ndim} dimensions; ask for a plain list of them")
    return array
