"""The peer of bench_join_table: the same join in DuckDB, of scripts in Parquet."""

import json
import sys
from pathlib import Path

import duckdb

from peelchain.store.reader import Store

_QUERY = """
WITH own AS (
    SELECT o.txout_id, o.tx_id, o.value_sat, u."user" AS name
    FROM read_parquet(?) u JOIN scripts s USING (script_pubkey) JOIN txouts o USING (script_id)
), within AS (
    SELECT DISTINCT i.tx_id FROM txins i JOIN own ON i.prev_txout_id = own.txout_id
), payers AS (
    SELECT name, count(*) AS receipts, sum(value_sat) AS received, min(tx_id), max(tx_id)
    FROM own WHERE value_sat > 0 AND tx_id NOT IN (SELECT tx_id FROM within) GROUP BY name
)
SELECT count(*), sum(receipts), sum(received) FROM payers
"""


def main(store: Path, table: Path) -> None:
    """Prints the totals as JSON."""
    with Store.open(store) as opened, duckdb.connect(":memory:") as sql:
        for name in ("scripts", "txouts", "txins"):
            files = [str(store / file.file) for file in opened.manifest.table_files(name)]
            sql.read_parquet(files).create_view(name)
        row = sql.execute(_QUERY, [str(table)]).fetchone()
        assert row is not None
        names = ("users_paid", "receipts", "received_sat")
        print(json.dumps({name: int(value) for name, value in zip(names, row, strict=True)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
