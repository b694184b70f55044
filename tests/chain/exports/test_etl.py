"""bitcoin-etl's JSON lines hold all that they can, in bitcoin-etl's form."""

import duckdb
import pytest
from tests.chain.exports.reading import etl_transaction, header_hash, json_rows

from peelchain.raw_tx import txid_of

BLOCK_FIELDS = (
    *("hash", "size", "stripped_size", "weight", "number", "version", "merkle_root", "timestamp"),
    *("nonce", "bits", "coinbase_param", "transaction_count"),
)
TRANSACTION_FIELDS = (
    *("hash", "size", "virtual_size", "version", "lock_time", "block_number", "block_hash"),
    *("block_timestamp", "is_coinbase", "index", "inputs", "outputs", "input_count"),
    *("output_count", "input_value", "output_value", "fee"),
)
INPUT_FIELDS = (
    *("index", "spent_transaction_hash", "spent_output_index", "script_asm", "script_hex"),
    *("sequence", "required_signatures", "type", "addresses", "value"),
)
OUTPUT_FIELDS = (
    *("index", "script_asm", "script_hex", "required_signatures", "type", "addresses", "value"),
)


@pytest.fixture
def tables(simulated, exported):
    folder = exported("etl", simulated, compression="gz")
    return json_rows(folder, "blocks"), json_rows(folder, "transactions")


def test_fields_are_bitcoin_etls_in_its_order(tables):
    blocks, txs = tables
    assert {tuple(row) for row in blocks} == {BLOCK_FIELDS}
    assert {tuple(name for name in row if name != "coinbase_sequence") for row in txs} == {
        TRANSACTION_FIELDS
    }
    assert {tuple(i) for row in txs for i in row["inputs"]} == {INPUT_FIELDS}
    assert {tuple(o) for row in txs for o in row["outputs"]} == {OUTPUT_FIELDS}
    assert all(row["coinbase_sequence"] != 0xFFFF_FFFF for row in txs if "coinbase_sequence" in row)


def test_every_header_and_txid_can_be_made_again(tables):
    blocks, txs = tables
    before = "00" * 32
    for number, row in enumerate(blocks):
        assert row["number"] == number
        assert row["hash"] == header_hash(
            row["version"],
            before,
            row["merkle_root"],
            row["timestamp"],
            int(row["bits"], 16),
            int(row["nonce"], 16),
        )
        before = row["hash"]
    params = {row["hash"]: row["coinbase_param"] for row in blocks}
    for row in txs:
        made = etl_transaction(row, params[row["block_hash"]])
        assert txid_of(made)[::-1].hex() == row["hash"]
    counts = {row["hash"]: row["transaction_count"] for row in blocks}
    for block_hash, count in counts.items():
        assert [r["index"] for r in txs if r["block_hash"] == block_hash] == list(range(count))


def test_inputs_have_what_they_spend_and_amounts_add_up(tables):
    _, txs = tables
    outputs = {(row["hash"], o["index"]): o for row in txs for o in row["outputs"]}
    of_prevout = ("required_signatures", "type", "addresses", "value")
    for row in txs:
        for given in row["inputs"]:
            spent = outputs[given["spent_transaction_hash"], given["spent_output_index"]]
            assert [given[n] for n in of_prevout] == [spent[n] for n in of_prevout]
        assert row["input_count"] == len(row["inputs"])
        assert row["output_value"] == sum(o["value"] for o in row["outputs"])
        assert row["input_value"] == sum(i["value"] for i in row["inputs"])
        assert row["fee"] == (0 if row["is_coinbase"] else row["input_value"] - row["output_value"])


def test_what_has_no_address_has_a_stand_in_of_its_own(tables):
    _, txs = tables
    kinds = {o["type"]: o for row in txs for o in row["outputs"]}
    data = kinds["nulldata"]
    assert data["script_asm"].startswith("OP_RETURN ")
    assert data["addresses"][0].startswith("nonstandard")
    assert len(data["addresses"][0]) == len("nonstandard") + 40
    assert kinds["witness_v0_keyhash"]["addresses"][0].startswith("bcrt1q")
    assert {"pubkey", "pubkeyhash", "scripthash", "witness_v1_taproot"} <= set(kinds)


def test_the_first_payment_of_all_is_as_bitcoin_etl_gives_it(early, exported):
    folder = exported("etl", early, first=170, last=170)
    (block,), (coinbase, payment) = json_rows(folder, "blocks"), json_rows(folder, "transactions")
    assert (block["number"], block["nonce"], block["bits"]) == (170, "709e3e28", "1d00ffff")
    assert (block["coinbase_param"], block["transaction_count"]) == ("04ffff001d0102", 2)
    assert (coinbase["is_coinbase"], coinbase["inputs"], coinbase["fee"]) == (True, [], 0)
    assert payment["hash"] == "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16"
    assert (payment["size"], payment["block_timestamp"]) == (275, 1231731025)
    (given,) = payment["inputs"]
    assert given["script_asm"].endswith("[ALL]")
    assert given["addresses"] == ["12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S"]
    assert [(o["value"], o["addresses"]) for o in payment["outputs"]] == [
        (1_000_000_000, ["1Q2TWHE3GMdB6BZKafqwxXtWAWgFt5Jvm3"]),
        (4_000_000_000, ["12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S"]),
    ]


def test_duckdb_reads_the_lines_and_finds_a_payment(early, exported):
    folder = exported("etl", early, first=0, last=400, compression="zst", each=200)
    found = duckdb.sql(
        "SELECT block_number, hash, o.value FROM read_json(?) t, UNNEST(t.outputs) AS u(o) "
        "WHERE list_contains(o.addresses, ?) ORDER BY block_number",
        params=[f"{folder}/transactions_*.json*", "1Q2TWHE3GMdB6BZKafqwxXtWAWgFt5Jvm3"],
    ).fetchall()
    assert found[0] == (
        170,
        "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16",
        1_000_000_000,
    )
