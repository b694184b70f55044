"""A walk as a user asks for it: seeds, filters, boundaries and rules taken from words to ids."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from peelchain.actions.progress import Watch, silent
from peelchain.actions.trace_filters import Filters, Period, period
from peelchain.actions.trace_seeds import Seeds, SeedsAsked, seeds_of
from peelchain.actions.trace_seeds import told as receipts_told
from peelchain.actions.view import StoreView
from peelchain.case.services import Services, services, stops
from peelchain.trace.walk import Boundaries, Direction, Trace, TraceRequest, trace


@dataclass(frozen=True)
class WalkAsked:
    """What to walk from, which way, and within which limits; rules by the kernel's names."""

    direction: Direction
    seeds: SeedsAsked
    rules: Sequence[str]
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True)
class Walked:
    """A walk with all that it was made from. `known` are the services that stop it."""

    view: StoreView
    asked: WalkAsked
    seeds: Seeds
    period: Period
    known: Services
    boundaries: Boundaries
    trace: Trace


def walk(
    view: StoreView, asked: WalkAsked, progress: Watch = silent, *, hops: bool = False
) -> Walked:
    """The walk that is asked for. Raises MisuseError or NotInChainError naming what is wrong."""
    within = period(asked.filters, view)
    seeds = seeds_of(asked.seeds, asked.direction, within.limits, view)
    known = services(view.attribution, view.clusters.index).without(seeds.scripts)
    boundaries = stops(known, view.clusters.coinjoins["tx_id"].to_numpy())
    request = TraceRequest(
        direction=asked.direction,
        seed_txouts=seeds.txouts,
        seed_traced_sat=seeds.sat,
        rules=asked.rules,
        boundaries=boundaries,
        hops=hops,
        **vars(within.limits),
    )
    done = trace(view.chain, request, lambda stage, n, of: progress(stage, n, of or 0))
    return Walked(view, asked, seeds, within, known, boundaries, done)


def head(walked: Walked) -> dict[str, Any]:
    """What every answer on a walk states: tip, policy, run, and what was asked and reached."""
    view, done = walked.view, walked.trace
    first = done.rules[walked.asked.rules[0]]
    return {
        **view.tip,
        "policy": view.clusters.policy,
        "run_id": view.clusters.run_id,
        "direction": walked.asked.direction,
        "seeds_sat": first.seeds_sat,
        "seeds_net_sat": first.seeds_net_sat,
        "seeds_basis": walked.seeds.basis,
        "receipts": receipts_told(walked.seeds.receipts),
        "filters": walked.period.told(),
        "visited_txs": done.visited_txs,
        "reached_outputs": done.reached_txouts,
        "partial": False,
        "stopped_by": None,
    }
