"""The whole stage against the oracle, and small chains with known answers."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cluster.chains import COINBASE, arrays_of, chains
from tests.oracle import cluster as oracle

from peelchain.cluster.policy import Policy
from peelchain.cluster.stage import cluster
from peelchain.errors import MisuseError, NotInChainError
from peelchain.schema import TABLES

BUYS = ([(60_000, 1), (50_000, 2), (40_000, 1)], [(140_000, 9)])
MIX = (
    [(150_000, 2), (130_000, 3), (200_000, 4)],
    [(100_000, 20), (100_000, 21), (100_000, 22), (49_000, 23), (29_000, 24), (99_000, 25)],
)
EXCLUDED = "ab" * 32


def rows(table: pa.Table, *columns: str) -> list[tuple[Any, ...]]:
    return list(zip(*(table[c].to_pylist() for c in columns), strict=True))


def links_of(table: pa.Table) -> list[tuple[Any, ...]]:
    return rows(table, "tx_id", "script_a", "script_b")


@given(chains)
def test_same_as_oracle(chain):
    result = cluster(arrays_of(chain))
    links, label, flagged = oracle.cluster(chain)
    assert links_of(result.links) == links
    assert set(result.links["rule"].to_pylist()) <= {"multi_input"}
    assert rows(result.clusters, "script_id", "cluster_id") == sorted(label.items())
    assert rows(result.coinjoins, "tx_id", "type") == sorted(flagged.items())
    assert not set(result.batch_payouts.tolist()) & set(flagged)


@given(chains, st.randoms(use_true_random=False))
def test_clusters_do_not_depend_on_the_order_of_transactions(chain, random):
    shuffled = [chain[0], *random.sample(chain[1:], len(chain) - 1)]
    assert cluster(arrays_of(chain)).clusters == cluster(arrays_of(shuffled)).clusters


@given(chains, st.data())
def test_leaving_out_a_transaction_is_as_if_it_had_no_inputs_in_common(chain, data):
    out = data.draw(st.integers(0, len(chain) - 1))
    policy = Policy(exclusions=(EXCLUDED,), detectors=())
    without = cluster(arrays_of(chain), policy, tx_ids_of=lambda txid: [out])
    inputs, outputs = chain[out]
    lone = [*chain[:out], (None if inputs is None else inputs[:1], outputs), *chain[out + 1 :]]
    from_scratch = cluster(arrays_of(lone), Policy(detectors=()))
    assert without.links == from_scratch.links
    assert without.clusters == from_scratch.clusters


@given(chains)
def test_flags_taken_back_join_nothing_new(chain):
    with_negative = cluster(arrays_of(chain))
    without = cluster(arrays_of(chain), Policy(negatives=()))
    assert with_negative.clusters == without.clusters
    taken_back = set(with_negative.batch_payouts.tolist())
    kept = set(with_negative.coinjoins["tx_id"].to_pylist())
    assert kept | taken_back == set(without.coinjoins["tx_id"].to_pylist())


def test_common_spending_links_and_a_mix_does_not():
    result = cluster(arrays_of([COINBASE, BUYS, MIX]))
    assert links_of(result.links) == [(1, 1, 2)]
    assert rows(result.clusters, "script_id", "cluster_id") == [(1, 1), (2, 1)]
    (found,) = result.coinjoins.to_pylist()
    assert (found["tx_id"], found["detector"], found["type"]) == (2, "equal_output", "equal_output")
    assert found["participants_at_least"] == 3
    assert 0 < found["score"] < 1
    assert "3 outputs of 100000 sat" in found["reasons"]


def test_without_detectors_the_mix_links_its_participants():
    result = cluster(arrays_of([COINBASE, BUYS, MIX]), Policy(detectors=()))
    assert links_of(result.links) == [(1, 1, 2), (2, 2, 3), (2, 2, 4)]
    assert result.coinjoins.num_rows == 0


def test_payout_by_one_party_is_no_mix():
    consolidation = ([(1, 2), (1, 3), (1, 4)], [(3, 2)])
    result = cluster(arrays_of([COINBASE, MIX, consolidation]))
    assert result.coinjoins.num_rows == 0
    assert result.batch_payouts.tolist() == [1]
    assert links_of(result.links) == [(1, 2, 3), (1, 2, 4), (2, 2, 3), (2, 2, 4)]


def test_mix_of_two_parties_stays_one():
    result = cluster(arrays_of([COINBASE, MIX, ([(1, 2), (1, 3)], [(2, 2)])]))
    assert result.coinjoins["tx_id"].to_pylist() == [1]


def test_two_mixes_do_not_vouch_for_each_other():
    result = cluster(arrays_of([COINBASE, MIX, MIX]))
    assert result.coinjoins["tx_id"].to_pylist() == [1, 2]
    assert result.clusters.num_rows == 0


def test_mix_of_several_levels_says_no_more_than_it_knows():
    inputs = [(260_000, script) for script in range(1, 13)]
    outputs = [(value, 30 + i) for i, value in enumerate([100_000] * 10 + [200_000] * 10)]
    result = cluster(arrays_of([COINBASE, (inputs, [*outputs, (50_001, 60), (50_002, 61)])]))
    (found,) = result.coinjoins.to_pylist()
    assert found["type"] == "equal_output_levels"
    assert found["participants_at_least"] == 2
    assert "20 of 22 outputs have a value that repeats" in found["reasons"]


def test_tables_have_their_schemas():
    for chain in ([COINBASE], [COINBASE, BUYS, MIX]):
        result = cluster(arrays_of(chain))
        assert result.links.schema == TABLES["links"].schema
        assert result.coinjoins.schema == TABLES["coinjoins"].schema
        assert result.clusters.schema == TABLES["clusters"].schema


def test_progress_is_told():
    told = []
    cluster(arrays_of([COINBASE, BUYS]), progress=lambda *step: told.append(step))
    assert [done for _, done, _ in told] == [0, 1, 2, 3]


def test_exclusion_needs_a_look_up_and_a_transaction():
    arrays = arrays_of([COINBASE, BUYS])
    policy = Policy(exclusions=(EXCLUDED,))
    with pytest.raises(MisuseError, match="tx_ids_of"):
        cluster(arrays, policy)
    with pytest.raises(NotInChainError, match=EXCLUDED):
        cluster(arrays, policy, tx_ids_of=lambda txid: [])
    assert cluster(arrays, policy, tx_ids_of=lambda txid: [1]).links.num_rows == 0


def test_damaged_arrays_are_refused():
    arrays = arrays_of([COINBASE, BUYS])
    arrays.txin_prev_txout[1] = 99
    with pytest.raises(ValueError, match=r"txin_prev_txout\[1\] is 99"):
        cluster(arrays)
    arrays.txin_prev_txout[1] = 1
    arrays.tx_first_txin[:] = np.array([0, 4, 1])
    with pytest.raises(ValueError, match="tx_first_txin does not rise at row 2"):
        cluster(arrays)
