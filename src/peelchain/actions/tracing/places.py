"""What the ids of a trace mean outside of the store: outpoints, addresses, heights and times."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from peelchain.actions.view import StoreView
from peelchain.script import address
from peelchain.units import format_hash, format_time


class Places:
    """Names of some outputs and transactions, looked up at once."""

    def __init__(self, view: StoreView, txouts: Iterable[int], txs: Iterable[int] = ()) -> None:
        """Looks up outputs by txout_id, transactions by tx_id, and the makers of the outputs."""
        wanted = np.array(sorted(set(txouts)), np.int64)
        outputs = view.chain.outputs(wanted)
        makers = outputs.tx_id.tolist()
        tx_ids = np.array(sorted({*makers, *txs}), np.int64)
        transactions = view.chain.transactions(tx_ids)
        heights = transactions.height.tolist()
        times = view.lookup.rows_of("blocks", set(heights), ["time_utc"])
        scripts = outputs.script_id.tolist()
        self._network = view.network
        self._scripts = view.lookup.scripts(set(scripts))
        self._txids = {t: format_hash(h) for t, h in view.lookup.txids(tx_ids.tolist()).items()}
        self._heights = dict(zip(tx_ids.tolist(), heights, strict=True))
        self._seconds = {h: row["time_utc"] // 1000 for h, row in times.items()}
        vouts = view.lookup.vouts(wanted.tolist())
        self._outputs: dict[int, tuple[int, int, int, int]] = {
            txout: (tx, vouts[txout], script, value)
            for txout, tx, script, value in zip(
                wanted.tolist(), makers, scripts, outputs.value_sat.tolist(), strict=True
            )
        }

    def maker(self, txout: int) -> int:
        """The tx_id of the transaction that made an output."""
        return self._outputs[txout][0]

    def vout(self, txout: int) -> int:
        """Its index there."""
        return self._outputs[txout][1]

    def script(self, txout: int) -> int:
        """Its script_id."""
        return self._outputs[txout][2]

    def value_sat(self, txout: int) -> int:
        """Its value."""
        return self._outputs[txout][3]

    def outpoint(self, txout: int) -> str:
        """`TXID:VOUT`."""
        tx, vout, _, _ = self._outputs[txout]
        return f"{self._txids[tx]}:{vout}"

    def address(self, txout: int) -> str | None:
        """The address it pays; None where its script has none."""
        return address(self._scripts[self.script(txout)], self._network)

    def txid(self, tx: int) -> str:
        """A transaction's id, as shown."""
        return self._txids[tx]

    def seconds(self, tx: int) -> int:
        """Its block header's time, in seconds since 1970."""
        return int(self._seconds[self._heights[tx]])

    def when(self, tx: int) -> dict[str, Any]:
        """Height and time of its block, for an answer."""
        return {"height": self._heights[tx], "time_utc": format_time(self.seconds(tx))}
