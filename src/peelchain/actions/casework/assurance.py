"""How sure a report is: every rule with its bounds, what each finding rests on, null controls."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from peelchain.actions.casework.findings import CaseFindings
from peelchain.actions.progress import Progress
from peelchain.actions.tracing.controls import SAME_CLUSTER, controls, error_of
from peelchain.actions.tracing.null_controls import compared_with, excluded, script_types
from peelchain.actions.view import StoreView
from peelchain.case.services import service_name, services_at
from peelchain.case.support.alternatives import Seen, alternatives
from peelchain.case.support.rule_table import (
    AllRules,
    bounds_at,
    most_bounded,
    rule_table,
    under_all_rules,
)
from peelchain.case.support.support import Place, Support, places, supports
from peelchain.cluster.certainty import joint_truth
from peelchain.cluster.policy import MULTI_INPUT
from peelchain.evaluate.error_rates import ErrorRate
from peelchain.store.arrays import Int64
from peelchain.trace.null_controls import Arrival, Namer, arrival, matches, null_arrivals
from peelchain.trace.walk import TERMINAL_TYPES, Direction, TraceRequest

Row = dict[str, Any]

DRAWS = 20
DRAW_NUMBER = 1
MOST_DRAWN_TXS = 400_000
"""Transactions that the draws of a null control may walk through, by those of the trace itself."""

_PLACES = Decimal("0.0001")


def assurance(view: StoreView, derived: CaseFindings, doubts: Row, progress: Progress) -> Row:
    """The part `assurance` of report.json (docs/evidence-format.md), but for `would_change`.

    `doubts` is the part of that name.
    """
    labels = {entity["entity"]: entity["label"] for entity in derived.owned.entities}
    tables: dict[Direction, AllRules] = {}
    told: Row = {"rule_table": {}, "null_control": {}}
    directions: tuple[Direction, ...] = ("backward", "forward")
    for direction in directions:
        request = derived.request(direction)
        tables[direction] = under_all_rules(view.chain, request, progress)
        told["rule_table"][direction] = rule_table(
            tables[direction], derived.found, labels, progress
        )
        told["null_control"][direction] = _null_control(view, derived, request, progress)
    placed = places(
        derived.sources, derived.subject, derived.found, derived.backward, derived.forward
    )
    held = supports(derived.sources, derived.owned, placed)
    others = alternatives(
        derived.sources,
        derived.found,
        placed,
        held,
        Seen(
            doubts,
            _steps(view, derived, placed),
            np.unique(view.clusters.lookalikes["tx_id"].to_numpy()),
            np.unique(derived.forward.reached.txouts),
        ),
    )
    limits = _limits(tables, placed, progress)
    told["findings"] = {
        name: {
            "basis": "fact" if not held[name].links and place.direction is None else "inference",
            "facts": len(held[name].txids),
            "inferences": _inferences(held[name]),
            "assertions": list(held[name].tags),
            "truth_low": _truth_low(held[name]),
            **limits.get(name, {"least_sat": None, "most_sat": None}),
            "alternatives": others[name],
        }
        for name, place in placed.items()
    }
    return told


def _inferences(held: Support) -> list[Row]:
    """The links of a finding's support by rule, with the rule's measured error."""
    rows = []
    for rule, count in sorted(Counter(rule for _, _, rule in held.links).items()):
        rate = _error(rule)
        rows.append(
            {
                "kind": "link",
                "rule": rule,
                "count": count,
                "precision": _share(rate.precision) if rate else None,
                "precision_low": _share(rate.precision_low) if rate else None,
                "data": f"{rate.basis}: {rate.data}" if rate else None,
            }
        )
    return rows


def _truth_low(held: Support) -> str | None:
    """The least chance that all its links are right at once; None where one was not measured."""
    return _share(joint_truth([rule for _, _, rule in held.links], _error).at_least_low)


def _error(rule: str) -> ErrorRate | None:
    return error_of(SAME_CLUSTER if rule == MULTI_INPUT else rule)


def _limits(
    tables: Mapping[Direction, AllRules], placed: Mapping[str, Place], progress: Progress
) -> dict[str, Row]:
    """The bounds of each inflow and outflow, on a large case of the greatest ones."""
    found = {}
    for direction, of in tables.items():
        rows = [(name, p) for name, p in placed.items() if p.direction == direction]
        rows.sort(key=lambda row: -max(row[1].row["traced_sat"].values()))
        chosen = rows[: most_bounded(of)]
        limits = bounds_at(of, [[place.txout] for _, place in chosen], progress)
        for (name, _), bound in zip(chosen, limits, strict=True):
            found[name] = {"least_sat": bound.least_sat, "most_sat": bound.most_sat}
    return found


def _steps(
    view: StoreView, derived: CaseFindings, placed: Mapping[str, Place]
) -> dict[tuple[int, int], str]:
    """The basis on which each output of a path is held to be somebody's, by the one before."""
    steps = sorted({step for place in placed.values() for step in pairwise(place.path)})
    makers = derived.sources.chain.outputs([to for _, to in steps]).tx_id.tolist()
    hops = [
        {"from_txout_id": source, "tx_id": tx, "to_txout_id": to}
        for (source, to), tx in zip(steps, makers, strict=True)
    ]
    held = controls(view, hops, derived.sources.services)
    return {step: control["basis"] for step, control in zip(steps, held, strict=True)}


