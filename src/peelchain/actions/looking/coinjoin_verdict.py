"""What the detectors hold a transaction for."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from peelchain.actions.explain import rate_told
from peelchain.actions.shapes import shapes_of
from peelchain.actions.view import StoreView
from peelchain.evaluate.error_rates import EVERYWHERE, shipped

Row = dict[str, Any]


def coinjoin_verdict(tx_id: int, view: StoreView) -> Row | None:
    """The CoinJoin that a transaction is held to be, or what it merely looks like; None for none.

    `held` is `coinjoin` where it gives no link for being one, else `lookalike`. `reasons` are
    sentences, `measured` is how often the detector is right.
    """
    for held, table in (
        ("coinjoin", view.clusters.coinjoins),
        ("lookalike", view.clusters.lookalikes),
    ):
        rows = table.filter(pc.equal(table["tx_id"], pa.scalar(tx_id, pa.int64()))).to_pylist()
        if rows:
            (row, *_) = rows
            return {
                "held": held,
                "type": row["type"],
                "taken_for": row.get("taken_for"),
                "links": held == "lookalike" and row["type"] not in view.policy.detectors,
                "participants_at_least": row["participants_at_least"],
                "score": row["score"],
                "reasons": row["reasons"].split("; "),
                "basis": "inference",
                "measured": _measured(row["type"]),
            }
    judged = shapes_of(view.lookup, [tx_id])[tx_id]
    kind = judged.type or judged.lookalike
    if kind is None:
        return None
    return {
        "held": "lookalike",
        "type": kind,
        "taken_for": None,
        "links": judged.gives_links,
        "participants_at_least": judged.participants_at_least,
        "score": judged.score,
        "reasons": list(judged.reasons),
        "basis": "inference",
        "measured": _measured(kind),
    }


def _measured(kind: str) -> Row | None:
    """How often the detectors are right that give a transaction this name; None where unknown."""
    order = ("simulated", "real", "field")
    known = [
        rate
        for rate in shipped()
        if (rate.rule, rate.stratum) == (kind, EVERYWHERE) and rate.precision is not None
    ]
    rate = max(known, key=lambda r: order.index(r.basis), default=None)
    return rate_told(rate)
