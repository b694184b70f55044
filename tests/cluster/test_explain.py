"""The chain of transactions that joins two scripts."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cluster.linked import spent_together
from tests.oracle import cluster as oracle

from peelchain.cluster.explain import Spanning, Step, explain, spanning
from peelchain.errors import MisuseError, NotInChainError
from peelchain.schema import TABLES

_tx = st.lists(st.integers(0, 14), min_size=1, max_size=4)
spends = st.lists(_tx, max_size=10)
script = st.integers(0, 15)


def links_of(txs: list[list[int]]) -> tuple[pa.Table, list[oracle.Link], list[set[int]]]:
    """The links of transactions that spend those scripts: as a table and as the oracle has them."""
    table = spent_together(txs, first=1)
    columns = (table[c].to_pylist() for c in ("tx_id", "script_a", "script_b"))
    return table, list(zip(*columns, strict=True)), [set(), *(set(scripts) for scripts in txs)]


@given(spends, script, script)
def test_chain_is_the_least_of_the_shortest(txs, a, b):
    table, links, inputs = links_of(txs)
    chain = explain(table, a, b)
    expected = oracle.least_shortest_path(links, min(a, b), max(a, b))
    if chain is None:
        assert expected is None
        return
    assert expected is not None
    if a > b:
        expected = [(tx, there, here) for tx, here, there in expected[::-1]]
    assert [(s.tx_id, s.script_a, s.script_b) for s in chain] == expected
    for step in chain:
        assert {step.script_a, step.script_b} <= inputs[step.tx_id]
        assert step.rule == "multi_input"


@given(spends, st.sets(script, min_size=1), st.sets(script))
def test_spanning_joins_every_target_to_its_nearest_anchor(txs, anchors, targets):
    table, links, inputs = links_of(txs)
    tree = spanning(table, anchors, targets)
    distance = oracle.distances(links, anchors)
    assert list(tree.unjoined) == sorted(targets - distance.keys())
    used = set()
    for target, chain in tree.chains(targets & distance.keys()).items():
        assert len(chain) == distance[target]
        at = target
        for step in reversed(chain):
            assert {step.script_a, step.script_b} <= inputs[step.tx_id]
            assert step.script_b == at
            at = step.script_a
        assert at in anchors
        used |= set(chain)
    assert set(tree.steps) == used
    assert len(tree.steps) == len(used)
    shuffled = table.take(np.arange(table.num_rows)[::-1].copy())
    assert spanning(shuffled, anchors, targets) == tree


def test_two_scripts_of_one_star_are_one_step_apart():
    table, _, _ = links_of([[1, 5, 7], [7, 9]])
    assert explain(table, 5, 7) == [Step(1, "multi_input", 5, 7)]
    assert explain(table, 9, 5) == [
        Step(2, "multi_input", 9, 7),
        Step(1, "multi_input", 7, 5),
    ]
    assert explain(table, 5, 5) == []
    assert explain(table, 5, 3) is None


def test_rules_keep_their_names():
    schema = TABLES["links"].schema
    columns = {
        "tx_id": [1, 1, 2],
        "script_a": [1, 2, 3],
        "script_b": [2, 3, 4],
        "rule": ["later", "earlier", "multi_input"],
    }
    chain = explain(pa.table(columns, schema=schema), 1, 4)
    assert chain is not None
    assert [step.rule for step in chain] == ["later", "earlier", "multi_input"]


def test_chunks_and_tables_without_rows():
    table, _, _ = links_of([[1, 5], [5, 7], [7, 9]])
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1, 0), table.slice(1)])
    assert explain(chunked, 1, 9) == explain(table, 1, 9)
    empty = TABLES["links"].schema.empty_table()
    assert explain(empty, 1, 2) is None
    assert spanning(empty, [1], [1, 2]) == Spanning((), (2,))


def test_misuse():
    table, _, _ = links_of([[1, 5]])
    with pytest.raises(MisuseError, match="-1 is no script_id"):
        explain(table, -1, 5)
    with pytest.raises(MisuseError, match="at least one anchor"):
        spanning(table, [], [5])
    with pytest.raises(NotInChainError, match="script 8 is joined to no anchor"):
        spanning(table, [1], [8]).chains([8])
