"""What transactions of a store look like to the detectors, one by one."""

from collections.abc import Iterable

from peelchain.cluster.coinjoin.classify import Judgement, classify
from peelchain.cluster.coinjoin.parse import Paid, Spent, Transaction
from peelchain.store.lookup import Lookup

SUSPECTED = "payjoin_suspected"
"""The shape of a PayJoin, which ordinary wallets make too."""


def shapes_of(lookup: Lookup, tx_ids: Iterable[int]) -> dict[int, Judgement]:
    """The detectors' judgement of each transaction by its own shape; lineage is not looked for."""
    wanted = sorted(set(tx_ids))
    columns = ["txid", "first_txin", "txin_count", "first_txout_id", "txout_count"]
    txs = lookup.rows_of("txs", wanted, columns)
    spans = {i: range(t["first_txin"], t["first_txin"] + t["txin_count"]) for i, t in txs.items()}
    made = {
        i: range(t["first_txout_id"], t["first_txout_id"] + t["txout_count"])
        for i, t in txs.items()
    }
    txins = lookup.rows_of(
        "txins", (n for span in spans.values() for n in span), ["state", "prev_txout_id"]
    )
    prevouts = (t["prev_txout_id"] for t in txins.values() if t["prev_txout_id"] is not None)
    txouts = lookup.rows_of(
        "txouts",
        [*prevouts, *(n for span in made.values() for n in span)],
        ["script_id", "value_sat"],
    )
    scripts = lookup.scripts({t["script_id"] for t in txouts.values()})

    def spent(row: int) -> Spent:
        prevout = txouts.get(txins[row]["prev_txout_id"])
        if prevout is None:
            return Spent(b"", None, None, False)
        return Spent(b"", prevout["value_sat"], scripts[prevout["script_id"]], False)

    transactions = (
        Transaction(
            txs[i]["txid"],
            any(txins[n]["state"] == "coinbase" for n in spans[i]),
            tuple(spent(n) for n in spans[i]),
            tuple(Paid(txouts[n]["value_sat"], scripts[txouts[n]["script_id"]]) for n in made[i]),
        )
        for i in wanted
    )
    return dict(zip(wanted, classify(transactions), strict=True))
