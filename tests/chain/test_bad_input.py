"""What is damaged, absurd or not allowed: one plain message.

A damaged block ends the chain before it; where nothing can be done the store is as it was.
"""

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from tests.chain.crafted import (
    COIN,
    KEY,
    Block,
    coinbase,
    genesis,
    grow,
    p2wpkh,
    pay,
    record,
    transaction,
    write_files,
)
from tests.chain.stores import (
    ENVIRONMENT,
    answer,
    assert_ingested_up_to,
    assert_refused,
    command,
    content,
    content_of,
    ingest,
    snapshot,
)

from peelchain.errors import StoreError
from peelchain.network import by_name
from peelchain.store.reader import Store

SHORT = 30
"""Blocks of the crafted chain that the store holds before the bad input comes."""


@pytest.fixture
def old(crafted: list[Block], tmp_path: Path) -> Path:
    """A store of the chain's first part."""
    ingest(write_files(tmp_path / "good", crafted[:SHORT]), tmp_path / "store")
    return tmp_path / "store"


def assert_ingest_refused(blocks: Path, store: Path, *words: str, code: int = 1) -> None:
    """That it fails, into the store and into none, and leaves either as it was."""
    before = snapshot(store)
    assert_refused(
        command("chain", "ingest", f"core:{blocks}", "--store", store), *words, code=code
    )
    assert snapshot(store) == before
    fresh = store.with_name("fresh")
    done = command("chain", "ingest", f"core:{blocks}", "--store", fresh)
    assert_refused(done, *words, code=code)
    assert not fresh.exists()


def offset_of(chain: list[Block], height: int) -> int:
    return sum(len(record(b)) for b in chain[:height]) + 8


def flipped(folder: Path, chain: list[Block], height: int, position: int) -> Path:
    """The chain's blocks folder with one byte of one block changed."""
    raw = bytearray(chain[height].raw)
    raw[position] ^= 0x01
    return write_files(folder, [*chain[:height], bytes(raw), *chain[height + 1 :]])


def test_a_byte_flipped_in_a_transaction(crafted: list[Block], old: Path, tmp_path: Path) -> None:
    where = crafted[33].raw.index(crafted[33].txs[1].stripped[4:40])
    blocks = flipped(tmp_path / "blocks", crafted, 33, where + 3)
    words = ("blk00000.dat", f"offset {offset_of(crafted, 33)}", crafted[33].shown, "Merkle")
    assert_ingested_up_to(blocks, old, crafted, 32, *words)


def test_a_byte_flipped_in_a_witness(crafted: list[Block], old: Path, tmp_path: Path) -> None:
    where = crafted[33].raw.index(b"\x03sig") + 1
    blocks = flipped(tmp_path / "blocks", crafted, 33, where)
    words = ("blk00000.dat", f"offset {offset_of(crafted, 33)}", crafted[33].shown, "witnesses")
    assert_ingested_up_to(blocks, old, crafted, 32, *words)


def test_a_byte_flipped_in_a_header(crafted: list[Block], old: Path, tmp_path: Path) -> None:
    raw = bytearray(crafted[33].raw)
    raw[74] = 0x00  # the target's high byte: a 128th of the hashes that would do before
    blocks = write_files(tmp_path / "blocks", [*crafted[:33], bytes(raw), *crafted[34:]])
    words = ("blk00000.dat", f"offset {offset_of(crafted, 33)}", "target")
    assert_ingested_up_to(blocks, old, crafted, 32, *words)


def test_every_byte_of_a_header_of_mainnet_is_proven(shared_data: Path, tmp_path: Path) -> None:
    data = bytearray((shared_data / "early_chain" / "blk00000.dat").read_bytes()[:20_000])
    at, height = 0, 0
    while height < 20:
        at += 8 + struct.unpack("<I", data[at + 4 : at + 8])[0]
        height += 1
    (tmp_path / "blocks").mkdir()
    for position in (0, 5, 40, 69, 72, 77):
        damaged = bytearray(data)
        damaged[at + 8 + position] ^= 0x10
        (tmp_path / "blocks" / "blk00000.dat").write_bytes(damaged)
        done = command("chain", "ingest", f"core:{tmp_path / 'blocks'}", "--store", tmp_path / "s")
        assert_refused(done, f"offset {at + 8}", "does not meet the target", "up to height 19")
        assert answer("chain", "status", "--store", tmp_path / "s")["tip_height"] == 19


