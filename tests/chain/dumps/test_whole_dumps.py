"""Dumps of a whole chain: the same tables as from a node, or nothing false."""

import bz2
import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.chain.dumps.conftest import Tables, tables_of
from tests.chain.dumps.written import (
    Known,
    etl_block,
    etl_transaction,
    write_blockchair,
    write_esplora,
    write_etl,
    write_lines,
)

from peelchain.chain import sources
from peelchain.chain.sources import Answer, Asked
from peelchain.chain.verify import verify_store
from peelchain.errors import MisuseError, SourceError
from peelchain.script import sha256d
from peelchain.store.lookup import Lookup
from peelchain.store.raw_blocks import RawBlocks
from peelchain.store.reader import Store

WRITERS: dict[str, Callable[[Path, list[Known]], Path]] = {
    "blockchair": write_blockchair,
    "esplora-lines": write_esplora,
    "etl": write_etl,
}
TOLD_OTHERWISE = frozenset({"witness_items", "witness_bytes", "file_offset", "file_number"})

Row = dict[str, Any]


def ingest(kind: str, place: Path | str, store: Path) -> Answer:
    return sources.ingest(f"{kind}:{place}", Asked(store))


def assert_same(store: Path, expected: Tables, *, but: frozenset[str] = frozenset()) -> None:
    """That a store has these tables, but for some columns."""
    for name, table in tables_of(store).items():
        for column in set(table.column_names) - but:
            assert table[column].equals(expected[name][column]), (name, column)


def etl_rows(blocks: list[Known]) -> tuple[list[Row], list[Row]]:
    transactions = [etl_transaction(b, i) for b in blocks for i in range(len(b.txs))]
    return [etl_block(b) for b in blocks], transactions


def write_rows(folder: Path, blocks: list[Row], transactions: list[Row]) -> Path:
    write_lines(folder / "blocks.json", blocks)
    write_lines(folder / "transactions.json", transactions)
    return folder


@pytest.mark.parametrize("kind", WRITERS)
def test_a_whole_dump_makes_the_tables_of_a_nodes_files(
    kind: str, known: list[Known], from_files: Tables, tmp_path: Path
) -> None:
    dump = WRITERS[kind](tmp_path / "dump", known)
    done = ingest(kind, dump, tmp_path / "store")
    assert (done["refused"], done["left_out"], done["damage"]) == (0, [], [])
    assert done["blocks"] == len(known)
    assert done["partial"] is False
    has_witnesses = kind != "etl"
    assert_same(
        tmp_path / "store", from_files, but=frozenset() if has_witnesses else TOLD_OTHERWISE
    )


def test_a_dump_without_witnesses_says_so_just_where_there_are_some(
    known: list[Known], from_files: Tables, tmp_path: Path
) -> None:
    ingest("etl", write_etl(tmp_path / "dump", known), tmp_path / "store")
    got = tables_of(tmp_path / "store")["txins"]
    with_witness = {
        tx
        for tx, items in zip(
            from_files["txins"]["tx_id"].to_pylist(),
            from_files["txins"]["witness_items"].to_pylist(),
            strict=True,
        )
        if items
    }
    assert with_witness
    for tx, items, size in zip(
        got["tx_id"].to_pylist(),
        got["witness_items"].to_pylist(),
        got["witness_bytes"].to_pylist(),
        strict=True,
    ):
        assert (items, size) == ((None, None) if tx in with_witness else (0, 0))


def test_raw_blocks_of_a_dump_without_witnesses_are_whole_but_for_these(
    known: list[Known], tmp_path: Path
) -> None:
    ingest("etl", write_etl(tmp_path / "dump", known), tmp_path / "store")
    with Store.open(tmp_path / "store") as store:
        assert verify_store(store).ok
        blocks = RawBlocks(store)
        for row, block in zip(Lookup(store).blocks(range(len(known))), known, strict=True):
            assert row.size_bytes == len(block.raw)
            assert len(blocks.block(row)) == block.stripped_bytes


