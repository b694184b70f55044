"""Every fact table of a store as rows by natural keys, so that stores can be compared.

Ids of a store are replaced by what they name: a transaction by its txid, an output by its outpoint,
a script by its bytes. Where two stores hold the same chain, their rows are equal.
"""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from peelchain.store.reader import Store
from peelchain.units import format_hash

Rows = dict[str, list[dict[str, Any]]]

RAW_PLACES = ("file_number", "file_offset")
"""Where the raw block lies, which is the source's own."""

WITNESSES = ("witness_items", "witness_bytes")
"""What sources without witnesses do not tell."""


def rows_by_natural_keys(store: Path, *, without: Collection[str] = RAW_PLACES) -> Rows:
    """The rows of each fact table in chain order, without these columns.

    `txid` and `outpoint` stand for ids; hashes are display hex, scripts hex. A null stays one.
    """
    with Store.open(store) as opened:
        tables = {
            name: opened.read(name).to_pylist()
            for name in ("blocks", "txs", "txouts", "txins", "scripts")
        }
        missing = {
            (row["tx_id"], row["vin"]): f"{format_hash(row['prev_txid'])}:{row['prev_vout']}"
            for row in opened.read("not_fetched").to_pylist()
        }
    txids = [format_hash(row["txid"]) for row in tables["txs"]]
    heights = [row["height"] for row in tables["txs"]]
    outpoints = [f"{txids[row['tx_id']]}:{row['vout']}" for row in tables["txouts"]]
    scripts = [row["script_pubkey"].hex() for row in tables["scripts"]]

    def kept(row: dict[str, Any], *ids: str, **names: Any) -> dict[str, Any]:
        rest = {k: _shown(v) for k, v in row.items() if k not in (*ids, *without)}
        return {**names, **rest}

    def spent(row: dict[str, Any]) -> str | None:
        prevout: int | None = row["prev_txout_id"]
        if prevout is not None:
            return outpoints[prevout]
        return missing.get((row["tx_id"], row["vin"]))

    return {
        "blocks": [kept(row, "first_tx_id", "first_txout_id") for row in tables["blocks"]],
        "txs": [
            kept(row, "tx_id", "txid", "first_txin", "first_txout_id", txid=txids[row["tx_id"]])
            for row in tables["txs"]
        ],
        "txouts": [
            kept(
                row,
                *("txout_id", "tx_id", "script_id"),
                outpoint=outpoints[row["txout_id"]],
                height=heights[row["tx_id"]],
                script_pubkey=scripts[row["script_id"]],
            )
            for row in tables["txouts"]
        ],
        "txins": [
            kept(
                row,
                *("tx_id", "prev_txout_id"),
                txid=txids[row["tx_id"]],
                height=heights[row["tx_id"]],
                prevout=spent(row),
            )
            for row in tables["txins"]
        ],
        "scripts": [
            kept(row, *("script_id", "first_txout_id"), first=outpoints[row["first_txout_id"]])
            for row in tables["scripts"]
        ],
    }


def assert_same_rows(
    store: Path, wanted: Path, *, without: Collection[str] = RAW_PLACES, names: str = ""
) -> None:
    """That two stores hold the same rows by natural keys; says the first row that differs."""
    found = rows_by_natural_keys(store, without=without)
    expected = rows_by_natural_keys(wanted, without=without)
    for table, rows in expected.items():
        if not names or table in names.split():
            _assert_equal(table, found[table], rows)


def _assert_equal(table: str, found: list[Any], wanted: list[Any]) -> None:
    for at, (row, expected) in enumerate(zip(found, wanted, strict=False)):
        assert row == expected, f"{table}, row {at}: {_differences(row, expected)}"
    assert len(found) == len(wanted), table


def _differences(row: dict[str, Any], wanted: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} is {row.get(name)!r}, not {wanted.get(name)!r}"
        for name in _names(row, wanted)
        if row.get(name) != wanted.get(name)
    )


def _names(*rows: dict[str, Any]) -> Iterable[str]:
    return dict.fromkeys(name for row in rows for name in row)


def _shown(value: Any) -> Any:
    if isinstance(value, bytes):
        return format_hash(value) if len(value) == 32 else value.hex()
    return value
