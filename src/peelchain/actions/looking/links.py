"""Why two addresses are one party: the certificate, by names that hold outside the store."""

from typing import Any

from peelchain.actions.explain import link_explained
from peelchain.actions.looking.parties import service_told
from peelchain.actions.looking.stamp import stamp
from peelchain.actions.scripts import script_id_of
from peelchain.actions.view import StoreView
from peelchain.units import format_time

Row = dict[str, Any]


def look_at_link(a: str, b: str, view: StoreView) -> Row:
    """As `explain.explain_link`, with each transaction's height and time, and whose both ends are.

    Raises AddressError, and NotInChainError for an address that the chain never has.
    """
    told = link_explained(a, b, view)
    txids = {row["txid"] for row in told["links"]}
    if told["weakest_cut"]:
        txids |= {row["txid"] for row in told["weakest_cut"]["transactions"]}
    if told["nearest"] and told["nearest"]["left_out"]:
        txids |= {row["txid"] for row in told["nearest"]["left_out"]}
    ends = [script_id_of(text, view) for text in (a, b)]
    marks = view.services.marks_at(ends)
    if told["superclusters"]:
        told["superclusters"] = [
            {key: value for key, value in row.items() if key != "cluster_id"}
            for row in told["superclusters"]
        ]
    return {
        **told,
        **stamp(view),
        "a": a,
        "b": b,
        "service_a": service_told(marks[0]),
        "service_b": service_told(marks[1]),
        "places": _places(sorted(txids), view),
    }


def _places(txids: list[str], view: StoreView) -> Row:
    """Height and time of each transaction, by txid."""
    ids = {txid: view.tx_ids_of(txid)[-1] for txid in txids}
    heights = view.lookup.rows_of("txs", ids.values(), ["height"])
    times = view.lookup.rows_of("blocks", (row["height"] for row in heights.values()), ["time_utc"])
    return {
        txid: {
            "height": heights[tx]["height"],
            "time_utc": format_time(times[heights[tx]["height"]]["time_utc"] // 1000),
        }
        for txid, tx in ids.items()
    }
