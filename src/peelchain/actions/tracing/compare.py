"""All rules and the bounds side by side, destination by destination."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.actions.policies import policy_asked
from peelchain.actions.progress import Watch, silent
from peelchain.actions.tracing.account_scope import SCOPE, AccountScope, account_scope, has_books
from peelchain.actions.tracing.crossing import coinjoins_named, crossed
from peelchain.actions.tracing.cuts import MOST_PARTS, cuts_rows, cuts_told, shortened
from peelchain.actions.tracing.destinations import (
    Bounded,
    Destination,
    Destinations,
    deaf_to_the_past,
)
from peelchain.actions.tracing.ends import ends_of
from peelchain.actions.tracing.fiat import Fiat, fiat_in
from peelchain.actions.tracing.filters import Filters, period
from peelchain.actions.tracing.rules import ALL, public_rule, rules_by_scope
from peelchain.actions.tracing.seeds import SeedsAsked, seeds_of
from peelchain.actions.tracing.tables import check_folder, write_tables
from peelchain.actions.tracing.traces import poison
from peelchain.actions.tracing.walk import Walked, head, walk_from
from peelchain.actions.view import StoreView
from peelchain.tags.knowledge import ALL as ALL_KNOWN
from peelchain.tags.knowledge import Knowledge
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
    fiat: str | None = None
    rates_of: str | None = None
    cuts: bool = False
    """Whether to say which outputs prove each least and most."""
    knowledge: Knowledge = ALL_KNOWN


def trace_compare(asked: CompareAsked, store: Path, progress: Watch = silent) -> Row:
    """What each rule leaves at each destination, between the bounds that no rule escapes.

    Destinations are services by name, the ends asked for, and the other types of terminal; they are
    ranked by the least that any conserving rule leaves there. Bounds speak of one destination at a
    time and do not add.
    """
    check_folder(asked.tables)
    names, account_names = rules_by_scope(asked.direction, asked.rules, books=has_books(store))
    policy = policy_asked(store, list(asked.policy), [])
    with StoreView(store, policy, knowledge=asked.knowledge) as view:
        worth = fiat_in(asked.fiat, asked.rates_of, view)
        known = view.services
        targets = ends_of(asked.to, view, known)
        coinjoins = coinjoins_named(asked.cross, view)
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
        accounts = None
        if account_names:
            accounts = account_scope(walked, account_names, targets, progress)
        destinations = Destinations(walked, targets)
        cuts = asked.cuts or asked.tables is not None
        most = MOST_PARTS if asked.tables is None else None
        answer = compared(
            walked, destinations, accounts, worth, progress, cuts=cuts, most_parts=most
        )
        answer["crossing"] = crossed(walked, targets, coinjoins, progress) if coinjoins else None
        answer["tables"] = None
        if asked.tables is not None:
            stamp = {k: answer[k] for k in ("tip_height", "tip_hash", "policy", "run_id")}
            stamp |= {"partial": answer["partial"], "direction": asked.direction}
            stamp |= {"seeds_sat": answer["seeds_sat"], "filters": answer["filters"]}
            rows = answer["destinations"]
            tables = {"bounds": bounds_rows(rows), "cuts": cuts_rows(rows)}
            answer["tables"] = write_tables(asked.tables, stamp, tables)
        shortened(answer["destinations"])
        return answer


def compared(
    walked: Walked,
    destinations: Destinations,
    accounts: AccountScope | None = None,
    worth: Fiat | None = None,
    progress: Watch = silent,
    *,
    cuts: bool = False,
    most_parts: int | None = MOST_PARTS,
) -> Row:
    """The answer on a walk that was asked for its graph, and on one through accounts beside it.

    A stop that is asked for while bounds are found leaves out those that are not found yet; one
    that was asked for before leaves out none. `cuts` has each bound come with the `most_parts`
    greatest parts of its cut, None for all.
    """
    scopes = {"transaction": (destinations, destinations.amounts())}
    if accounts is not None:
        scopes[SCOPE] = (accounts.destinations, accounts.amounts())
    every = list(dict.fromkeys(d for of, _ in scopes.values() for d in of.every()))
    watch = deaf_to_the_past(progress)
    found = {name: of.bounded(every, watch, cuts=cuts) for name, (of, _) in scopes.items()}
    missing = {name: len(every) - len(bounded) for name, bounded in found.items()}
    # the network of accounts has the seeds in an order of its own
    seeds = {"transaction": np.array(list(dict.fromkeys(walked.seeds.txouts.tolist())), np.int64)}
    proofs = {
        name: cuts_told(of, found[name], seeds.get(name), most_parts) if cuts else {}
        for name, (of, _) in scopes.items()
    }
    worths, unpriced = ({}, []) if worth is None else destinations.worths(worth)
    counts = {d: int(whole.sum()) for d, (whole, _) in destinations.ends().items()}
    rows = [
        {
            "destination": d.name,
            "type": d.type,
            "label": d.label,
            "party": d.party,
            "category": d.category,
            "ends": counts.get(d, 0),
            "traced_sat": {
                rule: sat
                for of, amounts in scopes.values()
                for rule, sat in (amounts.get(d) or dict.fromkeys(_rules_in(amounts), 0)).items()
            },
            "bounds": {
                name: bound_amounts(bounded[d].whole if d in bounded else None)
                for name, bounded in found.items()
            },
            "cuts": {name: proof[d] for name, proof in proofs.items() if d in proof},
            "fiat": None if worth is None else worths.get(d, {}),
            "without_inference_sat": _without_inference(found["transaction"].get(d)),
        }
        for d in every
    ]
    rows.sort(key=_rank)
    rows = [{"rank": rank, **row} for rank, row in enumerate(rows, 1)]
    return {
        **head(walked),
        **({} if accounts is None else accounts.stopped()),
        **({"partial": True, "stopped_by": "you"} if any(missing.values()) else {}),
        "bounds_missing": missing,
        "rules": rule_rows(walked) + (accounts.rule_rows() if accounts else []),
        "poison": poison(walked.trace),
        "destinations": rows,
        "fiat": None
        if worth is None
        else {
            "currency": worth.currency,
            "days_without_rate": sorted(worth.unpriced),
            "without_rate": unpriced,
        },
        "statements": _statements(walked, rows, missing),
    }


def _rank(row: Row) -> tuple[Any, ...]:
    # one whose bounds were not found comes after those of which they were
    bounds = [bound or {"least_sat": -1, "most_sat": -1} for bound in row["bounds"].values()]
    least = [-bound["least_sat"] for bound in bounds]
    return (*least, *(-bound["most_sat"] for bound in bounds), row["destination"])


def _rules_in(amounts: dict[Destination, dict[str, int]]) -> list[str]:
    return list(next(iter(amounts.values()), {}))


def _without_inference(bounded: Bounded | None) -> int | None:
    if bounded is None or bounded.direct is None:
        return None
    return bounded.direct.least_sat


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


def bound_amounts(bound: Bound | None) -> dict[str, int] | None:
    """The four amounts of a bound; None where it was not found."""
    if bound is None:
        return None
    return {
        "least_sat": bound.least_sat,
        "most_sat": bound.most_sat,
        "least_known_sat": bound.least_known_sat,
        "most_known_sat": bound.most_known_sat,
    }


def _statements(walked: Walked, rows: Sequence[Row], missing: dict[str, int]) -> list[str]:
    said = []
    come = "come to" if walked.direction == "forward" else "come from"
    inferred = walked.seeds.basis == "inference"
    for row in rows:
        least = {scope: bound["least_sat"] for scope, bound in row["bounds"].items() if bound}
        if row["type"] not in ("service", "mixer", "target") or not any(least.values()):
            continue
        name = row["label"] or row["destination"].removeprefix("to:")
        whole = f"at least {format_btc(least['transaction'])} BTC {come} {name} under every "
        whole += "conserving rule of scope transaction"
        if SCOPE in least:
            whole += f", {format_btc(least[SCOPE])} BTC of scope account, where a cluster is held "
            whole += "to be an account"
        direct = row["without_inference_sat"]
        if direct:
            whole += f"; {format_btc(direct)} BTC of the first are traceable without any inference,"
            whole += " from outputs given to outputs that are named themselves, not by a cluster"
        else:
            whole += f"; which outputs are its{' and the seeds' if inferred else ''} rests on "
            whole += "clustering"
        said.append(whole)
    bounds = [bound for row in rows if (bound := row["bounds"]["transaction"])]
    if any(bound["most_sat"] > bound["most_known_sat"] for bound in bounds):
        said.append(
            "the walk was cut: the bounds allow for all that may have gone on from there, those "
            "called `known` for nothing of it"
        )
    for scope, count in missing.items():
        if count:
            said.append(
                f"stopped before the bounds of {count:,} of {len(rows):,} destinations were found "
                f"in scope {scope}; what the rules leave there is whole"
            )
    return said
