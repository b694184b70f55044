"""The error on a labelled table: against every pair of scripts of the chain."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from peelchain.evaluate.table_error import table_error

# the entity of every script of a chain, None where the table does not list it, and its cluster
chains = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 3)), st.integers(0, 4)), min_size=1, max_size=14
).filter(lambda chain: any(entity is not None for entity, _ in chain))


def measured(chain, *, complete):
    listed = [(e, c) for e, c in chain if e is not None]
    size = [sum(c == other for _, other in chain) for _, c in listed]
    columns = ([e for e, _ in listed], [c for _, c in listed], size)
    return table_error(*(np.array(c, dtype=np.int64) for c in columns), complete=complete)


@given(chains)
def test_recall_is_that_of_all_pairs_of_listed_scripts(chain):
    pairs = [(x, y) for x, y in combinations(chain, 2) if x[0] is not None and x[0] == y[0]]
    found = sum(x[1] == y[1] for x, y in pairs)
    for complete in (False, True):
        counted = measured(chain, complete=complete).counted
        assert sum(n for n, _ in counted.sought) == found
        assert sum(n for _, n in counted.sought) == len(pairs)


@given(chains)
def test_precision_of_a_complete_table_is_that_of_all_pairs_with_a_listed_script(chain):
    said = [
        (x, y)
        for x, y in combinations(chain, 2)
        if x[1] == y[1] and (x[0] is not None or y[0] is not None)
    ]
    counted = measured(chain, complete=True).counted
    assert sum(n for n, _ in counted.said) == sum(x[0] == y[0] for x, y in said)
    assert sum(n for _, n in counted.said) == len(said)


@given(chains)
def test_an_incomplete_table_gives_no_precision(chain):
    assert measured(chain, complete=False).counted.said is None


@given(chains)
def test_entities_and_mixed_clusters_are_those_counted_one_by_one(chain):
    for complete in (False, True):
        error = measured(chain, complete=complete)
        for e in error.entities:
            mine = [c for entity, c in chain if entity == e.entity]
            others = [
                c
                for entity, c in chain
                if entity != e.entity and (complete or entity is not None) and c in mine
            ]
            assert (e.scripts, e.clusters) == (len(mine), len(set(mine)))
            assert e.largest == max(mine.count(c) for c in mine)
            assert e.strangers == len(others)
        holders = {c: {e for e, at in chain if at == c and e is not None} for _, c in chain}
        assert set(error.mixed) == {c for c, held in holders.items() if len(held) > 1}
