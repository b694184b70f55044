"""GraphSense's raw tables, and entities and tags beside."""

import re
import shutil
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.chain.exports.reading import json_rows

from peelchain.actions import clusters
from peelchain.actions.tagging.importing import import_tags
from peelchain.actions.tagging.rates import import_rates
from peelchain.network import REGTEST
from peelchain.store.reader import Store
from peelchain.tags.tagpack import read_tagpack

MOMENT = datetime(2024, 1, 31, tzinfo=UTC)

# raw_utxo_schema.sql of graphsense-lib, less what it says of partitions and order
SCHEMA = """
block: block_id_group int, block_id int, block_hash blob, timestamp int, no_transactions int
transaction: tx_id_group int, tx_id bigint, tx_hash blob, block_id int, timestamp int,
  coinbase boolean, total_input bigint, total_output bigint, inputs list<tx_input_output>,
  outputs list<tx_input_output>, coinjoin boolean, version int, lock_time bigint
transaction_spent_in: spent_tx_prefix text, spent_tx_hash blob, spent_output_index int,
  spending_tx_hash blob, spending_input_index int
transaction_spending: spending_tx_prefix text, spending_tx_hash blob, spending_input_index int,
  spent_tx_hash blob, spent_output_index int
transaction_by_tx_prefix: tx_prefix text, tx_hash blob, tx_id bigint
block_transactions: block_id_group int, block_id int, txs list<tx_summary>
exchange_rates: date text, fiat_values map<text, float>
summary_statistics: id text, no_blocks int, no_txs bigint, timestamp int
configuration: id text, block_bucket_size int, tx_prefix_length int, tx_bucket_size int
tx_input_output: address list<text>, value bigint, address_type smallint, script_hex blob,
  txinwitness list<blob>, sequence bigint
tx_summary: tx_id bigint, no_inputs int, no_outputs int, total_input bigint, total_output bigint
"""
CQL = {
    "int32": "int",
    "int64": "bigint",
    "binary": "blob",
    "bool": "boolean",
    "string": "text",
    "int16": "smallint",
    "float": "float",
}


def published():
    """Columns and their types by table, as the schema has them."""
    found = {}
    for table in re.findall(r"^(\w+): (.*(?:\n  .*)*)", SCHEMA, re.MULTILINE):
        columns = re.findall(r"(\w+) ((?:map<[^>]*>|[\w<>]+))", " ".join(table[1].split()))
        found[table[0]] = dict(columns)
    return found


def cql(kind):
    if pa.types.is_list(kind):
        inner = kind.value_type
        if pa.types.is_struct(inner):
            names = [f.name for f in inner]
            return f"list<{'tx_summary' if 'no_inputs' in names else 'tx_input_output'}>"
        return f"list<{cql(inner)}>"
    if pa.types.is_map(kind):
        return f"map<{cql(kind.key_type)}, {cql(kind.item_type)}>"
    return CQL[str(kind)]


@pytest.fixture(scope="module")
def store(simulated, node, tmp_path_factory):
    """The simulated chain with tags, rates and a clustering."""
    folder = tmp_path_factory.mktemp("graphsense") / "store"
    shutil.copytree(simulated, folder)
    import_tags([node / "tagpack.yaml"], folder, MOMENT)
    import_rates(node / "rates.csv", folder, recorded_utc=MOMENT)
    clusters.run(folder)
    return folder


@pytest.fixture
def folder(store, exported):
    return exported("graphsense", store, each=64)


def read(folder, table):
    files = sorted((folder / table).glob("*.parquet"))
    return [row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()]


def test_tables_columns_and_types_are_the_published_ones(folder):
    wanted = published()
    structs = {name: wanted.pop(name) for name in ("tx_input_output", "tx_summary")}
    assert {p.name for p in folder.iterdir() if p.is_dir()} == set(wanted)
    for table, columns in wanted.items():
        schema = pq.read_schema(next((folder / table).glob("*.parquet")))
        # columns are written by their names: their order is nothing to Cassandra
        assert {f.name: cql(f.type) for f in schema} == columns
        for f in schema:
            if pa.types.is_list(f.type) and pa.types.is_struct(f.type.value_type):
                name = cql(f.type)[len("list<") : -1]
                assert {i.name: cql(i.type) for i in f.type.value_type} == structs[name]


