"""The whole stage against the oracle, and small chains with known answers."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cluster.chains import COINBASE, chains
from tests.cluster.tables import Done, clustered, source_of
from tests.oracle import cluster as oracle

from peelchain.cluster.policy import Policy
from peelchain.cluster.stage import RETRACTABLE, cluster
from peelchain.errors import MisuseError, NotInChainError, StoreError
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


def made(chain, policy=None, **options) -> Done:
    """The clustering of a chain, by files that are gone afterwards."""
    with TemporaryDirectory() as folder:
        return clustered(chain, Path(folder) / "chain", policy or Policy(), **options)


def same(one: Done, other: Done) -> None:
    assert links_of(one.links) == links_of(other.links)
    for table in ("coinjoins", "lookalikes", "clusters"):
        assert getattr(one, table).to_pylist() == getattr(other, table).to_pylist()


@settings(max_examples=60, deadline=None)
@given(chains, st.data())
def test_same_as_oracle(chain, data):
    cuts = data.draw(st.lists(st.integers(1, max(1, len(chain) - 1)), unique=True, max_size=3))
    result = made(chain, segments=sorted(cut for cut in cuts if cut < len(chain)))
    flagged = dict(rows(made(chain, Policy(negatives=())).coinjoins, "tx_id", "type"))
    kinds = dict(rows(result.lookalikes, "tx_id", "type"))
    quiet = {tx_id for tx_id, kind in kinds.items() if kind == "one_cluster"}
    others = {tx_id for tx_id, kind in kinds.items() if kind in ("psbt_trade", "stonewall")}
    links = oracle.multi_input_links(chain, others | set(flagged))
    assert links_of(result.links) == links
    assert set(result.links["rule"].to_pylist()) <= {"multi_input"}
    label = oracle.clusters((a, b) for _, a, b in links)
    assert rows(result.clusters, "script_id", "cluster_id") == sorted(label.items())
    one = {
        tx_id
        for tx_id, kind in flagged.items()
        if kind in RETRACTABLE
        and len({label.get(script, script) for _, script in chain[tx_id][0] or []}) == 1
    }
    assert set(result.coinjoins["tx_id"].to_pylist()) == set(flagged) - one
    assert quiet == one


@settings(max_examples=60, deadline=None)
@given(chains, st.data())
def test_going_on_is_the_same_as_from_scratch(chain, data):
    cut = data.draw(st.integers(1, len(chain)))
    within = data.draw(st.integers(0, len(chain)))
    whole = made(chain)
    before = made(chain, upto=cut)
    segments = [within] if 0 < within < len(chain) else []
    same(made(chain, earlier=(cut, before), segments=segments), whole)


@settings(max_examples=30, deadline=None)
@given(chains, st.randoms(use_true_random=False))
def test_clusters_do_not_depend_on_the_order_of_transactions(chain, random):
    shuffled = [chain[0], *random.sample(chain[1:], len(chain) - 1)]
    assert made(chain).clusters == made(shuffled).clusters


@settings(max_examples=30, deadline=None)
@given(chains, st.data())
def test_leaving_out_a_transaction_is_as_if_it_had_no_inputs_in_common(chain, data):
    out = data.draw(st.integers(0, len(chain) - 1))
    policy = Policy(exclusions=(EXCLUDED,), detectors=())
    without = made(chain, policy, tx_ids_of=lambda txid: [out])
    kept = [link for link in links_of(made(chain, Policy(detectors=())).links) if link[0] != out]
    assert links_of(without.links) == kept
    label = oracle.clusters((a, b) for _, a, b in kept)
    assert rows(without.clusters, "script_id", "cluster_id") == sorted(label.items())


def test_common_spending_links_and_a_mix_does_not():
    result = made([COINBASE, BUYS, MIX])
    assert links_of(result.links) == [(1, 1, 2)]
    assert rows(result.clusters, "script_id", "cluster_id") == [(1, 1), (2, 1)]
    (found,) = result.coinjoins.to_pylist()
    assert (found["tx_id"], found["detector"], found["type"]) == (2, "shape", "equal_output")
    assert found["participants_at_least"] == 3
    assert 0 < found["score"] < 1
    assert "3 outputs of 100000 sat" in found["reasons"]


def test_without_detectors_the_mix_links_its_participants():
    result = made([COINBASE, BUYS, MIX], Policy(detectors=()))
    assert links_of(result.links) == [(1, 1, 2), (2, 2, 3), (2, 2, 4)]
    assert result.coinjoins.num_rows == 0


def test_a_detector_left_out_flags_nothing():
    rest = tuple(kind for kind in Policy().detectors if kind != "equal_output")
    result = made([COINBASE, BUYS, MIX], Policy(detectors=rest))
    assert links_of(result.links) == [(1, 1, 2), (2, 2, 3), (2, 2, 4)]


def test_payout_by_one_party_is_no_mix():
    consolidation = ([(1, 2), (1, 3), (1, 4)], [(3, 2)])
    result = made([COINBASE, MIX, consolidation])
    assert result.coinjoins.num_rows == 0
    (found,) = result.lookalikes.to_pylist()
    assert (found["tx_id"], found["type"], found["taken_for"]) == (1, "one_cluster", "equal_output")
    assert links_of(result.links) == [(2, 2, 3), (2, 2, 4)]


def test_mix_of_two_parties_stays_one():
    result = made([COINBASE, MIX, ([(1, 2), (1, 3)], [(2, 2)])])
    assert result.coinjoins["tx_id"].to_pylist() == [1]


def test_two_mixes_do_not_vouch_for_each_other():
    result = made([COINBASE, MIX, MIX])
    assert result.coinjoins["tx_id"].to_pylist() == [1, 2]
    assert result.clusters.num_rows == 0


def test_tables_have_their_schemas():
    for chain in ([COINBASE], [COINBASE, BUYS, MIX]):
        result = made(chain)
        for table in ("links", "coinjoins", "lookalikes", "clusters"):
            assert getattr(result, table).schema == TABLES[table].schema


def test_progress_is_told():
    told = []
    made([COINBASE, BUYS], progress=lambda *step: told.append(step))
    assert told[-1] == ("clustering", 2, 2)


def test_exclusion_needs_a_look_up_and_a_transaction():
    chain = [COINBASE, BUYS]
    policy = Policy(exclusions=(EXCLUDED,))
    with pytest.raises(MisuseError, match="tx_ids_of"):
        made(chain, policy)
    with pytest.raises(NotInChainError, match=EXCLUDED):
        made(chain, policy, tx_ids_of=lambda txid: [])
    assert made(chain, policy, tx_ids_of=lambda txid: [1]).links.num_rows == 0


@pytest.mark.parametrize(
    ("table", "column", "value", "told"),
    [
        ("txins", "prev_txout_id", 99, "spends output 99, which comes after it"),
        ("txs", "txin_count", 7, "inputs and outputs are not those of txins and txouts"),
        ("txs", "txout_count", -1, "inputs and outputs are not those of txins and txouts"),
        ("txouts", "script_id", 1 << 41, "is out of range"),
        ("txouts", "value_sat", -5, "is out of range"),
        ("txouts", "script_id", 77, "script_b"),
    ],
)
def test_damaged_tables_are_refused(table, column, value, told, tmp_path):
    source = source_of([COINBASE, BUYS], tmp_path / "chain")
    path = tmp_path / "chain" / f"{table}-0.parquet"
    whole = pq.read_table(path)
    values = whole[column].to_pylist()
    values[-1 if column != "script_id" or value != 77 else 2] = value
    at = whole.schema.get_field_index(column)
    kind = whole.schema.field(column).type
    pq.write_table(whole.set_column(at, column, pa.array(values, kind)), path)
    with pytest.raises(StoreError, match=told):
        cluster(source, Policy(), links=tmp_path / "links.parquet", scratch=tmp_path)


def test_file_that_is_no_table_is_refused(tmp_path):
    source = source_of([COINBASE, BUYS], tmp_path / "chain")
    (tmp_path / "chain" / "txouts-0.parquet").write_bytes(b"PAR1 what?")
    with pytest.raises(StoreError, match=r"txouts-0.parquet cannot be read"):
        cluster(source, Policy(), links=tmp_path / "links.parquet", scratch=tmp_path)
