"""All that a case is drawn from: one store at one tip, under one clustering and set of tags."""

from dataclasses import dataclass

import pyarrow as pa

from peelchain.case.services import Services
from peelchain.cluster.members import ClusterIndex
from peelchain.network import Network
from peelchain.store.chain_rows import Int64
from peelchain.store.lookup import Lookup
from peelchain.store.stored_chain import Chain
from peelchain.tags.rates import Rates
from peelchain.units import format_hash


@dataclass(frozen=True)
class Sources:
    """What a case reads. `tag_script_ids` is the script_id of each row of `tags`, -1 for none."""

    network: Network
    lookup: Lookup
    chain: Chain
    policy: str
    links: pa.Table
    coinjoins: pa.Table
    index: ClusterIndex
    services: Services
    tags: pa.Table
    tag_script_ids: Int64
    rates: Rates

    def outpoints(self, txout_ids: list[int]) -> dict[int, str]:
        """TXID:VOUT of each output."""
        txouts = sorted(set(txout_ids))
        txs = self.chain.outputs(txouts).tx_id
        vouts = self.lookup.vouts(txouts)
        txids = self.lookup.txids(txs.tolist())
        return {
            txout: f"{format_hash(txids[tx])}:{vouts[txout]}"
            for txout, tx in zip(txouts, txs.tolist(), strict=True)
        }
