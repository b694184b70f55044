from pathlib import Path

from bench.block_file import raw_blocks
from bench.synthetic_chain import XOR_KEY, write_synthetic_chain

from peelchain import _core
from peelchain.actions import chain


def written(folder: Path, seed: int) -> Path:
    blocks = folder / "regtest" / "blocks"
    write_synthetic_chain(blocks, seed=seed, full_blocks=3, txs_per_block=40)
    return blocks


def test_it_ingests_and_verifies(tmp_path):
    written(tmp_path / "node", 5)
    done = chain.ingest(f"core:{tmp_path / 'node'}", tmp_path / "store")
    assert done["tip_height"] == 105
    assert done["txs"] == 106 + 20 + 3 * 40
    assert done["left_out"] == []
    assert chain.verify(tmp_path / "store")["ok"]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    files = [written(tmp_path / str(n), seed) / "blk00000.dat" for n, seed in enumerate((5, 5, 6))]
    one, same, other = (file.read_bytes() for file in files)
    assert one == same != other


def test_blocks_read_back_as_they_were_before_the_key(tmp_path):
    blocks = written(tmp_path, 5)
    raws = list(raw_blocks(blocks))
    assert len(raws) == 106
    assert all(_core.check_block(raw) is None for raw in raws)
    file = (blocks / "blk00000.dat").read_bytes()
    assert file[8:16] == bytes(a ^ b for a, b in zip(raws[0], XOR_KEY, strict=False))


def test_preallocated_zeros_and_a_block_cut_short_are_no_blocks(tmp_path):
    blocks = written(tmp_path, 5)
    file = blocks / "blk00000.dat"
    whole = file.read_bytes()
    file.write_bytes(whole + bytes(1000))
    assert len(list(raw_blocks(blocks))) == 106
    file.write_bytes(whole[:-1])
    assert len(list(raw_blocks(blocks))) == 105
