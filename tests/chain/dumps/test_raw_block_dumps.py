"""Raw blocks as files: a chain of them, some of them, and what is none."""

import gzip
from pathlib import Path

import pytest
from tests.chain.crafted import Block, grow, record
from tests.chain.dumps.conftest import Tables, tables_of
from tests.chain.dumps.test_partial_dumps import provenance

from peelchain.chain import sources
from peelchain.chain.sources import Answer, Asked
from peelchain.errors import MisuseError, SourceError
from peelchain.network import REGTEST, Network
from peelchain.script import sha256d
from peelchain.store.reader import Store


def ingest(
    place: Path | str, store: Path, network: Network | None = REGTEST, **options: object
) -> Answer:
    return sources.ingest(f"blocks:{place}", Asked(store, network, options=options))


def write(folder: Path, blocks: list[Block], form: str = "bin") -> Path:
    """One block a file, named by hash, so that names say nothing of the order."""
    folder.mkdir(parents=True, exist_ok=True)
    for block in blocks:
        data = {
            "bin": block.raw,
            "hex": block.raw.hex().encode() + b"\r\n",
            "HEX": b"\xef\xbb\xbf" + block.raw.hex().upper().encode(),
            "gz": gzip.compress(block.raw),
            "dat": record(block),
        }[form]
        (folder / f"{block.shown}.{form}").write_bytes(data)
    return folder


@pytest.mark.parametrize("form", ["bin", "hex", "HEX", "gz", "dat"])
def test_single_blocks_make_the_tables_of_a_nodes_files(
    form: str, crafted: list[Block], from_files: Tables, tmp_path: Path
) -> None:
    # genesis alone tells the network
    done = ingest(write(tmp_path / "dump", crafted, form), tmp_path / "store", None)
    assert (done["network"], done["blocks"], done["refused"]) == ("regtest", len(crafted), 0)
    for name, table in tables_of(tmp_path / "store").items():
        for column in set(table.column_names) - {"file_number", "file_offset"}:
            assert table[column].equals(from_files[name][column]), (name, column)


def test_a_nodes_own_file_is_many_blocks(crafted: list[Block], tmp_path: Path) -> None:
    file = tmp_path / "blk00000.dat"
    file.write_bytes(b"".join(record(block) for block in crafted) + bytes(1000))
    assert ingest(file, tmp_path / "store", None)["blocks"] == len(crafted)


def test_later_blocks_go_on_and_a_longer_branch_takes_over(
    crafted: list[Block], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    ingest(write(tmp_path / "a", crafted[:30]), store)
    assert ingest(write(tmp_path / "b", crafted[25:]), store)["added_blocks"] == len(crafted) - 30
    other = grow(crafted[:-3], 4, "other")
    done = ingest(write(tmp_path / "c", other[-4:]), store)
    assert (done["rolled_back"], done["added_blocks"]) == (3, 4)
    assert done["tip_hash"] == other[-1].shown


def test_some_blocks_are_a_partial_store_with_each_transaction_proven(
    crafted: list[Block], tmp_path: Path
) -> None:
    some = [crafted[20], crafted[25], crafted[26]]
    # these blocks are of version 1, whose coinbases need not state a height
    headers = tmp_path / "headers"
    headers.write_bytes(b"".join(block.raw[:80] for block in crafted))
    done = ingest(write(tmp_path / "dump", some), tmp_path / "store", headers=headers)
    txs = sum(len(block.txs) for block in some)
    assert (done["partial"], done["txs"], done["proven"]) == (True, txs, txs)
    assert done["tip_height"] == 26
    assert provenance(tmp_path / "store").count("inclusion") == txs


def test_real_blocks_go_in_each_transaction_proven(shared_data: Path, tmp_path: Path) -> None:
    """Heights of old blocks, whose coinbases need not state them, are told by the files' names."""
    folder = shared_data / "blocks_mainnet"
    # a name that does not begin with the height tells none
    names = sorted(p for p in folder.glob("0*.bin") if p.stat().st_size < 100_000)
    place = tmp_path / "some"
    place.mkdir()
    for name in names:
        (place / name.name).symlink_to(name)
    done = ingest(place, tmp_path / "store", None)
    assert done["network"] == "mainnet"
    assert (done["refused"], done["unplaced"]) == (0, 0)
    with Store.open(tmp_path / "store") as store:
        rows = store.read("blocks").to_pylist()
        told = {f"{r['height']:06d}-{r['block_hash'][::-1].hex()}" for r in rows if r["block_hash"]}
    assert {name.stem for name in names} <= told
    # a name that does not go with the block says nothing
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / f"{names[0].stem}.bin").symlink_to(names[1])
    assert ingest(tmp_path / "other", tmp_path / "ranks", None)["ranks"] is True


