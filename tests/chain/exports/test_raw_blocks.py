"""Raw blocks leave a store as they came in."""

from tests.chain.stores import ingest
from tests.natural_keys import assert_same_rows

from peelchain.actions.chain import decode
from peelchain.store.reader import Store


def test_one_block_a_file_is_named_by_height_and_hash(simulated, exported):
    folder = exported("blocks", simulated, first=195)
    names = sorted(p.name for p in folder.glob("*.bin"))
    assert len(names) == 6
    with Store.open(simulated) as store:
        tip = store.manifest.tip_hash
    assert names[-1] == f"00000200_{tip}.bin"
    told = decode(folder / names[-1], "regtest")
    assert (told["block_hash"], told["height"]) == (tip, 200)


def test_block_files_of_several_are_ingested_as_those_of_a_node(simulated, exported, tmp_path):
    folder = exported("blocks", simulated, each=64)
    assert sorted(p.name for p in folder.glob("*.dat")) == [f"blk{n:05d}.dat" for n in range(4)]
    ingest(folder, tmp_path / "again")
    assert_same_rows(tmp_path / "again", simulated)
