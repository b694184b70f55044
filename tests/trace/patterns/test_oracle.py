"""The detectors say on random chains what their definitions, written out slowly, say."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracle import patterns as oracle
from tests.oracle.patterns import Known
from tests.strategies import ChainBuilder
from tests.trace.patterns.known import every, known_of, knowns, scene_of

from peelchain.trace.patterns import (
    consolidation,
    deposit_sweep,
    fan_out,
    peel_chain,
    round_trip,
    structuring,
)
from peelchain.trace.patterns.consolidation import consolidations, ground
from peelchain.trace.patterns.deposit_sweep import deposit_sweeps
from peelchain.trace.patterns.fan_out import fan_outs
from peelchain.trace.patterns.peel_chain import peel_chains
from peelchain.trace.patterns.round_trip import round_trips
from peelchain.trace.patterns.search import find_patterns, search
from peelchain.trace.patterns.structuring import Payment, Threshold, by_chance, structurings

many = settings(max_examples=150, deadline=None)


@many
@given(knowns(ways=("peel", "peel", "any")))
def test_peel_chains(known: Known):
    found = peel_chains(scene_of(known), every(known))
    assert {(f.txs, f.txouts) for f in found} == oracle.peel_chains(known, peel_chain.LEAST_HOPS)
    for finding in found:
        beside = {out for tx in finding.txs for out in known.outs(tx)}
        assert len(finding.txouts) == len(finding.aside)
        assert set(finding.aside) <= beside - set(finding.txouts)


@many
@given(knowns(ways=("peel", "peel", "any")), st.data())
def test_a_peel_chain_is_the_same_from_wherever_it_is_met(known: Known, data: st.DataObject):
    whole = peel_chains(scene_of(known), every(known))
    tx = data.draw(st.integers(0, known.arrays.tx_count - 1))
    assert peel_chains(scene_of(known), [tx]) == tuple(f for f in whole if tx in f.txs)


@many
@given(knowns(most_inputs=8))
def test_consolidations(known: Known):
    scene = scene_of(known)
    found = consolidations(scene, every(known))
    grounds = {f.txs[0]: ground(scene, scene.tx(f.txs[0])) for f in found}
    assert grounds == oracle.consolidations(known, consolidation.LEAST_INPUTS)
    assert all(list(f.txouts) == known.ins(f.txs[0]) for f in found)


@many
@given(knowns())
def test_fan_outs(known: Known):
    scene = scene_of(known)
    fan_out.LEAST_PAYEES, least = 2, fan_out.LEAST_PAYEES
    fan_out.LEAST_SAT, least_sat = 5, fan_out.LEAST_SAT
    try:
        found = fan_outs(scene, every(known))
    finally:
        fan_out.LEAST_PAYEES, fan_out.LEAST_SAT = least, least_sat
    assert {f.txs[0]: set(f.txouts) for f in found} == oracle.fan_outs(known, 2, 5)


@many
@given(knowns())
def test_deposit_sweeps(known: Known):
    found = deposit_sweeps(scene_of(known), every(known))
    expected = oracle.deposits(known, deposit_sweep.OUTSIDE_SHARE)
    assert {f.txs[0]: set(f.txouts) for f in found} == expected


@many
@given(knowns())
def test_round_trips(known: Known):
    found = round_trips(scene_of(known), every(known))
    expected = oracle.round_trips(
        known, deposit_sweep.OUTSIDE_SHARE, round_trip.MOST_TXS, round_trip.MOST_BLOCKS
    )
    assert {f.txouts[0] for f in found} == set(expected)
    for finding in found:
        assert finding.txouts in expected[finding.txouts[0]]
        assert finding.txs == tuple(known.maker(out) for out in finding.txouts)


@many
@given(knowns(), st.randoms(use_true_random=False))
def test_order_of_the_question_makes_no_difference(known: Known, random):
    asked = list(every(known))
    expected = find_patterns(scene_of(known), asked)
    random.shuffle(asked)
    assert find_patterns(scene_of(known), asked) == expected


@many
@given(knowns(), st.integers(1, 5))
def test_portions_make_no_difference(known: Known, at_once: int):
    scene = scene_of(known)
    expected = find_patterns(scene, every(known))
    scene.at_once = at_once
    assert find_patterns(scene, every(known)) == expected


def test_a_search_that_is_stopped_keeps_what_it_found():
    builder = ChainBuilder()
    (coin,) = builder.coinbase((1_000, 0))
    for hop in range(6):
        _, coin = builder.tx([coin], [(10, 20 + hop), (990 - 10 * hop, 1 + hop)])
    scene = scene_of(known_of(builder))
    scene.at_once = 3
    stopped = search(scene, range(7), progress=lambda done, of: done < 3)
    assert stopped.looked_at == 3
    assert stopped.findings == search(scene, range(7)).findings
    assert search(scene, range(7), progress=lambda done, of: False).looked_at == 0


@many
@given(st.integers(0, 2**32))
def test_structurings(seed: int):
    rng = Random(seed)
    paid = [
        Payment(
            txout_id=n,
            tx_id=n,
            payee=rng.choice(("A", "A", 7)),
            time=rng.randint(0, 60),
            worth=rng.choice([None, *range(900, 1_000, 10), rng.randint(880, 1_120)]),
        )
        for n in range(rng.randint(0, 25))
    ]
    threshold = Threshold(1_000, "USD", rng.randint(0, 12))
    rows = [(p.txout_id, p.payee, p.time, p.worth) for p in paid]
    expected = oracle.structurings(rows, 1_000, threshold.gap_seconds, structuring.LEAST_BELOW)
    assert {f.txouts for f in structurings(paid, threshold)} == expected
    rng.shuffle(paid)
    assert {f.txouts for f in structurings(paid, threshold)} == expected


def test_chance_is_what_trying_every_way_gives():
    for below in range(7):
        for above in range(6):
            every_way = oracle.chance_by_trying(below, above)
            assert by_chance(below, above) == every_way == oracle.chance(below, above)
