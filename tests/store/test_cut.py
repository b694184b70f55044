"""A store cut back to an earlier tip holds what an ingest that ended there holds."""

import shutil

import pytest
from tests.cli.running import peelchain

from peelchain.actions.view import StoreView
from peelchain.errors import StoreError
from peelchain.schema import CHAIN_TABLES
from peelchain.store.cut import NotAncestorError, store_at
from peelchain.store.lookup import Lookup
from peelchain.store.raw_blocks import RawBlocks
from peelchain.store.reader import Store
from peelchain.units import format_hash


def quiet(what, done, of):
    pass


def block_hash(path, height):
    with Store.open(path) as store:
        return format_hash(Lookup(store).blocks([height])[0].block_hash)


@pytest.fixture(scope="module")
def chains(tmp_path_factory):
    """A node of 600 blocks in a store, and the stores of its first blocks, by height."""
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    folder = tmp_path_factory.mktemp("cut")
    node = folder / "node"
    assert peelchain("simulate", "--seed", 5, "--blocks", 420, "--out", node).code == 0
    whole = folder / "whole"
    assert peelchain("chain", "ingest", f"core:{node}", "--store", whole).code == 0
    return whole, folder


def placeless(table):
    """The rows without where the raw blocks lie, which differs from node to node."""
    return table.drop_columns([c for c in table.column_names if c.startswith("file_")]).to_pylist()


def short_node(whole, folder, height):
    """A node's files with the best chain up to a height alone."""
    out = folder / f"node-{height}"
    (out / "blocks").mkdir(parents=True)
    with Store.open(whole) as store:
        raw, lookup = RawBlocks(store), Lookup(store)
        blocks = [raw.block(row) for row in lookup.blocks(range(height + 1))]
        framed = [store.network.magic + len(b).to_bytes(4, "little") + b for b in blocks]
    (out / "blocks" / "blk00000.dat").write_bytes(b"".join(framed))
    return out


@pytest.mark.parametrize("height", [0, 143, 144, 250, 419])
def test_the_cut_equals_an_ingest_that_ended_there(chains, height):
    whole, folder = chains
    ended = folder / f"store-{height}"
    ran = peelchain(
        "chain", "ingest", f"core:{short_node(whole, folder, height)}", "--store", ended
    )
    assert ran.code == 0, ran.err
    with store_at(whole, height, block_hash(whole, height), quiet) as cut:
        with Store.open(cut) as ours, Store.open(ended) as theirs:
            assert (ours.manifest.tip_height, ours.manifest.tip_hash) == (
                height, theirs.manifest.tip_hash,
            )  # fmt: skip
            assert ours.manifest.chainwork == theirs.manifest.chainwork
            assert ours.manifest.counts == theirs.manifest.counts
            for table in CHAIN_TABLES:
                assert placeless(ours.read(table)) == placeless(theirs.read(table)), table
        with StoreView(cut) as ours, StoreView(ended) as theirs:
            for name in ("txout_spender", "txout_script", "txout_unspendable", "tx_height"):
                assert (getattr(ours.arrays, name) == getattr(theirs.arrays, name)).all()
            assert ours.clusters.table.to_pylist() == theirs.clusters.table.to_pylist()
            ids = range(0, ours.arrays.txout_count, 7)
            assert ours.lookup.spenders(ids) == theirs.lookup.spenders(ids)
            script = ours.script_of(ours.store.manifest.counts["scripts"] - 1)
            assert ours.lookup.script_ids([script]) == theirs.lookup.script_ids([script])
    assert not cut.exists()


def test_a_block_of_another_chain_or_beyond_the_tip_is_refused(chains):
    whole = chains[0]
    with (
        pytest.raises(NotAncestorError, match="another block"),
        store_at(whole, 10, "00" * 32, quiet),
    ):
        pass
    with (
        pytest.raises(NotAncestorError, match="ends at height"),
        store_at(whole, 10**6, "00" * 32, quiet),
    ):
        pass


def test_the_store_it_is_cut_from_is_as_it_was(chains):
    whole = chains[0]
    before = {p: p.read_bytes() for p in whole.rglob("*.parquet")}
    with store_at(whole, 100, block_hash(whole, 100), quiet):
        pass
    assert {p: p.read_bytes() for p in whole.rglob("*.parquet")} == before


def test_a_damaged_segment_is_named(chains, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(chains[0], broken)
    with Store.open(broken) as store:
        file = broken / store.manifest.segments[-1].files["txs"].file
    file.write_bytes(b"PAR1")
    with (
        pytest.raises(StoreError, match="txs"),
        store_at(broken, 419, block_hash(broken, 419), quiet),
    ):
        pass
