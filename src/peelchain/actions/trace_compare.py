"""All rules and the bounds side by side, destination by destination."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peelchain.actions.policies import policy_asked
from peelchain.actions.progress import Watch, silent
from peelchain.actions.trace_crossing import crossed
from peelchain.actions.trace_destinations import Bounded, Destination, Destinations
from peelchain.actions.trace_ends import ends_of
from peelchain.actions.trace_filters import Filters, period
from peelchain.actions.trace_rules import ALL, public_rule, rules_of
from peelchain.actions.trace_seeds import SeedsAsked, seeds_of
from peelchain.actions.trace_tables import check_folder, write_tables
from peelchain.actions.trace_walk import Walked, head, walk_from
from peelchain.actions.traces import poison
from peelchain.actions.view import StoreView
from peelchain.trace.bounds import Bound
from peelchain.trace.walk import Direction
from peelchain.units import format_btc

Row = dict[str, Any]


@dataclass(frozen=True)
class CompareAsked:
    """A comparison in a user's words; `to` are ends that are asked for, as ends_of reads them.

    `cross` are txids of CoinJoins that the walk is led through, for intervals alone.
    """

    seeds: SeedsAsked
    to: Sequence[str] = ()
    direction: Direction = "forward"
    rules: Sequence[str] = (ALL,)
    filters: Filters = field(default_factory=Filters)
    policy: Sequence[str] = ()
    tables: Path | None = None
    cross: Sequence[str] = ()


def trace_compare(asked: CompareAsked, store: Path, progress: Watch = silent) -> Row:
    """What each rule leaves at each destination, between the bounds that no rule escapes.

    Destinations are services by name, the ends asked for, and the other types of terminal; they are
    ranked by the least that any conserving rule leaves there. Bounds speak of one destination at a
    time and do not add.
    """
    check_folder(asked.tables)
    names = rules_of(asked.direction, asked.rules)
    with StoreView(store, policy_asked(store, list(asked.policy), [])) as view:
        known = view.services
        targets = ends_of(asked.to, view, known)
        within = period(asked.filters, view)
        seeds = seeds_of(asked.seeds, asked.direction, within.limits, view)
        walked = walk_from(
            view,
            asked.direction,
            seeds,
            names,
            within,
            progress,
            graph=True,
            targets=targets,
        )
        answer = compared(walked, Destinations(walked, targets), progress)
        answer["crossing"] = (
            crossed(walked, targets, asked.cross, progress) if asked.cross else None
        )
        answer["tables"] = None
        if asked.tables is not None:
            stamp = {k: answer[k] for k in ("tip_height", "tip_hash", "policy", "run_id")}
            stamp |= {"partial": answer["partial"], "direction": asked.direction}
            stamp |= {"seeds_sat": answer["seeds_sat"], "filters": answer["filters"]}
            rows = bounds_rows(answer["destinations"])
            answer["tables"] = write_tables(asked.tables, stamp, {"bounds": rows})
        return answer


def compared(walked: Walked, destinations: Destinations, progress: Watch = silent) -> Row:
    """The answer on a walk that was asked for its graph."""
    every = destinations.every()
    amounts = destinations.amounts()
    found = destinations.bounded(every, progress)
    counts = {d: int(whole.sum()) for d, (whole, _) in destinations.ends().items()}
    order = sorted(
        every,
        key=lambda d: (-found[d].whole.least_sat, -found[d].whole.most_sat, d.name),
    )
    rows = [_row(rank, d, counts[d], amounts[d], found[d]) for rank, d in enumerate(order, 1)]
    return {
        **head(walked),
        "rules": rule_rows(walked),
        "poison": poison(walked.trace),
        "destinations": rows,
        "statements": list(_statements(walked, rows)),
    }


def bounds_rows(rows: Sequence[Row]) -> list[Row]:
    """The table `bounds` of the destinations, each scope in turn."""
    return [
        {
            "scope": scope,
            "destination": row["destination"],
            "type": row["type"],
            "label": row["label"],
            **row["bounds"][scope],
        }
        for scope in ("transaction", "account")
        for row in rows
        if row["bounds"].get(scope)
    ]


def _row(rank: int, of: Destination, ends: int, traced: dict[str, int], bounded: Bounded) -> Row:
    return {
        "rank": rank,
        "destination": of.name,
        "type": of.type,
        "label": of.label,
        "party": of.party,
        "category": of.category,
        "ends": ends,
        "traced_sat": traced,
        "bounds": {"transaction": bound_amounts(bounded.whole)},
        "without_inference_sat": bounded.direct.least_sat if bounded.direct else None,
    }


def rule_rows(walked: Walked) -> list[Row]:
    """Each rule with its sums, which are the seeds' to the satoshi."""
    return [
        {
            "rule": public_rule(name),
            "scope": "transaction",
            "seeds_sat": outcome.seeds_sat,
            "seeds_net_sat": outcome.seeds_net_sat,
            "totals": outcome.totals,
        }
        for name, outcome in walked.trace.rules.items()
    ]


def bound_amounts(bound: Bound) -> dict[str, int]:
    """The four amounts of a bound."""
    return {
        "least_sat": bound.least_sat,
        "most_sat": bound.most_sat,
        "least_known_sat": bound.least_known_sat,
        "most_known_sat": bound.most_known_sat,
    }


def _statements(walked: Walked, rows: Sequence[Row]) -> list[str]:
    said = []
    what = "come to" if walked.direction == "forward" else "come from"
    for row in rows:
        bound = row["bounds"]["transaction"]
        name = row["label"] or row["destination"].removeprefix("to:")
        if row["without_inference_sat"]:
            said.append(
                f"at least {format_btc(row['without_inference_sat'])} BTC {what} {name} under "
                "every conserving rule of scope transaction, traceable without any inference: from "
                "outputs given to outputs that are named themselves, not by their cluster"
            )
        elif row["type"] in ("service", "mixer", "target") and bound["least_sat"]:
            said.append(
                f"at least {format_btc(bound['least_sat'])} BTC {what} {name} under every "
                "conserving rule of scope transaction; which outputs are its, or which are the "
                "seeds', rests on clustering"
            )
    if any(
        row["bounds"]["transaction"]["most_sat"] > row["bounds"]["transaction"]["most_known_sat"]
        for row in rows
    ):
        said.append(
            "the walk was cut: the bounds allow for all that may have gone on from there, those "
            "called `known` for nothing of it"
        )
    return said
