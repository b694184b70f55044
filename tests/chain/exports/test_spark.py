"""Real Spark reads what was exported, and counts and sums as the store does."""

import logging

import pytest
from tests.natural_keys import rows_by_natural_keys

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    """A session on this machine alone."""
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    logging.getLogger("py4j").setLevel(logging.ERROR)
    folder = tmp_path_factory.mktemp("spark")
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .config("spark.driver.extraJavaOptions", f"-Dderby.system.home={folder}")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def wanted(simulated):
    """What the store has: rows and sums."""
    rows = rows_by_natural_keys(simulated)
    return {
        "transactions": len(rows["txs"]),
        "fees": sum(row["fee_sat"] for row in rows["txs"]),
        "outputs": len(rows["txouts"]),
        "paid": sum(row["value_sat"] for row in rows["txouts"]),
        "spent": len([row for row in rows["txins"] if row["state"] == "spent"]),
    }


def one(frame):
    (row,) = frame.collect()
    return {name: int(value) for name, value in row.asDict().items()}


def test_spark_reads_the_facts_and_joins_them(spark, simulated, exported, wanted):
    folder = exported("parquet", simulated, each=64)
    for table in ("transactions", "outputs", "inputs"):
        spark.read.parquet(str(folder / table)).createOrReplaceTempView(table)
    assert (
        one(
            spark.sql(
                "SELECT (SELECT count(*) FROM transactions) AS transactions, "
                "(SELECT sum(fee_sat) FROM transactions) AS fees, "
                "(SELECT count(*) FROM outputs) AS outputs, "
                "(SELECT sum(value_sat) FROM outputs) AS paid, "
                "(SELECT count(*) FROM inputs i JOIN outputs o ON i.prev_txid = o.txid AND "
                "i.prev_vout = o.vout AND i.value_sat = o.value_sat AND "
                "i.script_pubkey = o.script_pubkey) AS spent"
            )
        )
        == wanted
    )


@pytest.mark.parametrize("format_name", ["bigquery", "etl", "graphsense"])
def test_spark_reads_nested_inputs_and_outputs(spark, simulated, exported, wanted, format_name):
    compression = "gz" if format_name == "etl" else None
    folder = exported(format_name, simulated, each=64, compression=compression)
    if format_name == "etl":
        frame = spark.read.json(str(folder / "transactions_*.json.gz"))
    elif format_name == "bigquery":
        frame = spark.read.parquet(str(folder / "transactions_*.parquet"))
    else:
        frame = spark.read.parquet(str(folder / "transaction"))
        fee = "IF(coinbase, 0, total_input - total_output) AS fee"
        frame = frame.selectExpr("inputs", "outputs", fee)
    frame.createOrReplaceTempView("txs")
    found = spark.sql(
        "SELECT count(*) AS transactions, sum(fee) AS fees, sum(size(outputs)) AS outputs, "
        "(SELECT sum(o.value) FROM (SELECT explode(outputs) AS o FROM txs)) AS paid, "
        "sum(size(inputs)) AS spent FROM txs"
    )
    assert one(found) == wanted
