"""Who is held to control both ends of a trace's hops, and on what basis."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, get_args

from peelchain.actions.view import StoreView
from peelchain.case.services import Services
from peelchain.cluster.change.controls import held_outputs
from peelchain.cluster.change.silent import silent_tx_ids
from peelchain.evaluate.error_rates import EVERYWHERE, Basis, ErrorRate, shipped
from peelchain.evaluate.payment_error import payment_error

SAME_SCRIPT = "same_script"
SAME_CLUSTER = "co_spend"
CHANGE = "change"
PAYMENT = "payment"
TAG = "tag"
UNKNOWN = "unknown"

INFERRED = (SAME_CLUSTER, CHANGE, PAYMENT)
"""The bases that are inferences; the others are facts, assertions, or nothing."""

_UNITS = {
    SAME_CLUSTER: ("multi_input", "merges"),
    CHANGE: ("change", "outputs held to be change"),
}
"""The rule whose measured error each inference rests on, and what was counted."""


def controls(view: StoreView, hops: Sequence[dict[str, Any]], known: Services) -> list[Any]:
    """Of each hop (from_txout_id, tx_id, to_txout_id) who is held to control the output it makes.

    `basis` says by what, the first that holds: `same_script`, it is the one that is spent, a fact;
    `co_spend`, its script is in the cluster that is spent; `tag`, it is a service's; `change` or
    `payment`, the predictor holds it to be the spender's or another's; `unknown`. `by` is
    `spender`, `another`, or None; `label` the service's wherever there is one; `probability` that
    of being change, where the predictor weighed it. None for the fee.
    """
    index = view.clusters.index
    silent = silent_tx_ids(view.clusters.coinjoins, view.clusters.lookalikes, view.policy.detectors)
    made = [hop for hop in hops if hop["to_txout_id"] is not None]
    said = {
        output.txout_id: output
        for outputs in held_outputs(
            view.lookup, {hop["tx_id"] for hop in made}, mixes=silent
        ).values()
        for output in outputs
    }
    spent, paid = (
        view.chain.outputs([hop[end] for hop in made]).script_id
        for end in ("from_txout_id", "to_txout_id")
    )
    own = index.cluster_of(spent) == index.cluster_of(paid)
    marks = known.marks_at(paid.tolist())
    ends = iter(zip(own.tolist(), spent.tolist(), paid.tolist(), marks, strict=True))
    found: list[Any] = []
    for hop in hops:
        to = hop["to_txout_id"]
        if to is None:
            found.append(None)
            continue
        is_own, spent_script, script, mark = next(ends)
        held = said.get(to)
        if spent_script == script:
            basis, by = SAME_SCRIPT, "spender"
        elif is_own:
            basis, by = SAME_CLUSTER, "spender"
        elif mark is not None:
            basis, by = TAG, "another"
        elif held is not None and held.held is not None:
            basis, by = held.held, "spender" if held.held == CHANGE else "another"
        else:
            basis, by = UNKNOWN, None
        found.append(
            {
                "basis": basis,
                "by": by,
                "label": mark.label if mark is not None else None,
                "probability": held.probability if held is not None else None,
            }
        )
    return found


def error_of(basis: str) -> ErrorRate | None:
    """The measured error of an inference; None for what is none, or was not measured."""
    if basis == PAYMENT:
        return payment_error()
    if basis not in _UNITS:
        return None
    rule, unit = _UNITS[basis]
    found = [r for r in shipped() if (r.rule, r.stratum, r.unit) == (rule, EVERYWHERE, unit)]
    return max(found, key=lambda r: get_args(Basis).index(r.basis), default=None)


def errors_of(found: Iterable[Any]) -> dict[str, Any]:
    """The measured error of each inference that these rest on; None where none was measured."""
    bases = {control["basis"] for control in found if control is not None}
    rates = {basis: error_of(basis) for basis in INFERRED if basis in bases}
    return {basis: asdict(rate) if rate else None for basis, rate in rates.items()}
