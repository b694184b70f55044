"""Daily TSV files as Blockchair publishes them."""

import csv
import shutil
from datetime import datetime

import duckdb
import pytest
from tests.chain.exports.reading import header_hash, json_rows, tsv_rows

from peelchain.actions.tagging.rates import import_rates


def test_days_are_those_of_the_headers_and_every_block_is_there_once(simulated, exported):
    folder = exported("blockchair", simulated)
    heights = []
    for path in folder.glob("blockchair_bitcoin_*.tsv.gz"):
        _, _, table, day = path.name.removesuffix(".tsv.gz").split("_")
        time = "spending_time" if table == "inputs" else "time"
        for row in tsv_rows(folder, table, day):
            assert row[time][:10].replace("-", "") == day
            heights += [int(row["id"])] if table == "blocks" else []
    assert sorted(heights) == list(range(201))


def test_rows_join_to_the_transactions_of_the_json_lines(simulated, exported):
    folder = exported("blockchair", simulated)
    inputs: dict[str, list[dict[str, str]]] = {}
    outputs: dict[str, list[dict[str, str]]] = {}
    for row in tsv_rows(folder, "inputs"):
        inputs.setdefault(row["spending_transaction_hash"], []).append(row)
    for row in tsv_rows(folder, "outputs"):
        outputs.setdefault(row["transaction_hash"], []).append(row)
    found = {row["hash"]: row for row in tsv_rows(folder, "transactions")}
    lines = json_rows(exported("etl", simulated), "transactions")
    assert len(lines) == len(found)
    for line in lines:
        row = found[line["hash"]]
        assert (int(row["fee"]), int(row["input_total"]), int(row["output_total"])) == (
            *(line["fee"], line["input_value"], line["output_value"]),
        )
        assert [
            (i["transaction_hash"], int(i["index"]), i["spending_signature_hex"], int(i["value"]))
            for i in inputs.get(line["hash"], [])
        ] == [
            (i["spent_transaction_hash"], i["spent_output_index"], i["script_hex"], i["value"])
            for i in line["inputs"]
        ]
        assert [(int(o["value"]), o["script_hex"], o["type"]) for o in outputs[line["hash"]]] == [
            (o["value"], o["script_hex"], o["type"]) for o in line["outputs"]
        ]


def test_headers_and_sums_of_blocks_hold(simulated, exported):
    rows = sorted(tsv_rows(exported("blockchair", simulated), "blocks"), key=lambda r: int(r["id"]))
    before, work = "00" * 32, 0
    for row in rows:
        time = int(datetime.fromisoformat(row["time"] + "Z").timestamp())
        numbers = time, int(row["bits"]), int(row["nonce"])
        assert row["hash"] == header_hash(int(row["version"]), before, row["merkle_root"], *numbers)
        before = row["hash"]
        # at regtest's difficulty every block is worth two hashes
        work += 2
        assert int(row["chainwork"], 16) == work
        assert int(row["output_total"]) == (
            int(row["input_total"]) - int(row["fee_total"]) + int(row["reward"])
        )
        assert int(row["reward"]) == int(row["generation"]) + int(row["fee_total"])
        assert 3 * int(row["stripped_size"]) + int(row["size"]) == int(row["weight"])


def test_the_first_payment_of_all_is_as_blockchair_gives_it(early, exported):
    folder = exported("blockchair", early, first=0, last=170)
    (row,) = (r for r in tsv_rows(folder, "inputs") if r["spending_block_id"] == "170")
    assert (row["block_id"], row["time"]) == ("9", "2009-01-09 03:54:39")
    assert (row["spending_time"], row["lifespan"]) == ("2009-01-12 03:30:25", "257746")
    assert (row["value"], row["type"], row["is_from_coinbase"]) == ("5000000000", "pubkey", "1")
    assert row["recipient"] == "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S"
    assert row["spending_signature_hex"] == (
        "47304402204e45e16932b8af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd410220181522ec8eca"
        "07de4860a4acdd12909d831cc56cbbac4622082221a8768d1d0901"
    )
    assert float(row["cdd"]) == 149.15856481481


def test_duckdb_reads_many_days_at_once(simulated, exported):
    folder = exported("blockchair", simulated)
    ((count, fees),) = duckdb.sql(
        "SELECT count(*), sum(fee) FROM read_csv(?, delim = '\t', union_by_name = true)",
        params=[f"{folder}/blockchair_bitcoin_transactions_*.tsv.gz"],
    ).fetchall()
    rows = tsv_rows(folder, "transactions")
    assert (count, fees) == (len(rows), sum(int(row["fee"]) for row in rows))


def test_amounts_have_the_worth_of_the_day_where_rates_were_imported(
    simulated, node, exported, tmp_path
):
    for day in tsv_rows(exported("blockchair", simulated), "outputs"):
        assert day["value_usd"] == ""
    store = tmp_path / "priced"
    shutil.copytree(simulated, store)
    import_rates(node / "rates.csv", store)
    usd = {
        row["date"]: float(row["price"])
        for row in csv.DictReader((node / "rates.csv").read_text().splitlines())
        if row["currency"] == "USD"
    }
    folder = exported("blockchair", store)
    priced = 0
    for row in tsv_rows(folder, "inputs"):
        for time, worth in (("time", "value_usd"), ("spending_time", "spending_value_usd")):
            price = usd.get(row[time][:10])
            assert bool(row[worth]) == (price is not None)
            if price is not None:
                wanted = int(row["value"]) * price / 1e8
                assert float(row[worth]) == pytest.approx(wanted, rel=1e-5)
                priced += 1
    assert priced
    blocks = tsv_rows(folder, "blocks")
    assert any(float(row["reward_usd"]) > 0 for row in blocks if row["reward_usd"])
    assert not any("e" in row["difficulty"] for row in blocks)
