"""The paths of value from one end to another, the surest first, with who controls each hop."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.actions.policies import policy_asked
from peelchain.actions.progress import Watch, silent
from peelchain.actions.tracing.controls import SAME_CLUSTER, controls, errors_of
from peelchain.actions.tracing.ends import End, end_told, ends_of, seeds_at
from peelchain.actions.tracing.fiat import Fiat, fiat_in
from peelchain.actions.tracing.filters import Filters, period
from peelchain.actions.tracing.path_truth import doubt, path_truth
from peelchain.actions.tracing.places import Places
from peelchain.actions.tracing.rules import ALL, public_rule, rules_of
from peelchain.actions.tracing.walk import Walked, head, walk_from
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError
from peelchain.store.arrays import Int64
from peelchain.tags.knowledge import ALL as ALL_KNOWN
from peelchain.tags.knowledge import Knowledge
from peelchain.trace.graph import FlowGraph
from peelchain.trace.path_search import Path as Found
from peelchain.trace.path_search import Steps, best_paths, steps_to
from peelchain.trace.walk import TERMINAL_TYPES
from peelchain.units import shown

DEFAULT_HOPS = 20
MOST_HOPS = 500
MOST_PATHS = 10_000

Row = dict[str, Any]


@dataclass(frozen=True)
class PathAsked:
    """Paths in a user's words: from `start` to `end`, as ends_of reads them."""

    start: str
    end: str
    rules: Sequence[str] = (ALL,)
    filters: Filters = field(default_factory=Filters)
    policy: Sequence[str] = ()
    max_paths: int = 10
    fiat: str | None = None
    rates_of: str | None = None
    knowledge: Knowledge = ALL_KNOWN


def trace_path(asked: PathAsked, store: Path, progress: Watch = silent) -> Row:
    """The simple paths of value from one end to the other, ranked by the bound of their truth.

    A path leads from an output of the start over transactions to the first output of the end that
    it comes to; boundaries between (services, CoinJoins) are passed by none. Ranked by the least
    doubt, 1 - p summed over its hops and ends, an unknown hop counting whole; then by fewer hops.
    Raises MisuseError where the ends are one, or lie further apart than can be searched.
    """
    names = rules_of("forward", asked.rules)
    hops = DEFAULT_HOPS if asked.filters.max_hops is None else asked.filters.max_hops
    if not 1 <= hops <= MOST_HOPS:
        raise MisuseError(f"--max-hops {hops}: a path has 1 to {MOST_HOPS} hops")
    if not 1 <= asked.max_paths <= MOST_PATHS:
        raise MisuseError(f"--max-paths {asked.max_paths}: give 1 to {MOST_PATHS}")
    filters = replace(asked.filters, max_hops=hops)
    policy = policy_asked(store, list(asked.policy), [])
    with StoreView(store, policy, knowledge=asked.knowledge) as view:
        worth = fiat_in(asked.fiat, asked.rates_of, view)
        known = view.services
        start, end = (ends_of([text], view, known)[0] for text in (asked.start, asked.end))
        if np.intersect1d(start.scripts, end.scripts).size:
            raise MisuseError(
                f"{shown(start.text)} and {shown(end.text)} are one, in part or whole; name two "
                "parties, or outputs"
            )
        within = period(filters, view)
        seeds = seeds_at([start], within.limits, view)
        walked = walk_from(
            view,
            "forward",
            seeds,
            names,
            within,
            progress,
            hops=True,
            graph=True,
            targets=[end],
        )
        graph = walked.trace.graph
        if graph is None:
            raise AssertionError("a walk that was asked for its graph has one")
        targets = np.flatnonzero(graph.node_type == TERMINAL_TYPES.index("target"))
        progress("paths", 0, 2)
        steps = steps_to(graph, targets, hops)
        ledger = _Ledger(walked, graph, steps, start, end)
        progress("paths", 1, 2)
        found, more = best_paths(graph, targets, steps, ledger.doubts(), hops, asked.max_paths)
        rows = _told(found, ledger, worth)
        progress("paths", 2, 2)
        return {
            **head(walked),
            "from": end_told(start),
            "to": end_told(end),
            "rules": [public_rule(name) for name in names],
            "paths": rows,
            "more": more,
            "without_inference": any(row["without_inference"] for row in rows),
            "control_errors": errors_of(step["control"] for row in rows for step in row["steps"]),
            "fiat": None
            if worth is None
            else {"currency": worth.currency, "days_without_rate": sorted(worth.unpriced)},
        }


