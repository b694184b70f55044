"""What a partial store does not know is null in an export, and nothing is made up."""

import json
import random
from itertools import islice

import pyarrow.parquet as pq
import pytest
from tests.chain.exports.reading import etl_transaction, json_rows, tsv_rows
from tests.chain.partial.fetched import SERVER, facts_of, fill, tell_the_unspent
from tests.natural_keys import rows_by_natural_keys

from peelchain.actions.chain import ingest
from peelchain.actions.export import export
from peelchain.chain.partial.records import Input, Output, Place, Prevout, Transaction
from peelchain.chain.partial.snapshot import rebuild
from peelchain.chain.partial.vault import Vault
from peelchain.errors import StoreError
from peelchain.network import REGTEST
from peelchain.raw_tx import txid_of
from peelchain.units import OutPoint

TOLD = bytes(range(32))
LOST = bytes(reversed(range(32)))


@pytest.fixture(scope="module")
def partial(simulated, tmp_path_factory):
    """Two thirds of the simulated chain, one transaction told besides, and outputs of another."""
    folder = tmp_path_factory.mktemp("partial")
    facts = facts_of(simulated)
    chosen = {f.txid for f in random.Random(5).sample(facts, 2 * len(facts) // 3)}
    script = bytes.fromhex("0014" + "11" * 20)
    told = Transaction(
        txid=TOLD,
        version=None,
        locktime=None,
        size_bytes=None,
        weight=None,
        inputs=(
            Input(Prevout(OutPoint(LOST, 3), 5_000, script)),
            Input(Prevout(OutPoint(LOST, 9))),
        ),
        outputs=(Output(4_000, script),),
    )
    with Vault.open(folder, REGTEST) as vault:
        fill(vault, facts, lambda fact: fact.txid in chosen)
        tell_the_unspent(vault, simulated)
        vault.add_told(told, "coinjoins:lines.txt")
        vault.tell_prevouts([Prevout(OutPoint(LOST, 3), 5_000, script)], "coinjoins:lines.txt")
        vault.tell_place(TOLD, Place(150, None, None, None), "coinjoins:lines.txt")
        rebuild(folder, vault)
    return folder


def test_checked_transactions_are_whole_and_what_they_spend_is_null_where_not_known(
    partial, simulated, exported
):
    lines = {r["hash"]: r for r in json_rows(exported("etl", simulated), "transactions")}
    folder = exported("etl", partial)
    blocks = {r["hash"]: r for r in json_rows(folder, "blocks")}
    assert {(r["size"], r["transaction_count"]) for r in blocks.values()} == {(None, None)}
    unknown = 0
    rows = [r for r in json_rows(folder, "transactions") if r["hash"] != TOLD[::-1].hex()]
    for row in rows:
        line = lines[row["hash"]]
        param = blocks[row["block_hash"]]["coinbase_param"]
        assert txid_of(etl_transaction(row, param))[::-1].hex() == row["hash"]
        for given, wanted in zip(row["inputs"], line["inputs"], strict=True):
            if given["value"] is None:
                unknown += 1
                assert (given["type"], given["addresses"]) == (None, [])
                given |= {n: wanted[n] for n in ("value", "type", "addresses")}
                given["required_signatures"] = wanted["required_signatures"]
                assert (row["fee"], row["input_value"]) == (None, None)
                line = {**line, "fee": None, "input_value": None}
        assert row == line
    assert unknown > 10
    assert len({r["hash"] for r in rows}) == 2 * len(lines) // 3


def test_what_was_only_told_has_null_for_what_nobody_told(partial, exported):
    (row,) = (
        r
        for r in json_rows(exported("etl", partial), "transactions")
        if r["hash"] == TOLD[::-1].hex()
    )
    nulls = {name for name, value in row.items() if value is None}
    assert nulls >= {"size", "virtual_size", "version", "lock_time", "index", "fee", "input_value"}
    first, second = row["inputs"]
    assert (first["value"], first["spent_transaction_hash"]) == (5_000, LOST[::-1].hex())
    assert (second["value"], second["spent_output_index"]) == (None, 9)
    assert (first["script_hex"], first["script_asm"], first["sequence"]) == (None, None, None)
    assert (row["block_number"], row["outputs"][0]["value"]) == (150, 4_000)


def test_stubs_are_no_transactions_but_rows_that_say_so(partial, exported):
    for name in ("etl", "esplora-lines"):
        rows = json_rows(exported(name, partial), "transactions")
        assert LOST[::-1].hex() not in {r.get("hash") or r.get("txid") for r in rows}
    folder = exported("parquet", partial)
    rows = pq.read_table(folder / "transactions").to_pylist()
    checked = {row["txid"]: (row["checked"], row["source"]) for row in rows}
    assert {row["height"] for row in rows if row["checked"] == "stub"} == {None}
    assert checked[LOST[::-1].hex()] == ("stub", "coinjoins:lines.txt")
    assert checked[TOLD[::-1].hex()] == ("told", "coinjoins:lines.txt")
    assert set(checked.values()) - {("told", "coinjoins:lines.txt")} == {
        ("inclusion", SERVER),
        ("stub", "coinjoins:lines.txt"),
    }


def test_how_each_transaction_is_known_is_told_beside(partial, exported):
    folder = exported("etl", partial, compression="gz")
    lines = [json.loads(line) for line in (folder / "provenance.json").read_text().splitlines()]
    known = {row["txid"]: (row["checked"], row["source"]) for row in lines}
    assert known[TOLD[::-1].hex()] == ("told", "coinjoins:lines.txt")
    assert known.pop(LOST[::-1].hex()) == ("stub", "coinjoins:lines.txt")
    assert set(known) == {row["hash"] for row in json_rows(folder, "transactions")}
    assert "provenance.json" in (folder / "README.md").read_text()
    assert "provenance.json" in (folder / "SHA256SUMS").read_text()


def test_parquet_names_what_is_not_fetched_and_who_says_unspent(partial, exported):
    folder = exported("parquet", partial)
    wanted = rows_by_natural_keys(partial)
    inputs = pq.read_table(folder / "inputs").to_pylist()
    assert [
        (row["txid"], row["vin"], row["state"], f"{row['prev_txid']}:{row['prev_vout']}")
        for row in inputs
        if row["state"] != "coinbase" and row["txid"] != LOST[::-1].hex()
    ] == [
        (row["txid"], row["vin"], row["state"], row["prevout"])
        for row in wanted["txins"]
        if row["state"] != "coinbase" and row["txid"] != LOST[::-1].hex()
    ]
    assert {row["value_sat"] for row in inputs if row["state"] == "not_fetched"} == {None}
    spent = {row["prevout"] for row in wanted["txins"]}
    absent = pq.read_table(folder / "absences").to_pylist()
    assert absent
    assert not {f"{row['txid']}:{row['vout']}" for row in absent} & spent
    assert {row["source"] for row in absent} == {SERVER}


def test_esplora_lines_leave_out_what_has_no_bytes(partial, exported):
    folder = exported("esplora-lines", partial)
    rows = json_rows(folder, "transactions")
    assert TOLD[::-1].hex() not in {row["txid"] for row in rows}
    holes = [row for row in rows if any(
        i["prevout"] is None and not i["is_coinbase"] for i in row["vin"]
    )]  # fmt: skip
    assert holes
    assert {row["fee"] for row in holes} == {None}


def test_lines_of_a_partial_store_make_the_same_partial_store(partial, exported, tmp_path):
    folder = exported("esplora-lines", partial)
    ingest(f"esplora-lines:{folder}", tmp_path / "again", "regtest")
    ours, theirs = rows_by_natural_keys(tmp_path / "again"), rows_by_natural_keys(partial)
    left_out = {TOLD[::-1].hex(), LOST[::-1].hex()}
    assert {row["txid"] for row in ours["txs"]} == {
        row["txid"] for row in theirs["txs"] if row["txid"] not in left_out
    }


def test_blockchair_has_empty_cells(partial, exported):
    folder = exported("blockchair", partial)
    rows = tsv_rows(folder, "inputs")
    unknown = [row for row in rows if not row["value"]]
    assert unknown
    assert {(row["time"], row["recipient"], row["cdd"]) for row in unknown} == {("", "", "")}
    (stub,) = (row for row in rows if row["transaction_hash"] == LOST[::-1].hex() and row["value"])
    assert (stub["value"], stub["block_id"], stub["time"], stub["cdd"]) == ("5000", "", "", "")
    assert {row["transaction_count"] for row in tsv_rows(folder, "blocks")} == {""}


@pytest.mark.parametrize("format_name", ["blocks", "graphsense"])
def test_what_needs_whole_blocks_is_refused_with_the_remedy(partial, exported, format_name):
    with pytest.raises(StoreError, match=r"chosen transactions.*export") as refused:
        exported(format_name, partial)
    assert str(partial) in str(refused.value)


def test_a_store_that_learnt_more_is_exported_anew(partial, simulated, exported, tmp_path):
    folder = tmp_path / "growing"
    facts = facts_of(simulated)
    out = tmp_path / "out"
    for share in (2, 1):
        with Vault.open(folder, REGTEST) as vault:
            fill(vault, facts[: len(facts) // share])
            rebuild(folder, vault)
        answer = export("etl", folder, out, each=20)
        assert answer["kept"] == 0
    assert json.loads((out / "manifest.json").read_text())["last_height"] == 200


def test_ranks_are_not_told_as_heights(shared_data, exported, tmp_path):
    files = (p for p in (shared_data / "coinjoins").rglob("*") if p.is_file())
    with min(files).open() as lines:
        (tmp_path / "lines.txt").write_text("".join(islice(lines, 40)))
    ingest(f"coinjoins:{tmp_path / 'lines.txt'}", tmp_path / "joins")
    folder = exported("etl", tmp_path / "joins")
    rows = json_rows(folder, "transactions")
    assert rows
    assert {row["block_number"] for row in rows} == {None}
    assert all(row["block_hash"] and row["block_timestamp"] for row in rows)
    tables = exported("parquet", tmp_path / "joins")
    for name in ("blocks", "transactions", "outputs", "inputs"):
        assert pq.read_table(tables / name, columns=["height"])["height"].null_count > 0
        assert not pq.read_table(tables / name, columns=["height"])["height"].drop_null()