def test_a_file_that_is_cut_short_though_others_follow(
    crafted: list[Block], old: Path, tmp_path: Path
) -> None:
    blocks = write_files(tmp_path / "blocks", crafted[:20], crafted[20:])
    file = blocks / "blk00000.dat"
    whole = file.read_bytes()
    start = offset_of(crafted, 19) - 8
    for keep in (start + 3, start + 20, len(whole) - 1):
        file.write_bytes(whole[:keep])
        words = ("blk00000.dat", f"offset {start}", "-reindex")
        assert_ingested_up_to(blocks, old, crafted, 18, *words)
    assert_ingested_up_to(blocks, old, crafted, 18, f"offset {start}", "cut short")


def test_a_magic_that_is_no_networks(crafted: list[Block], old: Path, tmp_path: Path) -> None:
    blocks = write_files(tmp_path / "blocks", crafted)
    data = bytearray((blocks / "blk00000.dat").read_bytes())
    data[0] ^= 0xFF
    (blocks / "blk00000.dat").write_bytes(data)
    assert_ingest_refused(blocks, old, "blk00000.dat, offset 0", "magic")
    middle = offset_of(crafted, 20) - 8
    data[0] ^= 0xFF
    data[middle] ^= 0xFF
    (blocks / "blk00000.dat").write_bytes(data)
    words = (f"blk00000.dat, offset {middle}", "magic", "--network")
    assert_ingested_up_to(blocks, old, crafted, 19, *words)


@pytest.mark.parametrize("size", [0, 80, 4_000_001, 0xFFFFFFFF])
def test_a_size_that_cannot_be(crafted: list[Block], old: Path, tmp_path: Path, size: int) -> None:
    blocks = write_files(tmp_path / "blocks", crafted)
    data = bytearray((blocks / "blk00000.dat").read_bytes())
    at = offset_of(crafted, 35) - 4
    data[at : at + 4] = struct.pack("<I", size)
    (blocks / "blk00000.dat").write_bytes(data)
    assert_ingested_up_to(blocks, old, crafted, 34, f"offset {at}", f"{size} bytes cannot be")


@pytest.mark.parametrize("count", [b"\xfe\xff\xff\xff\xff", b"\xff" * 9, b"\xfd\xff\xff", b"\0"])
def test_a_count_of_transactions_that_cannot_be(
    crafted: list[Block], old: Path, tmp_path: Path, count: bytes
) -> None:
    raw = crafted[35].raw[:80] + count + crafted[35].raw[81:]
    blocks = write_files(tmp_path / "blocks", [*crafted[:35], raw, *crafted[36:]])
    words = (f"offset {offset_of(crafted, 35)}", crafted[35].shown)
    assert_ingested_up_to(blocks, old, crafted, 34, *words)


