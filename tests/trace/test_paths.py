"""Connections of terminals with seeds, and deposit candidates of sweeps."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from tests.strategies import ChainBuilder, traced_chains
from tests.trace.test_walk import Row, forward, request_of, rows

from peelchain.trace.paths import Connection, connections, deposit_candidates
from peelchain.trace.walk import RULES, TraceRequest, trace


def connected(arrays, request: TraceRequest, rule: str) -> dict[Row, Connection]:
    """The connection of each terminal by (type, txout)."""
    found = trace(arrays, request).rules[rule]
    joined = connections(request.direction, request.seed_txouts, found.hops, found.terminals)
    return {(t[0], t[2]): c for t, c in zip(rows(found.terminals), joined, strict=True)}


def every_path(hops: list[Row], seeds: set[int], forward: bool) -> dict[Row, dict[int, int]]:
    """Fewest hops from each seed to each end, by following every path on its own."""
    found: dict[Row, dict[int, int]] = {}
    todo = [(seed, seed, 0) for seed in sorted(seeds)]
    while todo:
        at, seed, count = todo.pop()
        for _, source, tx, target, _, _ in hops:
            if (source if forward else target) != at:
                continue
            to = target if forward else source
            key = ("fee", tx) if to is None else ("out", to)
            ends = found.setdefault(key, {})
            ends[seed] = min(ends.get(seed, count + 1), count + 1)
            if to is not None and to not in seeds:
                todo.append((to, seed, count + 1))
    return found


@settings(max_examples=200, deadline=None)
@given(traced_chains())
def test_same_as_following_every_path(traced):
    arrays, question = traced
    request = request_of(question)
    seeds = set(question.seeds)
    for outcome in trace(arrays, request).rules.values():
        paths = every_path(rows(outcome.hops), seeds, question.direction == "forward")
        joined = connections(
            question.direction, request.seed_txouts, outcome.hops, outcome.terminals
        )
        for (kind, tx, txout, *_), connection in zip(rows(outcome.terminals), joined, strict=True):
            if kind != "seed" and txout in seeds:
                expected = {txout: 0}
            else:
                expected = paths[("fee", tx) if txout is None else ("out", txout)]
            assert connection == Connection(tuple(sorted(expected)), min(expected.values()))


def two_ways():
    """Seeds 0 and 1; output 4 is reached from 0 in two hops, from 1 in one."""
    builder = ChainBuilder()
    builder.coinbase((10, 0))
    builder.coinbase((10, 1))
    builder.tx([0], [(8, 2), (2, 3)])
    builder.tx([1, 2], [(18, 4)])
    return builder.arrays()


def test_all_seeds_and_the_shortest_way():
    for rule in RULES:
        request = forward((0, 10), (1, 10), rules=(rule,))
        assert connected(two_ways(), request, rule) == {
            ("unspent", 3): Connection((0,), 1),
            ("unspent", 4): Connection((0, 1), 1),
        }


def test_backward_connects_a_source_with_what_it_paid_for():
    request = TraceRequest("backward", np.array([4, 3]), np.array([18, 2]))
    assert connected(two_ways(), request, "pro_rata") == {
        ("coinbase", 0): Connection((3, 4), 1),
        ("coinbase", 1): Connection((4,), 1),
    }


def sweep(*paid: tuple[int, int]) -> ChainBuilder:
    """A transaction of outputs `paid`, from 3 on, that spends deposits 0, 1 and 2."""
    builder = ChainBuilder()
    builder.coinbase((10, 0), (10, 1), (10, 2))
    builder.tx([2, 1, 0], list(paid))
    return builder


def test_the_reached_inputs_of_a_sweep_to_a_hot_wallet_are_deposit_candidates():
    builder = sweep((20, 7), (9, 8))
    builder.tx([3], [(12, 7), (8, 50)])
    assert deposit_candidates(builder.arrays(), {0, 2, 3, 4}, 3, [8, 7]) == (0, 2)


def test_a_customer_who_empties_a_wallet_into_a_deposit_address_names_no_deposit():
    builder = sweep((20, 7), (9, 8))
    builder.tx([3], [(20, 8)])
    assert deposit_candidates(builder.arrays(), {0, 2, 3, 4}, 3, [8, 7]) == ()


def test_a_hot_wallet_may_not_have_paid_out_yet():
    assert deposit_candidates(sweep((20, 7)).arrays(), {0, 2, 3}, 3, [8, 7]) == (0, 2)


def test_a_payment_with_change_names_no_deposit():
    builder = sweep((20, 7), (9, 3))
    builder.tx([3], [(12, 7), (8, 50)])
    assert deposit_candidates(builder.arrays(), {0, 3, 4}, 3, [7, 8]) == ()


def test_an_unspendable_output_does_not_hide_a_sweep():
    builder = sweep((20, 7), (0, 3))
    builder.unspendable.add(4)
    builder.tx([3], [(12, 7), (8, 50)])
    assert deposit_candidates(builder.arrays(), {0, 3}, 3, [7]) == (0,)


@settings(max_examples=150, deadline=None)
@given(traced_chains())
def test_every_reached_end_has_a_shortest_path_of_spends(traced):
    arrays, question = traced
    request = replace(request_of(question), paths=True)
    found = trace(arrays, request)
    forward = question.direction == "forward"
    for kind in ("service", "unspent", "coinbase", "coinjoin", "mixer", "cut"):
        ends = found.reached.ends(kind)
        for outcome in found.rules.values():
            at_rest = {t[2] for t in rows(outcome.terminals) if t[0] == kind}
            assert at_rest <= set(ends), "an end with value was not called reached"
        for txout, row in ends.items():
            path = found.reached.path(row)
            assert path[0] in question.seeds
            assert path[-1] == txout
            for near, far in pairwise(path):
                spent, made = (near, far) if forward else (far, near)
                assert arrays.txout_spender[spent] == arrays.txout_tx[made]
                assert arrays.txout_value[made] > 0