def test_transactions_are_those_of_the_json_lines(folder, store, exported):
    lines = json_rows(exported("etl", store), "transactions")
    rows = read(folder, "transaction")
    assert [row["tx_id"] for row in rows] == list(range(len(lines)))
    for row, line in zip(rows, lines, strict=True):
        assert (row["tx_hash"].hex(), row["tx_id_group"]) == (line["hash"], row["tx_id"] // 25_000)
        assert (row["block_id"], row["coinbase"]) == (line["block_number"], line["is_coinbase"])
        assert row["total_input"] - row["total_output"] == (
            line["fee"] if not line["is_coinbase"] else -line["output_value"]
        )
        for told, wanted in ((row["inputs"], line["inputs"]), (row["outputs"], line["outputs"])):
            assert [(t["value"], t["script_hex"].hex()) for t in told] == [
                (w["value"], w["script_hex"]) for w in wanted
            ]
            for t, w in zip(told, wanted, strict=True):
                has_one = not w["addresses"][0].startswith("nonstandard")
                assert t["address"] == (w["addresses"] if has_one else None)
    spends = {
        (line["hash"], i["index"], i["spent_transaction_hash"], i["spent_output_index"])
        for line in lines
        for i in line["inputs"]
    }
    for table in ("transaction_spent_in", "transaction_spending"):
        found = read(folder, table)
        assert len(found) == len(spends)
        assert {
            (
                *(row["spending_tx_hash"].hex(), row["spending_input_index"]),
                *(row["spent_tx_hash"].hex(), row["spent_output_index"]),
            )
            for row in found
        } == spends
        prefix = f"{table.removeprefix('transaction_').removesuffix('_in')}_tx"
        assert all(row[f"{prefix}_prefix"] == row[f"{prefix}_hash"].hex()[:5] for row in found)


def test_what_is_told_of_the_whole(folder):
    (statistics,) = read(folder, "summary_statistics")
    assert (statistics["no_blocks"], statistics["no_txs"]) == (
        201,
        len(read(folder, "transaction")),
    )
    assert read(folder, "configuration") == [
        {"id": "btc_raw", "block_bucket_size": 100, "tx_prefix_length": 5, "tx_bucket_size": 25_000}
    ]
    rates = {row["date"]: dict(row["fiat_values"]) for row in read(folder, "exchange_rates")}
    assert all(set(day) == {"EUR", "USD"} for day in rates.values())
    assert (
        sum(len(row["txs"]) for row in read(folder, "block_transactions")) == (statistics["no_txs"])
    )


def test_entities_are_the_stored_clusters_by_address(folder, store):
    rows = pq.read_table(folder / "entities.parquet").to_pylist()
    with Store.open(store) as opened:
        table = opened.read_run(opened.runs("cluster")[-1], "clusters").to_pydict()
    sizes = sorted(table["cluster_id"].count(c) for c in set(table["cluster_id"]))
    entities = [row["entity"] for row in rows]
    assert sorted(entities.count(e) for e in set(entities)) == sizes
    # the address that names an entity is its own
    assert {row["entity"] for row in rows if row["entity"] == row["address"]} == set(entities)


def test_tags_read_back_as_a_tagpack(folder, node):
    def tags(path):
        table = read_tagpack(path, REGTEST, recorded_utc=MOMENT).tags
        return {(t["address"], t["label"]) for t in table.to_pylist()}

    assert tags(folder / "tagpack.yaml") == tags(node / "tagpack.yaml")


def test_coinjoins_are_marked_by_the_published_rule(folder):
    marked = [row for row in read(folder, "transaction") if row["coinjoin"]]
    assert marked
    for row in marked:
        values = [o["value"] for o in row["outputs"]]
        equal = max(values.count(v) for v in values)
        assert equal == (len(values) + 1) // 2
        assert len({tuple(i["address"] or ()) for i in row["inputs"]}) >= equal
