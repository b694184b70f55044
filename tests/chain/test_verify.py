"""`chain verify` before stores that somebody changed and sealed again."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.chain.crafted import Block
from tests.chain.stores import command

from peelchain.actions.chain import verify

Change = Callable[[dict[str, list[object]]], None]


def rewrite(store: Path, table: str, change: Change, *, counts: bool = False) -> None:
    """Changes a table's columns and seals the store again: hash, size and rows in the manifest."""
    file = next((store / "segments").rglob(f"{table}.parquet"))
    rows = pq.read_table(file, partitioning=None)
    columns = rows.to_pydict()
    change(columns)
    pq.write_table(pa.table(columns, schema=rows.schema), file)
    data = file.read_bytes()
    manifest = json.loads((store / "manifest.json").read_bytes())
    (segment,) = manifest["segments"]
    length = len(next(iter(columns.values())))
    segment["files"][table] |= {
        "bytes": len(data), "rows": length, "sha256": sha256(data).hexdigest()
    }  # fmt: skip
    if counts:
        segment["counts"][table] = length
    (store / "manifest.json").write_text(json.dumps(manifest))


def failures(store: Path) -> str:
    told = verify(store)
    assert told["ok"] == (not told["failures"])
    return "\n".join(told["failures"])


def change_at(column: str, row: int, by: Callable[[object], object]) -> Change:
    def change(columns: dict[str, list[object]]) -> None:
        columns[column][row] = by(columns[column][row])

    return change


def test_an_untouched_store_holds(store: Path, crafted: list[Block]) -> None:
    rewrite(store, "txouts", lambda columns: None)
    told = verify(store)
    assert told["ok"]
    assert told["checked"]["blocks"] == len(crafted)
    assert told["checked"]["txs"] == sum(len(b.txs) for b in crafted)


def test_an_amount_changed(store: Path) -> None:
    rewrite(store, "txouts", change_at("value_sat", 5, lambda v: int(v) + 1))  # type: ignore[call-overload]
    assert "sat" in failures(store)
    done = command("chain", "verify", "--store", store)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("value", [-1, 2**62, -(2**63)])
def test_amounts_that_cannot_be(store: Path, value: int) -> None:
    for row in (4, 5):
        rewrite(store, "txouts", change_at("value_sat", row, lambda _: value))
    assert "2 outputs have amounts that cannot be" in failures(store)


def test_a_fee_changed(store: Path, crafted: list[Block]) -> None:
    rewrite(store, "txs", change_at("fee_sat", 3, lambda v: int(v) - 1))  # type: ignore[call-overload]
    found = failures(store)
    assert "states a fee" in found
    assert [t for b in crafted for t in b.txs][3].shown in found


def test_txids_swapped(store: Path, crafted: list[Block]) -> None:
    def swap(columns: dict[str, list[object]]) -> None:
        txids = columns["txid"]
        txids[3], txids[4] = txids[4], txids[3]

    rewrite(store, "txs", swap)
    assert f"{crafted[2].shown} at height 2: the Merkle root" in failures(store)


@pytest.mark.parametrize(
    ("position", "word"),
    [(2, "hash"), (10, "hash"), (50, "hash"), (70, "hash"), (78, "hash")],
)
def test_a_header_changed(store: Path, position: int, word: str) -> None:
    def flip(header: object) -> bytes:
        assert isinstance(header, bytes)
        return header[:position] + bytes((header[position] ^ 1,)) + header[position + 1 :]

    rewrite(store, "blocks", change_at("header", 7, flip))
    found = failures(store)
    assert "at height 7" in found
    assert word in found


def test_a_header_replaced_with_its_hash(store: Path, crafted: list[Block]) -> None:
    """Its own proof of work, but another's place."""
    other = crafted[9]
    rewrite(store, "blocks", change_at("header", 7, lambda _: other.raw[:80]))
    rewrite(store, "blocks", change_at("block_hash", 7, lambda _: other.hash))
    assert "at height 7: its header names another parent" in failures(store)


def test_a_time_changed(store: Path) -> None:
    import datetime as dt

    later = dt.timedelta(hours=1)
    rewrite(store, "blocks", change_at("time_utc", 7, lambda t: t + later))  # type: ignore[operator]
    assert "at height 7: its time is not the header's" in failures(store)


