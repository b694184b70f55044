"""Crossing CoinJoins: intervals around every way, and what the linkage takes away."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracle import linkage as oracle
from tests.strategies import ChainBuilder, chains, questions
from tests.trace.test_walk import request_of

from peelchain.errors import MisuseError
from peelchain.store.arrays import ChainArrays
from peelchain.trace.crossing import Crossing, cross, intervals, without_coinjoins
from peelchain.trace.linkage import Linkage, linkage
from peelchain.trace.walk import RULES, TERMINAL_TYPES, Direction, TraceRequest, boundaries, trace

ALICE, BOB = 1, 2


def mix() -> tuple[ChainArrays, int, list[int]]:
    """A CoinJoin of two, each with change; its tx_id and its outputs: two equal, two changes."""
    builder = ChainBuilder()
    (alice,) = builder.coinbase((160, ALICE))
    (bob,) = builder.coinbase((230, BOB))
    made = builder.tx([alice, bob], [(100, 10), (100, 11), (59, 12), (128, 13)])
    builder.tx([made[2]], [(59, 20)])
    return builder.arrays(), 2, made


def linkage_of(
    arrays: ChainArrays,
    tx: int,
    *,
    parties_at_least: int = 1,
    most_gain_sat: int = 0,
    most_paid_sat: int = 0,
) -> Linkage:
    spent = arrays.outputs(arrays.prevouts(tx)).value_sat.tolist()
    first, end = arrays.tx_first_txout[tx : tx + 2]
    return linkage(
        spent,
        arrays.txout_value[first:end].tolist(),
        parties_at_least=parties_at_least,
        most_gain_sat=most_gain_sat,
        most_paid_sat=most_paid_sat,
    )


def asked(
    seeds: list[int], sat: list[int], tx: int, direction: Direction = "forward"
) -> TraceRequest:
    return TraceRequest(
        direction,
        np.array(seeds, np.int64),
        np.array(sat, np.int64),
        boundaries=boundaries(coinjoin_txs=[tx]),
    )


def amounts(crossing: Crossing) -> dict[int, tuple[tuple[int, int], tuple[int, int]]]:
    """Of each end its wide and narrowed least and most, by txout_id, -1 for all fees."""
    txouts = crossing.wide.end_txouts
    names = sorted(set(txouts.tolist()))
    found = intervals(crossing, [txouts == name for name in names])
    return {
        name: (
            (one.wide.least_sat, one.wide.most_sat),
            (one.narrowed.least_sat, one.narrowed.most_sat),
        )
        for name, one in zip(names, found, strict=True)
    }


def test_change_is_followed_and_equal_outputs_stay_open():
    arrays, tx, (first, second, own_change, other_change) = mix()
    linked = linkage_of(arrays, tx, parties_at_least=2)
    crossing = cross(arrays, asked([0], [160], tx), {tx: linked})
    found = amounts(crossing)
    spent_on = own_change + 2
    assert found[first] == ((0, 100), (0, 100))
    assert found[second] == ((0, 100), (0, 100))
    assert found[other_change] == ((0, 128), (0, 0))
    # 160 in: at most 100 + 100 are equal outputs, 3 are fees
    assert found[spent_on] == ((0, 59), (0, 59))
    (one,) = crossing.crossed
    assert (one.tx_id, one.entering, one.closed) == (tx, (0,), 1)
    assert one.anonymity_sets() == ((2, 2), (2, 2), (1, 1), (1, 1))


def test_without_a_number_of_parties_nothing_is_narrowed():
    arrays, tx, _ = mix()
    crossing = cross(arrays, asked([0], [160], tx), {tx: linkage_of(arrays, tx)})
    assert crossing.narrowed is crossing.wide
    assert crossing.crossed[0].closed == 0


def test_backward_the_linkage_narrows_as_well():
    arrays, tx, (first, _, own_change, _) = mix()
    linked = linkage_of(arrays, tx, parties_at_least=2)
    found = amounts(cross(arrays, asked([own_change], [59], tx, "backward"), {tx: linked}))
    assert found[0] == ((0, 59), (59, 59))
    assert found[1] == ((0, 59), (0, 0))
    assert amounts(cross(arrays, asked([first], [100], tx, "backward"), {tx: linked}))[1] == (
        (0, 100),
        (0, 100),
    )


def test_what_a_party_may_gain_passes_between_those_not_linked():
    arrays, tx, (_, _, _, other_change) = mix()
    linked = linkage_of(arrays, tx, parties_at_least=2, most_gain_sat=5, most_paid_sat=5)
    found = amounts(cross(arrays, asked([0], [160], tx), {tx: linked}))
    assert found[other_change] == ((0, 128), (0, 5))


def test_a_coinjoin_that_the_walk_does_not_reach_is_said_so():
    arrays, tx, (first, *_) = mix()
    crossing = cross(arrays, asked([first], [100], tx), {tx: linkage_of(arrays, tx)})
    assert crossing.crossed[0].entering == ()


def test_only_what_stops_the_trace_can_be_crossed():
    arrays, tx, _ = mix()
    with pytest.raises(MisuseError, match="no CoinJoin that stops"):
        cross(arrays, asked([0], [160], tx), {0: linkage_of(arrays, tx)})


def test_a_linkage_of_another_transaction_is_refused():
    arrays, tx, _ = mix()
    other = linkage([1, 2, 3], [6], parties_at_least=1)
    with pytest.raises(MisuseError, match="another transaction"):
        cross(arrays, asked([0], [160], tx), {tx: other})


@st.composite
def crossed_chains(draw: st.DrawFn):
    """A chain, a question of it, and some of its transactions taken for CoinJoins."""
    arrays = draw(chains(most_txs=9).filter(lambda arrays: (arrays.txout_value > 0).any()))
    question = draw(questions(arrays))
    whole = [tx for tx in range(arrays.tx_count) if arrays.prevouts(tx).min() >= 0]
    mixes = draw(st.lists(st.sampled_from(whole), max_size=3, unique=True)) if whole else []
    return arrays, replace(question, coinjoins=question.coinjoins | set(mixes)), mixes


@given(crossed_chains(), st.integers(1, 3))
@settings(max_examples=80, deadline=None)
def test_every_rule_lies_within_and_narrowed_within_wide(case, parties):
    arrays, question, mixes = case
    request = request_of(question)
    linkages = {tx: linkage_of(arrays, tx, parties_at_least=parties) for tx in mixes}
    crossing = cross(arrays, request, linkages)
    types = crossing.wide.end_types
    names = sorted(set(types.tolist()))
    found = intervals(crossing, [types == name for name in names])
    for one in found:
        assert one.wide.least_sat <= one.narrowed.least_sat
        assert one.narrowed.least_sat <= one.narrowed.most_sat <= one.wide.most_sat
    if not request.seed_txouts.size:
        return
    through = replace(request, boundaries=without_coinjoins(request.boundaries, mixes))
    rules = tuple(rule for rule in RULES if rule in request.rules) or request.rules
    walked = trace(arrays, replace(through, rules=rules))
    for outcome in walked.rules.values():
        for name, one in zip(names, found, strict=True):
            sat = outcome.totals.get(TERMINAL_TYPES[name], 0)
            assert one.wide.least_sat <= sat <= one.wide.most_sat


@st.composite
def settled_mixes(draw: st.DrawFn):
    """A CoinJoin, one way in which its parties may have shared it, and where an input's value went.

    Gives the chain, the input, the parties, and the satoshis of that input that each output and
    the fee (last) took.
    """
    inputs = draw(st.lists(st.sampled_from([3, 5, 5, 8, 12]), min_size=2, max_size=4))
    outputs = draw(st.lists(st.sampled_from([2, 3, 5, 5, 8]), min_size=1, max_size=4))
    short = sum(outputs) - sum(inputs)
    if short > 0:
        inputs.append(short + draw(st.integers(0, 2)))
    fee = sum(inputs) - sum(outputs)
    whole = draw(st.sampled_from(oracle.interpretations(inputs, outputs, most_loss_sat=fee)))
    chosen = draw(st.integers(0, len(inputs) - 1))
    (own, paid), *_ = (block for block in whole if chosen in block[0])
    left = inputs[chosen]
    room = [(o, outputs[o]) for o in paid]
    room.append((len(outputs), sum(inputs[i] for i in own) - sum(value for _, value in room)))
    took = [0] * (len(outputs) + 1)
    for at, most in draw(st.permutations(room)):
        took[at] = min(left, most)
        left -= took[at]
    assert left == 0
    builder = ChainBuilder()
    spent = [builder.coinbase((value, at))[0] for at, value in enumerate(inputs)]
    builder.tx(spent, [(value, 50 + at) for at, value in enumerate(outputs)])
    return builder.arrays(), chosen, oracle.parties_in(whole), took


@given(settled_mixes())
@settings(max_examples=100, deadline=None)
def test_what_parties_may_have_done_lies_within_the_narrowed_interval(case):
    arrays, chosen, parties, took = case
    tx = arrays.tx_count - 1
    first = int(arrays.tx_first_txout[tx])
    linked = linkage_of(arrays, tx, parties_at_least=max(parties, 1))
    request = asked([chosen], [int(arrays.txout_value[chosen])], tx)
    found = amounts(cross(arrays, request, {tx: linked}))
    for at, sat in enumerate(took):
        txout = -1 if at == len(took) - 1 else first + at
        (_, (least, most)) = found.get(txout, ((0, 0), (0, 0)))
        assert least <= sat <= most
