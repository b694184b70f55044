"""What to look for in new blocks, so that a trace is made only where something moved.

A trace of a long chain needs its clustering made anew: hours, for a block that touches nothing of
the case. To see whether it does takes a pass over the block alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from peelchain.actions.view import StoreView
from peelchain.actions.watching.strands import Strand
from peelchain.errors import NotInChainError
from peelchain.store.arrays import Int64
from peelchain.units import OutPoint

_MOST_TXS = 1_000_000
"""Transactions that are passed over; for more a trace is as quick."""


@dataclass(frozen=True)
class Footprint:
    """The outputs of which a spend would be told, and the scripts whose receipts would.

    `of` is what it was made of: run, watch list and policy. It holds names, not ids, which a
    reorganisation assigns anew.
    """

    of: tuple[object, ...]
    outpoints: tuple[OutPoint, ...]
    scripts: tuple[bytes, ...]

    def is_touched(self, view: StoreView, above: int, until: int) -> bool:
        """Whether blocks above a height and up to another spend or pay anything of it.

        Outputs that the chain lost count as touched. `view` needs no clustering for it.
        """
        chain, lookup = view.chain, view.lookup
        first, last = chain.txs_of_heights(above + 1, until)
        if last - first > _MOST_TXS:
            return True
        if first >= last:
            return False
        try:
            outputs = np.array(lookup.txout_ids(self.outpoints), np.int64)
        except NotInChainError:
            return True
        scripts = np.array(list(lookup.script_ids(self.scripts).values()), np.int64)
        spent = np.unique(np.concatenate([chain.prevouts(tx) for tx in range(first, last)]))
        spent = spent[spent >= 0]
        ends = chain.transactions([first, last - 1])
        made = np.arange(
            int(ends.first_txout[0]), int(ends.first_txout[1] + ends.txout_count[1]), dtype=np.int64
        )
        return bool(
            np.isin(spent, outputs).any()
            or np.isin(chain.outputs(spent).script_id, scripts).any()
            or np.isin(chain.outputs(made).script_id, scripts).any()
        )


def footprint(view: StoreView, strands: Sequence[Strand], of: tuple[object, ...]) -> Footprint:
    """What of the strands would be told if it moved."""
    resting = [strand.resting() for strand in strands]
    txouts: Int64 = np.unique(np.concatenate([np.empty(0, np.int64), *resting]))
    scripts: Int64 = np.unique(
        np.concatenate([np.empty(0, np.int64), *(strand.scripts for strand in strands)])
    )
    found = view.chain.outputs(txouts)
    unspent = txouts[found.spender < 0]
    owners = view.chain.outputs(unspent).tx_id
    firsts = view.chain.transactions(owners).first_txout.tolist()
    txids = view.lookup.txids(set(owners.tolist()))
    outpoints = [
        OutPoint(txids[tx], txout - first)
        for txout, tx, first in zip(unspent.tolist(), owners.tolist(), firsts, strict=True)
    ]
    return Footprint(of, tuple(outpoints), tuple(view.lookup.scripts(scripts.tolist()).values()))
