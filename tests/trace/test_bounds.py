"""Bounds against every assignment there is, against a linear program, and around every rule."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow
from tests.oracle import bounds as oracle
from tests.oracle.trace import Question
from tests.strategies import ChainBuilder, chains, questions, traced_chains
from tests.trace.test_walk import request_of

from peelchain.errors import ConservationError, MisuseError
from peelchain.schema import TABLES
from peelchain.store.arrays import ChainArrays
from peelchain.trace.bounds import UNKNOWN_TYPES, Bound, Cut, bounds, bounds_table, cut_txouts
from peelchain.trace.graph import FlowGraph
from peelchain.trace.network import Network, transaction_network
from peelchain.trace.walk import TERMINAL_TYPES, trace

MAX_MONEY_SAT = 2_100_000_000_000_000


def network_of(arrays: ChainArrays, question: Question) -> Network:
    return transaction_network(
        oracle.flow_graph(arrays, question), np.array(list(question.seeds.values()))
    )


def of_type(network: Network, *names: str):
    return np.isin(network.end_types, [TERMINAL_TYPES.index(name) for name in names])


def ends_of(network: Network) -> list[tuple[str, int | None]]:
    return [
        (TERMINAL_TYPES[kind], None if txout < 0 else txout)
        for kind, txout in zip(network.end_types, network.end_txouts.tolist(), strict=True)
    ]


@st.composite
def small_traces(draw: st.DrawFn) -> tuple[ChainArrays, Question]:
    drawn = chains(most_txs=9, most_sat=7).filter(lambda arrays: (arrays.txout_value > 0).any())
    arrays = draw(drawn)
    question = draw(questions(arrays))
    assume(sum(question.seeds.values()) <= 12)
    return arrays, question


@settings(max_examples=150, deadline=None)
@given(small_traces(), st.randoms(use_true_random=False))
def test_bounds_are_the_least_and_most_of_every_assignment(traced, chance):
    arrays, question = traced
    network = network_of(arrays, question)
    ends = ends_of(network)
    # fees are one end to the oracle
    there = {end for end in dict.fromkeys(ends) if chance.random() < 0.4}
    chosen = np.array([end in there for end in ends], np.bool_)
    seeds_sat = sum(question.seeds.values())
    found = oracle.outcomes(arrays, question, lambda end: end in there)
    (bound,) = bounds(network, [chosen])
    assert bound.least_sat == min(sat for sat, _ in found)
    assert bound.most_sat == max(sat + unknown for sat, unknown in found)
    assert bound.most_known_sat == max(sat for sat, _ in found)
    assert bound.least_known_sat == min(sat + unknown for sat, unknown in found)
    event(f"least {'0' if not bound.least_sat else 'all' if bound.least_sat == seeds_sat else '+'}")
    event("wider by what was left off" if bound.most_sat > bound.most_known_sat else "as known")


@settings(max_examples=150, deadline=None)
@given(traced_chains())
def test_bounds_enclose_every_rule(traced):
    arrays, question = traced
    done = trace(arrays, request_of(question, graph=True))
    assert done.graph is not None
    assert_same(done.graph, oracle.flow_graph(arrays, question))
    network = transaction_network(done.graph, list(question.seeds.values()))
    ends = ends_of(network)
    names = sorted({name for name, _ in ends})
    groups = [of_type(network, name) for name in names]
    groups += [np.arange(len(ends)) == end for end in range(len(ends))]
    found = bounds(network, groups, cuts=True)
    for outcome in done.rules.values():
        rows: dict[tuple[str, int | None, int], int] = {}
        for row in outcome.terminals.to_pylist():
            fee_of = row["tx_id"] if row["txout_id"] is None else -1
            rows[row["type"], row["txout_id"], fee_of] = row["traced_sat"]
        txs = np.where(network.end_txouts < 0, network.end_txs, -1).tolist()
        # a seed that others reach may rest there, and start from there: two ends of two types
        amounts = np.array(
            [rows.pop((*end, tx), 0) for end, tx in zip(ends, txs, strict=True)], np.int64
        )
        assert not rows
        unknown = amounts[of_type(network, *UNKNOWN_TYPES)].sum()
        for chosen, bound in zip(groups, found, strict=True):
            sat = int(amounts[chosen].sum())
            left = int(amounts[chosen | of_type(network, *UNKNOWN_TYPES)].sum())
            assert bound.least_sat <= sat <= bound.most_known_sat <= bound.most_sat
            assert bound.least_sat <= bound.least_known_sat <= left <= bound.most_sat
            assert left - sat <= unknown


def assert_same(graph: FlowGraph, expected: FlowGraph) -> None:
    for name, value in vars(expected).items():
        assert np.array_equal(getattr(graph, name), value), name


@st.composite
def networks(draw: st.DrawFn, most_nodes: int = 12) -> Network:
    """Any network without cycles in which all the seeds can come to rest, in no order of nodes."""
    count = draw(st.integers(1, most_nodes))
    place = draw(st.permutations(range(count)))
    value = st.integers(0, 9) | st.integers(0, MAX_MONEY_SAT)
    node = st.integers(0, count - 1)
    arcs = draw(st.lists(st.tuples(node, node, value), max_size=4 * count))
    arcs = [(min(a, b), max(a, b), sat) for a, b, sat in arcs if a != b]
    seeds = draw(st.lists(st.tuples(node, value), min_size=1, max_size=5))
    ends = draw(st.lists(st.tuples(node, value, st.integers(0, 9)), max_size=2 * count))
    # an end at each node that takes all
    ends += [(n, 10 * MAX_MONEY_SAT, draw(st.integers(0, 9))) for n in range(count)]

    def column(rows, at):
        return np.array([row[at] for row in rows], np.int64)

    def nodes(rows, at):
        return np.array([place[row[at]] for row in rows], np.int64)

    none = np.full(len(ends), -1, np.int64)
    return Network(
        count, nodes(arcs, 0), nodes(arcs, 1), column(arcs, 2), nodes(seeds, 0), column(seeds, 1),
        nodes(ends, 0), column(ends, 1), column(ends, 2).astype(np.uint8), none, none, none,
        np.arange(len(arcs), dtype=np.int64),
    )  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(networks(), st.data())
def test_bounds_are_those_of_the_linear_program(network, data):
    chosen = np.array([data.draw(st.booleans()) for _ in network.end_nodes], np.bool_)
    small = replace(
        network,
        capacities_sat=network.capacities_sat % 1000,
        seed_sat=network.seed_sat % 1000,
        end_capacities_sat=np.where(
            network.end_capacities_sat > MAX_MONEY_SAT, 10**6, network.end_capacities_sat % 1000
        ),
    )
    (bound,) = bounds(small, [chosen])
    unknown = of_type(small, *UNKNOWN_TYPES)
    assert bound.least_sat == round(extreme(small, chosen, 1))
    assert bound.most_sat == round(-extreme(small, chosen | unknown, -1))
    assert bound.most_known_sat == round(-extreme(small, chosen, -1))
    assert bound.least_known_sat == round(extreme(small, chosen | unknown, 1))


def extreme(network: Network, chosen, sign: int) -> float:
    """The least of what can rest at the chosen ends, times `sign`."""
    arcs, ends = len(network.tails), len(network.end_nodes)
    columns = np.arange(arcs + ends)
    outgoing = coo_array(
        (np.ones(arcs + ends), (np.concatenate([network.tails, network.end_nodes]), columns)),
        shape=(network.node_count, arcs + ends),
    )
    incoming = coo_array(
        (np.ones(arcs), (network.heads, columns[:arcs])), shape=(network.node_count, arcs + ends)
    )
    supply = np.bincount(network.seed_nodes, network.seed_sat, network.node_count)
    cost = np.concatenate([np.zeros(arcs), sign * chosen.astype(float)])
    capacities = np.concatenate([network.capacities_sat, network.end_capacities_sat])
    solved = linprog(
        cost,
        A_eq=outgoing - incoming,
        b_eq=supply,
        bounds=list(zip(0 * capacities, capacities, strict=True)),
    )
    assert solved.success
    return float(solved.fun)


@settings(max_examples=150, deadline=None)
@given(networks(), st.data())
def test_a_cut_can_be_checked_without_the_program(network, data):
    chosen = np.array([data.draw(st.booleans()) for _ in network.end_nodes], np.bool_)
    (bound,) = bounds(network, [chosen], cuts=True)
    unknown = of_type(network, *UNKNOWN_TYPES)
    seeds_sat = sum(network.seed_sat.tolist())
    assert_parts(network, bound.most_cut, chosen | unknown, bound.most_sat)
    assert_parts(network, bound.least_cut, ~chosen, seeds_sat - bound.least_sat)


def assert_parts(network: Network, cut: Cut | None, chosen, sat: int) -> None:
    """The rows of a cut add up to its amount, and without them nothing leads to the ends."""
    assert cut is not None
    total = sum(network.seed_sat[cut.seeds].tolist())
    total += sum(network.capacities_sat[cut.arcs].tolist())
    total += sum(network.end_capacities_sat[cut.ends].tolist())
    assert total == cut.sat == sat
    assert chosen[cut.ends].all()
    reached = set(np.delete(network.seed_nodes, cut.seeds).tolist())
    arcs = list(
        zip(
            np.delete(network.tails, cut.arcs).tolist(),
            np.delete(network.heads, cut.arcs).tolist(),
            np.delete(network.capacities_sat, cut.arcs).tolist(),
            strict=True,
        )
    )
    for _ in range(network.node_count):
        reached |= {head for tail, head, sat in arcs if tail in reached and sat}
    rest = chosen.copy()
    rest[cut.ends] = False
    assert not any(
        network.end_capacities_sat[end] and int(network.end_nodes[end]) in reached
        for end in np.flatnonzero(rest)
    )


def test_many_transactions_agree_with_scipy():
    network = long_network(3000)
    ends = len(network.end_nodes)
    stream = np.random.Generator(np.random.PCG64(5))
    for share in (0.002, 0.05, 0.5, 0.98):
        chosen = stream.random(ends) < share
        (bound,) = bounds(network, [chosen])
        assert bound.most_sat == scipy_flow(network, chosen)
        assert bound.least_sat == network.seed_sat.sum() - scipy_flow(network, ~chosen)
        assert bound.most_sat > 0


def long_network(visits: int) -> Network:
    """Transactions that each spend up to three of the last forty outputs, with clean money too."""
    stream = np.random.Generator(np.random.PCG64(3))
    builder = ChainBuilder()
    value: dict[int, int] = {}
    loose: list[int] = []
    for _ in range(visits):
        while len(loose) < 40:
            value |= dict.fromkeys(builder.coinbase((1000, 0)), 1000)
            loose = list(value)
        spent = stream.choice(loose, stream.integers(1, 4), replace=False).tolist()
        total = sum(value.pop(txout) for txout in spent)
        own = int(stream.integers(0, total + 1))
        rest = total - own - (total > 9)
        if rest >= 0:
            value |= dict(zip(builder.tx(spent, [(own, 0), (rest, 0)]), (own, rest), strict=True))
        if len(value) > 40:
            # one that nobody spends
            value.pop(list(value)[int(stream.integers(0, 40))])
        loose = list(value)
    return network_of(builder.arrays(), Question("forward", dict.fromkeys(range(10), 1000)))


def scipy_flow(network: Network, chosen) -> int:
    """The maximum flow, by scipy, whose capacities are of 32 bits."""
    source, sink = network.node_count, network.node_count + 1
    ends = np.flatnonzero(chosen)
    rows = np.concatenate(
        [network.tails, np.full(len(network.seed_nodes), source), network.end_nodes[ends]]
    )
    columns = np.concatenate([network.heads, network.seed_nodes, np.full(len(ends), sink)])
    sats = np.concatenate(
        [network.capacities_sat, network.seed_sat, network.end_capacities_sat[ends]]
    )
    graph = coo_array((sats.astype(np.int32), (rows, columns)), shape=(sink + 1, sink + 1))
    return int(maximum_flow(graph.tocsr(), source, sink).flow_value)


def split() -> tuple[ChainArrays, Question]:
    """A seed of 10 with 10 clean becomes 12 (to a service), 7, and a fee of 1; the 7 is spent."""
    builder = ChainBuilder()
    builder.coinbase((10, 0))
    builder.coinbase((10, 1))
    builder.tx([0, 1], [(12, 2), (7, 3)])
    builder.tx([3], [(6, 2), (1, 4)])
    return builder.arrays(), Question("forward", {0: 10}, boundary={2: "service"})


def test_a_destination_gets_at_least_what_fits_nowhere_else():
    arrays, question = split()
    network = network_of(arrays, question)
    (bound,) = bounds(network, [of_type(network, "service")], cuts=True)
    # elsewhere: the fee of 1 and the unspent output of 1
    assert bound == Bound(8, 10, 8, 10, bound.least_cut, bound.most_cut)
    assert bound.least_cut is not None
    assert cut_txouts(network, bound.least_cut).tolist() == [5]
    assert [network.end_txs[end] for end in bound.least_cut.ends] == [3, 2]


def test_the_answer_says_by_how_much_a_cut_widens():
    arrays, question = split()
    network = network_of(arrays, replace(question, max_hops=1))
    (bound,) = bounds(network, [of_type(network, "service")])
    # the 7 was left off: nobody knows whether it reached the service
    assert bound == Bound(2, 10, 9, 10)
    (bound,) = bounds(network, [of_type(network, "fee")])
    assert bound == Bound(0, 8, 0, 1)


def test_a_seed_at_rest_is_all_there():
    builder = ChainBuilder()
    builder.coinbase((5, 0), (4, 1))
    arrays = builder.arrays()
    network = network_of(arrays, Question("forward", {0: 3, 1: 4}, boundary={0: "service"}))
    service, unspent = bounds(network, [of_type(network, t) for t in ("service", "unspent")])
    assert (service, unspent) == (Bound(3, 3, 3, 3), Bound(4, 4, 4, 4))


def test_more_money_than_64_bits_hold():
    builder = ChainBuilder()
    for _ in range(4400):
        builder.coinbase((MAX_MONEY_SAT, 0))
    arrays = builder.arrays()
    question = Question("forward", dict.fromkeys(range(4400), MAX_MONEY_SAT))
    network = network_of(arrays, question)
    everything = 4400 * MAX_MONEY_SAT
    (bound,) = bounds(network, [of_type(network, "unspent")])
    assert everything > 2**63
    assert bound == Bound(everything, everything, everything, everything)


def test_nothing_is_destined_for_nowhere():
    arrays, question = split()
    network = network_of(arrays, question)
    assert bounds(network, [of_type(network, "mixer")]) == [Bound(0, 0, 0, 0)]
    assert bounds(network, []) == []


def test_bounds_as_a_table():
    arrays, question = split()
    network = network_of(arrays, replace(question, max_hops=1))
    names = ("service", "fee")
    found = bounds(network, [of_type(network, name) for name in names])
    table = bounds_table("transaction", network, dict(zip(names, found, strict=True)))
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        ("transaction", "fee", 10, 0, 8, 0, 1),
        ("transaction", "service", 10, 2, 10, 9, 10),
    ]
    assert table.schema == TABLES["bounds"].schema


def small(**changes: Any) -> Network:
    none = np.array([-1], np.int64)
    one = np.array([1], np.int64)
    network = Network(
        2, 0 * one, one, 5 * one, 0 * one, 5 * one, one, 5 * one, np.array([1], np.uint8),
        none, none, none,
    )  # fmt: skip
    return replace(network, **changes)


@pytest.mark.parametrize(
    ("network", "error", "words"),
    [
        (
            small(tails=np.array([0, 1]), heads=np.array([1, 0]), capacities_sat=np.array([5, 5])),
            MisuseError,
            "has a cycle that node 0 is on or behind",
        ),
        (small(heads=np.array([2])), MisuseError, r"heads\[0\] is 2, which is not among 2 nodes"),
        (small(heads=np.array([1, 1])), MisuseError, "differ in length"),
        (small(capacities_sat=np.array([-5])), MisuseError, r"capacities_sat\[0\] is -5 sat"),
        (
            small(seed_nodes=np.array([0, 0]), seed_sat=np.array([2**62, 2**62])),
            MisuseError,
            r"2\^63 sat or more could pass through node 0; trace fewer seeds at a time",
        ),
        (small(seed_sat=np.array([6])), ConservationError, "of the seeds' 6 sat no more than 5"),
    ],
)
def test_refuses_what_is_no_network(network, error, words):
    with pytest.raises(error, match=words):
        bounds(network, [np.array([True])])


def test_refuses_a_destination_of_other_ends():
    with pytest.raises(MisuseError, match=r"destination 1 is bool\[2\]; give bool\[1\]"):
        bounds(small(), [np.array([True]), np.array([True, False])])


def test_refuses_other_than_one_amount_for_each_seed():
    arrays, question = split()
    with pytest.raises(MisuseError, match="2 amounts for 1 seeds; add up what several claimants"):
        transaction_network(oracle.flow_graph(arrays, question), [5, 5])


def test_progress_is_told_and_can_stop_the_work():
    told = []
    bounds(small(), [np.array([True])] * 3, lambda *at: told.append(at))
    assert told[0] == ("bounds", 0, 3)
    assert told[-1] == ("bounds", 3, 3)

    def stop(stage, done, of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bounds(small(), [np.array([True])], stop)
