"""Dumps that are no whole chain: partial stores of them, checked as far as can be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.chain.dumps.test_whole_dumps import WRITERS
from tests.chain.dumps.written import (
    Known,
    esplora_transaction,
    etl_block,
    etl_transaction,
    write_esplora,
    write_etl,
    write_lines,
)

from peelchain.chain import sources
from peelchain.chain.partial.vault import Vault
from peelchain.chain.sources import Answer, Asked
from peelchain.chain.verify import verify_store
from peelchain.errors import MisuseError, SourceError
from peelchain.network import MAINNET, REGTEST
from peelchain.raw_tx import serialised, txid_of
from peelchain.store.reader import Store

Row = dict[str, Any]


def ingest(kind: str, place: Path | str, store: Path, **options: object) -> Answer:
    network = MAINNET if kind == "coinjoins" else REGTEST
    return sources.ingest(f"{kind}:{place}", Asked(store, network, options=options))


def slice_of(known: list[Known], first: int, last: int) -> list[Known]:
    return [block for block in known if first <= block.height <= last]


def provenance(store: Path) -> list[str]:
    with Store.open(store) as opened:
        assert verify_store(opened).failures == []
        return sorted(opened.read("provenance")["checked"].to_pylist())


@pytest.mark.parametrize("kind", WRITERS)
def test_a_slice_is_a_partial_store_whose_places_are_proven(
    kind: str, known: list[Known], tmp_path: Path
) -> None:
    some = slice_of(known, 20, 25)
    done = ingest(kind, WRITERS[kind](tmp_path / "dump", some), tmp_path / "store")
    txs = sum(len(block.txs) for block in some)
    assert (done["partial"], done["txs"], done["refused"]) == (True, txs, 0)
    assert done["tip_height"] == 25
    # the first block's header needs the hash of the one before, which Esplora alone tells
    unproven = 0 if kind == "esplora-lines" else len(some[0].txs)
    assert done["proven"] == txs - unproven
    checked = provenance(tmp_path / "store")
    assert checked.count("inclusion") == txs - unproven
    assert checked.count("txid") == unproven


def test_bytes_and_prevouts_of_esplora_lines_are_exact(known: list[Known], tmp_path: Path) -> None:
    rows = [esplora_transaction(b, i) for b in known[20:26] for i in range(len(b.txs))]
    write_lines(tmp_path / "txs.jsonl", rows)
    done = ingest("esplora-lines", tmp_path / "txs.jsonl", tmp_path / "store")
    assert (done["txs"], done["refused"]) == (len(rows), 0)
    with Vault.open(tmp_path / "store", REGTEST, create=False) as vault:
        for block in known[20:26]:
            for tx in block.txs:
                assert vault.raw(txid_of(tx)) == serialised(tx)
                place = vault.place_of(txid_of(tx))
                assert (place.height, place.time) == (block.height, block.time)
    with Store.open(tmp_path / "store") as store:
        # each input has its prevout: none is told as not fetched, every fee is known
        assert store.read("not_fetched").num_rows == 0
        told = [how for how in store.read("provenance")["checked"].to_pylist() if how != "stub"]
        assert told == ["txid"] * len(rows)


def _single(folder: Path, rows: list[Row]) -> Path:
    for row in rows:
        (folder / f"{row['txid']}.json").write_text(json.dumps(row, indent=2))
    return folder


def _array(folder: Path, rows: list[Row]) -> Path:
    (folder / "txs.json").write_text(json.dumps(rows))
    return folder


def _spread_array(folder: Path, rows: list[Row]) -> Path:
    (folder / "txs.json").write_text(json.dumps(rows, indent=1))
    return folder / "txs.json"


@pytest.mark.parametrize("form", [_single, _array, _spread_array])
def test_esplora_answers_are_read_however_they_were_kept(
    form: Callable[[Path, list[Row]], Path], known: list[Known], tmp_path: Path
) -> None:
    rows = [esplora_transaction(known[24], i) for i in range(len(known[24].txs))]
    (tmp_path / "dump").mkdir()
    done = ingest("esplora-lines", form(tmp_path / "dump", rows), tmp_path / "store")
    assert (done["rows"], done["txs"], done["refused"]) == (len(rows), len(rows), 0)


def test_an_unconfirmed_transaction_waits_for_its_block(known: list[Known], tmp_path: Path) -> None:
    rows = [esplora_transaction(known[24], i) for i in range(len(known[24].txs))]
    rows[-1]["status"] = {"confirmed": False}
    write_lines(tmp_path / "txs.jsonl", rows)
    done = ingest("esplora-lines", tmp_path / "txs.jsonl", tmp_path / "store")
    assert (done["txs"], done["unconfirmed"] + done["unplaced"]) == (len(rows) - 1, 1)


def test_dumps_add_to_each_other(known: list[Known], tmp_path: Path) -> None:
    store = tmp_path / "store"
    ingest("etl", write_etl(tmp_path / "a", slice_of(known, 20, 25)), store)
    before = provenance(store)
    # the same with witnesses, and more
    done = ingest("esplora-lines", write_esplora(tmp_path / "b", slice_of(known, 20, 30)), store)
    assert done["txs"] == sum(len(b.txs) for b in slice_of(known, 20, 30))
    after = provenance(store)
    assert "txid" in before
    assert set(after) <= {"inclusion", "stub"}
    with Vault.open(store, REGTEST, create=False) as vault:
        for block in slice_of(known, 20, 30):
            assert all(vault.raw(txid_of(tx)) == serialised(tx) for tx in block.txs)
    again = ingest("etl", tmp_path / "a", store)
    assert (again["changed"], again["refused"]) == (False, 0)


def test_transactions_without_their_blocks_are_told_to_be_there(
    known: list[Known], tmp_path: Path
) -> None:
    rows = [etl_transaction(b, i) for b in known[20:24] for i in range(len(b.txs))]
    write_lines(tmp_path / "transactions.json", rows)
    done = ingest("etl", tmp_path / "transactions.json", tmp_path / "store")
    checked = provenance(tmp_path / "store")
    # of a coinbase the input is not told: its bytes cannot be made
    assert checked.count("told") == 4
    assert checked.count("txid") == len(rows) - 4
    assert done["proven"] == 0


def test_sizes_without_witnesses_are_those_told(known: list[Known], tmp_path: Path) -> None:
    block = next(b for b in known[20:] if any(tx.has_witness for tx in b.txs[1:]))
    rows = [etl_transaction(block, i) for i in range(1, len(block.txs))]
    write_lines(tmp_path / "transactions.json", rows)
    ingest("etl", tmp_path / "transactions.json", tmp_path / "store")
    with Store.open(tmp_path / "store") as store:
        txs = {bytes(row["txid"])[::-1].hex(): row for row in store.read("txs").to_pylist()}
        txins = store.read("txins").to_pylist()
    for tx, row in zip(block.txs[1:], rows, strict=True):
        got = txs[row["hash"]]
        assert got["size_bytes"] == len(serialised(tx))
        assert got["weight"] == 3 * len(serialised(tx, witness=False)) + len(serialised(tx))
        items = [i["witness_items"] for i in txins if i["tx_id"] == got["tx_id"]]
        assert items == [None if tx.has_witness else 0] * len(tx.inputs)


# --- lies ---


def _told(name: str, value: Any) -> Callable[[Row], None]:
    def tell(row: Row) -> None:
        row[name] = value

    return tell


def _in(part: str, name: str, value: Any) -> Callable[[Row], None]:
    def tell(row: Row) -> None:
        row[part][0][name] = value

    return tell


def _prevout(value: Any) -> Callable[[Row], None]:
    def tell(row: Row) -> None:
        row["vin"][0]["prevout"]["value"] = value

    return tell


LIES: dict[str, tuple[Callable[[Row], None], str]] = {
    "another txid": (_told("txid", "ab" * 32), "hash to"),
    "a changed value": (_in("vout", "value", 5), "hash to"),
    "a changed script": (_in("vout", "scriptpubkey", "51"), "hash to"),
    "another sequence": (_in("vin", "sequence", 1), "hash to"),
    "another prevout": (_in("vin", "vout", 9), "hash to"),
    "a value that is too great": (_in("vout", "value", 2**63), "value"),
    "no outputs": (_told("vout", []), "without inputs or outputs"),
    "another size": (_told("size", 12), "size"),
    "another fee": (_told("fee", 12), "fee"),
    "a prevout's value that makes another fee": (_prevout(1), "fee"),
    "a witness that is no hex": (_in("vin", "witness", ["zz"]), "hex"),
    "a status that is none": (_told("status", "yes"), "status"),
    "a height that is none": (
        _told("status", {"confirmed": True, "block_height": -4}),
        "height",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_no_lie_of_an_esplora_line_enters(lie: str, known: list[Known], tmp_path: Path) -> None:
    block = known[25]
    rows = [esplora_transaction(block, i) for i in range(len(block.txs))]
    tell, why = LIES[lie]
    tell(rows[1])
    write_lines(tmp_path / "txs.jsonl", rows)
    done = ingest("esplora-lines", tmp_path / "txs.jsonl", tmp_path / "store")
    assert done["refused"] == 1
    assert done["refusals"][0].startswith(f"{tmp_path}/txs.jsonl, line 2: ")
    assert why in done["refusals"][0]
    assert done["txs"] == len(rows) - 1
    with Vault.open(tmp_path / "store", REGTEST, create=False) as vault:
        assert not vault.has_tx(txid_of(block.txs[1]))
        assert not vault.has_tx(b"\xab" * 32)


def test_a_prevout_told_otherwise_than_its_transaction_has_it_is_refused(
    known: list[Known], tmp_path: Path
) -> None:
    # the fee agrees with the lie, so that only what the store knows betrays it
    rows = [esplora_transaction(known[h], i) for h in (24, 25) for i in range(len(known[h].txs))]
    ours = {row["txid"] for row in rows}
    spender = next(r for r in rows if r["vin"][0]["prevout"] and r["vin"][0]["txid"] in ours)
    spender["vin"][0]["prevout"]["value"] += 1000
    spender["fee"] += 1000
    write_lines(tmp_path / "txs.jsonl", rows)
    done = ingest("esplora-lines", tmp_path / "txs.jsonl", tmp_path / "store")
    assert done["refused"] == 1
    assert "is told to hold" in done["refusals"][0]


def test_a_block_row_that_lies_about_its_header_proves_nothing(
    known: list[Known], tmp_path: Path
) -> None:
    some = slice_of(known, 20, 22)
    blocks = [etl_block(b) for b in some]
    blocks[1]["nonce"] = "1"
    write_lines(tmp_path / "dump" / "blocks.json", blocks)
    rows = [etl_transaction(b, i) for b in some for i in range(len(b.txs))]
    write_lines(tmp_path / "dump" / "transactions.json", rows)
    done = ingest("etl", tmp_path / "dump", tmp_path / "store")
    assert done["refused"] == 1
    assert "blocks.json, line 2" in done["refusals"][0]
    assert done["proven"] == 0


# --- CoinJoin lines ---


def test_the_real_coinjoin_sets_go_in_whole(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "coinjoins"
    lines = [line for file in folder.glob("*/*.txt") for line in file.read_text().splitlines()]
    done = ingest("coinjoins", folder, tmp_path / "store")
    assert (done["rows"], done["refused"]) == (len(lines), 0)
    assert done["txs"] == done["told"] == len({line.split(":::")[0] for line in lines})
    assert done["ranks"] is True
    assert set(provenance(tmp_path / "store")) == {"told", "stub"}


LINE = (
    f"{'ab' * 32}:::{'00' * 4}{'cd' * 28}:::7:::1600000000:::"
    f"{'ef' * 32}-0-5000+0014{'11' * 20}+TxWitnessV0Keyhash:::"
    f"3000+0014{'22' * 20}+TxWitnessV0Keyhash}}{{1500+0014{'33' * 20}+TxWitnessV0Keyhash"
)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("ab" * 32, "ab" * 31, "64 hex digits"),
        (":::7:::", ":::seven:::", "index"),
        (":::7:::", ":::", "5 fields"),
        ("1600000000", "noon", "time"),
        ("-5000+", "-4000+", "pays 4500 satoshis out of 4000"),
        ("3000+", "-3000+", "value"),
        ("3000+", "30.5+", "value"),
        ("+0014", "+00zz", "hex"),
        ("-0-", "-", "no input"),
        ("-0-", "-4294967296-", "vout"),
        ("}{1500", "}{1500+", "no output"),
        ("TxWitness", "Tx\xff", "characters"),
    ],
)
def test_a_line_that_cannot_be_is_refused(old: str, new: str, why: str, tmp_path: Path) -> None:
    assert old in LINE
    file = tmp_path / "set.txt"
    file.write_bytes(
        f"{LINE.replace('ab' * 32, 'aa' * 32)}\n{LINE.replace(old, new, 1)}\n".encode("latin-1")
    )
    # two told transactions cannot spend one output: the sound line spends another
    data = file.read_bytes().replace(b"ef" * 32, b"ee" * 32, 1)
    file.write_bytes(data)
    done = ingest("coinjoins", file, tmp_path / "store")
    assert (done["rows"], done["refused"]) == (1, 1)
    assert done["refusals"][0].startswith(f"{file}, line 2: ")
    assert why in done["refusals"][0]


def test_a_chain_that_cannot_be_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "set.txt"
    file.write_text(f"{LINE}\n")
    ingest("coinjoins", file, tmp_path / "store")
    before = (tmp_path / "store" / "manifest.json").read_bytes()
    # another transaction that spends the same output
    other = tmp_path / "other.txt"
    other.write_text(LINE.replace("ab" * 32, "cc" * 32) + "\n")
    with pytest.raises(SourceError):
        ingest("coinjoins", other, tmp_path / "store")
    with pytest.raises(SourceError):
        ingest("coinjoins", other.with_name("*.txt"), tmp_path / "fresh")
    assert not (tmp_path / "fresh").exists()
    assert (tmp_path / "store" / "manifest.json").read_bytes() == before
    with Vault.open(tmp_path / "store", MAINNET, create=False) as vault:
        assert not vault.has_tx(b"\xcc" * 32)


# --- heights ---


def test_headers_give_heights_to_what_has_none(known: list[Known], tmp_path: Path) -> None:
    rows = [esplora_transaction(b, i) for b in known[20:26] for i in range(len(b.txs))]
    for row in rows:
        row["status"].pop("block_height")
    write_lines(tmp_path / "txs.jsonl", rows)
    file = tmp_path / "headers"
    file.write_bytes(b"".join(block.raw[:80] for block in known))
    without = ingest("esplora-lines", tmp_path / "txs.jsonl", tmp_path / "a")
    assert without["ranks"] is True
    told = ingest("esplora-lines", tmp_path / "txs.jsonl", tmp_path / "b", headers=file)
    assert (told["ranks"], told["tip_height"]) == (False, 25)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: data[:-1], "79 bytes are no header"),
        (lambda data: data[80:], "offset 0"),
        (lambda data: data[:800] + data[880:], "offset 800"),
        (lambda data: data[:884] + b"\0" + data[885:], "offset 880"),
        (lambda data: b"", "is empty"),
    ],
)
def test_false_headers_are_refused(
    change: Callable[[bytes], bytes], why: str, known: list[Known], tmp_path: Path
) -> None:
    file = tmp_path / "headers"
    file.write_bytes(change(b"".join(block.raw[:80] for block in known)))
    write_lines(tmp_path / "txs.jsonl", [esplora_transaction(known[20], 0)])
    with pytest.raises(SourceError, match=why):
        ingest("esplora-lines", tmp_path / "txs.jsonl", tmp_path / "store", headers=file)
    assert not (tmp_path / "store").exists()


def test_a_dump_of_another_chain_is_refused(known: list[Known], tmp_path: Path) -> None:
    store = tmp_path / "store"
    ingest("esplora-lines", write_esplora(tmp_path / "a", known[20:22]), store)
    with pytest.raises(MisuseError, match="regtest, not"):
        sources.ingest(f"esplora-lines:{tmp_path / 'a'}", Asked(store, MAINNET))
