"""What is drawn for null controls, and what is counted of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import ChainBuilder, traced_chains
from tests.trace.test_walk import request_of

from peelchain.errors import MisuseError
from peelchain.store.arrays import ChainArrays
from peelchain.trace.null_controls import (
    MOST_FACTOR,
    Arrival,
    Matches,
    arrival,
    drawn_seeds,
    matches,
    null_arrivals,
)
from peelchain.trace.walk import TERMINAL_TYPES, TraceRequest, boundaries, trace


def types_of(scripts):
    """Scripts of odd ids are of another type."""
    return scripts % 2


def names_by_type(kinds, txouts):
    return [TERMINAL_TYPES[kind] for kind in kinds.tolist()]


def market(blocks: int = 60) -> ChainArrays:
    """Each block a coinbase, and a transaction that pays 100 to script 2 h and 2 h + 1, and 40.

    The even ones go to a service of script 1000 in the block after.
    """
    builder = ChainBuilder()
    even: list[int] = []
    for height in range(blocks):
        (mined,) = builder.coinbase((240, 5001), height=height)
        for txout in even:
            builder.tx([txout], [(99, 1000)], height=height)
        own = [(100, 2 * height), (100, 2 * height + 1), (40, 2 * height)]
        even = builder.tx([mined], own, height=height)[:1]
    return builder.arrays()


def paid_at(arrays: ChainArrays, height: int) -> list[int]:
    """The three outputs of a block's transaction."""
    made = np.isin(arrays.txout_script, [2 * height, 2 * height + 1])
    return np.flatnonzero(made).tolist()


def test_a_match_is_near_of_like_value_and_of_the_same_type():
    arrays = market()
    seed = paid_at(arrays, 30)[0]
    found = matches(arrays, [seed], types_of, least=5)
    (pool,) = found.pools
    outputs = arrays.outputs(pool)
    heights = arrays.transactions(outputs.tx_id).height
    assert set(outputs.value_sat.tolist()) == {100, 99}
    assert (np.abs(heights - 30) <= 6).all()
    assert (outputs.script_id % 2 == 0).all()
    assert seed not in pool
    assert (found.window_blocks.tolist(), found.factor.tolist()) == ([6], [2])


def test_the_window_widens_until_there_are_enough():
    arrays = market()
    seed = paid_at(arrays, 30)[0]
    found = matches(arrays, [seed], types_of, lambda scripts: scripts == 1000, least=60)
    # within 24 blocks there are 48 like it, within 48 all other 59, and as many of 40 and its own
    assert (found.window_blocks.tolist(), found.factor.tolist()) == ([48], [4])
    assert len(found.pools[0]) == 59 + 60


def test_scripts_of_the_case_and_coinbases_stand_in_for_nothing_else():
    arrays = market()
    seed = paid_at(arrays, 30)[1]
    found = matches(arrays, [seed], types_of, lambda scripts: scripts == 63, least=50)
    scripts = arrays.outputs(found.pools[0]).script_id.tolist()
    assert 65 in scripts
    assert 63 not in scripts
    assert 5001 not in scripts
    (of_coinbase,) = matches(arrays, [0], types_of, least=50).pools
    assert set(arrays.outputs(of_coinbase).script_id.tolist()) == {5001}


def test_nothing_like_a_seed_leaves_it_without_a_match():
    builder = ChainBuilder()
    builder.coinbase((10**9, 0))
    for height in range(1, 30):
        builder.coinbase((10, 2), height=height)
    arrays = builder.arrays()
    found = matches(arrays, [0], types_of)
    assert (found.matched, found.factor.tolist()) == (0, [MOST_FACTOR])
    request = TraceRequest("forward", np.array([0]), np.array([10**9]))
    with pytest.raises(MisuseError, match="no output of the chain is like any of the seeds"):
        null_arrivals(arrays, request, found, names_by_type, draws=1, seed_number=1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 12), max_size=6, unique=True), min_size=1, max_size=6),
    st.integers(0, 2**63 - 1),
    st.integers(0, 1000),
)
def test_a_draw_takes_one_of_each_pool_and_none_twice(pools, number, draw):
    none = np.zeros(len(pools), np.int64)
    found = Matches(none, tuple(np.array(sorted(pool), np.int64) for pool in pools), none, none)
    drawn = drawn_seeds(found, number, draw).tolist()
    taken = [txout for txout in drawn if txout >= 0]
    assert len(set(taken)) == len(taken)
    for at, (pool, txout) in enumerate(zip(pools, drawn, strict=True)):
        assert txout in pool if txout >= 0 else set(pool) <= set(drawn[:at])
    assert drawn == drawn_seeds(found, number, draw).tolist()


