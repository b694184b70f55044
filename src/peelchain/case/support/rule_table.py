"""What every tracing rule leaves where, between the bounds that no conserving rule escapes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from peelchain.case.findings import Findings
from peelchain.store.stored_chain import Chain
from peelchain.trace.bounds import Bound, bounds
from peelchain.trace.network import Network, transaction_network
from peelchain.trace.walk import (
    BACKWARD_RULES,
    RULES,
    TERMINAL_TYPES,
    Direction,
    Trace,
    TraceRequest,
    trace,
)

Row = dict[str, Any]
Progress = Callable[[str, int, int], object]
Destination = tuple[str, str | None]
"""The type of a terminal and, of a service or mixer, its entity."""

_NAMED = ("service", "mixer")
_MOST_WORK = 4_000_000
"""Bounds looked for times the nodes of the network, a second or so of work."""


@dataclass(frozen=True)
class AllRules:
    """One direction of a case under every rule of scope transaction, with its network."""

    trace: Trace
    network: Network


def under_all_rules(chain: Chain, request: TraceRequest, progress: Progress) -> AllRules:
    """The trace of a case's request under every rule that runs in its direction."""
    rules = RULES if request.direction == "forward" else BACKWARD_RULES
    asked = replace(request, rules=rules, hops=False, paths=False, graph=True)
    done = trace(chain, asked, lambda stage, n, of: progress(f"rules {stage}", n, of or 0))
    assert done.graph is not None
    return AllRules(done, transaction_network(done.graph, request.seed_traced_sat))


def rule_table(of: AllRules, found: Findings, labels: dict[str, str], progress: Progress) -> Row:
    """`rules`, and for each destination the amount under each of them and the bounds.

    Rows are services by entity, then the other types by name. Under a rule the amounts add up to
    `seeds_sat`; the bounds speak of one row at a time and do not add.
    """
    direction = of.trace.direction
    ends = _destinations(direction, of.network, found)
    amounts: dict[Destination, dict[str, int]] = {
        destination: dict.fromkeys(of.trace.rules, 0) for destination in set(ends)
    }
    for rule, outcome in of.trace.rules.items():
        table = outcome.terminals
        for kind, txout, sat in zip(
            *(table[c].to_pylist() for c in ("type", "txout_id", "traced_sat")), strict=True
        ):
            amounts[_destination(direction, kind, txout, found)][rule] += sat
    order = sorted(amounts, key=_order)
    chosen = [np.array([end == destination for end in ends], np.bool_) for destination in order]
    limits = bounds(of.network, chosen, lambda what, n, all_: progress(what, n, all_ or 0))
    return {
        "rules": list(of.trace.rules),
        "seeds_sat": of.trace.seeds_sat,
        "rows": [
            {
                "entity": destination[1],
                "type": destination[0],
                "label": labels[destination[1]] if destination[1] else destination[0],
                "traced_sat": amounts[destination],
                "least_sat": bound.least_sat,
                "most_sat": bound.most_sat,
            }
            for destination, bound in zip(order, limits, strict=True)
        ],
    }


def bounds_at(of: AllRules, groups: Sequence[Sequence[int]], progress: Progress) -> list[Bound]:
    """The bounds of what comes to rest at each group of outputs, seeds passed on left aside."""
    network = of.network
    resting = network.end_types != TERMINAL_TYPES.index("seed")
    chosen: list[npt.NDArray[np.bool_]] = [
        resting & np.isin(network.end_txouts, np.array(group, np.int64)) for group in groups
    ]
    return bounds(network, chosen, lambda what, n, all_: progress(what, n, all_ or 0))


def most_bounded(of: AllRules) -> int:
    """How many groups of a network's ends are bounded in reasonable time."""
    return max(1, _MOST_WORK // max(1, of.network.node_count))


def _destinations(direction: Direction, network: Network, found: Findings) -> list[Destination]:
    types = [TERMINAL_TYPES[code] for code in network.end_types.tolist()]
    return [
        _destination(direction, kind, txout, found)
        for kind, txout in zip(types, network.end_txouts.tolist(), strict=True)
    ]


def _destination(
    direction: Direction, kind: str, txout: int | None, found: Findings
) -> Destination:
    if kind in _NAMED and txout is not None:
        return kind, found.entity_at(direction, txout)
    return kind, None


def _order(destination: Destination) -> tuple[bool, int, str]:
    kind, entity = destination
    return entity is None, int(entity[1:]) if entity else 0, kind
