"""Rows of Blockchair's daily tables: TSV files with a row of column names.

Source: Blockchair's database dumps (blockchair.com/dumps) and the columns of its API. A transaction
lies in three tables: what spends an output stands with the output's row in `inputs`, joined here in
a database on the disk. `coinbase_data_hex` of `blocks` is the coinbase's scriptSig.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace

from peelchain.chain.dumps import values
from peelchain.chain.dumps.etl import rebuilt
from peelchain.chain.dumps.files import DumpFile, Told, lines
from peelchain.chain.dumps.rows import BlockRow, Refusals, RowError, TxRow
from peelchain.chain.dumps.spool import throwaway
from peelchain.chain.partial.records import (
    Input,
    Output,
    Place,
    Prevout,
    Transaction,
    of_parts,
)
from peelchain.errors import SourceError
from peelchain.network import Network
from peelchain.raw_tx import RawTx, TxInput, TxOutput, serialised
from peelchain.units import MAX_HEIGHT, OutPoint

_Row = dict[str, str]

_NEEDED = {
    "blocks": {"id", "hash", "merkle_root", "version", "time", "bits", "nonce"},
    "inputs": {"transaction_hash", "index", "spending_transaction_hash", "spending_index"},
    "outputs": {"transaction_hash", "index", "value", "script_hex"},
    "transactions": {"block_id", "hash", "version", "lock_time"},
}
_SPOOL = """
CREATE TABLE outputs (txid BLOB, vout INTEGER, value INTEGER, script BLOB,
  PRIMARY KEY (txid, vout)) WITHOUT ROWID;
CREATE TABLE inputs (txid BLOB, vin INTEGER, prev_txid BLOB, prev_vout INTEGER, value INTEGER,
  script BLOB, sequence INTEGER, script_sig BLOB, witness TEXT,
  PRIMARY KEY (txid, vin)) WITHOUT ROWID;
