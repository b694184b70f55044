"""The fewest transactions left out that would join two scripts."""

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracle.cluster import clusters, least_shortest_path

from peelchain.cluster.nearest import Crossing, LeftOut, nearest_crossings

REASONS = ("excluded", "whirlpool")
pairs = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=6)
groups = st.lists(
    st.tuples(st.sets(st.integers(0, 11), min_size=1, max_size=4), st.integers(0, 1)), max_size=8
)


def cluster_of(label):
    return lambda ids: np.array([label.get(int(i), int(i)) for i in ids], dtype=np.int64)


def left_out_of(some):
    rows = [(tx, s, reason) for tx, (scripts, reason) in enumerate(some) for s in scripts]
    rows = rows[::-1]
    tx_id, script, reason = (np.array([row[at] for row in rows], dtype=np.int64) for at in range(3))
    return LeftOut(tx_id, script, reason, REASONS)


@settings(deadline=None)
@given(pairs, groups, st.integers(0, 12), st.integers(0, 12))
def test_crossings_are_the_fewest_and_the_first(joined, some, a, b):
    label = clusters(joined)
    of = cluster_of(label)
    found = nearest_crossings(left_out_of(some), of, a, b)
    first, last = label.get(a, a), label.get(b, b)
    # the clusters as scripts, the transactions left out as those that link
    links = []
    scripts_in = defaultdict(list)
    for tx, (scripts, _) in enumerate(some):
        owners = sorted({label.get(s, s) for s in scripts})
        links += [(tx, owners[0], other) for other in owners[1:]]
        for s in sorted(scripts):
            scripts_in[tx, label.get(s, s)].append(s)
    expected = least_shortest_path(links, min(first, last), max(first, last))
    if expected is None:
        assert found is None
        return
    if first > last:
        expected = [(tx, there, here) for tx, here, there in expected[::-1]]
    assert found == [
        Crossing(
            tx,
            REASONS[some[tx][1]],
            here,
            there,
            scripts_in[tx, here][0],
            scripts_in[tx, there][0],
        )
        for tx, here, there in expected
    ]


def test_nothing_left_out_joins_nobody():
    none = np.zeros(0, dtype=np.int64)
    empty = LeftOut(none, none, none, ())
    assert nearest_crossings(empty, cluster_of({}), 3, 4) is None
    assert nearest_crossings(empty, cluster_of({4: 3}), 3, 4) == []
