"""Block files as nodes leave them: any order, several files, stale blocks, zeros, cuts, keys."""

import random
from pathlib import Path

import pytest
from tests.chain.crafted import (
    HARDER,
    KEY,
    Block,
    coinbase,
    genesis,
    grow,
    masked,
    mine,
    pay,
    record,
    write_files,
)
from tests.chain.stores import command, content, ingest

from peelchain.chain.core_files import find
from peelchain.errors import MisuseError, SourceError
from peelchain.network import NETWORKS, by_name


@pytest.fixture(scope="module")
def plain(crafted: list[Block], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The tables of `crafted` from one file in order."""
    folder = tmp_path_factory.mktemp("plain")
    ingest(write_files(folder / "blocks", crafted), folder / "store")
    return content(folder / "store")


def test_any_order_and_several_files_give_the_same_tables(
    crafted: list[Block], plain: dict[str, str], tmp_path: Path
) -> None:
    for seed in range(4):
        shuffled = list(crafted)
        random.Random(seed).shuffle(shuffled)
        parts = [shuffled[:7], shuffled[7:8], [], shuffled[8:]]
        blocks = write_files(tmp_path / f"{seed}" / "blocks", *parts)
        ingest(blocks, tmp_path / f"{seed}" / "store")
        assert content(tmp_path / f"{seed}" / "store") == plain


def test_the_key_makes_no_difference(
    crafted: list[Block], plain: dict[str, str], tmp_path: Path
) -> None:
    for name, key in (("key", KEY), ("none", bytes(8))):
        blocks = write_files(tmp_path / name, crafted[:9], crafted[9:], key=key, zeros=5000)
        ingest(blocks, tmp_path / f"{name}.store")
        assert content(tmp_path / f"{name}.store") == plain


def test_stale_orphan_and_repeated_blocks_are_left_aside_and_counted(
    crafted: list[Block], plain: dict[str, str], tmp_path: Path
) -> None:
    stale = grow(crafted[:20], 5, "stale")[20:]
    orphans = grow(crafted[:30], 4, "orphan")[31:]
    blocks = write_files(tmp_path / "blocks", stale, orphans, crafted, crafted[5:25])
    done = ingest(blocks, tmp_path / "store")
    assert (done.stale, done.unconnected) == (5, 3)
    (said,) = done.left_out
    assert "blk00001.dat, offset 8: 3 blocks" in said
    assert content(tmp_path / "store") == plain


def test_zeros_before_between_and_after_blocks_are_passed_over(
    crafted: list[Block], plain: dict[str, str], tmp_path: Path
) -> None:
    # keys that turn the first bytes of the magic to zeros hide where a record begins
    magic = by_name("regtest").magic
    keys = [None, KEY, magic[:1] * 8, magic[:2] * 4, magic[:3] + magic[:3] + magic[:2]]
    for number, key in enumerate(keys):
        blocks = tmp_path / f"{number}"
        blocks.mkdir()
        data = b""
        for i, block in enumerate(crafted):
            data += bytes(17 * i if i % 3 else 0)
            part = record(block)
            data += masked(part, key, len(data)) if key else part
        if key:
            (blocks / "xor.dat").write_bytes(key)
        (blocks / "blk00000.dat").write_bytes(data + bytes(3_000_000))
        ingest(blocks, tmp_path / f"{number}.store")
        assert content(tmp_path / f"{number}.store") == plain


@pytest.mark.parametrize("key", [None, KEY])
def test_a_last_block_cut_short_is_left_out_and_said_so(
    crafted: list[Block], tmp_path: Path, key: bytes | None
) -> None:
    whole = b"".join(record(b) for b in crafted)
    last = len(record(crafted[-1]))
    for cut in (1, 31, last - 90, last - 50, last - 9, last - 8, last - 5, last - 1):
        folder = tmp_path / f"{cut}"
        write_files(folder, [], key=key)
        data = whole[: len(whole) - cut]
        (folder / "blk00000.dat").write_bytes(masked(data, key) if key else data)
        done = ingest(folder, tmp_path / f"{cut}.store")
        assert done.tip_height == len(crafted) - 2
        (said,) = done.left_out
        assert f"blk00000.dat, offset {len(whole) - last}" in said


@pytest.mark.parametrize("key", [None, KEY])
def test_a_block_half_written_into_preallocated_zeros_is_left_out_and_said_so(
    crafted: list[Block], tmp_path: Path, key: bytes | None
) -> None:
    whole = b"".join(record(b) for b in crafted)
    last = len(record(crafted[-1]))
    # not even the header, the header alone, and all but the end
    for written in (8, 50, 88, 150, last - 33):
        folder = tmp_path / f"{written}"
        write_files(folder, [], key=key)
        data = whole[: len(whole) - last + written]
        data = masked(data, key) if key else data
        (folder / "blk00000.dat").write_bytes(data + bytes(100_000))
        done = ingest(folder, tmp_path / f"{written}.store")
        assert done.tip_height == len(crafted) - 2, written
        (said,) = done.left_out
        assert "not yet written whole" in said
    # and when the node has written on, the block comes in
    (folder / "blk00000.dat").write_bytes((masked(whole, key) if key else whole) + bytes(1000))
    done = ingest(folder, tmp_path / f"{written}.store")
    assert (done.tip_height, done.added_blocks) == (len(crafted) - 1, 1)


def test_the_command_says_what_was_left_out(crafted: list[Block], tmp_path: Path) -> None:
    blocks = write_files(tmp_path / "blocks", crafted)
    file = blocks / "blk00000.dat"
    file.write_bytes(file.read_bytes()[:-10])
    done = command("chain", "ingest", f"core:{blocks}", "--store", tmp_path / "s")
    assert done.returncode == 0
    assert "cut short" in done.stderr
    assert str(file) in done.stderr


def test_the_chain_with_more_work_wins_however_long_the_other(tmp_path: Path) -> None:
    trunk = grow([genesis()], 3)
    long = grow(trunk, 12, "long")
    heavy = pay(trunk, tag="heavy", bits=HARDER)
    for number, files in enumerate(([long, heavy], [heavy, long], [long[4:], heavy])):
        blocks = write_files(tmp_path / f"{number}", *files)
        done = ingest(blocks, tmp_path / f"{number}.store")
        assert done.tip_hash == heavy[-1].shown
        assert done.stale == 12
        assert int(done_chainwork(tmp_path / f"{number}.store"), 16) == 2 * 4 + 512


def done_chainwork(store: Path) -> str:
    from peelchain.store.manifest import read

    return read(store).chainwork


def test_of_two_chains_with_the_same_work_the_first_in_the_files_stands(tmp_path: Path) -> None:
    trunk = grow([genesis()], 5)
    one, other = grow(trunk, 4, "one"), grow(trunk, 4, "other")
    for number, (first, second) in enumerate(((one, other), (other, one))):
        blocks = write_files(tmp_path / f"{number}", first, second[6:])
        assert ingest(blocks, tmp_path / f"{number}.store").tip_hash == first[-1].shown
        # the node finds a block on the other side
        longer = pay(second, tag="more")
        write_files(blocks, first, longer[6:])
        done = ingest(blocks, tmp_path / f"{number}.store")
        assert (done.tip_hash, done.rolled_back, done.stale) == (longer[-1].shown, 4, 4)


@pytest.mark.parametrize("name", sorted(n.name for n in NETWORKS.values() if n.is_bitcoin))
def test_each_network_is_told_by_its_magic(name: str, tmp_path: Path) -> None:
    network = by_name(name)
    blocks = write_files(tmp_path / "blocks", [genesis(network)], network=network, key=KEY)
    done = ingest(blocks, tmp_path / "store")
    assert (done.network, done.tip_hash) == (name, network.genesis_hash)
    verified = command("chain", "verify", "--store", tmp_path / "store")
    assert verified.returncode == 0, verified.stderr


def test_a_data_directory_its_network_folder_and_its_blocks_folder_mean_the_same(
    crafted: list[Block], tmp_path: Path
) -> None:
    blocks = write_files(tmp_path / "node" / "regtest" / "blocks", crafted)
    for given in (tmp_path / "node", tmp_path / "node" / "regtest", blocks):
        found = find(given, None)
        assert (found.blocks, found.network.name) == (blocks, "regtest")


def test_a_directory_of_several_chains_asks_which(crafted: list[Block], tmp_path: Path) -> None:
    mainnet = by_name("mainnet")
    write_files(tmp_path / "blocks", [genesis(mainnet)], network=mainnet)
    write_files(tmp_path / "regtest" / "blocks", crafted)
    with pytest.raises(MisuseError, match=r"several chains \(mainnet, regtest\).*--network"):
        find(tmp_path, None)
    for name in ("mainnet", "regtest"):
        assert find(tmp_path, by_name(name)).network.name == name
    with pytest.raises(SourceError, match=r"mainnet, regtest, not of signet.*--network"):
        find(tmp_path, by_name("signet"))
    # a chain that has not begun does not stand in the way of the one that is asked for
    (tmp_path / "blocks" / "blk00000.dat").write_bytes(bytes(1000))
    assert find(tmp_path, by_name("regtest")).network.name == "regtest"


def test_an_obfuscated_and_a_plain_copy_of_a_simulated_node_agree(
    node: Path, tmp_path: Path
) -> None:
    source = node / "regtest" / "blocks"
    key = (source / "xor.dat").read_bytes()
    assert key != bytes(8)
    data = (source / "blk00000.dat").read_bytes()
    assert data.endswith(bytes(100))
    end = len(data.rstrip(b"\0")) + 8
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "blk00000.dat").write_bytes(masked(data[:end], key))
    # masking turns the zeros just after the last block into the key: cut there
    plain = (tmp_path / "plain" / "blk00000.dat").read_bytes()
    records, at = 0, 0
    while plain[at : at + 4] == by_name("regtest").magic:
        at += 8 + int.from_bytes(plain[at + 4 : at + 8], "little")
        records += 1
    assert records == 201
    (tmp_path / "plain" / "blk00000.dat").write_bytes(plain[:at])
    ingest(node, tmp_path / "a")
    ingest(tmp_path / "plain", tmp_path / "b")
    assert content(tmp_path / "a", places=True) == content(tmp_path / "b", places=True)


def test_a_block_that_pays_nobody_new_numbers_no_script(tmp_path: Path) -> None:
    chain = [genesis()]
    script = genesis().txs[0].raw[-71:-4]
    chain = [*chain, mine(chain[0].hash, [coinbase(b"\x51a", [(0, script)])], time=1_500_000_000)]
    done = ingest(write_files(tmp_path / "blocks", chain), tmp_path / "store")
    assert (done.counts["txouts"], done.counts["scripts"]) == (2, 1)