@pytest.mark.parametrize("form", ["gz", "zst", "shuffled", "glob", "crlf", "twice", "parquet"])
def test_however_the_rows_lie_the_tables_are_the_same(
    form: str, known: list[Known], from_files: Tables, tmp_path: Path
) -> None:
    dump = tmp_path / "dump"
    blocks, transactions = etl_rows(known)
    place: Path | str = dump
    if form == "shuffled":
        random.Random(3).shuffle(blocks)
        random.Random(4).shuffle(transactions)
    if form == "parquet":
        dump.mkdir()
        for name, rows in (("blocks", blocks), ("transactions", transactions)):
            pq.write_table(pa.Table.from_pylist(rows), dump / f"{name}-000.parquet")
    elif form == "glob":
        # as 'bitcoinetl export_all' lays them out
        for start in range(0, len(known), 10):
            some = etl_rows(known[start : start + 10])
            for name, rows in zip(("blocks", "transactions"), some, strict=True):
                folder = dump / name / f"start_block={start:08d}"
                write_lines(folder / f"{name}_{start:08d}.json", rows)
        place = f"{dump}/*/start_block=*/*.json"
    else:
        write_rows(dump, blocks, transactions)
    for file in sorted(dump.glob("*.json")):
        data = file.read_bytes()
        if form == "gz":
            half = data.index(b"\n", len(data) // 2) + 1
            # two members, as files that were put together have
            packed = gzip.compress(data[:half]) + gzip.compress(data[half:])
            file.with_name(f"{file.name}.gz").write_bytes(packed)
            file.unlink()
        elif form == "zst":
            file.with_name(f"{file.name}.zst").write_bytes(pa.compress(data, "zstd", asbytes=True))
            file.unlink()
        elif form == "crlf":
            file.write_bytes(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n\r\n"))
        elif form == "twice":
            file.write_bytes(data + data)
    done = ingest("etl", place, tmp_path / "store")
    assert done["refused"] == 0, done["refusals"]
    assert_same(tmp_path / "store", from_files, but=TOLD_OTHERWISE)


def test_fields_of_other_versions_are_read_as_well(
    known: list[Known], from_files: Tables, tmp_path: Path
) -> None:
    blocks, transactions = etl_rows(known)
    for row in blocks:
        row["type"] = "block"
        row["height"] = row.pop("number")
        row["hash"] = row["hash"].upper()
        row["timestamp"] = f"{_shown(row['timestamp'])} UTC"
        row["size"] = str(row["size"])
    for row in transactions:
        row["block_number"] = float(row["block_number"])
        row["block_timestamp"] = _shown(row["block_timestamp"])
        row["output_value"] = f"{row['output_value']}.000000000"
        row.pop("index")
        for each in [*row["inputs"], *row["outputs"]]:
            each["value"] = f"{each['value']}.000000000"
            each["script_hex"] = each["script_hex"].upper()
            each.pop("script_asm")
            each["addresses"] = each["addresses"] or None
        for each in row["inputs"]:
            each["required_signatures"] = None
    done = ingest("etl", write_rows(tmp_path / "dump", blocks, transactions), tmp_path / "store")
    assert done["refused"] == 0, done["refusals"]
    assert_same(tmp_path / "store", from_files, but=TOLD_OTHERWISE)


def _shown(seconds: int) -> str:
    from peelchain.units import format_time

    return format_time(seconds).replace("T", " ").rstrip("Z")


def test_a_later_dump_goes_on_where_the_store_ends(
    known: list[Known], from_files: Tables, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    for number, some in enumerate([known[:15], known[15:16], known[10:30], known, known[35:]]):
        done = ingest("etl", write_etl(tmp_path / f"dump{number}", some), store)
        assert done["refused"] == 0
        assert done["blocks"] == max(15, some[-1].height + 1, done["blocks"])
    assert_same(store, from_files, but=TOLD_OTHERWISE)


def test_what_the_store_has_is_not_kept_twice(known: list[Known], tmp_path: Path) -> None:
    store, dump = tmp_path / "store", write_etl(tmp_path / "dump", known)
    ingest("etl", dump, store)
    before = (store / "blocks" / "blk00000.dat").read_bytes()
    done = ingest("etl", dump, store)
    assert (done["partial"], done["added_blocks"], done["rows"]) == (False, 0, 0)
    ingest("blockchair", write_blockchair(tmp_path / "other", known[30:]), store)
    assert (store / "blocks" / "blk00000.dat").read_bytes() == before


def test_forms_may_follow_each_other_into_one_store(
    known: list[Known], from_files: Tables, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    ingest("etl", write_etl(tmp_path / "a", known[:20]), store)
    ingest("esplora-lines", write_esplora(tmp_path / "b", known[20:30]), store)
    ingest("blockchair", write_blockchair(tmp_path / "c", known[29:]), store)
    assert_same(store, from_files, but=TOLD_OTHERWISE)


# --- what is missing, damaged or false ---


def test_a_missing_transaction_ends_the_chain_before_its_block(
    known: list[Known], tmp_path: Path
) -> None:
    blocks, transactions = etl_rows(known)
    missing = next(row for row in transactions if row["block_number"] == 25 and row["index"])
    transactions.remove(missing)
    done = ingest("etl", write_rows(tmp_path / "dump", blocks, transactions), tmp_path / "store")
    assert done["tip_height"] == 24
    assert "block 25" in done["left_out"][0]
    assert f"of {len(known[25].txs)} transactions are in the dump" in done["left_out"][0]


def test_a_dump_cut_short_is_whole_up_to_there(known: list[Known], tmp_path: Path) -> None:
    dump = write_etl(tmp_path / "dump", known)
    file = dump / "transactions.json"
    file.write_bytes(file.read_bytes()[:-400])
    done = ingest("etl", dump, tmp_path / "store")
    rows = len(file.read_bytes().splitlines())
    assert done["tip_height"] == len(known) - 2
    assert done["refused"] == 1
    assert f"transactions.json, line {rows}: it is no JSON" in done["refusals"][0]


def test_compressed_data_cut_short_are_told(known: list[Known], tmp_path: Path) -> None:
    # random addresses do not compress, so that half of the bytes are half of the rows
    dump = write_etl(tmp_path / "dump", known)
    file = dump / "transactions.json"
    packed = gzip.compress(file.read_bytes())
    file.unlink()
    (dump / "transactions.json.gz").write_bytes(packed[: len(packed) * 3 // 4])
    done = ingest("etl", dump, tmp_path / "store")
    assert 0 < done["tip_height"] < len(known) - 1
    assert any("the gzip data are damaged" in line for line in done["refusals"])


def _lie(field: str, value: Any) -> Callable[[Row], None]:
    def tell(row: Row) -> None:
        row[field] = value(row[field]) if callable(value) else value

    return tell


def _in_output(field: str, value: Any) -> Callable[[Row], None]:
    def tell(row: Row) -> None:
        row["outputs"][0][field] = value

    return tell


def _in_input(field: str, value: Any) -> Callable[[Row], None]:
    def tell(row: Row) -> None:
        row["inputs"][0][field] = value

    return tell


TRANSACTION_LIES: dict[str, tuple[Callable[[Row], None], str]] = {
    "a changed value": (_in_output("value", 1), "hash to"),
    "a value over all money": (_in_output("value", 2_100_000_000_000_001), "value"),
    "a negative value": (_in_output("value", -1), "value"),
    "a value that is none": (_in_output("value", "NaN"), "value"),
    "a changed script": (_in_output("script_hex", "51"), "hash to"),
    "a script that is no hex": (_in_output("script_hex", "zz"), "hex"),
    "another prevout": (_in_input("spent_output_index", 7), "hash to"),
    "another sequence": (_in_input("sequence", 5), "hash to"),
    "another txid": (_lie("hash", "ab" * 32), "hash to"),
    "a short txid": (_lie("hash", "ab"), "64 hex digits"),
    "another block": (_lie("block_number", 3), "height"),
    "a size too small": (_lie("size", 10), "size"),
    "a size too great": (_lie("size", lambda size: size + 400), "size is told as"),
    "another version": (_lie("version", 7), "hash to"),
    "outputs that are no list": (_lie("outputs", "none"), "outputs"),
    "indexes that leave one out": (_in_output("index", 5), "indexes"),
    "no hash": (lambda row: row.pop("hash"), "hash"),
}


@pytest.mark.parametrize("lie", TRANSACTION_LIES)
def test_no_false_transaction_enters(
    lie: str, known: list[Known], from_files: Tables, tmp_path: Path
) -> None:
    blocks, transactions = etl_rows(known)
    row = next(row for row in transactions if row["block_number"] == 25 and row["index"] == 1)
    tell, why = TRANSACTION_LIES[lie]
    tell(row)
    done = ingest("etl", write_rows(tmp_path / "dump", blocks, transactions), tmp_path / "store")
    assert done["tip_height"] == 24
    told = " ".join([*done["refusals"], *done["left_out"]])
    assert why in told, told
    shown = tables_of(tmp_path / "store")["blocks"]["block_hash"].to_pylist()
    assert shown == from_files["blocks"]["block_hash"].to_pylist()[:25]


BLOCK_LIES: dict[str, tuple[Callable[[Row], None], str]] = {
    "another time": (_lie("timestamp", lambda time: time + 1), "do not hash to"),
    "another root": (_lie("merkle_root", "ab" * 32), "do not hash to"),
    "another nonce": (_lie("nonce", "1"), "do not hash to"),
    "another hash": (_lie("hash", "ab" * 32), "do not hash to"),
    "a time that is none": (_lie("timestamp", "noon"), "timestamp"),
    "a height that is none": (_lie("number", -1), "number"),
    "bits that are none": (_lie("bits", "xyz"), "bits"),
    "another coinbase": (_lie("coinbase_param", "51"), "coinbase script"),
    "more transactions": (_lie("transaction_count", 9), "of 9 transactions"),
}


@pytest.mark.parametrize("lie", BLOCK_LIES)
def test_no_false_block_enters(
    lie: str, known: list[Known], from_files: Tables, tmp_path: Path
) -> None:
    blocks, transactions = etl_rows(known)
    tell, why = BLOCK_LIES[lie]
    tell(blocks[25])
    done = ingest("etl", write_rows(tmp_path / "dump", blocks, transactions), tmp_path / "store")
    assert done["tip_height"] == 24
    told = " ".join([*done["refusals"], *done["left_out"]])
    assert why in told, told
    shown = tables_of(tmp_path / "store")["blocks"]["block_hash"].to_pylist()
    assert shown == from_files["blocks"]["block_hash"].to_pylist()[:25]


def test_a_block_without_work_does_not_come_among_the_raw_blocks(
    known: list[Known], tmp_path: Path
) -> None:
    blocks, transactions = etl_rows(known)
    header = bytearray(known[25].raw[:80])
    while sha256d(bytes(header))[-1] < 0x80:
        header[76] = (header[76] + 1) % 256
    row = blocks[25]
    row["nonce"] = f"{int.from_bytes(header[76:80], 'little'):x}"
    row["hash"] = sha256d(bytes(header))[::-1].hex()
    for tx in transactions:
        if tx["block_number"] == 25:
            tx["block_hash"] = row["hash"]
    done = ingest("etl", write_rows(tmp_path / "dump", blocks, transactions), tmp_path / "store")
    assert (done["tip_height"], done["damage"]) == (24, [])
    assert "no proof of work; the dump is false here" in done["refusals"][0]
    # the true rows then go on
    again = ingest("etl", write_etl(tmp_path / "true", known), tmp_path / "store")
    assert (again["tip_height"], again["damage"]) == (len(known) - 1, [])


def test_transactions_in_another_order_than_the_block_has_are_no_block(
    known: list[Known], tmp_path: Path
) -> None:
    blocks, transactions = etl_rows(known)
    rows = [row for row in transactions if row["block_number"] == 24]
    assert len(rows) > 2
    rows[1]["index"], rows[2]["index"] = 2, 1
    done = ingest("etl", write_rows(tmp_path / "dump", blocks, transactions), tmp_path / "store")
    assert done["tip_height"] == 23
    assert "Merkle root" in done["left_out"][0]


def test_a_transaction_given_in_two_ways_is_refused_once(
    known: list[Known], tmp_path: Path
) -> None:
    blocks, transactions = etl_rows(known)
    other = json.loads(json.dumps(transactions[30]))
    other["index"] += 1
    done = ingest(
        "etl", write_rows(tmp_path / "dump", blocks, [*transactions, other]), tmp_path / "store"
    )
    assert (done["tip_height"], done["refused"]) == (len(known) - 1, 1)
    assert "given otherwise before" in done["refusals"][0]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("page.json", b"<!DOCTYPE html><html><body>429</body></html>\n", "it is no JSON"),
        ("deep.json", b"[" * 100_000 + b"\n", "nested too deep"),
        ("nan.json", b'{"hash": NaN}\n', "no number"),
        ("digits.json", b'{"size": ' + b"9" * 5000 + b"}\n", "no JSON"),
        ("list.json", b"[1, 2]\n", "no JSON object"),
        ("binary.json", bytes(range(256)) * 40, "no UTF-8"),
        ("packed.bz2", bz2.compress(b"{}"), "no UTF-8"),
        ("empty.json", b"", "none of its rows"),
        ("broken.parquet", b"PAR1" + bytes(100), "Parquet"),
        ("other.json", b'{"a": 1}\n', "hash"),
    ],
)
def test_what_is_no_dump_is_refused_and_leaves_no_store(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=words) as refused:
        ingest("etl", tmp_path / name, tmp_path / "store")
    assert name in str(refused.value)
    assert ";" in str(refused.value)
    assert not (tmp_path / "store" / "manifest.json").exists()
    assert not (tmp_path / "store" / "vault.sqlite").exists()


def test_a_place_without_files_is_misuse(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "empty", tmp_path / "none", f"{tmp_path}/*.json"):
        with pytest.raises(MisuseError, match="give the blocks and transactions of bitcoin-etl"):
            ingest("etl", place, tmp_path / "store")


def test_a_refused_dump_leaves_the_store_as_it_was(known: list[Known], tmp_path: Path) -> None:
    store = tmp_path / "store"
    ingest("etl", write_etl(tmp_path / "a", known[:20]), store)
    before = (store / "manifest.json").read_bytes()
    # a slice that does not join is for a partial store
    with pytest.raises(MisuseError, match="whole chain"):
        ingest("etl", write_etl(tmp_path / "b", known[30:]), store)
    (tmp_path / "page.json").write_text("<html>\n")
    with pytest.raises((MisuseError, SourceError)):
        ingest("etl", tmp_path / "page.json", store)
    assert (store / "manifest.json").read_bytes() == before
    with Store.open(store) as opened:
        assert verify_store(opened).ok