def test_a_store_keeps_what_it_has_above_the_damage(
    crafted: list[Block], crafted_blocks: Path, tmp_path: Path
) -> None:
    """Another branch of the files, to which the damage gives way, has less work than the store."""
    store = tmp_path / "store"
    ingest(crafted_blocks, store)
    before = snapshot(store)
    other = grow(crafted[:30], 6, "other")
    blocks = write_files(tmp_path / "blocks", crafted, other[30:])
    cut = blocks / "blk00000.dat"
    start = offset_of(crafted, 31)
    cut.write_bytes(cut.read_bytes()[: start + 100])
    done = command("chain", "ingest", f"core:{blocks}", "--store", store, "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert (told["tip_height"], told["added_blocks"], told["rolled_back"]) == (40, 0, 0)
    assert_refused(done, f"offset {start - 8}", "-reindex", "whole up to height 35")
    assert snapshot(store) == before


@pytest.mark.parametrize(("bad", "tip"), [(30, 40), (38, 40), (43, 42)])
def test_a_bad_block_on_a_heavier_branch(
    crafted: list[Block], crafted_blocks: Path, tmp_path: Path, bad: int, tip: int
) -> None:
    """The store changes over only where the whole part of the branch has more work."""
    store = tmp_path / "store"
    ingest(crafted_blocks, store)
    branch = grow(crafted[:20], bad - 20, "branch")
    thief = transaction([(genesis().txs[0].txid, 0)], [(1, p2wpkh("thief"))])
    heavy = grow(pay(branch, [thief]), 45 - bad, "heavy")
    blocks = write_files(tmp_path / "blocks", crafted, heavy[20:])
    done = command("chain", "ingest", f"core:{blocks}", "--store", store, "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    over = tip > 40
    assert (told["tip_height"], told["added_blocks"]) == (tip, tip - 19 if over else 0)
    assert told["rolled_back"] == (21 if over else 0)
    assert_refused(done, heavy[bad].shown, "no unspent output", f"whole up to height {bad - 1}")
    assert content(store) == content_of(branch if over else crafted)
    assert answer("chain", "verify", "--store", store)["ok"]


def test_each_damage_is_told(crafted: list[Block], old: Path, tmp_path: Path) -> None:
    blocks = write_files(tmp_path / "blocks", crafted[:32], crafted[32:36], crafted[36:])
    for number in (0, 1):
        file = blocks / f"blk0000{number}.dat"
        file.write_bytes(file.read_bytes()[:-1])
    done = command("chain", "ingest", f"core:{blocks}", "--store", old)
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 2
    for number, line in enumerate(errors):
        assert f"blk0000{number}.dat" in line
        assert "whole up to height 30" in line
    assert answer("chain", "status", "--store", old)["tip_height"] == 30


def test_a_node_that_pruned_its_first_blocks(
    crafted: list[Block], old: Path, tmp_path: Path
) -> None:
    blocks = write_files(tmp_path / "blocks", crafted[5:])
    assert_ingest_refused(blocks, old, "no genesis block", "pruned")


def test_no_block_files(old: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert_ingest_refused(tmp_path / "empty", old, "no block files", code=2)
    assert_ingest_refused(tmp_path / "nowhere", old, "is no folder", code=2)
    for source in ("node:x", "core:", "", "core"):
        assert_refused(command("chain", "ingest", source, "--store", old), "core:DIR", code=2)
    zeros = tmp_path / "zeros"
    zeros.mkdir()
    (zeros / "blk00000.dat").write_bytes(bytes(1000))
    assert_ingest_refused(zeros, old, "hold nothing yet")


def test_block_files_that_are_no_files(crafted: list[Block], old: Path, tmp_path: Path) -> None:
    blocks = write_files(tmp_path / "blocks", crafted)
    (blocks / "blk00001.dat").mkdir()
    assert_ingest_refused(blocks, old, "blk00001.dat", "no regular file", code=2)
    (blocks / "blk00001.dat").rmdir()
    os.mkfifo(blocks / "blk00001.dat")
    assert_ingest_refused(blocks, old, "blk00001.dat", "no regular file", code=2)
    (blocks / "blk00001.dat").unlink()
    (blocks / "blk00001.dat").symlink_to("nowhere")
    assert_ingested_up_to(blocks, old, crafted, 40, "blk00001.dat", "No such file")
    (blocks / "blk00001.dat").unlink()
    (blocks / "xor.dat").write_bytes(b"short")
    assert_ingest_refused(blocks, old, "xor.dat", "5 bytes, not 8")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(crafted: list[Block], old: Path, tmp_path: Path) -> None:
    blocks = write_files(tmp_path / "blocks", crafted)
    (blocks / "blk00000.dat").chmod(0)
    assert_ingest_refused(blocks, old, "blk00000.dat", "Permission denied", "may read")


def test_the_wrong_key(crafted: list[Block], old: Path, tmp_path: Path) -> None:
    blocks = write_files(tmp_path / "blocks", crafted, key=KEY)
    (blocks / "xor.dat").write_bytes(KEY[::-1])
    assert_ingest_refused(blocks, old, "blk00000.dat, offset 0", "magic")


def crafted_refused(chain: list[Block], old: Path, tmp_path: Path, *words: str) -> None:
    blocks = write_files(tmp_path / "blocks", chain)
    offset = f"blk00000.dat, offset {offset_of(chain, len(chain) - 1)}"
    good = pay(chain[:-1], tag="good")
    assert_ingested_up_to(blocks, old, good, len(good) - 2, offset, chain[-1].shown, *words)


def test_value_made_from_nothing(crafted: list[Block], old: Path, tmp_path: Path) -> None:
    coin = crafted[-1].txs[0]
    for value in (50 * COIN + 1, 21_000_000 * COIN):
        payment = transaction([(coin.txid, 0)], [(value, p2wpkh("thief"))])
        more = value - 50 * COIN
        crafted_refused(pay(crafted, [payment]), old, tmp_path, f"{more} satoshis more")
    for value in (50 * COIN + 1, 21_000_000 * COIN):
        greedy = pay(crafted, rewards=[(value, p2wpkh("thief"))])
        crafted_refused(greedy, old, tmp_path, f"coinbase claims {value}")
    for values in ([-1], [21_000_000 * COIN + 1], [21_000_000 * COIN] * 2):
        payment = transaction([(coin.txid, 0)], [(v, p2wpkh("thief")) for v in values])
        crafted_refused(pay(crafted, [payment]), old, tmp_path, "more than can exist")


def test_an_output_spent_twice(crafted: list[Block], old: Path, tmp_path: Path) -> None:
    coin = crafted[-1].txs[0]
    one = transaction([(coin.txid, 0)], [(1, p2wpkh("one"))])
    two = transaction([(coin.txid, 0)], [(2, p2wpkh("two"))])
    twice = transaction([(coin.txid, 0)] * 2, [(1, p2wpkh("one"))])
    words = (f"{coin.shown}:0", "no unspent output")
    crafted_refused(pay(crafted, [one, two]), old, tmp_path, "input 0 of transaction 2", *words)
    crafted_refused(pay(crafted, [twice]), old, tmp_path, "input 1 of transaction 1", *words)
    # what a later transaction of the block makes is not there yet
    after = transaction([(one.txid, 0)], [(1, p2wpkh("after"))])
    crafted_refused(pay(crafted, [after, one]), old, tmp_path, "no unspent output")
    # nor can anybody spend genesis, or an OP_RETURN
    first = transaction([(genesis().txs[0].txid, 0)], [(1, p2wpkh("one"))])
    crafted_refused(pay(crafted, [first]), old, tmp_path, "no unspent output")
    # or what an earlier block has spent
    crafted_refused(pay(pay(crafted, [one]), [two]), old, tmp_path, *words)


def test_coinbases_that_are_none(crafted: list[Block], old: Path, tmp_path: Path) -> None:
    coin = crafted[-1].txs[0]
    payment = transaction([(coin.txid, 0)], [(1, p2wpkh("one"))])
    second = coinbase(b"\x51second", [(1, p2wpkh("one"))])
    crafted_refused(pay(crafted, first=payment), old, tmp_path, "not a coinbase")
    crafted_refused(pay(crafted, [second]), old, tmp_path, "transaction 1 is a coinbase")
    nothing = transaction([], [(1, p2wpkh("one"))], witnesses=[[]])
    empty = transaction([(coin.txid, 0)], [])
    crafted_refused(pay(crafted, [empty]), old, tmp_path, "no inputs or no outputs")
    done = write_files(tmp_path / "blocks", pay(crafted, first=nothing))
    good = pay(crafted, tag="good")
    assert_ingested_up_to(done, old, good, len(crafted) - 1, "blk00000.dat")


def test_a_list_of_transactions_with_two_readings(
    crafted: list[Block], old: Path, tmp_path: Path
) -> None:
    """CVE-2012-2459: the last of an odd row given twice has the same root."""
    coin = crafted[-1].txs[0]
    one = transaction([(coin.txid, 0)], [(5, p2wpkh("one"))])
    two = transaction([(one.txid, 0)], [(5, p2wpkh("two"))])
    crafted_refused(pay(crafted, [one, two, two]), old, tmp_path, "CVE-2012-2459")


def test_a_full_disk(crafted: list[Block], old: Path, tmp_path: Path) -> None:
    blocks = write_files(tmp_path / "blocks", crafted)

    before = snapshot(old)
    done = command("chain", "ingest", f"core:{blocks}", "--store", old, most_bytes=1000)
    assert_refused(done, "segments", "too large", "make room", "as it was")
    done = command(
        "chain", "ingest", f"core:{blocks}", "--store", tmp_path / "fresh", most_bytes=1000
    )
    assert_refused(done, "too large", "make room")
    assert not (tmp_path / "fresh").exists()
    # the next writer clears what was begun
    ingest(tmp_path / "good", old)
    assert snapshot(old) == before
    assert answer("chain", "verify", "--store", old)["ok"]


def test_a_store_of_a_newer_schema(old: Path, tmp_path: Path) -> None:
    file = old / "manifest.json"
    raw = json.loads(file.read_bytes())
    file.write_text(json.dumps({**raw, "schema_version": 999, "segments": "of another kind"}))
    before = snapshot(old)
    for arguments in (
        ("chain", "ingest", f"core:{tmp_path / 'good'}"),
        ("chain", "status"),
        ("chain", "verify"),
        ("sql", "select 1"),
    ):
        done = command(*arguments, "--store", old)
        assert_refused(done, "schema version 999", "use a newer peelchain")
    assert snapshot(old) == before


def test_a_damaged_manifest(old: Path) -> None:
    file = old / "manifest.json"
    text = file.read_bytes()
    raw = json.loads(text)
    segment = raw["segments"][0]
    outside = {**segment["files"]["txs"], "file": "../../../etc/passwd"}
    damaged = [
        b"",
        text[:-20],
        b"[" * 100_000,
        b"[1]",
        b"null",
        b"\xff\xfe\x00",
        b"{}",
        json.dumps({**raw, "format": "other"}).encode(),
        json.dumps({**raw, "schema_version": "1"}).encode(),
        json.dumps({**raw, "network": "nonecoin"}).encode(),
        json.dumps({**raw, "generation": -1}).encode(),
        json.dumps({**raw, "segments": [None]}).encode(),
        json.dumps({**raw, "segments": [{**segment, "first_height": 5}]}).encode(),
        json.dumps({**raw, "segments": [{**segment, "counts": {}}]}).encode(),
        json.dumps(
            {**raw, "segments": [{**segment, "files": {**segment["files"], "txs": outside}}]}
        ).encode(),
        json.dumps({**raw, "runs": [{"run_id": 5}]}).encode(),
        json.dumps({k: v for k, v in raw.items() if k != "runs"}).encode(),
    ]
    for written in damaged:
        file.write_bytes(written)
        with pytest.raises(StoreError, match=r"manifest.json is damaged \(.+\); restore"):
            Store.open(old)
    assert_refused(command("chain", "status", "--store", old), "manifest.json", "damaged")


def test_a_store_that_is_none(tmp_path: Path, crafted_blocks: Path) -> None:
    assert_refused(
        command("chain", "status", "--store", tmp_path / "none"), "is no store", "chain ingest"
    )
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear")
    before = snapshot(folder)
    source = f"core:{crafted_blocks}"
    for place in (folder, folder / "letter.txt", folder / "letter.txt" / "store"):
        done = command("chain", "ingest", source, "--store", place)
        assert_refused(done, "letter")
    done = command("chain", "ingest", source, "--store", tmp_path / ("x" * 300))
    assert_refused(done, "name too long")
    assert snapshot(folder) == before


def test_a_parquet_file_that_is_missing_or_damaged(old: Path) -> None:
    file = next((old / "segments").rglob("txouts.parquet"))
    data = file.read_bytes()
    questions = (
        ("address", p2wpkh("miner ").hex(), "--store", old),
        ("cluster", "run", "--store", old),
        ("sql", "select sum(value_sat) from txouts", "--store", old),
    )
    file.unlink()
    for question in questions:
        assert_refused(command(*question), "txouts.parquet", "chain verify")
    verified = command("chain", "verify", "--store", old)
    assert verified.returncode == 1
    assert f"{file}: No such file" in verified.stdout + verified.stderr
    for damaged in (data[:-30], data[: len(data) // 2], b"", b"PAR1" + bytes(100) + b"PAR1"):
        file.write_bytes(damaged)
        for question in questions:
            assert_refused(command(*question), "chain verify")
    for position in (10, len(data) // 2, len(data) - 40):
        changed = bytearray(data)
        changed[position] ^= 0x40
        file.write_bytes(changed)
        found = command("chain", "verify", "--store", old, "--json")
        assert found.returncode == 1
        told = json.loads(found.stdout)
        assert not told["ok"]
        assert str(file) in told["failures"][0]


def test_a_locked_store_says_who_holds_it(old: Path, tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from peelchain.store.locks import writing\n"
            "with writing(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()",
            str(old),
        ],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    before = snapshot(old)
    done = command("chain", "ingest", f"core:{tmp_path / 'good'}", "--store", old)
    assert_refused(done, f"process {holder.pid}", "wait")
    assert snapshot(old) == before
    # reading goes on meanwhile, and what a dead process holds is free
    assert answer("chain", "status", "--store", old)["tip_height"] == SHORT - 1
    holder.kill()
    holder.communicate()
    assert ingest(tmp_path / "good", old).added_blocks == 0


def test_a_store_of_another_network(old: Path, tmp_path: Path) -> None:
    testnet = by_name("testnet4")
    blocks = write_files(tmp_path / "blocks", [genesis(testnet)], network=testnet)
    before = snapshot(old)
    done = command("chain", "ingest", f"core:{blocks}", "--store", old)
    assert_refused(done, "holds regtest", "testnet4", code=2)
    done = command("chain", "ingest", f"core:{blocks}", "--store", old, "--network", "signet")
    assert_refused(done, "testnet4, not of signet", "--network")
    assert snapshot(old) == before


def test_a_source_with_less_work(crafted: list[Block], old: Path, tmp_path: Path) -> None:
    for chain in (crafted[:20], grow(crafted[:20], 5, "other")):
        blocks = write_files(tmp_path / "blocks", chain)
        before = snapshot(old)
        done = command("chain", "ingest", f"core:{blocks}", "--store", old)
        assert_refused(done, str(blocks), "less work", "at height 19")
        assert snapshot(old) == before


def test_names_that_are_not_in_the_chain(old: Path) -> None:
    absent = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
    assert_refused(command("address", absent, "--store", old), "never occurs", "height 29")
    assert_refused(command("tx", "ab" * 32, "--store", old), "is not in the chain", "height 29")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt08q", "checksum"),
        ("1BoatSLRHtKNngkdXEeobR76b53LETtpyU", "checksum"),
        ("12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S", "mainnet"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "mainnet"),
        ("", "address"),
        ("x" * 3000, "address"),
        ("\x1b[31mred", "address"),
    ],
)
def test_addresses_that_are_none(old: Path, text: str, word: str) -> None:
    done = command("address", text, "--store", old)
    assert_refused(done, word, code=2, remedy=False)
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("text", ["", "ab", "zz" * 32, "ab" * 33, "0x" + "ab" * 31, "ß" * 64])
def test_txids_that_are_none(old: Path, text: str) -> None:
    assert_refused(command("tx", text, "--store", old), "is not a txid: ", code=2, remedy=False)


def test_files_that_are_no_raw_block(crafted: list[Block], tmp_path: Path) -> None:
    raw = crafted[33].raw
    file = tmp_path / "block.bin"
    for written, word in (
        (b"", "not a block"),
        (raw[:-1], "not a block"),
        (raw + b"\0", "follow"),
        (raw[:80] + b"\xff" * 9 + raw[81:], "not a block"),
        (record(raw) + b"\0", "size"),
        (bytes(5_000_000), "more bytes"),
        (raw[:100] + b"\x77" + raw[101:], "Merkle"),
    ):
        file.write_bytes(written)
        assert_refused(command("chain", "decode", file), str(file), word)
    assert_refused(command("chain", "decode", tmp_path), "Is a directory")
    assert_refused(command("chain", "decode", tmp_path / "none"), "No such file")
    assert_refused(command("chain", "decode", "/dev/zero"), "more bytes")
    file.write_bytes(record(raw))
    assert answer("chain", "decode", file)["block_hash"] == crafted[33].shown


def test_it_is_not_the_copy_that_counts(old: Path, tmp_path: Path) -> None:
    """A store may be moved: its manifest names files from where it lies."""
    shutil.move(old, tmp_path / "moved [1]* it's")
    assert answer("chain", "verify", "--store", tmp_path / "moved [1]* it's")["ok"]
    told = answer("sql", "select count(*) from blocks", "--store", tmp_path / "moved [1]* it's")
    assert told["rows"] == [[SHORT]]
