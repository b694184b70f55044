"""The fewest transactions whose exclusion parts two scripts."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cluster.linked import links_table, spent_together
from tests.oracle import cut as oracle
from tests.oracle.cluster import Link

from peelchain.cluster.cut import Cut, CutTransaction, weakest_cut
from peelchain.cluster.link_graph import link_graph
from peelchain.errors import MisuseError

# few scripts, so that chains meet and cross
_tx = st.lists(st.integers(0, 7), min_size=2, max_size=3)
spends = st.lists(_tx, max_size=11)
sides = st.sets(st.integers(0, 8), min_size=2, max_size=5).flatmap(
    lambda chosen: st.integers(1, len(chosen) - 1).map(
        lambda at: (set(sorted(chosen)[:at]), set(sorted(chosen)[at:]))
    )
)


def links_of(txs: list[list[int]]) -> tuple[pa.Table, list[Link]]:
    table = spent_together(txs, first=1)
    columns = (table[c].to_pylist() for c in ("tx_id", "script_a", "script_b"))
    return table, list(zip(*columns, strict=True))


@settings(deadline=None)
@given(spends, sides, st.booleans())
def test_cut_is_the_least_and_the_nearest_to_the_lesser_script(txs, chosen, turned):
    table, links = links_of(txs)
    a, b = chosen[::-1] if turned else chosen
    lesser = min(a) < min(b)
    cuts = oracle.least_cuts(links, a, b)
    near = min(cuts, key=lambda cut: len(cut.with_a if lesser else cut.with_b))
    found = weakest_cut(table, a, b)
    assert found is not None
    assert tuple(t.tx_id for t in found.transactions) == near.tx_ids
    assert found.only == (len(cuts) == 1)
    if len(near.tx_ids) == 1:
        assert set(found.alone) == {cut.tx_ids[0] for cut in cuts}
        assert len(found.alone) == len(cuts)
    else:
        assert found.alone == ()

    scripts = {script for _, a, b in links for script in (a, b) if a != b}
    with_a, with_b = near.with_a & scripts, near.with_b & scripts
    apart = scripts - with_a - with_b
    assert (found.scripts_a, found.scripts_b, found.scripts_apart) == (
        len(with_a),
        len(with_b),
        len(apart),
    )
    for transaction in found.transactions:
        inputs = set(txs[transaction.tx_id - 1])
        assert transaction == CutTransaction(
            transaction.tx_id, len(inputs & with_a), len(inputs & with_b), len(inputs & apart)
        )


@settings(deadline=None)
@given(spends, sides)
def test_other_direction_is_the_same_with_sides_changed(txs, chosen):
    graph = link_graph(links_of(txs)[0])
    there, back = weakest_cut(graph, *chosen), weakest_cut(graph, *chosen[::-1])
    assert there is not None
    assert back == Cut(
        tuple(
            CutTransaction(t.tx_id, t.scripts_b, t.scripts_a, t.scripts_apart)
            for t in there.transactions
        ),
        there.only,
        there.alone[::-1],
        there.scripts_b,
        there.scripts_a,
        there.scripts_apart,
    )


@settings(deadline=None)
@given(spends, sides, st.integers(1, 4))
def test_bound_is_the_most_that_is_looked_for(txs, chosen, bound):
    table, links = links_of(txs)
    size = len(oracle.least_cuts(links, *chosen)[0].tx_ids)
    found = weakest_cut(table, chosen[0], chosen[1], bound)
    assert (found is None) == (size > bound)


def test_any_transaction_of_a_single_chain_is_named():
    table, _ = links_of([[1, 2], [2, 4], [4, 7, 8]])
    found = weakest_cut(table, 8, 1)
    assert found is not None
    assert found.transactions == (CutTransaction(1, 1, 1, 0),)
    assert (found.only, found.alone) == (False, (3, 2, 1))
    assert (found.scripts_a, found.scripts_b, found.scripts_apart) == (4, 1, 0)


def test_links_of_a_transaction_by_two_rules_fall_together():
    rows = [
        (tx, a, b, rule)
        for tx in (1, 2)
        for a, b, rule in ((1, 3, "multi_input"), (3, 9, "change"))
    ]
    found = weakest_cut(links_table(rows), 1, 9)
    assert found is not None
    assert [t.tx_id for t in found.transactions] == [1, 2]


@settings(deadline=None)
@given(spends)
def test_scripts_far_apart_in_number_are_no_different(txs):
    # as in a long chain, where a cluster's scripts lie anywhere among a billion
    table, _ = links_of(txs)
    spread = table
    for at, name in ((1, "script_a"), (2, "script_b")):
        wide = table[name].to_numpy() * 700_000_001
        spread = spread.set_column(at, table.schema.field(name), pa.array(wide))
    assert weakest_cut(spread, 0, 7 * 700_000_001) == weakest_cut(table, 0, 7)


def test_misuse():
    table, _ = links_of([[1, 5]])
    with pytest.raises(MisuseError, match="script 5 is on both sides"):
        weakest_cut(table, {1, 5}, 5)
    with pytest.raises(MisuseError, match="bound of 0"):
        weakest_cut(table, 1, 5, 0)
    with pytest.raises(MisuseError, match="-3 is no script_id"):
        weakest_cut(table, 1, {5, -3})
    with pytest.raises(MisuseError, match="two sides"):
        weakest_cut(table, 1, set())
