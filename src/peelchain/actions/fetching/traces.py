"""Traces over a partial store that fetch what they lack from a server."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from peelchain.actions.fetching.asked import FetchAsked
from peelchain.actions.fetching.named import named, seeds_named
from peelchain.actions.fetching.rounds import OpenView, WalkOf, Wanted, answered
from peelchain.actions.policies import policy_asked
from peelchain.actions.progress import Watch, silent
from peelchain.actions.tracing.between import BetweenAsked, trace_between
from peelchain.actions.tracing.compare import CompareAsked, trace_compare
from peelchain.actions.tracing.ends import ends_of, seeds_at
from peelchain.actions.tracing.filters import Filters, period
from peelchain.actions.tracing.path import DEFAULT_HOPS, PathAsked, trace_path
from peelchain.actions.tracing.rules import ALL, public_rule, rules_by_scope
from peelchain.actions.tracing.seeds import SeedsAsked, seeds_of
from peelchain.actions.tracing.tables import check_folder
from peelchain.actions.tracing.traces import TraceAsked, trace_asked
from peelchain.actions.tracing.walk import Walked, walk_from
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError
from peelchain.tags.knowledge import Knowledge
from peelchain.trace.walk import Direction

Row = dict[str, Any]

_RULES = ("pro_rata",)
"""One rule is enough: where a walk goes is the same under every rule."""


def trace_fetched(asked: TraceAsked, store: Path, fetch: FetchAsked, watch: Watch = silent) -> Row:
    """`trace_asked`, with what the walk lacks fetched first; `fetching` says how that went."""
    check_folder(asked.tables)
    asked = replace(asked, rules=_rules(asked.direction, asked.rules))
    wanted = Wanted(
        first=lambda network: seeds_named(asked.seeds, network),
        open=_opening(store, asked.policy, asked.knowledge),
        walk=_seeds_walk(asked.direction, asked.seeds, asked.filters),
    )
    return answered(fetch, store, wanted, lambda w: trace_asked(asked, store, w), watch)


def compare_fetched(
    asked: CompareAsked, store: Path, fetch: FetchAsked, watch: Watch = silent
) -> Row:
    """`trace_compare`, with what the walk lacks fetched first."""
    check_folder(asked.tables)
    asked = replace(asked, rules=_rules(asked.direction, asked.rules))
    wanted = Wanted(
        first=lambda network: seeds_named(asked.seeds, network),
        beside=lambda network: named(asked.to, network),
        open=_opening(store, asked.policy, asked.knowledge),
        walk=_seeds_walk(asked.direction, asked.seeds, asked.filters, asked.to),
    )
    answer = answered(fetch, store, wanted, lambda w: trace_compare(asked, store, w), watch)
    if asked.cross:
        answer["fetching"]["notes"].append(
            "what lies beyond the CoinJoins crossed was not fetched: trace from their outputs too"
        )
    return answer


def path_fetched(asked: PathAsked, store: Path, fetch: FetchAsked, watch: Watch = silent) -> Row:
    """`trace_path`, with what the walk lacks fetched first."""
    hops = DEFAULT_HOPS if asked.filters.max_hops is None else asked.filters.max_hops
    wanted = Wanted(
        first=lambda network: named([asked.start], network),
        beside=lambda network: named([asked.end], network),
        open=_opening(store, asked.policy, asked.knowledge),
        walk=_ends_walk([asked.start], [asked.end], replace(asked.filters, max_hops=hops)),
    )
    return answered(fetch, store, wanted, lambda w: trace_path(asked, store, w), watch)


def between_fetched(
    asked: BetweenAsked, store: Path, fetch: FetchAsked, watch: Watch = silent
) -> Row:
    """`trace_between`, with what the walk lacks fetched first."""
    wanted = Wanted(
        first=lambda network: named(asked.start, network),
        beside=lambda network: named(asked.end, network),
        open=_opening(store, asked.policy, asked.knowledge),
        walk=_ends_walk(asked.start, asked.end, asked.filters),
    )
    return answered(fetch, store, wanted, lambda w: trace_between(asked, store, w), watch)


def _rules(direction: Direction, asked: Sequence[str]) -> tuple[str, ...]:
    """The rules asked for, `all` standing for those of scope transaction.

    Raises MisuseError for one of scope account: its books need all receipts of a cluster.
    """
    names, accounts = rules_by_scope(direction, asked)
    if not accounts:
        return tuple(asked)
    if [rule.strip().lower() for rule in asked] != [ALL]:
        raise MisuseError(
            f"rule {public_rule(accounts[0])} keeps the books of clusters, which need every "
            "receipt and payment, and a walk fetches some; ask for rules of scope transaction, or "
            "use a store of the whole chain"
        )
    return tuple(public_rule(name) for name in names)


def _opening(store: Path, policy: Sequence[str], knowledge: Knowledge) -> OpenView:
    return lambda: StoreView(store, policy_asked(store, list(policy), []), knowledge=knowledge)


def _seeds_walk(
    direction: Direction, seeds: SeedsAsked, filters: Filters, to: Sequence[str] = ()
) -> WalkOf:
    def run(view: StoreView, watch: Watch) -> Walked:
        targets = ends_of(to, view, view.services)
        within = period(filters, view)
        start = seeds_of(seeds, direction, within.limits, view)
        return walk_from(view, direction, start, _RULES, within, watch, paths=True, targets=targets)

    return run


def _ends_walk(start: Sequence[str], end: Sequence[str], filters: Filters) -> WalkOf:
    def run(view: StoreView, watch: Watch) -> Walked:
        starts, ends = (ends_of(texts, view, view.services) for texts in (start, end))
        within = period(filters, view)
        seeds = seeds_at(starts, within.limits, view)
        return walk_from(view, "forward", seeds, _RULES, within, watch, paths=True, targets=ends)

    return run
