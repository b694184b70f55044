"""The Parquet files have the columns, types and rows of BigQuery's public table."""

import pyarrow.parquet as pq
from tests.chain.exports.reading import json_rows

# name and BigQuery's type, as bitcoin-etl-airflow's schemas and the public table have them
BLOCKS = {
    "hash": "STRING",
    "size": "INT64",
    "stripped_size": "INT64",
    "weight": "INT64",
    "number": "INT64",
    "version": "INT64",
    "merkle_root": "STRING",
    "timestamp": "TIMESTAMP",
    "timestamp_month": "DATE",
    "nonce": "STRING",
    "bits": "STRING",
    "coinbase_param": "STRING",
    "transaction_count": "INT64",
}
TRANSACTIONS = {
    "hash": "STRING",
    "size": "INT64",
    "virtual_size": "INT64",
    "version": "INT64",
    "lock_time": "INT64",
    "block_hash": "STRING",
    "block_number": "INT64",
    "block_timestamp": "TIMESTAMP",
    "block_timestamp_month": "DATE",
    "input_count": "INT64",
    "output_count": "INT64",
    "input_value": "NUMERIC",
    "output_value": "NUMERIC",
    "is_coinbase": "BOOL",
    "fee": "NUMERIC",
    "inputs": "RECORD",
    "outputs": "RECORD",
}
INPUTS = {
    "index": "INT64",
    "spent_transaction_hash": "STRING",
    "spent_output_index": "INT64",
    "script_asm": "STRING",
    "script_hex": "STRING",
    "sequence": "INT64",
    "required_signatures": "INT64",
    "type": "STRING",
    "addresses": "STRING",
    "value": "NUMERIC",
}
LOADED_AS = {
    "string": "STRING",
    "int64": "INT64",
    "timestamp[us, tz=UTC]": "TIMESTAMP",
    "date32[day]": "DATE",
    "decimal128(38, 9)": "NUMERIC",
    "bool": "BOOL",
}


def loaded(fields):
    """What BigQuery takes the columns of a Parquet file for."""
    return {
        f.name: "RECORD" if "struct" in str(f.type) else LOADED_AS[str(element(f.type))]
        for f in fields
    }


def element(kind):
    return kind.value_type if str(kind).startswith("list<") else kind


def test_columns_and_types_are_those_of_the_public_table(simulated, exported):
    folder = exported("bigquery", simulated)
    (blocks,), (txs,) = (sorted(folder.glob(f"{n}_*.parquet")) for n in ("blocks", "transactions"))
    schema = pq.read_schema(txs)
    assert loaded(pq.read_schema(blocks)) == BLOCKS
    assert loaded(schema) == TRANSACTIONS
    assert loaded(element(schema.field("inputs").type)) == INPUTS
    outputs = {k: v for k, v in INPUTS.items() if not k.startswith("spent") and k != "sequence"}
    assert loaded(element(schema.field("outputs").type)) == outputs


def test_rows_are_those_of_the_json_lines(simulated, exported):
    folder = exported("bigquery", simulated)
    lines = exported("etl", simulated)
    for table in ("blocks", "transactions"):
        rows = pq.read_table(next(folder.glob(f"{table}_*.parquet")), partitioning=None).to_pylist()
        wanted = json_rows(lines, table)
        assert len(rows) == len(wanted) > 0
        for row, line in zip(rows, wanted, strict=True):
            time = "timestamp" if table == "blocks" else "block_timestamp"
            assert row.pop(f"{time}_month") == row[time].date().replace(day=1)
            row[time] = int(row[time].timestamp())
            assert row == {name: line[name] for name in row}