def test_draws_differ_and_take_every_candidate_about_as_often():
    none = np.zeros(1, np.int64)
    found = Matches(none, (np.arange(4, dtype=np.int64),), none, none)
    counted = np.bincount([drawn_seeds(found, 7, draw)[0] for draw in range(4000)])
    # 1000 each, and six standard deviations
    assert (np.abs(counted - 1000) < 6 * np.sqrt(4000 * 0.25 * 0.75)).all()


@settings(max_examples=80, deadline=None)
@given(traced_chains())
def test_what_is_counted_is_what_the_trace_and_its_paths_say(traced):
    arrays, question = traced
    question = replace(question, parts={})
    request = request_of(question, rules=("pro_rata",))
    found = arrival(arrays, request, names_by_type)
    assert found.arrived_sat == trace(arrays, request).rules["pro_rata"].totals
    assert (found.seeds, found.seeds_sat) == (len(question.seeds), sum(question.seeds.values()))
    # one seed at a time, with no other to stop at
    alone = {
        seed: set(
            trace(
                arrays,
                request_of(replace(question, seeds={seed: sat}), graph=True),
            ).graph.node_type.tolist()
        )
        for seed, sat in question.seeds.items()
    }
    for name, count in found.reaching.items():
        if name in ("fee", "seed", "cut"):
            continue
        code = TERMINAL_TYPES.index(name)
        assert count == sum(code in kinds for kinds in alone.values())


def compared(arrays: ChainArrays, seed: int, **changes: Any) -> tuple[Arrival, list[Arrival]]:
    request = TraceRequest(
        "forward", np.array([seed]), arrays.outputs([seed]).value_sat,
        boundaries=boundaries(services=[1000]),
    )  # fmt: skip
    request = replace(request, **changes)
    found = matches(arrays, [seed], types_of, lambda scripts: scripts == 1000, least=20)
    drawn = null_arrivals(arrays, request, found, names_by_type, draws=40, seed_number=3)
    return arrival(arrays, request, names_by_type), drawn


def test_what_everybody_does_is_no_sign():
    arrays = market()
    usual, drawn = compared(arrays, paid_at(arrays, 30)[0])
    assert usual.share("service") == 0.99
    assert [one.share("service") for one in drawn] == [0.99] * 40
    assert {one.reaching["service"] for one in drawn} == {1}


def test_what_nobody_else_does_stands_out():
    arrays = market()
    odd, drawn = compared(arrays, paid_at(arrays, 30)[1])
    assert odd.share("service") == 0
    assert {one.share("service") for one in drawn} == {0.0}


def test_of_a_part_the_same_part_is_drawn():
    arrays = market()
    _, drawn = compared(arrays, paid_at(arrays, 30)[0], seed_traced_sat=np.array([25]))
    assert {one.seeds_sat for one in drawn} == {25}


def test_a_run_that_is_stopped_keeps_its_draws():
    arrays = market()
    seed = paid_at(arrays, 30)[0]
    request = TraceRequest("forward", np.array([seed]), np.array([100]))
    found = matches(arrays, [seed], types_of, least=20)

    def run(progress=None):
        return null_arrivals(
            arrays, request, found, names_by_type, draws=10, seed_number=3, progress=progress
        )

    told = []

    def stop_at_four(what: str, done: int, of: int) -> bool:
        told.append((done, of))
        return done < 4

    assert run(stop_at_four) == run()[:4]
    assert told == [(done, 10) for done in range(5)]
