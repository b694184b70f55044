"""What may come to each destination through CoinJoins that a trace is led through on request."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from peelchain.actions.progress import Watch
from peelchain.actions.tracing.destinations import Destinations, seeds_once
from peelchain.actions.tracing.ends import End
from peelchain.actions.tracing.linkage import answer_of, judgement, linkage_of
from peelchain.actions.tracing.walk import Walked
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError
from peelchain.trace.bounds import Bound
from peelchain.trace.crossing import Crossed, cross, intervals
from peelchain.trace.walk import TraceRequest
from peelchain.units import format_hash, parse_txid, shown

Row = dict[str, Any]


def coinjoins_named(txids: Sequence[str], view: StoreView) -> list[int]:
    """The tx_ids of CoinJoins to be crossed, each once.

    Raises MisuseError for a transaction that is no CoinJoin of the clustering, NotInChainError for
    one that the chain lacks.
    """
    return list(dict.fromkeys(_coinjoin(txid, view) for txid in txids))


def crossed(walked: Walked, targets: Sequence[End], txs: Sequence[int], progress: Watch) -> Row:
    """The interval of each destination with the walk led through the CoinJoins of these tx_ids.

    Never an amount of a rule: inside a CoinJoin it would follow the order of inputs, which says
    nothing of who paid whom.
    """

    def tell(what: str, done: int, of: int | None) -> None:
        progress(what, done, of or 0)

    view = walked.view
    linkages = {
        tx: linkage_of(
            view,
            tx,
            parties_at_least=judged["participants_at_least"],
            progress=tell,
        )
        for tx in txs
        if (judged := judgement(view, tx)) is not None
    }
    found = cross(
        view.chain, _once(walked), linkages, lambda stage, n, of: progress(stage, n, of or 0)
    )
    destinations = Destinations(walked, targets, found.wide)
    ends = destinations.ends()
    every = destinations.every()
    told = intervals(found, [ends[d][0] for d in every], tell)
    rows: list[Row] = [
        {
            "destination": d.name,
            "type": d.type,
            "label": d.label,
            "wide": _amounts(interval.wide),
            "narrowed": _amounts(interval.narrowed),
        }
        for d, interval in zip(every, told, strict=True)
    ]
    rows.sort(key=lambda r: (-r["narrowed"]["least_sat"], -r["narrowed"]["most_sat"]))
    return {
        "partial": found.partial,
        "coinjoins": [_told(one, view) for one in found.crossed],
        "destinations": rows,
    }


def _coinjoin(txid: str, view: StoreView) -> int:
    tx = view.lookup.tx_ids(parse_txid(txid))[-1]
    if judgement(view, tx) is None:
        raise MisuseError(
            f"--cross {shown(txid)}: no detector takes it for a CoinJoin, so that nothing stops "
            "there; leave the option out"
        )
    return tx


def _once(walked: Walked) -> TraceRequest:
    """The walk's request with the claims on one output added up: no rule is asked for."""
    request = walked.request
    sats = seeds_once(walked)
    if len(sats) == len(request.seed_txouts):
        return replace(request, seed_claimants=None)
    firsts = np.array(list(dict.fromkeys(request.seed_txouts.tolist())), np.int64)
    return replace(request, seed_txouts=firsts, seed_traced_sat=sats, seed_claimants=None)


def _told(one: Crossed, view: StoreView) -> Row:
    judged = judgement(view, one.tx_id) or {}
    return {
        "txid": format_hash(view.lookup.txids([one.tx_id])[one.tx_id]),
        "type": judged.get("type"),
        "reached": bool(one.entering),
        "entering": len(one.entering),
        "closed_pairs": one.closed,
        "anonymity_sets": [
            {"vout": vout, "equal_outputs": equal, "possible_inputs": inputs}
            for vout, (equal, inputs) in enumerate(one.anonymity_sets())
        ],
        "linkage": answer_of(one.linkage),
    }


def _amounts(bound: Bound) -> dict[str, int]:
    names = ("least_sat", "most_sat", "least_known_sat", "most_known_sat")
    return {name: getattr(bound, name) for name in names}
