"""The walk against its slow oracle on random chains, and against traces worked by hand."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from tests.oracle import trace as oracle
from tests.oracle.trace import Question
from tests.strategies import ChainBuilder, traced_chains

from peelchain.errors import MisuseError, StoreError
from peelchain.schema import TABLES
from peelchain.store.arrays import ChainArrays
from peelchain.trace.graph import NO_TERMINAL
from peelchain.trace.walk import (
    BACKWARD_RULES,
    CASE_RULES,
    RULES,
    TERMINAL_TYPES,
    RuleTrace,
    TraceRequest,
    boundaries,
    trace,
)

Row = tuple[Any, ...]
MAX_MONEY_SAT = 2_100_000_000_000_000


def rules_of(direction: str) -> tuple[str, ...]:
    return RULES if direction == "forward" else BACKWARD_RULES


def request_of(question: Question, **changes) -> TraceRequest:
    def scripts(kind):
        return [s for s, k in question.boundary.items() if k == kind]

    named = [
        (txout, claimant, sat)
        for txout in question.seeds
        for claimant, sat in sorted(question.parts_of(txout).items())
    ]
    txouts, claimants, sats = (np.array(column, np.int64) for column in zip(*named, strict=True))
    request = TraceRequest(
        question.direction,
        txouts,
        sats,
        rules_of(question.direction),
        seed_claimants=claimants if question.parts else None,
        boundaries=boundaries(
            services=scripts("service"),
            mixers=scripts("mixer"),
            coinjoin_txs=sorted(question.coinjoins),
            exempt=sorted(question.exempt),
            target_scripts=sorted(question.target_scripts),
            target_txouts=sorted(question.target_txouts),
        ),
        max_hops=question.max_hops,
        min_value_sat=question.min_value_sat,
        min_height=question.min_height,
        max_height=question.max_height,
    )
    return replace(request, **changes)


def forward(*seeds: tuple[int, int], **changes) -> TraceRequest:
    txouts, sats = zip(*seeds, strict=True)
    return TraceRequest("forward", np.array(txouts), np.array(sats), **changes)


def backward(*seeds: tuple[int, int], **changes) -> TraceRequest:
    return replace(forward(*seeds), direction="backward", **changes)


def rows(table) -> list[Row]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def terminals(arrays: ChainArrays, request: TraceRequest, rule: str) -> list[Row]:
    """(type, txout, traced) of each terminal."""
    return [(t[0], t[2], t[4]) for t in rows(trace(arrays, request).rules[rule].terminals)]


@settings(max_examples=300, deadline=None)
@given(traced_chains())
def test_kernel_equals_oracle(traced):
    arrays, question = traced
    found = trace(arrays, request_of(question))
    for rule, outcome in found.rules.items():
        expected = oracle.trace(arrays, question, rule)
        assert rows(outcome.terminals) == expected.terminals
        assert [row[1:] for row in rows(outcome.hops)] == expected.hops
        assert (outcome.claims is None) == (not question.parts)
        if outcome.claims is not None:
            assert rows(outcome.claims) == expected.claims
        assert found.poison.totals == expected.poison
        for kind in outcome.totals:
            event(kind)


@settings(max_examples=100, deadline=None)
@given(traced_chains())
def test_every_satoshi_is_accounted_for(traced):
    arrays, question = traced
    found = trace(arrays, request_of(question))
    assert found.seeds_sat == sum(question.seeds.values())
    for outcome in found.rules.values():
        assert sum(outcome.totals.values()) == found.seeds_sat
        assert outcome.seeds_net_sat == found.seeds_sat - outcome.totals.get("seed", 0)
        for _, _, _, value_sat, traced_sat in rows(outcome.terminals):
            assert 0 < traced_sat <= value_sat
        assert_margins(arrays, question, outcome)


def assert_margins(arrays: ChainArrays, question: Question, outcome: RuleTrace) -> None:
    """What hops carry into an output is what they carry out of it, or what rests there."""
    moved_in: dict[Row, int] = {}
    moved_out: dict[Row, int] = {}
    for _, source, tx, target, _, traced_sat in rows(outcome.hops):
        ends = (source, tx if target is None else target)
        keys = [("out", ends[0]), ("fee" if target is None else "out", ends[1])]
        if question.direction == "backward":
            keys.reverse()
        moved_out[keys[0]] = moved_out.get(keys[0], 0) + traced_sat
        moved_in[keys[1]] = moved_in.get(keys[1], 0) + traced_sat
    rests = {}
    for kind, tx, txout, _, traced_sat in rows(outcome.terminals):
        key = ("fee", tx) if txout is None else ("out", txout)
        if kind == "seed":
            assert moved_in.pop(key) == traced_sat
        else:
            rests[key] = traced_sat
    for txout, sat in question.seeds.items():
        moved_in[("out", txout)] = sat
    for key, sat in moved_in.items():
        assert sat == moved_out.get(key, 0) + rests.get(key, 0)
        assert key[0] == "fee" or sat <= arrays.txout_value[key[1]]
    assert moved_out.keys() <= moved_in.keys()


@settings(max_examples=150, deadline=None)
@given(traced_chains())
def test_rules_differ_in_amounts_never_in_what_a_terminal_is(traced):
    arrays, question = traced
    kinds: dict[Row, set[str]] = {}
    for outcome in trace(arrays, request_of(question)).rules.values():
        for kind, tx, txout, _, _ in rows(outcome.terminals):
            kinds.setdefault((tx, txout, kind == "seed"), set()).add(kind)
    assert [found for found in kinds.values() if len(found) > 1] == []


@settings(max_examples=60, deadline=None)
@given(traced_chains(), st.integers(2, 50_000_000_000))
def test_rules_of_position_scale(traced, factor):
    """Every value and seed times a factor: every satoshi becomes as many, in the same places."""
    arrays, question = traced
    assume(arrays.txout_value.sum() * factor <= MAX_MONEY_SAT)
    question = replace(question, min_value_sat=None)
    large = replace(arrays, txout_value=arrays.txout_value * factor)
    more = replace(question, seeds={o: sat * factor for o, sat in question.seeds.items()})
    parts = {o: {c: n * factor for c, n in shares.items()} for o, shares in question.parts.items()}
    more = replace(more, parts=parts)
    small, many = (trace(a, request_of(q)) for a, q in ((arrays, question), (large, more)))
    for rule in ("index_fifo", "index_lifo"):
        small_hops, large_hops = (rows(found.rules[rule].hops) for found in (small, many))
        assert large_hops == [(*hop[:4], hop[4] * factor, hop[5] * factor) for hop in small_hops]


@settings(max_examples=100, deadline=None)
@given(traced_chains())
def test_leaving_hops_out_changes_nothing_else(traced):
    arrays, question = traced
    with_hops = trace(arrays, request_of(question))
    without = trace(arrays, request_of(question, hops=False))
    for rule in with_hops.rules:
        assert without.rules[rule].terminals == with_hops.rules[rule].terminals
        assert without.rules[rule].hops.num_rows == 0
        assert with_hops.rules[rule].hops.schema == TABLES["hops"].schema
        assert with_hops.rules[rule].terminals.schema == TABLES["terminals"].schema


@settings(max_examples=100, deadline=None)
@given(traced_chains())
def test_order_of_seeds_does_not_matter(traced):
    arrays, question = traced
    turned = replace(question, seeds=dict(reversed(question.seeds.items())))
    one, other = (trace(arrays, request_of(q)) for q in (question, turned))
    assert one.rules == other.rules


@settings(max_examples=100, deadline=None)
@given(traced_chains())
def test_each_rule_alone_is_itself_in_a_set(traced):
    arrays, question = traced
    together = trace(arrays, request_of(question))
    for rule in reversed(together.rules):
        assert trace(arrays, request_of(question, rules=(rule,))).rules == {
            rule: together.rules[rule]
        }


@settings(max_examples=100, deadline=None)
@given(traced_chains().filter(lambda traced: traced[1].parts))
def test_claimants_have_what_is_traced_and_no_more(traced):
    """Together they get what one would who claims it all, and each rests with what it came with."""
    arrays, question = traced
    jointly = trace(arrays, request_of(question))
    alone = trace(arrays, request_of(replace(question, parts={})))
    claimed: dict[int, int] = {}
    for txout in question.seeds:
        for claimant, sat in question.parts_of(txout).items():
            claimed[claimant] = claimed.get(claimant, 0) + sat
    for rule, outcome in jointly.rules.items():
        assert outcome.terminals == alone.rules[rule].terminals
        assert outcome.hops == alone.rules[rule].hops
        rested: dict[int, int] = {}
        at: dict[Row, int] = {}
        for claimant, kind, tx, txout, sat in rows(outcome.claims):
            assert sat > 0
            rested[claimant] = rested.get(claimant, 0) + sat
            at[kind, tx, txout] = at.get((kind, tx, txout), 0) + sat
        assert rested == claimed
        assert at == {row[:3]: row[4] for row in rows(outcome.terminals)}


@settings(max_examples=100, deadline=None)
@given(traced_chains(), st.integers(0, 6))
def test_a_walk_that_stops_short_keeps_what_it_found(traced, most):
    arrays, question = traced
    whole = trace(arrays, request_of(question))
    short = trace(arrays, request_of(question, max_txs=most))
    assert short.visited_txs == min(most, whole.visited_txs)
    assert short.partial or short.rules == whole.rules
    for rule, outcome in short.rules.items():
        assert sum(outcome.totals.values()) == whole.seeds_sat
        hops = outcome.hops
        assert hops == whole.rules[rule].hops.slice(0, hops.num_rows)


@settings(max_examples=100, deadline=None)
@given(traced_chains())
def test_the_graph_is_what_every_rule_walks_on(traced):
    """Each hop of each rule is a pair of nodes of one visit, each terminal a node of its type."""
    arrays, question = traced
    found = trace(arrays, request_of(question, graph=True))
    graph = found.graph
    assert graph is not None
    assert graph.seed_count == len(question.seeds)
    assert graph.node_txout[: graph.seed_count].tolist() == list(question.seeds)
    assert graph.node_value_sat.tolist() == arrays.txout_value[graph.node_txout].tolist()
    forward_ = question.direction == "forward"
    visits = {}
    for visit, tx in enumerate(graph.visit_tx.tolist()):
        entering = graph.entering[graph.first_entering[visit] : graph.first_entering[visit + 1]]
        leaving = range(graph.first_leaving[visit], graph.first_leaving[visit + 1])
        assert (graph.node_type[entering] == NO_TERMINAL).all()
        sides = [graph.node_txout[entering].tolist(), graph.node_txout[leaving].tolist()]
        if not forward_:
            sides.reverse()
        visits[tx] = sides
        spent, made = transaction_sat(arrays, tx)
        assert graph.visit_fee_sat[visit] == spent - made
    ends = {
        (TERMINAL_TYPES[code], txout)
        for code, txout in zip(graph.node_type, graph.node_txout.tolist(), strict=True)
        if code != NO_TERMINAL
    }
    for outcome in found.rules.values():
        for _, source, tx, target, *_ in rows(outcome.hops):
            assert source in visits[tx][0]
            assert target is None or target in visits[tx][1]
        for kind, _, txout, *_ in rows(outcome.terminals):
            assert kind == "fee" or (kind, txout) in ends


def transaction_sat(arrays: ChainArrays, tx: int) -> tuple[int, int]:
    """Satoshis that a transaction spends, and that it pays."""
    prevouts = arrays.prevouts(tx)
    first, end = arrays.tx_first_txout[tx : tx + 2]
    return int(arrays.txout_value[prevouts].sum()), int(arrays.txout_value[first:end].sum())


def merge() -> ChainArrays:
    """Coinbases of 10 and 10 merge into 7 and 12 with a fee of 1. Txouts 0, 1 -> 2, 3."""
    builder = ChainBuilder()
    builder.coinbase((10, 0))
    builder.coinbase((10, 1))
    builder.tx([0, 1], [(7, 2), (12, 3)])
    return builder.arrays()


def test_pro_rata_ties_go_to_the_lower_vout():
    # Shares 3.5, 6 and 0.5: the odd satoshi goes to vout 0, not to the fee.
    assert terminals(merge(), forward((0, 10)), "pro_rata") == [
        ("unspent", 2, 4),
        ("unspent", 3, 6),
    ]


def test_pro_rata_ties_go_to_the_lower_vin():
    found = terminals(merge(), backward((2, 7)), "pro_rata")
    assert found == [("coinbase", 0, 4), ("coinbase", 1, 3)]


def test_index_fifo_pays_the_fee_last():
    assert terminals(merge(), forward((1, 10)), "index_fifo") == [
        ("unspent", 3, 9),
        ("fee", None, 1),
    ]
    assert terminals(merge(), forward((0, 10)), "index_fifo") == [
        ("unspent", 2, 7),
        ("unspent", 3, 3),
    ]


def test_index_fifo_keeps_the_place_of_a_satoshi_within_an_output():
    builder = ChainBuilder()
    builder.coinbase((4, 0))
    builder.coinbase((6, 0))
    (joined,) = builder.tx([1, 0], [(10, 1)])
    builder.tx([joined], [(5, 2), (5, 3)])
    # The traced four are the last of ten: of the second five, and one place short of the first.
    assert terminals(builder.arrays(), forward((0, 4)), "index_fifo") == [("unspent", 4, 4)]
    assert terminals(builder.arrays(), forward((1, 6)), "index_fifo") == [
        ("unspent", 3, 5),
        ("unspent", 4, 1),
    ]


def test_index_fifo_traces_the_first_satoshis_of_a_part():
    builder = ChainBuilder()
    builder.coinbase((10, 0))
    builder.tx([0], [(6, 1), (4, 2)])
    assert terminals(builder.arrays(), forward((0, 7)), "index_fifo") == [
        ("unspent", 1, 6),
        ("unspent", 2, 1),
    ]


def test_a_table_of_hops_has_both_margins():
    builder = ChainBuilder()
    builder.coinbase((3, 0))
    builder.coinbase((3, 0))
    builder.tx([0, 1], [(2, 1), (2, 1), (1, 1)])
    found = trace(builder.arrays(), forward((0, 2), (1, 1))).rules["pro_rata"]
    # Half of 2, 2, 1 and the fee of 1: the tie of the last two goes to vout 2.
    assert [row[1:4] + row[5:] for row in rows(found.hops)] == [
        (0, 2, 2, 1),
        (0, 2, 3, 1),
        (1, 2, 4, 1),
    ]


def test_a_flow_ends_at_another_seed_which_starts_whole():
    builder = ChainBuilder()
    builder.coinbase((10, 0))
    builder.tx([0], [(8, 1), (2, 2)])
    builder.tx([1], [(8, 3)])
    found = trace(builder.arrays(), forward((0, 10), (1, 8))).rules["pro_rata"]
    assert [(t[0], t[2], t[4]) for t in rows(found.terminals)] == [
        ("seed", 1, 8),
        ("unspent", 2, 2),
        ("unspent", 3, 8),
    ]
    assert (found.seeds_sat, found.seeds_net_sat) == (18, 10)


def test_a_seed_may_rest_where_it_is():
    builder = ChainBuilder()
    builder.coinbase((1, 0), (2, 1), (3, 2), (4, 3))
    builder.tx([3], [(4, 4)])
    builder.unspendable.add(1)
    stops = boundaries(services=[2], coinjoin_txs=[1])
    seeds = [(o, o + 1) for o in range(4)]
    found = terminals(builder.arrays(), forward(*seeds, boundaries=stops), "pro_rata")
    assert found == [
        ("unspent", 0, 1),
        ("unspendable", 1, 2),
        ("service", 2, 3),
        ("coinjoin", 3, 4),
    ]


def test_the_subjects_own_scripts_are_no_boundary():
    stops = boundaries(services=[2, 3], exempt=[3])
    found = terminals(merge(), forward((1, 10), boundaries=stops), "index_fifo")
    assert found == [("unspent", 3, 9), ("fee", None, 1)]


def test_backward_a_service_is_named_by_what_it_paid_out():
    builder = ChainBuilder()
    builder.coinbase((10, 7))
    builder.tx([0], [(6, 1), (4, 7)])
    builder.tx([1], [(5, 2)])
    found = terminals(
        builder.arrays(), backward((3, 5), boundaries=boundaries(mixers=[7])), "pro_rata"
    )
    assert found == [("mixer", 1, 5)]


def test_all_the_money_there_can_be():
    half = MAX_MONEY_SAT // 2
    builder = ChainBuilder()
    builder.coinbase((half, 0))
    builder.coinbase((half, 0))
    builder.tx([0, 1], [(MAX_MONEY_SAT - 1, 0)])
    builder.tx([2], [(half - 1, 0), (1, 0), (half - 1, 0)])
    arrays = builder.arrays()
    # The tie with the fee goes to the output; then remainders are 3/4, a little over 1/2, and 3/4.
    assert terminals(arrays, forward((0, half)), "pro_rata") == [
        ("unspent", 3, half // 2),
        ("unspent", 5, half // 2),
    ]
    assert terminals(arrays, forward((0, half)), "index_fifo") == [
        ("unspent", 3, half - 1),
        ("unspent", 4, 1),
    ]


def test_many_seeds_may_exceed_64_bits_of_satoshis():
    builder = ChainBuilder()
    for _ in range(4400):
        builder.coinbase((MAX_MONEY_SAT, 0))
    seeds = [(o, MAX_MONEY_SAT) for o in range(4400)]
    assert trace(builder.arrays(), forward(*seeds)).seeds_sat == 4400 * MAX_MONEY_SAT > 2**63


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (forward((0, 11)), "seed txout 0 has 10 sat but 11 sat are to be traced; give 1 to 10"),
        (forward((0, 0)), "give 1 to 10, or leave the output out"),
        (forward((0, 5), (0, 5)), "seed txout 0 is given twice; give each output once"),
        (forward((4, 5)), "seed txout 4 is not in the chain of 4 outputs"),
        (backward((2, 5), rules=("tiho",)), "backward use one of pro_rata, index_fifo, index_lifo"),
        (forward((0, 5), max_txs=-1), "max_txs is -1"),
        (forward((0, 5), (0, 5), seed_claimants=np.array([1, 1])), "seed txout 0 is given twice"),
        (forward((0, 5), (0, 6), seed_claimants=np.array([0, 1])), "has 10 sat but 11 sat"),
        (forward((0, 5), seed_claimants=np.array([-1])), "claimant -1 of seed txout 0"),
        (forward((0, 5), seed_claimants=np.array([0, 1])), "one claimant for each seed"),
        (forward((0, 5), rules=("lifo",)), "'lifo'; the rules are pro_rata, index_fifo"),
        (forward((0, 5), rules=()), "the rules are pro_rata, index_fifo"),
        (forward((0, 5), rules=("pro_rata", "pro_rata")), "'pro_rata' is given twice"),
        (replace(forward((0, 5)), direction=cast(Any, "sideways")), "use forward or backward"),
        (
            TraceRequest("forward", np.empty(0, np.int64), np.empty(0, np.int64)),
            "at least one seed",
        ),
        (TraceRequest("forward", np.array([0]), np.array([1.5])), "give whole numbers"),
        (TraceRequest("forward", np.array([0]), np.array([1, 2])), "one amount for each seed"),
        (forward((0, 5), max_hops=-1), "max_hops is -1"),
        (forward((0, 5), max_hops=2**32), "max_hops is 4294967296"),
        (forward((0, 5), min_height=3, max_height=2), "min_height 3 is above max_height 2"),
    ],
)
def test_refuses_what_makes_no_sense(request_, words):
    with pytest.raises(MisuseError) as refusal:
        trace(merge(), request_)
    assert words in str(refusal.value)


def test_refuses_a_script_of_two_kinds():
    with pytest.raises(MisuseError, match="script 5 is both a service's and a mixer's"):
        boundaries(services=[5, 1], mixers=[5])


def test_refuses_a_damaged_store():
    arrays = merge()
    with pytest.raises(StoreError, match="peelchain chain verify"):
        trace(replace(arrays, txout_spender=np.full(4, 1)), forward((0, 1)))


def test_progress_is_told_and_can_stop_the_trace():
    told = []
    trace(merge(), forward((0, 10)), progress=lambda *at: told.append(at))
    assert {stage for stage, _, _ in told} == {"reach", *CASE_RULES}

    def stop(stage, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trace(merge(), forward((0, 10)), progress=stop)


def test_progress_can_stop_the_walk_and_keep_what_it_found():
    found = trace(merge(), forward((0, 10)), progress=lambda stage, done, total: False)
    assert found.partial
    assert found.rules["pro_rata"].totals == {"cut": 10}


def test_a_target_comes_before_what_else_an_output_is():
    builder = ChainBuilder()
    builder.coinbase((10, 0))
    builder.tx([0], [(4, 1), (6, 2)])
    builder.tx([2], [(6, 3)])
    stops = boundaries(services=[1], target_scripts=[1], target_txouts=[2])
    assert terminals(builder.arrays(), forward((0, 10), boundaries=stops), "pro_rata") == [
        ("target", 1, 4),
        ("target", 2, 6),
    ]


def test_claimants_share_an_output_by_rule():
    """7 and 12 of 10 and 10, a fee of 1: of the first coinbase 6 are A's, then 4 are B's."""
    request = forward((0, 4), (0, 6), seed_claimants=np.array([1, 0]), rules=RULES)
    found = trace(merge(), request)

    def claims(rule: str) -> list[Row]:
        table = found.rules[rule].claims
        return [] if table is None else [(row[0], row[3], row[4]) for row in rows(table)]

    assert claims("index_fifo") == [(0, 2, 6), (1, 2, 1), (1, 3, 3)]
    # Read from the end: the second coinbase fills all of the 7 and 3 of the 12.
    assert claims("index_lifo") == [(0, 3, 5), (1, 3, 4), (0, None, 1)]
    # 4 and 6 of 10: A's 6 are shared over 4 and 6 as 2.4 and 3.6.
    assert claims("pro_rata") == [(0, 2, 2), (1, 2, 2), (0, 3, 4), (1, 3, 2)]
    # A's 6 over 7 and 3 as 4.2 and 1.8.
    assert claims("dirty_first") == [(0, 2, 4), (1, 2, 3), (0, 3, 2), (1, 3, 1)]
    # Over 9 and the fee's 1 as 5.4 and 0.6.
    assert claims("clean_first") == [(0, 3, 5), (1, 3, 4), (0, None, 1)]
    assert claims("tiho") == [(0, 3, 6), (1, 3, 4)]


def test_runs_broken_and_joined_many_times_keep_every_place():
    """A peel chain breaks a line of alternate satoshis apart at both ends, and LIFO turns it."""
    builder = ChainBuilder()
    inputs = [builder.coinbase((1, 0))[0] for _ in range(64)]
    (line,) = builder.tx(inputs, [(64, 1)])
    for step in range(20):
        value = 64 - 3 * step
        outputs = [(1, 2), (value - 3, 1), (2, 3)] if step % 2 else [(value - 3, 1), (3, 2)]
        line = builder.tx([line], outputs)[step % 2]
    arrays = builder.arrays()
    seeds = dict.fromkeys(inputs[::2], 1)
    for rule in ("index_fifo", "index_lifo"):
        question = Question("forward", seeds)
        found = trace(arrays, request_of(question, rules=(rule,))).rules[rule]
        assert rows(found.terminals) == oracle.trace(arrays, question, rule).terminals