@pytest.mark.parametrize("table", ["blocks", "txs", "txouts", "txins", "scripts"])
def test_rows_missing(store: Path, table: str) -> None:
    def drop(columns: dict[str, list[object]]) -> None:
        for values in columns.values():
            values.pop()

    rewrite(store, table, drop)
    assert f"table {table}" in failures(store)
    rewrite(store, table, lambda columns: None, counts=True)
    assert failures(store)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("txs", "height", 5),
        ("txs", "first_txout_id", -1),
        ("txs", "txout_count", 2**31 - 1),
        ("txs", "txin_count", 0),
        ("txs", "tx_index", 3),
        ("txouts", "script_id", 10**12),
        ("txouts", "tx_id", -4),
        ("txouts", "vout", 9),
        ("txins", "prev_txout_id", 10**12),
        ("txins", "prev_txout_id", None),
        ("txins", "vin", 7),
        ("blocks", "tx_count", 2**31 - 1),
        ("blocks", "first_tx_id", 0),
        ("scripts", "first_txout_id", 0),
        ("scripts", "script_id", 0),
        ("txs", "tx_id", 1),
        ("txs", "first_txin", 0),
        ("txs", "txin_count", -(2**31)),
        ("txouts", "txout_id", 3),
        ("txouts", "script_id", -1),
        ("txins", "tx_id", 2**62),
        ("txins", "prev_txout_id", -1),
        ("blocks", "height", -1),
        ("blocks", "tx_count", 0),
        ("blocks", "first_txout_id", -7),
    ],
)
def test_ids_that_lead_nowhere(store: Path, table: str, column: str, value: int | None) -> None:
    rewrite(store, table, change_at(column, -1, lambda _: value))
    found = failures(store)
    assert column in found or "counts beside it" in found
    done = command("chain", "verify", "--store", store)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("blocks", "txout_count", 1),
        ("blocks", "size_bytes", 285),
        ("blocks", "weight", 4_000_000),
        ("blocks", "file_offset", -1),
        ("txs", "size_bytes", 2**31 - 1),
        ("txs", "weight", 1),
        ("txs", "locktime", 2**32),
        ("txins", "sequence", -1),
        ("txins", "witness_bytes", -5),
        ("txins", "state", "coinbase"),
        ("txins", "state", "not_fetched"),
        ("txouts", "script_type", "p2tr"),
        ("txouts", "script_type", "\x1b[2J"),
        ("scripts", "script_type", "p2tr"),
        ("scripts", "script_pubkey", b"\x51" * 40),
    ],
)
def test_what_cannot_be_of_its_row(
    store: Path, table: str, column: str, value: int | str | bytes
) -> None:
    rewrite(store, table, change_at(column, -1, lambda _: value))
    found = failures(store)
    assert f"{table}." in found
    assert "tables must hold first" in found
    assert "\x1b" not in found


def test_the_first_row_is_told_and_the_others_counted(store: Path, crafted: list[Block]) -> None:
    def one_up(columns: dict[str, list[object]]) -> None:
        columns["height"][3:] = [int(h) + 1 for h in columns["height"][3:]]  # type: ignore[call-overload]

    rewrite(store, "txs", one_up)
    height = next(h for h, b in enumerate(crafted) if sum(len(x.txs) for x in crafted[: h + 1]) > 3)
    more = sum(len(b.txs) for b in crafted) - 4
    told = f"row 3 has {height + 1}, not {height}, and {more} rows more"
    assert told in failures(store)


def test_an_output_spent_twice(store: Path) -> None:
    def spend_again(columns: dict[str, list[object]]) -> None:
        rows = np.flatnonzero([p is not None for p in columns["prev_txout_id"]])
        columns["prev_txout_id"][rows[-1]] = columns["prev_txout_id"][rows[0]]

    rewrite(store, "txins", spend_again)
    assert "1 outputs are spent more than once" in failures(store)


def test_a_column_missing(store: Path) -> None:
    file = next((store / "segments").rglob("txs.parquet"))
    pq.write_table(pq.read_table(file, partitioning=None).drop_columns(["fee_sat"]), file)
    data = file.read_bytes()
    manifest = json.loads((store / "manifest.json").read_bytes())
    manifest["segments"][0]["files"]["txs"]["sha256"] = sha256(data).hexdigest()
    (store / "manifest.json").write_text(json.dumps(manifest))
    assert "txs.parquet cannot be read" in failures(store)


def seal(store: Path, table: str, rows: pa.Table) -> None:
    """Writes a table whose columns need not be those of the schema, and seals the store again."""
    file = next((store / "segments").rglob(f"{table}.parquet"))
    pq.write_table(rows, file)
    manifest = json.loads((store / "manifest.json").read_bytes())
    digest = sha256(file.read_bytes()).hexdigest()
    manifest["segments"][0]["files"][table]["sha256"] = digest
    (store / "manifest.json").write_text(json.dumps(manifest))


def stored(store: Path, table: str) -> pa.Table:
    file = next((store / "segments").rglob(f"{table}.parquet"))
    return pq.read_table(file, partitioning=None)


@pytest.mark.parametrize(
    ("table", "column"),
    [("blocks", "header"), ("txs", "fee_sat"), ("txouts", "script_type"), ("txins", "sequence")],
)
def test_nulls_where_none_may_be(store: Path, table: str, column: str) -> None:
    rows = stored(store, table)
    values = [*rows[column].to_pylist()[:-1], None]
    at = rows.schema.get_field_index(column)
    kind = rows.schema.field(column).type
    rows = rows.set_column(at, pa.field(column, kind, nullable=True), pa.array(values, kind))
    seal(store, table, rows)
    assert f"table {table}: column {column} has nulls" in failures(store)


def test_a_column_of_another_type(store: Path) -> None:
    rows = stored(store, "txs")
    at = rows.schema.get_field_index("fee_sat")
    seal(store, "txs", rows.set_column(at, "fee_sat", rows["fee_sat"].cast(pa.float64())))
    assert "txs.parquet cannot be read (its column fee_sat is of type" in failures(store)


def test_the_tip_of_the_manifest_changed(store: Path) -> None:
    manifest = json.loads((store / "manifest.json").read_bytes())
    manifest["segments"][0]["last_hash"] = "ab" * 32
    (store / "manifest.json").write_text(json.dumps(manifest))
    assert "is not at height 40" in failures(store)


def test_many_failures_are_cut_and_counted(store: Path) -> None:
    def all_wrong(columns: dict[str, list[object]]) -> None:
        columns["fee_sat"] = [-5 for _ in columns["fee_sat"]]

    rewrite(store, "txs", all_wrong)
    assert "more failures of txs" in failures(store)
