"""Agreement of owners and clusters: against all pairs, and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracle import metrics as oracle

from peelchain.errors import MisuseError
from peelchain.evaluate.agreement import Contingency, PairCounts

groupings = st.integers(0, 14).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(-3, 4), min_size=n, max_size=n),
        st.lists(st.integers(0, 5), min_size=n, max_size=n),
        st.lists(st.booleans(), min_size=n, max_size=n),
    )
)


@given(groupings)
def test_pairs_clusters_and_b_cubed_are_those_counted_one_by_one(grouping):
    owners, clusters, chosen = grouping
    found = Contingency(owners, clusters)
    pairs = found.pairs()
    assert (pairs.both, pairs.same_cluster, pairs.same_owner, pairs.all) == oracle.pairs(
        owners, clusters
    )
    whole = found.clusters()
    assert (whole.clusters, whole.pure, whole.owners, whole.whole) == oracle.whole_clusters(
        owners, clusters
    )
    for mask, members in (
        (None, None),
        (np.array(chosen, dtype=bool), [i for i, c in enumerate(chosen) if c]),
    ):
        b = found.b_cubed(mask)
        expected = oracle.b_cubed(owners, clusters, members)
        assert (b.precision_sum, b.recall_sum) == pytest.approx([float(e) for e in expected])
        assert b.scripts == (len(owners) if members is None else len(members))


@pytest.fixture(scope="module")
def peer():
    return pytest.importorskip("sklearn.metrics")


@given(grouping=groupings)
def test_adjusted_rand_index_is_scikit_learns(peer, grouping):
    owners, clusters, _ = grouping
    found = Contingency(owners, clusters).pairs().adjusted_rand
    assert found == pytest.approx(peer.adjusted_rand_score(owners, clusters))


@given(groupings)
def test_numbers_of_owners_and_clusters_are_names_only(grouping):
    owners, clusters, _ = grouping
    renamed = Contingency([7 - o for o in owners], [c * 1000 + 5 for c in clusters])
    assert renamed.pairs() == Contingency(owners, clusters).pairs()


def test_cells_say_which_owner_and_cluster_they_are_of():
    found = Contingency([9, 9, 4], [70, 70, 5])
    assert found.owner.tolist() == [4, 9]
    assert found.cluster.tolist() == [5, 70]
    assert found.count.tolist() == [1, 2]
    assert found.cell.tolist() == [1, 1, 0]


def test_pairs_of_millions_of_scripts_are_exact():
    scripts = 3_000_001
    found = Contingency(np.arange(scripts) % 2, np.zeros(scripts, dtype=np.int64)).pairs()
    even, odd = 1_500_001, 1_500_000
    assert found.both == even * (even - 1) // 2 + odd * (odd - 1) // 2
    assert found.all == scripts * (scripts - 1) // 2


def test_pairs_beyond_64_bits_are_exact():
    huge = PairCounts(both=2**70 + 1, same_cluster=2**71 + 2, same_owner=2**71, all=2**75)
    assert huge.precision == 0.5


def test_scripts_outside_the_largest_clusters():
    clusters = [1, 1, 1, 2, 2, 2, 3, 3, 4]
    found = Contingency([0] * 9, clusters)
    assert found.outside_largest(0).all()
    assert found.outside_largest(1).tolist() == [False] * 3 + [True] * 6
    assert found.outside_largest(3).tolist() == [False] * 8 + [True]
    assert not found.outside_largest(9).any()
    left = found.b_cubed(found.outside_largest(2))
    assert left.scripts == 3
    assert left.recall == pytest.approx((2 / 9 + 2 / 9 + 1 / 9) / 3)


def test_a_share_of_nothing_is_none():
    nothing = Contingency([], [])
    assert nothing.pairs().precision is None
    assert nothing.pairs().recall is None
    assert nothing.b_cubed().precision is None
    assert nothing.b_cubed().recall is None


def test_lengths_that_differ_are_refused():
    with pytest.raises(MisuseError, match="2 owners for 3 clusters"):
        Contingency([1, 2], [1, 2, 3])
