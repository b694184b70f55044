"""Columns of the fact tables from transactions in chain order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from peelchain.chain.partial.order import ChainOrder, Row
from peelchain.chain.partial.source import Tip
from peelchain.errors import SourceError
from peelchain.schema import CHAIN_TABLES, PARTIAL_TABLES, TABLES
from peelchain.script import script_type
from peelchain.units import OutPoint, format_hash

Tables = dict[str, pa.Table]
Histories = Sequence[tuple[bytes, Tip, int, bool, str]]


@dataclass
class _Columns:
    """Lists by table and column, filled row by row."""

    of: dict[str, dict[str, list[Any]]] = field(
        default_factory=lambda: {
            name: {column.name: [] for column in TABLES[name].columns}
            for name in (*CHAIN_TABLES, *PARTIAL_TABLES)
        }
    )

    def add(self, table: str, *values: object) -> int:
        """The number of the row added."""
        columns = self.of[table].values()
        for column, value in zip(columns, values, strict=True):
            column.append(value)
        return len(next(iter(columns))) - 1

    def count(self, table: str) -> int:
        return len(next(iter(self.of[table].values())))

    def tables(self) -> Tables:
        return {
            name: pa.table(columns, schema=TABLES[name].schema)
            for name, columns in self.of.items()
            if name != "blocks"
        }


def tables_of(
    order: ChainOrder,
    absent: Mapping[OutPoint, tuple[Tip, str]],
    histories: Histories,
) -> Tables:
    """Every fact table, and the tables of a partial store, by name."""
    columns = _Columns()
    made: dict[bytes, dict[int, int]] = {}
    spent: dict[OutPoint, Row] = {}
    scripts: dict[bytes, int] = {}
    for row in order.rows:
        _refuse_double_spends(row, spent)
        _add_tx(columns, row, made, scripts)
    for outpoint, (tip, source) in absent.items():
        txout_id = made.get(outpoint.txid, {}).get(outpoint.vout)
        if txout_id is not None:
            columns.add("absences", txout_id, tip.height, tip.block_hash, source)
    for script, tip, txs, complete, source in histories:
        columns.add("histories", script, tip.height, tip.block_hash, txs, complete, source)
    tables = columns.tables()
    tables["absences"] = tables["absences"].sort_by("txout_id")
    tables["blocks"] = _blocks(order, tables["txs"])
    return tables


def _refuse_double_spends(row: Row, spent: dict[OutPoint, Row]) -> None:
    for given in row.tx.inputs:
        if given.prevout is None:
            continue
        other = spent.setdefault(given.prevout.outpoint, row)
        if other is not row:
            raise SourceError(
                f"{row.source}: transaction {format_hash(row.tx.txid)} spends "
                f"{given.prevout.outpoint}, which {format_hash(other.tx.txid)} of {other.source} "
                "spends; no chain has both: leave out the one that is wrong"
            )


def _add_tx(
    columns: _Columns,
    row: Row,
    made: dict[bytes, dict[int, int]],
    scripts: dict[bytes, int],
) -> None:
    tx, tx_id = row.tx, columns.count("txs")
    first_txin, first_txout = columns.count("txins"), columns.count("txouts")
    values = columns.of["txouts"]["value_sat"]
    inputs_sat: int | None = 0
    is_coinbase = row.checked != "stub" and all(i.prevout is None for i in tx.inputs)
    for vin, given in enumerate(tx.inputs):
        prev, state = None, "coinbase" if is_coinbase else "not_fetched"
        if given.prevout is not None:
            outpoint = given.prevout.outpoint
            prev = made.get(outpoint.txid, {}).get(outpoint.vout)
            if prev is not None:
                state = "spent"
            else:
                columns.add("not_fetched", tx_id, vin, outpoint.txid, outpoint.vout)
        inputs_sat = None if prev is None or inputs_sat is None else inputs_sat + values[prev]
        columns.add(
            "txins",
            tx_id,
            vin,
            prev,
            state,
            given.sequence,
            given.script_sig_bytes,
            given.witness_items,
            given.witness_bytes,
        )
    vouts = row.vouts if row.vouts is not None else range(len(tx.outputs))
    outputs_sat = 0
    own = made.setdefault(tx.txid, {})
    for vout, output in zip(vouts, tx.outputs, strict=True):
        outputs_sat += output.value_sat
        kind = script_type(output.script_pubkey).value
        script_id = scripts.get(output.script_pubkey)
        txout_id = columns.count("txouts")
        if script_id is None:
            script_id = scripts[output.script_pubkey] = len(scripts)
            columns.add("scripts", script_id, kind, output.script_pubkey, txout_id)
        columns.add("txouts", txout_id, tx_id, vout, output.value_sat, script_id, kind)
        own[vout] = txout_id
    if inputs_sat is not None and not is_coinbase and inputs_sat < outputs_sat:
        raise SourceError(
            f"{row.source}: transaction {format_hash(tx.txid)} pays out {outputs_sat} satoshis, "
            f"and its inputs are told to hold {inputs_sat}; what is told of them is wrong"
        )
    fee_sat = 0 if is_coinbase else None if inputs_sat is None else inputs_sat - outputs_sat
    columns.add(
        "txs",
        tx_id,
        tx.txid,
        row.height,
        row.position,
        tx.version,
        tx.locktime,
        tx.size_bytes,
        tx.weight,
        fee_sat,
        first_txin,
        len(tx.inputs),
        first_txout,
        len(tx.outputs),
    )
    columns.add("provenance", tx_id, row.checked, row.source)


def _blocks(order: ChainOrder, txs: pa.Table) -> pa.Table:
    """A row for every height up to the greatest, null where nothing of the block is known."""
    heights = txs["height"].to_numpy()
    count = max([int(heights[-1]), *order.blocks]) + 1
    first_tx = np.searchsorted(heights, np.arange(count + 1)).astype(np.int64)
    first_txouts = np.append(
        txs["first_txout_id"].to_numpy(),
        txs["first_txout_id"][-1].as_py() + txs["txout_count"][-1].as_py(),
    )
    first_txout = first_txouts[first_tx].astype(np.int64)
    known = sorted(order.blocks)
    nothing: list[Any] = [None] * count
    hashes, headers, times = nothing.copy(), nothing.copy(), nothing.copy()
    for height in known:
        block = order.blocks[height]
        hashes[height], headers[height] = block.block_hash, block.header
        times[height] = None if block.time is None else block.time * 1000
    schema = TABLES["blocks"].schema
    return pa.table(
        {
            "height": np.arange(count, dtype=np.int32),
            "block_hash": hashes,
            "header": headers,
            "time_utc": pa.array(times, pa.int64()).cast(schema.field("time_utc").type),
            "first_tx_id": first_tx[:-1],
            "tx_count": np.diff(first_tx).astype(np.int32),
            "first_txout_id": first_txout[:-1],
            "txout_count": np.diff(first_txout).astype(np.int32),
            **dict.fromkeys(("size_bytes", "weight", "file_number", "file_offset"), nothing),
        },
        schema=schema,
    )
