"""The best paths against every path there is, on random graphs."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from peelchain.errors import MisuseError
from peelchain.trace import path_search
from peelchain.trace.graph import NO_TERMINAL, FlowGraph
from peelchain.trace.path_search import best_paths, steps_to


def graph_of(seeds: int, visits: list[tuple[list[int], int]]) -> FlowGraph:
    """A graph whose visits take nodes and make so many new ones."""
    first_in, entering, first_out, count = [0], [], [], seeds
    for taken, made in visits:
        entering += taken
        first_in.append(len(entering))
        first_out.append(count)
        count += made
    first_out.append(count)
    return FlowGraph(
        direction="forward",
        seed_count=seeds,
        node_txout=np.arange(count),
        node_value_sat=np.ones(count, np.int64),
        node_type=np.full(count, NO_TERMINAL, np.uint8),
        visit_tx=np.arange(len(visits)),
        visit_fee_sat=np.zeros(len(visits), np.int64),
        first_entering=np.array(first_in, np.int64),
        entering=np.array(entering, np.int64),
        first_leaving=np.array(first_out, np.int64),
    )


@st.composite
def graphs(draw: st.DrawFn) -> tuple[FlowGraph, list[int], int]:
    seeds = draw(st.integers(1, 3))
    unspent, visits, count = list(range(seeds)), [], seeds
    for _ in range(draw(st.integers(0, 7))):
        if not unspent:
            break
        taken = draw(st.lists(st.sampled_from(unspent), min_size=1, max_size=3, unique=True))
        made = draw(st.integers(0, 3))
        visits.append((taken, made))
        unspent = [n for n in unspent if n not in taken] + list(range(count, count + made))
        count += made
    ends = draw(st.lists(st.integers(0, count - 1), max_size=3, unique=True))
    return graph_of(seeds, visits), ends, draw(st.integers(0, 6))


def every_path(graph: FlowGraph, ends: list[int], max_hops: int) -> list[tuple[int, ...]]:
    """All paths, one node after the other."""
    after: dict[int, list[int]] = {}
    for visit in range(len(graph.visit_tx)):
        made = range(graph.first_leaving[visit], graph.first_leaving[visit + 1])
        for at in range(graph.first_entering[visit], graph.first_entering[visit + 1]):
            after[int(graph.entering[at])] = list(made)
    found: list[tuple[int, ...]] = []

    def follow(path: tuple[int, ...]) -> None:
        if path[-1] in ends:
            found.append(path)
        elif len(path) <= max_hops:
            for node in after.get(path[-1], []):
                follow((*path, node))

    for seed in range(graph.seed_count):
        follow((seed,))
    return found


@settings(max_examples=400, deadline=None)
@given(graphs(), st.integers(1, 12), st.randoms(use_true_random=False))
def test_the_best_paths_are_those_of_all_paths_sorted(case, most: int, random: Any) -> None:
    graph, ends, max_hops = case
    steps = steps_to(graph, ends, max_hops)
    costs = [random.choice([0, 1, 1, 5, 1_000_000_000]) for _ in steps.tails]
    pairs = zip(steps.tails.tolist(), steps.heads.tolist(), strict=True)
    cost_of = dict(zip(pairs, costs, strict=True))

    def cost(path: tuple[int, ...]) -> int:
        return sum(cost_of[pair] for pair in pairwise(path))

    expected = sorted((cost(p), len(p), p) for p in every_path(graph, ends, max_hops))
    event(f"{min(len(expected), 3)} paths or more")
    found, more = best_paths(graph, ends, steps, costs, max_hops, most)
    assert [(p.cost, len(p.nodes), p.nodes) for p in found] == expected[:most]
    assert more == (len(expected) > most)
    for path in found:
        assert tuple(steps.tails[list(path.steps)].tolist()) == path.nodes[:-1]
        assert tuple(steps.heads[list(path.steps)].tolist()) == path.nodes[1:]


@settings(max_examples=200, deadline=None)
@given(graphs())
def test_steps_are_those_of_some_path(case) -> None:
    graph, ends, max_hops = case
    steps = steps_to(graph, ends, max_hops)
    pairs = {pair for p in every_path(graph, ends, max_hops) for pair in pairwise(p)}
    assert sorted(pairs) == list(zip(steps.tails.tolist(), steps.heads.tolist(), strict=True))
    for tail, head, visit in zip(steps.tails, steps.heads, steps.visits, strict=True):
        first, end = graph.first_entering[visit], graph.first_entering[visit + 1]
        assert tail in graph.entering[first:end]
        assert graph.first_leaving[visit] <= head < graph.first_leaving[visit + 1]


def test_a_few_of_very_many_paths_are_found_at_once() -> None:
    # 2 ** 60 paths through 60 transactions of two inputs and two outputs
    ladder = graph_of(2, [([2 * n, 2 * n + 1], 2) for n in range(60)])
    steps = steps_to(ladder, [120, 121], 60)
    found, more = best_paths(ladder, [120, 121], steps, np.ones(len(steps.tails)), 60, 3)
    assert more
    assert [p.cost for p in found] == [60] * 3
    assert found[0].nodes == tuple(range(0, 121, 2))


def test_refuses_what_would_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_search, "MOST_STEPS", 10)
    ladder = graph_of(2, [([2 * n, 2 * n + 1], 2) for n in range(5)])
    with pytest.raises(MisuseError, match="more than 10 steps"):
        steps_to(ladder, [10], 5)
    steps = steps_to(ladder, [4], 2)
    with pytest.raises(MisuseError, match="costs are 0 to"):
        best_paths(ladder, [4], steps, [-1] * len(steps.tails), 2, 1)
