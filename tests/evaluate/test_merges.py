"""Merges and their verdicts: against parts kept as plain sets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracle import metrics as oracle

from peelchain.errors import MisuseError
from peelchain.evaluate.agreement import Contingency
from peelchain.evaluate.merges import FALSE, RIGHT, UNJUDGED, judge_merges

SCRIPTS = 10
owner_lists = st.lists(st.integers(-1, 3), min_size=SCRIPTS, max_size=SCRIPTS)
link_lists = st.lists(
    st.tuples(st.integers(0, SCRIPTS - 1), st.integers(0, SCRIPTS - 1)), max_size=20
)


def judged(links, owners):
    a, b = (np.array([link[i] for link in links], dtype=np.int64) for i in (0, 1))
    return judge_merges(a, b, np.array(owners, dtype=np.int64))


@given(link_lists, owner_lists)
def test_merges_are_those_of_plain_sets(links, owners):
    found = judged(links, owners)
    rows = list(zip(found.link.tolist(), found.verdict.tolist(), strict=True))
    assert rows == oracle.merges(links, owners)


@given(link_lists, st.lists(st.integers(0, 3), min_size=SCRIPTS, max_size=SCRIPTS))
def test_false_merges_are_at_least_the_owners_too_many_of_each_cluster(links, owners):
    found = judged(links, owners)
    label = list(range(SCRIPTS))
    for a, b in links:
        label = [label[a] if x == label[b] else x for x in label]
    cells = Contingency(owners, label)
    clusters = len(set(label))
    assert len(found.link) == SCRIPTS - clusters
    assert found.right + found.false == len(found.link)
    assert found.false >= len(cells.count) - clusters


def test_a_mistake_counts_once():
    # x1-y1 is wrong; what then comes to the part of x and y has its owner there already
    found = judged([(0, 1), (0, 2), (1, 3), (2, 3)], [5, 6, 5, 6])
    assert found.verdict.tolist() == [FALSE, RIGHT, RIGHT]
    assert found.size_a.tolist() == [1, 2, 3]


def test_owners_who_met_in_two_places_are_two_mistakes():
    found = judged([(0, 1), (2, 3), (0, 2)], [5, 6, 5, 6])
    assert found.verdict.tolist() == [FALSE, FALSE, RIGHT]


def test_a_part_of_unknown_owners_is_not_judged():
    found = judged([(0, 1), (0, 2)], [-1, 5, 6])
    assert found.verdict.tolist() == [UNJUDGED, FALSE]


def test_links_of_another_chain_are_refused():
    with pytest.raises(MisuseError, match="links name script 7, the truth has 3 scripts"):
        judged([(0, 7)], [1, 1, 1])
