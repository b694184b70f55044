"""A walk as a user asks for it: seeds, filters, boundaries and rules taken from words to ids."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from peelchain.actions.progress import Watch, silent
from peelchain.actions.tracing.ends import End
from peelchain.actions.tracing.filters import Filters, Period, period
from peelchain.actions.tracing.seeds import Seeds, SeedsAsked, seeds_of
from peelchain.actions.tracing.seeds import told as receipts_told
from peelchain.actions.view import StoreView
from peelchain.case.services import Services, stops
from peelchain.case.stop_policy import StopPolicy, stopping
from peelchain.trace.walk import Direction, Trace, TraceRequest, trace


@dataclass(frozen=True)
class WalkAsked:
    """What to walk from, which way, and within which limits; rules by the kernel's names."""

    direction: Direction
    seeds: SeedsAsked
    rules: Sequence[str]
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True)
class Walked:
    """A walk with all that it was made from.

    `known` are the services that stop it, `named` all those that tags name.
    """

    view: StoreView
    request: TraceRequest
    seeds: Seeds
    period: Period
    known: Services
    named: Services
    trace: Trace

    @property
    def direction(self) -> Direction:
        """Which way."""
        return self.request.direction

    @property
    def rules(self) -> Sequence[str]:
        """The rules, by the kernel's names."""
        return self.request.rules


def walk(
    view: StoreView,
    asked: WalkAsked,
    progress: Watch = silent,
    *,
    hops: bool = False,
    paths: bool = False,
) -> Walked:
    """The walk that is asked for. Raises MisuseError or NotInChainError naming what is wrong."""
    within = period(asked.filters, view)
    seeds = seeds_of(asked.seeds, asked.direction, within.limits, view)
    return walk_from(
        view, asked.direction, seeds, asked.rules, within, progress, hops=hops, paths=paths
    )


def walk_from(
    view: StoreView,
    direction: Direction,
    seeds: Seeds,
    rules: Sequence[str],
    within: Period,
    progress: Watch = silent,
    *,
    hops: bool = False,
    graph: bool = False,
    paths: bool = False,
    targets: Sequence[End] = (),
) -> Walked:
    """The walk from seeds, which ends at the `targets` wherever it comes to one."""
    named = view.services.without(seeds.scripts)
    known = stopping(StopPolicy(within.filters.through, within.filters.through_categories), named)
    boundaries = stops(known, view.clusters.coinjoins["tx_id"].to_numpy(), view.shielded_scripts)
    if targets:
        boundaries = replace(
            boundaries,
            target_scripts=np.unique(np.concatenate([end.scripts for end in targets])),
            target_txouts=np.unique(np.concatenate([end.txouts for end in targets])),
        )
    request = TraceRequest(
        direction=direction,
        seed_txouts=seeds.txouts,
        seed_traced_sat=seeds.sat,
        seed_claimants=seeds.claimant_of,
        rules=rules,
        boundaries=boundaries,
        hops=hops,
        graph=graph,
        paths=paths,
        max_txs=within.max_txs,
        **vars(within.limits),
    )
    done = trace(view.chain, request, lambda stage, n, of: progress(stage, n, of or 0))
    return Walked(view, request, seeds, within, known, named, done)


def head(walked: Walked) -> dict[str, Any]:
    """What every answer on a walk states: tip, policy, run, and what was asked and reached."""
    view, done = walked.view, walked.trace
    first = done.rules[walked.rules[0]]
    return {
        **view.tip,
        "policy": view.clusters.policy,
        "run_id": view.clusters.run_id,
        "direction": walked.direction,
        "seeds_sat": first.seeds_sat,
        "seeds_net_sat": first.seeds_net_sat,
        "seeds_basis": walked.seeds.basis,
        "receipts": receipts_told(walked.seeds.receipts),
        "filters": walked.period.told(),
        "visited_txs": done.visited_txs,
        "reached_outputs": done.reached_txouts,
        "partial": done.partial,
        "stopped_by": _stopped_by(walked),
    }


def _stopped_by(walked: Walked) -> str | None:
    done = walked.trace
    if not done.partial:
        return None
    most = walked.request.max_txs
    return "you" if most is None or done.visited_txs < most else "max_txs"
