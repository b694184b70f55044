"""The outputs a trace of a party starts from."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from peelchain.store.chain_rows import ChainRows, Int64


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


def receipts(chain: ChainRows, script_ids: npt.ArrayLike) -> Receipts:
    """The receipts of a set of scripts, told from transfers within it.

    Change counted as a receipt would inflate what the set took: hence by transaction, not output.
    """
    owned = chain.outputs_of_scripts(script_ids)
    found = chain.outputs(owned)
    spenders = np.unique(found.spender)
    is_internal = np.isin(found.tx_id, spenders[spenders >= 0])
    is_paid = found.value_sat > 0
    received, internal = is_paid & ~is_internal, is_paid & is_internal
    return Receipts(
        owned[received],
        owned[internal],
        _sum_sat(found.value_sat[received]),
        _sum_sat(found.value_sat[internal]),
    )


def _sum_sat(values: Int64) -> int:
    # Beyond some 4,000 times all money, 64 bits would wrap: halves cannot.
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())
