"""How much value passes from one set of ends to another, by every rule and at the bounds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.actions.policies import policy_asked
from peelchain.actions.progress import Watch, silent
from peelchain.actions.tracing.compare import bound_amounts, rule_rows
from peelchain.actions.tracing.destinations import (
    Destinations,
    bounds_until_stopped,
    deaf_to_the_past,
)
from peelchain.actions.tracing.ends import End, end_told, ends_of, seeds_at
from peelchain.actions.tracing.filters import Filters, period
from peelchain.actions.tracing.rules import ALL, public_rule, rules_of
from peelchain.actions.tracing.walk import Walked, head, walk_from
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError
from peelchain.store.arrays import Int64
from peelchain.tags.knowledge import ALL as ALL_KNOWN
from peelchain.tags.knowledge import Knowledge
from peelchain.units import shown

Row = dict[str, Any]


@dataclass(frozen=True)
class BetweenAsked:
    """Two sets of ends in a user's words, as ends_of reads them."""

    start: Sequence[str]
    end: Sequence[str]
    rules: Sequence[str] = (ALL,)
    filters: Filters = field(default_factory=Filters)
    policy: Sequence[str] = ()
    knowledge: Knowledge = ALL_KNOWN


def trace_between(asked: BetweenAsked, store: Path, progress: Watch = silent) -> Row:
    """What of the first set's value comes to the second, pair by pair.

    The first set is traced as one party from its outputs and receipts, each member a claimant, so
    that the amounts of the pairs add up; it rests where it first comes to a member of the second.
    `direct` are the outputs of the second made by transactions that spend from the first, whole:
    gross, whoever else paid for them. Raises MisuseError where the sets share something.
    """
    names = rules_of("forward", asked.rules)
    policy = policy_asked(store, list(asked.policy), [])
    with StoreView(store, policy, knowledge=asked.knowledge) as view:
        known = view.services
        starts, ends = ends_of(asked.start, view, known), ends_of(asked.end, view, known)
        _check_apart(starts, ends)
        within = period(asked.filters, view)
        seeds = seeds_at(starts, within.limits, view)
        walked = walk_from(
            view,
            "forward",
            seeds,
            names,
            within,
            progress,
            graph=True,
            targets=ends,
        )
        destinations = Destinations(walked, ends)
        arrived = destinations.amounts()
        of = {d.name.removeprefix("to:"): d for d in destinations.every() if d.type == "target"}
        flags = {d: whole for d, (whole, _) in destinations.ends().items()}
        nothing = np.zeros(len(destinations.network.end_types), bool)
        chosen = [flags[of[end.text]] if end.text in of else nothing for end in ends]
        wanted = [*chosen, np.logical_or.reduce(chosen)]
        done = bounds_until_stopped(destinations.network, wanted, deaf_to_the_past(progress))
        missing = len(wanted) - len(done)
        found = [*done, *[None] * missing]
        none = {public_rule(name): 0 for name in names}
        amounts = [arrived[of[end.text]] if end.text in of else none for end in ends]
        direct = [[_direct(start, end, view) for end in ends] for start in starts]
        pairs = _pairs(walked, destinations, starts, ends, amounts)
        return {
            **head(walked),
            **({"partial": True, "stopped_by": "you"} if missing else {}),
            "bounds_missing": {"transaction": missing},
            "from": [end_told(end) for end in starts],
            "to": [
                {
                    **end_told(end),
                    "traced_sat": traced,
                    "bounds": {"transaction": bound_amounts(bound)},
                    "direct": _added([row[at] for row in direct]),
                }
                for at, (end, traced, bound) in enumerate(zip(ends, amounts, found, strict=False))
            ],
            "rules": rule_rows(walked),
            "traced_sat": {rule: sum(row[rule] for row in amounts) for rule in none},
            "bounds": {"transaction": bound_amounts(found[-1])},
            "direct": _added([cell for row in direct for cell in row]),
            "pairs": [
                {"from": a.text, "to": b.text, "traced_sat": pairs[i][j], "direct": direct[i][j]}
                for i, a in enumerate(starts)
                for j, b in enumerate(ends)
            ],
        }


def _check_apart(starts: Sequence[End], ends: Sequence[End]) -> None:
    for start in starts:
        for end in ends:
            if (
                np.intersect1d(start.scripts, end.scripts).size
                or np.intersect1d(start.txouts, end.txouts).size
            ):
                raise MisuseError(
                    f"{shown(start.text)} and {shown(end.text)} are one, in part or whole; the two "
                    "sets must be apart"
                )


def _pairs(
    walked: Walked,
    destinations: Destinations,
    starts: Sequence[End],
    ends: Sequence[End],
    amounts: Sequence[dict[str, int]],
) -> list[list[dict[str, int]]]:
    """The traced satoshis of each start at each end, by rule."""
    if len(starts) == 1:
        return [[dict(amount) for amount in amounts]]
    rules = [public_rule(name) for name in walked.rules]
    found = [[dict.fromkeys(rules, 0) for _ in ends] for _ in starts]
    column = {f"to:{end.text}": at for at, end in enumerate(ends)}
    for name in walked.rules:
        claims = walked.trace.rules[name].claims
        for row in [] if claims is None else claims.to_pylist():
            if row["type"] == "target":
                end = column[destinations.at("target", row["tx_id"], row["txout_id"]).name]
                found[row["claimant"]][end][public_rule(name)] += row["traced_sat"]
    return found


def _direct(start: End, end: End, view: StoreView) -> Row:
    """The outputs of the end that transactions make which spend from the start, and their value."""
    spenders = view.chain.outputs(_outputs(start, view)).spender
    paid = _outputs(end, view)
    outputs = view.chain.outputs(paid)
    made = np.isin(outputs.tx_id, spenders[spenders >= 0])
    return {"outputs": int(made.sum()), "value_sat": sum(outputs.value_sat[made].tolist())}


def _outputs(end: End, view: StoreView) -> Int64:
    return end.txouts if len(end.txouts) else view.chain.outputs_of_scripts(end.scripts)


def _added(cells: Sequence[Row]) -> Row:
    """An output paid by several of the first set counts once for each."""
    return {name: sum(cell[name] for cell in cells) for name in ("outputs", "value_sat")}
