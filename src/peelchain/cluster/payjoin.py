"""Links that may rest on a PayJoin, which joins payer and payee.

In a PayJoin (BIP 78) the payee adds an input to the payment, and two outputs come of it as of most
payments. Nothing in the chain tells it from an ordinary payment out of several coins, so that
every such payment is a possible one: a doubt to look into, not a judgement. That two outputs leave
few links in doubt is measured in docs/methods/error-rates.md.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from peelchain.cluster.policy import MULTI_INPUT
from peelchain.store.arrays import Int64
from peelchain.store.lookup import Lookup

OUTPUTS = 2
"""Outputs of a PayJoin: what is paid and the payer's change (BIP 78)."""

OutputCounts = Callable[[Int64], Int64]
"""Gives the number of outputs of each of these tx_ids, which rise."""


def possible_payjoins(links: pa.Table, output_counts: OutputCounts) -> Int64:
    """The tx_ids, rising, of transactions that spend two scripts or more and have two outputs.

    Reads tx_id and rule of rows of the table `links`, in any order: only what `multi_input` links
    rests on co-spending. Asks for the outputs of those transactions alone.
    """
    spends = pc.equal(links["rule"].cast(pa.string()), MULTI_INPUT)
    tx_ids: Int64 = np.unique(links["tx_id"].filter(spends).to_numpy())
    of_two: Int64 = tx_ids[output_counts(tx_ids) == OUTPUTS]
    return of_two


def output_counts_in(lookup: Lookup) -> OutputCounts:
    """The number of outputs by look-ups of rows in a store."""

    def counts(tx_ids: Int64) -> Int64:
        found = lookup.columns_of("txs", tx_ids.tolist(), ["txout_count"])
        return np.array(found["txout_count"], dtype=np.int64)

    return counts
