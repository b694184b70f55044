"""Blocks without witnesses in an archive: whole after any stop, with sizes that can be."""

from pathlib import Path

import pytest
from tests.chain.crafted import Block, compact
from tests.chain.dumps.conftest import Tables, tables_of
from tests.chain.dumps.written import Known, write_etl

from peelchain import _core
from peelchain.chain import sources
from peelchain.chain.block_archive import open_archive
from peelchain.chain.core_files import scan
from peelchain.chain.sources import Asked
from peelchain.network import REGTEST


def with_witnesses(blocks: list[Block]) -> Block:
    return next(b for b in reversed(blocks) if any(tx.raw != tx.stripped for tx in b.txs))


def stripped(block: Block, sizes: list[int] | None = None) -> bytes:
    told = sizes if sizes is not None else [len(tx.raw) for tx in block.txs]
    txs = b"".join(tx.stripped for tx in block.txs)
    trailer = b"".join(size.to_bytes(4, "little") for size in told)
    return block.raw[:80] + compact(len(block.txs)) + txs + trailer


def test_a_block_without_witnesses_is_whole_where_it_may_be(crafted: list[Block]) -> None:
    block = with_witnesses(crafted)
    assert _core.check_block(stripped(block), True) is None
    assert _core.check_block(block.raw, True) is None
    assert "follow the block's last transaction" in (_core.check_block(stripped(block)) or "")


def test_no_size_that_cannot_be_is_taken(crafted: list[Block]) -> None:
    block = with_witnesses(crafted)
    sizes = [len(tx.raw) for tx in block.txs]
    bare = [len(tx.stripped) for tx in block.txs]
    wrong = {
        "one too few": sizes[:-1],
        "one too many": [*sizes, 100],
        "less than it has": [bare[0] - 1, *sizes[1:]],
        "room for no witness": [bare[0] + 2, *sizes[1:]],
        "more than a block": [4_000_001, *sizes[1:]],
        "no size": [0 for _ in sizes],
    }
    for name, told in wrong.items():
        assert _core.check_block(stripped(block, told), True), name


def test_a_changed_transaction_is_found_without_witnesses_too(crafted: list[Block]) -> None:
    raw = bytearray(stripped(with_witnesses(crafted)))
    # the last byte of a locktime, before the sizes
    raw[-4 * len(with_witnesses(crafted).txs) - 1] ^= 1
    assert "Merkle root" in (_core.check_block(bytes(raw), True) or "")


@pytest.mark.parametrize("lost", [1, 3, 4, 30, 300])
def test_what_a_kill_left_of_a_block_is_cut_off_and_made_again(
    lost: int, known: list[Known], from_files: Tables, tmp_path: Path
) -> None:
    store, dump = tmp_path / "store", write_etl(tmp_path / "dump", known)
    sources.ingest(f"etl:{dump}", Asked(store))
    file = store / "blocks" / "blk00000.dat"
    whole = file.read_bytes()
    file.write_bytes(whole[:-lost])
    with open_archive(store, REGTEST) as archive:
        assert archive.cut_bytes > 0
        assert len(scan(archive.files).hashes) == len(known) - 1 - (lost == 300)
    sources.ingest(f"etl:{dump}", Asked(store))
    assert file.read_bytes() == whole
    got = tables_of(store)["blocks"]
    assert got["block_hash"].equals(from_files["blocks"]["block_hash"])


def test_what_a_kill_left_of_the_work_is_taken_away(known: list[Known], tmp_path: Path) -> None:
    store = tmp_path / "store"
    (store / "blocks" / "spool-left").mkdir(parents=True)
    (store / "blocks" / "spool-left" / "txs.sqlite").write_bytes(b"left")
    sources.ingest(f"etl:{write_etl(tmp_path / 'dump', known)}", Asked(store))
    assert not list((store / "blocks").glob("spool-*"))
