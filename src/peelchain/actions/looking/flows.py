"""What scripts received and spent, transaction by transaction, and the balance that it left."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from peelchain.actions.view import StoreView
from peelchain.store.arrays import Int64
from peelchain.units import format_time

Row = dict[str, Any]

MOST_SCRIPTS = 200_000
"""Scripts above which a cluster's flows are not summed up for an answer that somebody awaits."""

POINTS = 500


@dataclass(frozen=True)
class Flows:
    """What some scripts received and spent.

    `txs` int64[T] are the transactions, rising; `received`, `spent` int64[T] satoshis in each;
    `heights` int64[T]. `outputs`, `scripts`, `values` int64[O] are the outputs that pay them.
    """

    txs: Int64
    received: Int64
    spent: Int64
    heights: Int64
    outputs: Int64
    scripts: Int64
    values: Int64
    unspent: int

    @property
    def received_sat(self) -> int:
        """All that was received."""
        return int(self.received.sum())

    @property
    def spent_sat(self) -> int:
        """All that was spent."""
        return int(self.spent.sum())

    def totals(self) -> Row:
        """Sums and counts.

        `net_received_sat` and `net_sent_sat` leave out what came back in the same transaction, such
        as change; the fees that the scripts paid are in what was sent.
        """
        change = self.received - self.spent
        return {
            "received_sat": self.received_sat,
            "sent_sat": self.spent_sat,
            "balance_sat": self.received_sat - self.spent_sat,
            "net_received_sat": int(change[change > 0].sum()),
            "net_sent_sat": -int(change[change < 0].sum()),
            "tx_count": len(self.txs),
            "receipt_count": len(self.outputs),
            "spend_count": len(self.outputs) - self.unspent,
        }


def flows_of(view: StoreView, scripts: Int64) -> Flows | None:
    """What these scripts received and spent; None where they are too many to sum up."""
    if len(scripts) > MOST_SCRIPTS:
        return None
    chain = view.chain
    ids = chain.outputs_of_scripts(scripts)
    outputs = chain.outputs(ids)
    spent = outputs.spender >= 0
    txs = np.union1d(outputs.tx_id, outputs.spender[spent]).astype(np.int64)
    received, paid = np.zeros(len(txs), np.int64), np.zeros(len(txs), np.int64)
    np.add.at(received, np.searchsorted(txs, outputs.tx_id), outputs.value_sat)
    at = np.searchsorted(txs, outputs.spender[spent])
    np.add.at(paid, at, outputs.value_sat[spent])
    return Flows(
        txs=txs,
        received=received,
        spent=paid,
        heights=chain.transactions(txs).height.astype(np.int64),
        outputs=ids,
        scripts=outputs.script_id,
        values=outputs.value_sat,
        unspent=int((~spent).sum()),
    )


def seen(view: StoreView, found: Flows) -> Row:
    """The first and the last block that the flows are in."""
    first, last = int(found.heights[0]), int(found.heights[-1])
    times = times_of(view, [first, last])
    return {
        "first_seen_height": first,
        "last_seen_height": last,
        "first_seen_utc": format_time(times[first]),
        "last_seen_utc": format_time(times[last]),
    }


def over_time(view: StoreView, found: Flows) -> list[Row]:
    """The balance after each block, or after each of POINTS stretches of them, in chain order.

    `received_sat` and `sent_sat` are those of the stretch without what came back in the same
    transaction; so all points add up.
    """
    heights, first = np.unique(found.heights, return_index=True)
    change = found.received - found.spent
    received = np.add.reduceat(np.maximum(change, 0), first)
    sent = np.add.reduceat(np.maximum(-change, 0), first)
    starts = np.unique(np.linspace(0, len(heights), min(POINTS, len(heights)) + 1, dtype=np.int64))
    ends = starts[1:] - 1
    received, sent = (np.add.reduceat(some, starts[:-1]) for some in (received, sent))
    balance = np.cumsum(received - sent)
    at = heights[ends].tolist()
    times = times_of(view, at)
    return [
        {
            "height": height,
            "time_utc": format_time(times[height]),
            "received_sat": came,
            "sent_sat": went,
            "balance_sat": left,
        }
        for height, came, went, left in zip(
            at, received.tolist(), sent.tolist(), balance.tolist(), strict=True
        )
    ]


def times_of(view: StoreView, heights: list[int]) -> dict[int, int]:
    """The time of each block's header, in seconds since 1970."""
    rows = view.lookup.rows_of("blocks", heights, ["time_utc"])
    return {height: row["time_utc"] // 1000 for height, row in rows.items()}
