"""Bounds by trying everything: every way in which each transaction could pass its value on.

Written from "Bounds" in DESIGN.md, on the chain itself, not on a network. For chains of a few
transactions and satoshis. And the reached graph, slow and plain.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from tests.oracle.trace import Question, end_backward, end_forward, transactions

from peelchain.store.arrays import ChainArrays
from peelchain.trace.graph import NO_TERMINAL, FlowGraph
from peelchain.trace.walk import TERMINAL_TYPES

End = tuple[str, int | None]
"""The type of a terminal and its output, None for a fee."""

FEE = None
UNKNOWN = ("cut", "unresolved")


def flow_graph(arrays: ChainArrays, question: Question) -> FlowGraph:
    """The reached part of the chain, as FlowGraph says."""
    txs = transactions(arrays)
    forward = question.direction == "forward"
    end = end_forward if forward else end_backward
    value = arrays.txout_value.tolist()
    nodes: list[tuple[int, str | None]] = []
    walking: dict[int, tuple[int, int]] = {}
    visits: list[tuple[int, int]] = []
    entering: list[int] = []
    first_entering, first_leaving = [0], [len(question.seeds)]

    def arrive(txout: int, hops: int, *, is_seed: bool) -> None:
        kind = "seed" if txout in question.seeds and not is_seed else None
        kind = kind or end(arrays, question, txs, txout, hops)
        if value[txout] == 0:
            kind = None
        elif kind is None:
            walking[txout] = (len(nodes), hops)
        nodes.append((txout, kind))

    for txout in question.seeds:
        arrive(txout, 0, is_seed=True)
    for tx in txs if forward else reversed(txs):
        into, out_of = (tx.inputs, tx.outputs) if forward else (tx.outputs, tx.inputs)
        came = [walking[txout] for txout in into if txout in walking]
        if not came:
            continue
        spent = sum(value[txout] for txout in tx.inputs)
        visits.append((tx.tx, spent - sum(value[txout] for txout in tx.outputs)))
        entering += [node for node, _ in came]
        for txout in out_of:
            arrive(txout, 1 + min(hops for _, hops in came), is_seed=False)
        first_entering.append(len(entering))
        first_leaving.append(len(nodes))
    codes = [NO_TERMINAL if kind is None else TERMINAL_TYPES.index(kind) for _, kind in nodes]
    return FlowGraph(
        direction=question.direction,
        seed_count=len(question.seeds),
        node_txout=np.array([txout for txout, _ in nodes], np.int64),
        node_value_sat=arrays.txout_value[[txout for txout, _ in nodes]],
        node_type=np.array(codes, np.uint8),
        visit_tx=np.array([tx for tx, _ in visits], np.int64),
        visit_fee_sat=np.array([fee for _, fee in visits], np.int64),
        first_entering=np.array(first_entering, np.int64),
        entering=np.array(entering, np.int64),
        first_leaving=np.array(first_leaving, np.int64),
    )


def outcomes(
    arrays: ChainArrays, question: Question, is_there: Callable[[End], bool]
) -> set[tuple[int, int]]:
    """Every pair of what may rest at the ends that are there, and at others left off."""
    txs = transactions(arrays)
    forward = question.direction == "forward"
    end = end_forward if forward else end_backward
    value = arrays.txout_value.tolist()
    hops: dict[int, int] = {}
    # what each walking output holds, what rests there, what rests at others left off
    start: list[Any] = [{}, 0, 0]

    def rest(state: list[Any], kind: str, txout: int | None, sat: int) -> None:
        if is_there((kind, txout)):
            state[1] += sat
        elif kind in UNKNOWN:
            state[2] += sat

    for txout, sat in question.seeds.items():
        kind = end(arrays, question, txs, txout, 0)
        if kind:
            rest(start, kind, txout, sat)
        else:
            hops[txout] = 0
            start[0][txout] = sat
    states = {_frozen(start)}
    for tx in txs if forward else reversed(txs):
        into, out_of = (tx.inputs, tx.outputs) if forward else (tx.outputs, tx.inputs)
        came = [txout for txout in into if txout in hops]
        if not came:
            continue
        distance = 1 + min(hops.pop(txout) for txout in came)
        places: list[int | None] = [txout for txout in out_of if value[txout]]
        kinds: dict[int | None, str | None] = {
            txout: "seed"
            if txout in question.seeds
            else end(arrays, question, txs, txout, distance)
            for txout in places
            if txout is not FEE
        }
        widths = [value[txout] for txout in places]
        if forward:
            places.append(FEE)
            widths.append(sum(value[o] for o in tx.inputs) - sum(value[o] for o in tx.outputs))
            kinds[FEE] = "fee"
        following = set()
        for frozen in states:
            held, there, unknown = frozen
            total = sum(sat for txout, sat in held if txout in came)
            kept = {txout: sat for txout, sat in held if txout not in came}
            for amounts in ways(total, widths):
                state: list[Any] = [dict(kept), there, unknown]
                for place, sat in zip(places, amounts, strict=True):
                    if kind := kinds[place]:
                        rest(state, kind, place, sat)
                    elif sat:
                        state[0][place] = sat
                following.add(_frozen(state))
        for place in places:
            if place is not FEE and kinds[place] is None:
                hops[place] = distance
        states = following
    return {(there, unknown) for _, there, unknown in states}


def _frozen(state: list[Any]) -> tuple[tuple[tuple[int, int], ...], int, int]:
    return tuple(sorted(state[0].items())), state[1], state[2]


def ways(total: int, widths: list[int]) -> Iterator[list[int]]:
    """Every way to lay an amount out over places that hold so much each."""
    if not widths:
        if total == 0:
            yield []
        return
    for sat in range(max(0, total - sum(widths[1:])), min(total, widths[0]) + 1):
        for others in ways(total - sat, widths[1:]):
            yield [sat, *others]
