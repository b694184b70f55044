"""The facts by natural keys are the store's, and peers read them."""

import duckdb
import pyarrow.parquet as pq
import pytest
from tests.natural_keys import rows_by_natural_keys

from peelchain.chain.exports import parquet
from peelchain.network import REGTEST
from peelchain.script import address


def read(folder, table):
    files = sorted((folder / table).glob("*.parquet"))
    return [row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()]


@pytest.mark.parametrize("each", [None, 64])
def test_rows_are_those_of_the_store(simulated, exported, each):
    folder = exported("parquet", simulated, each=each)
    wanted = rows_by_natural_keys(simulated)
    blocks = read(folder, "blocks")
    assert [r["block_hash"] for r in blocks] == [r["block_hash"] for r in wanted["blocks"]]
    assert [r["header"].hex() for r in blocks] == [r["header"] for r in wanted["blocks"]]
    txs = read(folder, "transactions")
    assert [{n: row[n] for n in row if n not in ("checked", "source")} for row in txs] == [
        {n: row[n] for n in txs[0] if n not in ("checked", "source")} for row in wanted["txs"]
    ]
    for row, expected in zip(read(folder, "outputs"), wanted["txouts"], strict=True):
        assert f"{row['txid']}:{row['vout']}" == expected["outpoint"]
        assert (row["value_sat"], row["height"]) == (expected["value_sat"], expected["height"])
        assert row["script_pubkey"].hex() == expected["script_pubkey"]
        assert row["address"] == address(row["script_pubkey"], REGTEST)
        assert row["script_type"] == expected["script_type"]
    outputs = {o["outpoint"]: o for o in wanted["txouts"]}
    for row, expected in zip(read(folder, "inputs"), wanted["txins"], strict=True):
        assert (row["txid"], row["vin"], row["state"]) == (
            *(expected["txid"], expected["vin"], expected["state"]),
        )
        if expected["prevout"] is None:
            assert (row["prev_txid"], row["prev_vout"], row["value_sat"]) == (None, None, None)
            continue
        assert f"{row['prev_txid']}:{row['prev_vout']}" == expected["prevout"]
        assert row["value_sat"] == outputs[expected["prevout"]]["value_sat"]
        assert row["script_pubkey"].hex() == outputs[expected["prevout"]]["script_pubkey"]
        assert row["sequence"] == expected["sequence"]
    assert [
        (r["script_pubkey"].hex(), f"{r['first_txid']}:{r['first_vout']}")
        for r in read(folder, "scripts")
    ] == [(r["script_pubkey"], r["first"]) for r in wanted["scripts"]]


def test_duckdb_finds_what_is_unspent(simulated, exported):
    folder = exported("parquet", simulated, each=64)
    ((count, value),) = duckdb.sql(
        f"SELECT count(*), sum(value_sat) FROM '{folder}/outputs/*.parquet' o ANTI JOIN "
        f"'{folder}/inputs/*.parquet' i ON i.prev_txid = o.txid AND i.prev_vout = o.vout"
    ).fetchall()
    wanted = rows_by_natural_keys(simulated)
    spent = {row["prevout"] for row in wanted["txins"]}
    left = [row["value_sat"] for row in wanted["txouts"] if row["outpoint"] not in spent]
    assert (count, value) == (len(left), sum(left))


def test_how_much_is_read_at_once_changes_no_byte(simulated, exported, monkeypatch):
    wanted = exported("parquet", simulated)
    monkeypatch.setattr(parquet, "_TXOUTS_AT_ONCE", 40)
    found = exported("parquet", simulated)
    for file in wanted.glob("*/*.parquet"):
        assert (found / file.relative_to(wanted)).read_bytes() == file.read_bytes()
