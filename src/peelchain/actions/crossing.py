"""A trace led through CoinJoins that a user names, and what is told of each."""

from collections.abc import Sequence
from typing import Any

from peelchain.actions.linkage import answer_of, judgement, linkage_of
from peelchain.actions.progress import Watch, silent
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError
from peelchain.trace.crossing import Crossing, cross
from peelchain.trace.linkage import Linkage
from peelchain.trace.walk import TraceRequest
from peelchain.units import format_hash, parse_txid


def cross_named(
    view: StoreView, request: TraceRequest, txids: Sequence[str], progress: Watch = silent
) -> Crossing:
    """The request's walk led through these CoinJoins, which stopped it.

    Each linkage counts interpretations of at least as many parties as the detector found, with
    the tolerances of its type. Raises MisuseError for a transaction that no detector takes for a
    CoinJoin, NotInChainError for one that the chain lacks.
    """
    linkages: dict[int, Linkage] = {}
    for txid in txids:
        tx_id = view.lookup.tx_ids(parse_txid(txid))[-1]
        judged = judgement(view, tx_id)
        if judged is None:
            raise MisuseError(
                f"transaction {txid} is no CoinJoin by any detector, so no trace stops there; "
                "leave it out of what is crossed"
            )

        def tell(what: str, done: int, of: int) -> None:
            progress(what, done, of)

        linkages[tx_id] = linkage_of(
            view, tx_id, parties_at_least=judged["participants_at_least"], progress=tell
        )
    return cross(view.chain, request, linkages, lambda stage, n, of: progress(stage, n, of or 0))


def told(view: StoreView, crossing: Crossing) -> list[dict[str, Any]]:
    """What is said of each CoinJoin crossed, beside the intervals, in chain order."""
    txids = view.lookup.txids([one.tx_id for one in crossing.crossed])
    said = []
    for one in crossing.crossed:
        judged = judgement(view, one.tx_id)
        sets = zip(one.linkage.output_sat, one.anonymity_sets(), strict=True)
        said.append(
            {
                "txid": format_hash(txids[one.tx_id]),
                "basis": "inference",
                "type": judged["type"] if judged else None,
                "participants_at_least": judged["participants_at_least"] if judged else 1,
                "is_reached": bool(one.entering),
                "entering": list(one.entering),
                "excluded_pairs": one.closed,
                **answer_of(one.linkage),
                "outputs": [
                    {
                        "vout": vout,
                        "value_sat": value,
                        "equal_outputs": equal,
                        "possible_inputs": possible,
                    }
                    for vout, (value, (equal, possible)) in enumerate(sets)
                ],
            }
        )
    return said