@pytest.mark.parametrize("form", ["bin", "hex", "dat"])
@pytest.mark.parametrize("damage", ["cut", "changed", "longer", "empty", "page"])
def test_a_damaged_block_is_refused_and_the_others_go_in(
    damage: str, form: str, crafted: list[Block], tmp_path: Path
) -> None:
    folder = write(tmp_path / "dump", crafted, form)
    file = folder / f"{crafted[30].shown}.{form}"
    data = bytearray(file.read_bytes())
    if damage == "cut":
        del data[-20:]
    elif damage == "changed":
        # a nibble of the last transaction
        data[-14] = ord("0") if data[-14] != ord("0") else ord("1")
    elif damage == "longer":
        data += b"00" if form == "hex" else b"\x01"
    else:
        data[:] = b"" if damage == "empty" else b"<!DOCTYPE html><html></html>" * 10
    file.write_bytes(data)
    done = ingest(folder, tmp_path / "store")
    if (damage, form) == ("longer", "dat"):
        # what follows a whole block is no part of it
        assert (done["tip_height"], done["refused"]) == (len(crafted) - 1, 1)
        return
    assert done["tip_height"] == 29
    if damage != "empty" or form != "dat":
        assert done["refused"] == 1
        assert file.name in done["refusals"][0]
    assert done["left_out"] == [f"{len(crafted) - 31} blocks that do not join the chain"]


def test_a_block_without_work_is_not_kept(crafted: list[Block], tmp_path: Path) -> None:
    raw = bytearray(crafted[30].raw)
    while sha256d(bytes(raw[:80]))[-1] < 0x80:
        raw[76] = (raw[76] + 1) % 256
    folder = write(tmp_path / "dump", [b for b in crafted if b is not crafted[30]])
    (folder / "false.bin").write_bytes(raw)
    done = ingest(folder, tmp_path / "store")
    assert (done["tip_height"], done["refused"]) == (29, 1)
    assert "false.bin: " in done["refusals"][0]
    assert "no proof of work" in done["refusals"][0]
    again = ingest(write(tmp_path / "true", crafted[29:]), tmp_path / "store")
    assert (again["tip_height"], again["damage"]) == (len(crafted) - 1, [])


def test_what_holds_no_block_is_refused_and_leaves_no_store(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html></html>")
    with pytest.raises(SourceError, match=r"page\.html"):
        ingest(tmp_path / "page.html", tmp_path / "store")
    (tmp_path / "none").mkdir()
    with pytest.raises(MisuseError, match="raw blocks"):
        ingest(tmp_path / "none", tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_blocks_of_two_chains_are_refused(crafted: list[Block], tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    (tmp_path / "dump" / "a.dat").write_bytes(record(crafted[1]))
    magic = bytes.fromhex("f9beb4d9")
    (tmp_path / "dump" / "b.dat").write_bytes(magic + record(crafted[2])[4:])
    with pytest.raises(SourceError, match="several chains, mainnet, regtest"):
        ingest(tmp_path / "dump", tmp_path / "store", None)