class _Ledger:
    """Who is held to control each step, and what each step costs in doubt."""

    def __init__(
        self, walked: Walked, graph: FlowGraph, steps: Steps, start: End, end: End
    ) -> None:
        self.walked, self.graph, self.steps = walked, graph, steps
        view = walked.view
        hops = [
            {"from_txout_id": tail, "tx_id": tx, "to_txout_id": to}
            for tail, tx, to in zip(
                graph.node_txout[steps.tails].tolist(),
                graph.visit_tx[steps.visits].tolist(),
                graph.node_txout[steps.heads].tolist(),
                strict=True,
            )
        ]
        self.controls = controls(view, hops, walked.named)
        inferred = [np.setdiff1d(e.scripts, e.direct_scripts) for e in (start, end)]
        scripts = view.chain.outputs(graph.node_txout).script_id
        is_target = graph.node_type == TERMINAL_TYPES.index("target")
        self.start_inferred = np.isin(scripts, inferred[0])
        self.start_inferred[graph.seed_count :] = False
        self.end_inferred = np.isin(scripts, inferred[1]) & is_target

    def doubts(self) -> Int64:
        """The doubt of each step, with that of the ends it touches."""
        of = {basis: doubt(basis) for basis in {c["basis"] for c in self.controls}}
        own = np.array([of[c["basis"]] for c in self.controls], np.int64)
        ends = self.start_inferred[self.steps.tails].astype(np.int64)
        ends += self.end_inferred[self.steps.heads]
        return np.asarray(own + doubt(SAME_CLUSTER) * ends, np.int64)

    def inferred_ends(self, path: Found) -> list[str]:
        """Words for the ends of a path that only a cluster says belong there."""
        said = ((self.start_inferred, 0, "its start"), (self.end_inferred, -1, "its end"))
        return [words for marked, at, words in said if marked[path.nodes[at]]]

    def carried(self, paths: Sequence[Found]) -> dict[str, dict[tuple[int, int], int]]:
        """Under each rule the traced satoshis of each step of the paths, by its two outputs."""
        node = self.graph.node_txout
        rows = sorted({step for path in paths for step in path.steps})
        tails, heads = node[self.steps.tails[rows]], node[self.steps.heads[rows]]
        wanted = set(zip(tails.tolist(), heads.tolist(), strict=True))
        found: dict[str, dict[tuple[int, int], int]] = {}
        for name in self.walked.rules:
            table = self.walked.trace.rules[name].hops
            found[name] = {
                (tail, to): sat
                for tail, to, sat in zip(
                    table["from_txout_id"].to_pylist(),
                    table["to_txout_id"].to_pylist(),
                    table["traced_sat"].to_pylist(),
                    strict=True,
                )
                if (tail, to) in wanted
            }
        return found


def _told(paths: Sequence[Found], ledger: _Ledger, worth: Fiat | None) -> list[Row]:
    graph = ledger.graph
    carried = ledger.carried(paths)
    places = Places(
        ledger.walked.view, {int(graph.node_txout[n]) for path in paths for n in path.nodes}
    )
    return [_path(n, path, ledger, carried, places, worth) for n, path in enumerate(paths, 1)]


def _path(
    rank: int,
    path: Found,
    ledger: _Ledger,
    carried: dict[str, dict[tuple[int, int], int]],
    places: Places,
    worth: Fiat | None,
) -> Row:
    graph, rules = ledger.graph, ledger.walked.rules
    txouts = graph.node_txout[list(path.nodes)].tolist()
    seed_sat = int(ledger.walked.seeds.sat[path.nodes[0]])
    pairs = list(pairwise(txouts))
    held = [ledger.controls[step] for step in path.steps]
    truth = path_truth([control["basis"] for control in held], ledger.inferred_ends(path))
    bottleneck = min([seed_sat, *(places.value_sat(txout) for txout in txouts)])
    moved = places.maker(txouts[-1])
    return {
        "rank": rank,
        "hops": len(path.steps),
        "joint_truth": {"at_least": truth.at_least, "at_least_low": truth.at_least_low},
        "inferences": truth.inferences,
        "unknown_hops": truth.unknown,
        "without_inference": not truth.inferences,
        "sentence": truth.sentence,
        "bottleneck_sat": bottleneck,
        "fiat": None if worth is None else worth.worth(bottleneck, places.seconds(moved)),
        "carried_at_most_sat": {
            public_rule(name): min([seed_sat, *(carried[name].get(pair, 0) for pair in pairs)])
            for name in rules
        },
        "start": _output(txouts[0], places),
        "steps": [
            {
                "txid": places.txid(places.maker(to)),
                **_output(to, places),
                "traced_sat": {public_rule(n): carried[n].get((tail, to), 0) for n in rules},
                "control": control,
            }
            for (tail, to), control in zip(pairs, held, strict=True)
        ],
    }


def _output(txout: int, places: Places) -> Row:
    return {
        "outpoint": places.outpoint(txout),
        "address": places.address(txout),
        "value_sat": places.value_sat(txout),
        **places.when(places.maker(txout)),
    }
