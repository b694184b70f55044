"""Clusters that have grown as no party's should."""

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cluster.linked import clusters_table, spent_together
from tests.oracle.cluster import clusters as label_clusters

from peelchain.cluster.cut import weakest_cut
from peelchain.cluster.superclusters import GrowthLimits, Jump, superclusters

_tx = st.lists(st.integers(0, 19), min_size=2, max_size=4, unique=True)
spends = st.lists(_tx, max_size=14)
owners = st.dictionaries(st.integers(0, 19), st.sampled_from("XYZ"), max_size=6)


def jumps_of(txs, great):
    """By cluster what each transaction joined, replayed from the definition."""
    label = label_clusters((scripts[0], s) for scripts in txs for s in scripts[1:])
    parts = {s: frozenset([s]) for scripts in txs for s in scripts}
    found = defaultdict(list)
    for tx, scripts in enumerate(txs):
        met = {parts[s] for s in scripts}
        sizes = sorted((len(part) for part in met if len(part) >= great), reverse=True)
        if len(sizes) > 1:
            found[label[scripts[0]]].append(Jump(tx, len(sizes), *sizes[:2]))
        whole = frozenset().union(*met)
        parts.update(dict.fromkeys(whole, whole))
    return found, label


@settings(deadline=None)
@given(spends, owners, st.integers(1, 4))
def test_suspects_are_those_with_two_services_or_a_jump(txs, party_of, least):
    links = spent_together(txs)
    table = clusters_table(links)
    found = superclusters(table, links, party_of, limits=GrowthLimits(least=least, times=0))
    jumps, label = jumps_of(txs, least)
    parties: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for script, party in party_of.items():
        parties[label.get(script, script)][party].add(script)
    expected = {c for c in label.values() if len(parties[c]) > 1} | set(jumps)
    assert [one.cluster_id for one in found] == sorted(expected)
    for one in found:
        assert one.scripts == sum(owner == one.cluster_id for owner in label.values())
        assert one.jumps == tuple(jumps.get(one.cluster_id, ()))
        assert one.parties == tuple(sorted(parties[one.cluster_id]))
        expected_ties = {0: 0, 1: 0, 2: 1}.get(len(one.parties), len(one.parties))
        assert len(one.ties) == expected_ties
        for tie in one.ties:
            mine = parties[one.cluster_id][tie.party]
            others = set().union(*parties[one.cluster_id].values()) - mine
            expected_cut = weakest_cut(links, mine, others)
            assert tie.cut is not None
            assert expected_cut is not None
            assert tie.cut.transactions == expected_cut.transactions
            gone = {t.tx_id for t in tie.cut.transactions}
            left = spent_together([s if tx not in gone else [99, 98] for tx, s in enumerate(txs)])
            owner = dict(
                zip(*(clusters_table(left)[c].to_pylist() for c in table.schema.names), strict=True)
            )
            assert not {owner.get(s, s) for s in mine} & {owner.get(s, s) for s in others}
    if found:
        limits = GrowthLimits(least=least, times=0)
        only = frozenset([found[-1].cluster_id])
        assert superclusters(table, links, party_of, limits=limits, only=only) == (found[-1],)


def test_great_is_what_few_clusters_are():
    sizes = np.array([2] * 995 + [500] * 5, dtype=np.int64)
    assert GrowthLimits().great(sizes) == 5000
    assert GrowthLimits().great(np.array([2] * 1000, dtype=np.int64)) == 100
    assert GrowthLimits().great(np.zeros(0, dtype=np.int64)) == 100
    assert GrowthLimits(least=1, times=1).great(np.array([7, 3, 5], dtype=np.int64)) == 7
