"""What to look for in new blocks, so that a trace is made only where something moved.

A trace of a long chain needs its clustering made anew: hours, for a block that touches nothing of
the case. To see whether it does takes a pass over the block alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from peelchain.actions.view import StoreView
from peelchain.actions.watching.strands import Strand
from peelchain.errors import NotInChainError
from peelchain.units import OutPoint

_MOST_TXS = 1_000_000
"""Transactions that are passed over; for more a trace is as quick."""


@dataclass(frozen=True)
class Resting:
    """An output of which a spend would be told: satoshis and script."""

    value_sat: int
    script_pubkey: bytes


@dataclass(frozen=True)
class Part:
    """What one strand has: outputs by name, and its own scripts, whose receipts are told.

    `of` and `loud` are as in a notice.
    """

    of: Mapping[str, Any]
    loud: bool
    outputs: Mapping[OutPoint, Resting]
    scripts: frozenset[bytes]


@dataclass(frozen=True)
class Footprint:
    """What each strand would be told of.

    `of` is what it was made of: run, watch list and policy. It holds names, not ids, which a
    reorganisation assigns anew.
    """

    of: tuple[object, ...]
    parts: tuple[Part, ...]

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
        outpoints = sorted({o for part in self.parts for o in part.outputs})
        try:
            outputs = np.array(lookup.txout_ids(outpoints), np.int64)
        except NotInChainError:
            return True
        known = lookup.script_ids({s for part in self.parts for s in part.scripts})
        scripts = np.array(list(known.values()), np.int64)
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


def footprint(
    view: StoreView, strands: Sequence[Strand], until: int, of: tuple[object, ...]
) -> Footprint:
    """What of the strands would be told if it moved above a height."""
    _, last = view.chain.txs_of_heights(0, until)
    return Footprint(of, tuple(_part(view, strand, last) for strand in strands))


def _part(view: StoreView, strand: Strand, last: int) -> Part:
    txouts = strand.resting()
    spender = view.chain.outputs(txouts).spender
    # what a later block spends is told when that has its confirmations
    txouts = txouts[(spender < 0) | (spender >= last)]
    found = view.chain.outputs(txouts)
    firsts = view.chain.transactions(found.tx_id).first_txout.tolist()
    txids = view.lookup.txids(set(found.tx_id.tolist()))
    scripts = view.lookup.scripts({*found.script_id.tolist(), *strand.scripts.tolist()})
    outputs = {
        OutPoint(txids[tx], txout - first): Resting(value, scripts[script])
        for txout, tx, first, value, script in zip(
            txouts.tolist(),
            found.tx_id.tolist(),
            firsts,
            found.value_sat.tolist(),
            found.script_id.tolist(),
            strict=True,
        )
    }
    own = frozenset(scripts[script] for script in strand.scripts.tolist())
    return Part(strand.of, strand.loud, outputs, own)