"""


def blocks(files: Sequence[DumpFile], refusals: Refusals, read: Told) -> Iterator[BlockRow]:
    """The rows of the tables of blocks."""
    for file in files:
        for where, row in _table_rows(file, "blocks", refusals, read):
            try:
                yield _block(where, row)
            except RowError as e:
                refusals.add(where, e)


def transactions(
    files: Sequence[DumpFile], network: Network | None, refusals: Refusals, read: Told
) -> Iterator[TxRow]:
    """The transactions, joined from their three tables, in the order of the tables of them."""
    del network
    with throwaway(None, "peelchain-", _SPOOL) as joined:
        for file in files:
            for where, row in _table_rows(file, "outputs", refusals, read):
                _keep(joined, where, "outputs", row, refusals)
            for where, row in _table_rows(file, "inputs", refusals, read):
                _keep(joined, where, "inputs", row, refusals)
        for file in files:
            for where, row in _table_rows(file, "transactions", refusals, read):
                try:
                    yield _transaction(where, row, joined)
                except (RowError, SourceError) as e:
                    refusals.add(where, e)


def _table_rows(
    file: DumpFile, table: str, refusals: Refusals, read: Told
) -> Iterator[tuple[str, _Row]]:
    """The rows of a file by column name, where it is of this table; nothing else is read of it."""
    names: list[str] = []
    for number, line in lines(file, refusals, read, blank_ends=True):
        where = f"{file.path}, line {number}"
        try:
            fields = line.decode("utf-8").split("\t")
        except UnicodeDecodeError:
            refusals.add(where, "it is no UTF-8")
            continue
        if not names:
            names = [name.strip().strip('"').lower() for name in fields]
            is_of = _table_of(names, file)
            if is_of != table:
                return
            missing = _NEEDED[table] - set(names)
            if missing:
                raise SourceError(
                    f"{where}: the columns of {table} lack {', '.join(sorted(missing))}; give the "
                    "tables with their row of column names, as they were downloaded"
                )
            continue
        if len(fields) != len(names):
            refusals.add(where, f"it has {len(fields)} fields, and {len(names)} columns are named")
            continue
        yield where, dict(zip(names, fields, strict=True))


def _table_of(names: list[str], file: DumpFile) -> str:
    if "merkle_root" in names:
        return "blocks"
    if "spending_transaction_hash" in names:
        return "inputs"
    if "lock_time" in names:
        return "transactions"
    if {"transaction_hash", "script_hex"} <= set(names):
        return "outputs"
    shown = values.said(" ".join(names))
    raise SourceError(
        f"{file.path}, line 1: {shown} names the columns of none of Blockchair's tables blocks, "
        "transactions, outputs and inputs; give the files as they were downloaded"
    )


def _block(where: str, row: _Row) -> BlockRow:
    script = row.get("coinbase_data_hex")
    return BlockRow(
        where=where,
        height=values.integer(row["id"], "id", 0, MAX_HEIGHT),
        block_hash=values.hash_of(row["hash"], "hash"),
        prev_hash=None,
        version=values.version(row["version"]),
        merkle_root=values.hash_of(row["merkle_root"], "merkle_root"),
        time=values.time(row["time"]),
        bits=values.uint32(row["bits"], "bits"),
        nonce=values.uint32(row["nonce"], "nonce"),
        tx_count=values.optional(row.get("transaction_count"), "transaction_count", 0, 2**32),
        coinbase_script=None if script is None else values.data(script, "coinbase_data_hex"),
        size_bytes=values.optional(row.get("size"), "size", 0, 2**32),
        stripped_bytes=values.optional(row.get("stripped_size"), "stripped_size", 0, 2**32),
        weight=values.optional(row.get("weight"), "weight", 0, 2**32),
    )


def _output_of(row: _Row) -> tuple[object, ...]:
    return (
        values.hash_of(row["transaction_hash"], "transaction_hash"),
        values.uint32(row["index"], "index"),
        values.sat(row["value"]),
        values.data(row["script_hex"], "script_hex"),
    )


def _input_of(row: _Row) -> tuple[object, ...]:
    script = row.get("script_hex")
    sig = row.get("spending_signature_hex")
    return (
        values.hash_of(row["spending_transaction_hash"], "spending_transaction_hash"),
        values.uint32(row["spending_index"], "spending_index"),
        values.hash_of(row["transaction_hash"], "transaction_hash"),
        values.uint32(row["index"], "index"),
        values.optional_sat(row.get("value")),
        None if script is None else values.data(script, "script_hex"),
        values.optional(row.get("spending_sequence"), "spending_sequence", 0, values.UINT32),
        None if sig is None else values.data(sig, "spending_signature_hex"),
        row.get("spending_witness"),
    )


def _keep(
    joined: sqlite3.Connection,
    where: str,
    table: str,
    row: _Row,
    refusals: Refusals,
) -> None:
    """Keeps an output or input; one that is there with other values is refused."""
    of = _output_of if table == "outputs" else _input_of
    try:
        made = of(row)
        marks = ", ".join("?" * len(made))
        done = joined.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", made)
        if done.rowcount == 0:
            key = "vout" if table == "outputs" else "vin"
            there = joined.execute(
                f"SELECT * FROM {table} WHERE txid = ? AND {key} = ?", made[:2]
            ).fetchone()
            if tuple(there) != made:
                raise RowError("it was given with other values before; one of the two is false")
    except RowError as e:
        refusals.add(where, e)


def _transaction(where: str, row: _Row, joined: sqlite3.Connection) -> TxRow:
    txid = values.hash_of(row["hash"], "hash")
    spent = joined.execute("SELECT * FROM inputs WHERE txid = ? ORDER BY vin", (txid,)).fetchall()
    paid = joined.execute("SELECT * FROM outputs WHERE txid = ? ORDER BY vout", (txid,)).fetchall()
    coinbase = values.flag(row.get("is_coinbase"), "is_coinbase")
    for name, found in (("input", spent), ("output", paid)):
        count = values.optional(row.get(f"{name}_count"), f"{name}_count", 0, values.UINT32)
        missing = count is not None and count != len(found) and not (coinbase and name == "input")
        if missing or (not found and not (coinbase and name == "input")):
            of = "" if count is None else f"{count} "
            raise RowError(
                f"{len(found)} of its {of}{name}s are in the dump; give all four tables of its day"
            )
        if [each[1] for each in found] != list(range(len(found))):
            raise RowError(f"the indexes of its {name}s are not 0 to {len(found) - 1}, each once")
    told = Transaction(
        txid=txid,
        version=values.version(row["version"]),
        locktime=values.uint32(row["lock_time"], "lock_time"),
        size_bytes=values.optional(row.get("size"), "size", 0, values.UINT32) or None,
        weight=None,
        inputs=(Input(None),)
        if coinbase
        else tuple(Input(Prevout(OutPoint(i[2], i[3]), i[4], i[5])) for i in spent),
        outputs=tuple(Output(o[2], o[3]) for o in paid),
    )
    made = TxRow(where, told, _place(row))
    tx = RawTx(
        told.version or 0,
        (),
        tuple(TxOutput(o.value_sat, o.script_pubkey) for o in told.outputs),
        told.locktime or 0,
    )
    if coinbase:
        return replace(made, coinbase=tx)
    if any(i[6] is None or i[7] is None for i in spent):
        return made
    inputs = tuple(TxInput(i[2], i[3], i[7], i[6], _stack(i[8])) for i in spent)
    return _whole(made, replace(tx, inputs=inputs))


def _whole(row: TxRow, tx: RawTx) -> TxRow:
    """The row with its bytes, with witnesses where these make the size told. Raises RowError."""
    bare = rebuilt(row, replace(tx, inputs=tuple(replace(i, witness=()) for i in tx.inputs)))
    raw = serialised(tx)
    if not tx.has_witness or len(raw) != (row.transaction.size_bytes or len(raw)):
        return bare
    checked = of_parts(tx)
    inputs = tuple(
        replace(i, prevout=mine.prevout)
        for i, mine in zip(checked.inputs, row.transaction.inputs, strict=True)
    )
    return replace(bare, raw=raw, stripped=False, transaction=replace(checked, inputs=inputs))


def _stack(text: str | None) -> tuple[bytes, ...]:
    """The witness of an input: its elements in hex, between commas."""
    if not text:
        return ()
    return tuple(values.data(item, "spending_witness") for item in text.split(","))


def _place(row: _Row) -> Place:
    # what no block has stands with block -1
    height = values.integer(row["block_id"], "block_id", -1, MAX_HEIGHT)
    if height < 0:
        return Place(None, None, None, None)
    return Place(height, None, values.optional_time(row.get("time")), None)
