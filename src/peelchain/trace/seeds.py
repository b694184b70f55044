"""The outputs a trace of a party starts from."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from peelchain.store.arrays import ChainArrays, Int64


@dataclass(frozen=True)
class Receipts:
    """What a set of scripts was paid, as rising txout_ids. Outputs of no value are left out.

    `txouts` are the receipts: made by transactions that spend nothing of the set. `internal` are
    the rest, change and transfers within the set, which bring it nothing.
    """

    txouts: Int64
    internal: Int64
    received_sat: int
    internal_sat: int


def receipts(arrays: ChainArrays, script_ids: npt.ArrayLike) -> Receipts:
    """The receipts of a set of scripts, told from transfers within it.

    Change counted as a receipt would inflate what the set took: hence by transaction, not output.
    """
    scripts = np.unique(np.asarray(script_ids, np.int64))
    owned = np.flatnonzero(np.isin(arrays.txout_script, scripts))
    spenders = np.unique(arrays.txout_spender[owned])
    owned = owned[arrays.txout_value[owned] > 0]
    is_internal = np.isin(arrays.txout_tx[owned], spenders[spenders >= 0])
    received, internal = owned[~is_internal], owned[is_internal]
    return Receipts(
        received.astype(np.int64),
        internal.astype(np.int64),
        _sum_sat(arrays, received),
        _sum_sat(arrays, internal),
    )


def _sum_sat(arrays: ChainArrays, txouts: npt.NDArray[np.intp]) -> int:
    # Beyond some 4,000 times all money, 64 bits would wrap: halves cannot.
    values = arrays.txout_value[txouts]
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())