def _null_control(
    view: StoreView, derived: CaseFindings, request: TraceRequest, progress: Progress
) -> Row:
    """How often outputs like the seeds reach the services of the case, under the first rule."""
    trace = derived.backward if request.direction == "backward" else derived.forward
    draws = min(DRAWS, MOST_DRAWN_TXS // max(1, trace.visited_txs))
    told = {"rule": derived.rules[0], "draws": draws, "seeds": len(request.seed_txouts)}
    if not draws:
        return {**told, "matched": None, "services": []}
    services = derived.sources.services
    found = matches(
        view.chain,
        request.seed_txouts,
        script_types(view),
        excluded(view, services, derived.subject.scripts, request.seed_txouts),
    )
    names = _namer(derived, request.direction)
    real = arrival(view.chain, request, names)
    drawn: list[Arrival] = []
    if found.matched:
        drawn = null_arrivals(
            view.chain,
            request,
            found,
            names,
            draws=draws,
            seed_number=DRAW_NUMBER,
            progress=lambda what, done, of: progress(what, done, of),
        )
    entities = sorted({*real.arrived_sat, *real.reaching}, key=lambda name: int(name[1:]))
    return {
        **told,
        "draws": len(drawn),
        "matched": found.matched,
        "services": [_null_row(compared_with(entity, real, drawn)) for entity in entities],
    }


def _null_row(row: Row) -> Row:
    null = row["null"]
    return {
        "entity": row["destination"],
        "arrived_sat": row["arrived_sat"],
        "share": _share(row["share"]),
        "reaching_seeds": row["reaching_seeds"],
        "rank": row["rank"],
        "draws_reaching": null["draws_reaching"]["count"],
        "draws_with_as_much": null["draws_with_as_much"]["count"],
        "as_much_low": _share(null["draws_with_as_much"]["low"]),
        "as_much_high": _share(null["draws_with_as_much"]["high"], ROUND_UP),
        "share_low": _share(null["share"]["low"]),
        "share_median": _share(null["share"]["median"]),
        "share_high": _share(null["share"]["high"], ROUND_UP),
    }


def _namer(derived: CaseFindings, direction: Direction) -> Namer:
    """The entity of an end at one of the case's services; None for any other end."""
    sources, entity_of = derived.sources, derived.found.entity_of
    tagged = [TERMINAL_TYPES.index(kind) for kind in ("service", "mixer")]

    def names(kinds: npt.NDArray[np.uint8], txouts: Int64) -> Sequence[str | None]:
        rows = np.flatnonzero(np.isin(kinds, tagged))
        makers = sources.chain.outputs(txouts[rows]).tx_id.tolist()
        ends = list(zip(makers, txouts[rows].tolist(), strict=True))
        marks = services_at(direction, ends, sources.chain, sources.services)
        found: list[str | None] = [None] * len(kinds)
        for row, mark in zip(rows.tolist(), marks, strict=True):
            found[row] = entity_of.get(service_name(mark)) if mark is not None else None
        return found

    return names


def _share(value: float | None, rounding: str = ROUND_DOWN) -> str | None:
    """A share as decimal text of four places; None for None."""
    # through its shortest text, so that 0.9 does not become 0.8999
    return None if value is None else str(Decimal(repr(value)).quantize(_PLACES, rounding))
