"""The scan of a node's block files: damage told and passed over, a cache that changes nothing."""

import os
import threading
from pathlib import Path

import pytest
from tests.chain.crafted import KEY, Block, genesis, record, write_files

from peelchain.chain.core_files import CoreFiles, Scanned, find, scan
from peelchain.errors import SourceError
from peelchain.network import by_name

PER_FILE = 4


def split(chain: list[Block]) -> list[list[Block]]:
    return [chain[i : i + PER_FILE] for i in range(0, len(chain), PER_FILE)]


@pytest.fixture
def blocks(crafted: list[Block], tmp_path: Path) -> Path:
    return write_files(tmp_path / "blocks", *split(crafted), key=KEY)


def scanned(blocks: Path, **how: object) -> Scanned:
    return scan(find(blocks, None), **how)  # type: ignore[arg-type]


def overwrite(file: Path, offset: int, data: bytes) -> None:
    with file.open("r+b") as f:
        f.seek(offset)
        f.write(data)


def test_a_damaged_file_in_the_middle_ends_the_chain_and_not_the_scan(
    crafted: list[Block], blocks: Path
) -> None:
    whole = scanned(blocks)
    assert (len(whole.hashes), whole.damage, whole.left_out) == (len(crafted), (), ())
    offset = len(record(crafted[20]))
    overwrite(blocks / "blk00005.dat", offset, bytes(range(1, 6)))
    found = scanned(blocks)
    assert found.hashes == whole.hashes[:21]
    (damage,) = found.damage
    assert f"blk00005.dat, offset {offset}: the bytes " in damage
    assert "; restore the file from the node or run it with -reindex" in damage
    assert (found.blocks_in_files, found.unconnected) == (len(crafted) - 1, len(crafted) - 22)
    (said,) = found.left_out
    assert f"{len(crafted) - 22} blocks from here on do not join the chain" in said


def test_a_file_that_is_gone_or_cannot_be_read(crafted: list[Block], blocks: Path) -> None:
    (blocks / "blk00007.dat").unlink()
    found = scanned(blocks)
    assert len(found.hashes) == 7 * PER_FILE
    assert [d.split(": ", 1)[0] for d in found.damage] == [str(blocks / "blk00007.dat")]
    assert "the file is missing; restore" in found.damage[0]
    (blocks / "blk00007.dat").symlink_to("blk00007.dat")
    found = scanned(blocks)
    assert len(found.hashes) == 7 * PER_FILE
    assert "blk00007.dat: " in found.damage[0]
    assert "check that you may read" in found.damage[0]
    (blocks / "blk00007.dat").unlink()
    for nothing in (b"", bytes(70_000)):
        (blocks / "blk00007.dat").write_bytes(nothing)
        found = scanned(blocks)
        assert len(found.hashes) == 7 * PER_FILE
        assert "blk00007.dat: the file holds no block; restore" in found.damage[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_one_damage(crafted: list[Block], blocks: Path) -> None:
    (blocks / "blk00003.dat").chmod(0)
    found = scanned(blocks)
    assert len(found.hashes) == 3 * PER_FILE
    assert "blk00003.dat: Permission denied" in found.damage[0]


def test_genesis_lost_to_damage_is_no_pruned_node(crafted: list[Block], blocks: Path) -> None:
    overwrite(blocks / "blk00000.dat", 4, bytes(4))
    with pytest.raises(SourceError, match=r"no genesis block.*damaged: .*blk00000.dat, offset 4:"):
        scanned(blocks)
    # a node that pruned has no first files
    (blocks / "blk00000.dat").unlink()
    with pytest.raises(SourceError, match="pruned node"):
        scanned(blocks)


def test_a_first_file_of_another_network_is_named_at_once(tmp_path: Path) -> None:
    blocks = write_files(tmp_path, [genesis()], key=KEY)
    files = CoreFiles(blocks, by_name("signet"))
    with pytest.raises(SourceError, match=r"blk00000.dat, offset 0: .* magic .*--network"):
        scan(files)


def test_a_cache_saves_reading_and_changes_nothing(crafted: list[Block], blocks: Path) -> None:
    number = len(split(crafted))
    full = scanned(blocks)
    assert full.files_read == number
    cache = full.source.scan_cache()
    again = scanned(blocks, cache=cache, threads=3)
    assert again.files_read == 1
    assert (again.hashes, again.chainwork, again.blocks_in_files) == (
        full.hashes,
        full.chainwork,
        full.blocks_in_files,
    )
    assert again.source.scan_cache() == cache
    for other in (b"", b"other", cache[:-1], cache[:50] + b"\0" + cache[51:]):
        assert scanned(blocks, cache=other).files_read == number
    overwrite(blocks / "blk00002.dat", 30, b"damaged")
    found = scanned(blocks, cache=cache)
    assert (found.files_read, len(found.damage)) == (2, 1)
    assert found.hashes == full.hashes[: 2 * PER_FILE]


def test_stale_blocks_are_in_the_cache_too(crafted: list[Block], tmp_path: Path) -> None:
    blocks = write_files(tmp_path, crafted[:10], crafted[12:], crafted[10:12], [])
    full = scanned(blocks)
    (blocks / "blk00002.dat").unlink()
    short = scanned(blocks, cache=full.source.scan_cache())
    assert (len(short.hashes), short.unconnected) == (10, len(crafted) - 12)
    write_files(tmp_path, crafted[:10], crafted[12:], crafted[10:12], [])
    assert scanned(blocks, cache=short.source.scan_cache()).hashes == full.hashes


def test_a_scan_stops_at_what_its_progress_raises(blocks: Path) -> None:
    """And says bytes done of bytes in all, from the caller's own thread."""

    class EnoughError(Exception):
        pass

    told = []

    def progress(done: int, of: int) -> None:
        told.append((done, of, threading.current_thread()))
        raise EnoughError

    # the first call comes after a tenth of a second: a file that takes longer than that
    with (blocks / "blk00000.dat").open("r+b") as file:
        file.truncate(4_000_000_000)
    with pytest.raises(EnoughError):
        scan(find(blocks, None), progress)
    total = sum(f.stat().st_size for f in blocks.glob("blk*.dat"))
    ((done, of, thread),) = told
    assert 0 <= done <= of == total
    assert thread is threading.current_thread()
