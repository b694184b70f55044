"""SQL of a stranger's: it answers questions, and reaches nothing but the tables."""

from pathlib import Path

import pytest
from tests.chain.crafted import Block
from tests.chain.stores import assert_refused, command, snapshot

from peelchain.actions.query import sql
from peelchain.errors import MisuseError, StoreError
from peelchain.schema import TABLES


def test_it_answers(store: Path, crafted: list[Block]) -> None:
    told = sql(
        "SELECT height, show_hash(block_hash) FROM blocks ORDER BY height DESC LIMIT 1", store
    )
    assert told["rows"] == [[40, crafted[40].shown]]
    assert told["tip_hash"] == crafted[40].shown
    found = sql(f"select tx_id from txs where txid = hash_of('{crafted[3].txs[1].shown}')", store)
    assert len(found["rows"]) == 1


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_table_is_there_with_its_columns(store: Path, table: str) -> None:
    columns = sql(f"SELECT * FROM {table} LIMIT 0", store)["columns"]
    assert [c for c in columns if c != "run_id"] == [
        c.name for c in TABLES[table].columns if c.name != "run_id"
    ]


@pytest.mark.parametrize(
    "query",
    [
        "COPY (SELECT 1) TO '{store}/evil.csv'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{store}/evil.csv'",
        "COPY (SELECT 1) TO '{outside}'",
        "CREATE TABLE evil AS SELECT 1",
        "DROP VIEW txs",
        "DELETE FROM txs",
        "UPDATE txouts SET value_sat = 0",
        "INSERT INTO runs SELECT * FROM runs",
        "SELECT 1; SELECT 2",
        "",
        "-- nothing",
        "SELECT 1; COPY (SELECT 1) TO '{store}/evil.csv'",
        "ATTACH '{outside}' AS other",
        "EXPORT DATABASE '{store}/evil'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "PRAGMA enable_logging",
        "CALL enable_logging()",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_text('{store}/../secret')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('https://example.org/x.parquet')",
        "SELECT * FROM read_text('{store}/link')",
        "SELECT * FROM query('COPY (SELECT 1) TO ''{store}/evil.csv''')",
        "SELECT * FROM query",
        "SELECT * FROM opened",
        "SELECT nothing FROM txs",
        "SELEC 1",
        "SELECT 'a' + 1",
        "\0",
    ],
)
def test_what_is_no_question_to_the_tables_is_refused(
    store: Path, tmp_path: Path, query: str
) -> None:
    (tmp_path / "secret").write_text("secret")
    (store / "link").symlink_to(tmp_path / "secret")
    before = snapshot(tmp_path)
    with pytest.raises(MisuseError, match=r"docs/schema\.md") as refused:
        sql(query.format(store=store, outside=tmp_path / "evil"), store)
    assert "secret\n" not in str(refused.value)
    assert snapshot(tmp_path) == before


def test_the_command_refuses_in_one_message(store: Path) -> None:
    done = command("sql", f"COPY (SELECT 1) TO '{store}/evil.csv'", "--store", store)
    assert_refused(done, "only one SELECT", code=2)


def test_a_missing_file_is_the_stores_fault_not_the_querys(store: Path) -> None:
    next(store.rglob("txins.parquet")).unlink()
    with pytest.raises(StoreError, match=r"txins\.parquet.*chain verify"):
        sql("SELECT count(*) FROM txins", store)
