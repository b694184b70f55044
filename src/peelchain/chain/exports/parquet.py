"""The facts of a store by natural keys, one folder of Parquet files a table.

Nothing in them is an id of the store: a transaction is named by its txid, an output by txid and
vout, a script by its bytes and its address. Txids are not unique (BIP 30): `height` and `tx_index`
are, and stand beside.
"""

from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import pyarrow as pa

from peelchain.chain.exports.columns import (
    Int64,
    column,
    hash_texts,
    numbers,
    scripts,
    table_rows,
    txids,
)
from peelchain.chain.exports.files import Piece
from peelchain.chain.exports.plan import Cut
from peelchain.chain.exports.source import Source

NOTES = """\
One folder a table; every file of a folder has the same columns. Amounts are satoshis, times UTC,
hashes the hex that Bitcoin Core shows.

- `blocks` (key height): block_hash, time_utc, tx_count, txout_count, size_bytes, weight, header
- `transactions` (height, tx_index): txid, version, locktime, size_bytes, weight, fee_sat,
  txin_count, txout_count, checked, source
- `outputs` (txid, vout): height, tx_index, value_sat, script_type, script_pubkey, address
- `inputs` (txid, vin): height, tx_index, state, prev_txid, prev_vout, value_sat, script_pubkey,
  address, sequence, script_sig_bytes, witness_items, witness_bytes
- `scripts` (script_pubkey): script_type, address, first_txid, first_vout
- `absences` (txid, vout): height, block_hash, source; outputs that a server says nobody spends as
  of that tip

`value_sat`, `script_pubkey` and `address` of an input are those of the output it spends.
`checked` and `source` tell how a transaction of a partial store is known, and by whom; null: from
a node's blocks. Null elsewhere: not known, or, of `prev_txid`, a coinbase; of `address`, a script
that has none. `absences` has rows in a partial store only: elsewhere an output that no input
names is unspent.

```python
import pandas as pd, polars as pl
pd.read_parquet("outputs", columns=["address", "value_sat"])
pl.scan_parquet("outputs/*.parquet").group_by("address").agg(pl.col("value_sat").sum()).collect()
spark.read.parquet("inputs").createOrReplaceTempView("inputs")
```

```sql
-- DuckDB: what an address received and never spent
SELECT o.txid, o.vout, o.value_sat
FROM 'outputs/*.parquet' o
ANTI JOIN 'inputs/*.parquet' i ON i.prev_txid = o.txid AND i.prev_vout = o.vout
WHERE o.address = 'ADDRESS';
```
"""

_TXOUTS_AT_ONCE = 250_000

_SCRIPT = [("script_pubkey", pa.binary()), ("address", pa.string())]
_PLACE = [("height", pa.int32()), ("tx_index", pa.int32())]

SCHEMAS: dict[str, pa.Schema] = {
    "blocks": pa.schema(
        [
            ("height", pa.int32()),
            ("block_hash", pa.string()),
            ("time_utc", pa.timestamp("ms", tz="UTC")),
            ("tx_count", pa.int32()),
            ("txout_count", pa.int32()),
            ("size_bytes", pa.int32()),
            ("weight", pa.int32()),
            ("header", pa.binary()),
        ]
    ),
    "transactions": pa.schema(
        [
            *_PLACE,
            ("txid", pa.string()),
            ("version", pa.int32()),
            ("locktime", pa.int64()),
            ("size_bytes", pa.int32()),
            ("weight", pa.int32()),
            ("fee_sat", pa.int64()),
            ("txin_count", pa.int32()),
            ("txout_count", pa.int32()),
            ("checked", pa.string()),
            ("source", pa.string()),
        ]
    ),
    "outputs": pa.schema(
        [
            ("txid", pa.string()),
            ("vout", pa.int64()),
            *_PLACE,
            ("value_sat", pa.int64()),
            ("script_type", pa.string()),
            *_SCRIPT,
        ]
    ),
    "inputs": pa.schema(
        [
            ("txid", pa.string()),
            ("vin", pa.int32()),
            *_PLACE,
            ("state", pa.string()),
            ("prev_txid", pa.string()),
            ("prev_vout", pa.int64()),
            ("value_sat", pa.int64()),
            *_SCRIPT,
            ("sequence", pa.int64()),
            ("script_sig_bytes", pa.int32()),
            ("witness_items", pa.int32()),
            ("witness_bytes", pa.int32()),
        ]
    ),
    "scripts": pa.schema(
        [
            *_SCRIPT,
            ("script_type", pa.string()),
            ("first_txid", pa.string()),
            ("first_vout", pa.int64()),
        ]
    ),
    "absences": pa.schema(
        [
            ("txid", pa.string()),
            ("vout", pa.int64()),
            ("height", pa.int32()),
            ("block_hash", pa.string()),
            ("source", pa.string()),
        ]
    ),
}


def write(source: Source, cut: Cut, piece: Piece) -> None:
    """Writes a file for each table into a folder of its name."""
    end = f"_{cut.label}.parquet" if cut.label else ".parquet"
    names = [name for name in SCHEMAS if source.is_partial or name != "absences"]
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(piece.parquet(f"{name}/{name}{end}", SCHEMAS[name]))
            for name in names
        }
        for first, last in _steps(source, cut.heights[0], cut.heights[-1]):
            for name, rows in tables(source, first, last).items():
                files[name].add(rows)
            source.passed(last - first + 1)


def _steps(source: Source, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The blocks in steps of so many outputs as fit into memory together with their scripts."""
    counts = source.lookup.columns_of("blocks", range(first, last + 1), ["txout_count"])
    start, together = first, 0
    for height, count in zip(range(first, last + 1), counts["txout_count"], strict=True):
        if height > start and together + count > _TXOUTS_AT_ONCE:
            yield start, height - 1
            start, together = height, 0
        together += count
    yield start, last


def tables(source: Source, first: int, last: int) -> dict[str, pa.Table]:
    """The tables of the blocks from height `first` to `last`, by name."""
    names = ["height", "block_hash", "time_utc", "tx_count", "txout_count"]
    names += ["size_bytes", "weight", "header", "first_tx_id", "first_txout_id"]
    blocks = table_rows(source.store, "blocks", first, last + 1, names)
    tx_end = _end(blocks, "first_tx_id", "tx_count")
    txout_end = _end(blocks, "first_txout_id", "txout_count")
    txs = _txs(source, numbers(blocks, "first_tx_id")[0], tx_end)
    made = {"blocks": _blocks(source, blocks)}
    made["transactions"] = _transactions(source, txs)
    first_txout = int(numbers(blocks, "first_txout_id")[0])
    made["outputs"] = _outputs(source, txs, first_txout, txout_end)
    made["inputs"] = _inputs(source, txs)
    made["scripts"] = _scripts(source, first_txout, txout_end)
    if source.is_partial:
        made["absences"] = _absences(source, first_txout, txout_end)
    return made


def _blocks(source: Source, rows: pa.Table) -> pa.Table:
    heights = pa.nulls(rows.num_rows) if source.is_ranked else column(rows, "height")
    hashes = hash_texts(column(rows, "block_hash"))
    return _made("blocks", rows, height=heights, block_hash=hashes)


def _end(rows: pa.Table, first: str, count: str) -> int:
    return int(numbers(rows, first)[-1] + numbers(rows, count)[-1])


def _txs(source: Source, first: int, end: int) -> pa.Table:
    names = ["tx_id", "txid", "height", "tx_index", "version", "locktime", "size_bytes", "weight"]
    names += ["fee_sat", "txin_count", "txout_count", "first_txin"]
    rows = table_rows(source.store, "txs", first, end, names)
    rows = rows.set_column(1, "txid", hash_texts(column(rows, "txid")))
    if not source.is_partial:
        return rows
    # a stub stands at its spender, for nobody told where it is
    unplaced = np.isin(numbers(rows, "tx_id"), list(source.stubs)) | source.is_ranked
    heights = pa.array(numbers(rows, "height").astype(np.int32), mask=unplaced)
    return rows.set_column(2, "height", heights)


def _transactions(source: Source, txs: pa.Table) -> pa.Table:
    checked: pa.Array = pa.nulls(txs.num_rows, pa.string())
    by: pa.Array = pa.nulls(txs.num_rows, pa.string())
    if source.is_partial and txs.num_rows:
        told = source.store.read("provenance").combine_chunks()
        places = np.searchsorted(numbers(told, "tx_id"), numbers(txs, "tx_id"))
        checked = column(told, "checked").cast(pa.string()).take(pa.array(places))
        by = column(told, "source").take(pa.array(places))
    return _made("transactions", txs, checked=checked, source=by)


def _outputs(source: Source, txs: pa.Table, first: int, end: int) -> pa.Table:
    names = ["tx_id", "vout", "value_sat", "script_id", "script_type"]
    rows = table_rows(source.store, "txouts", first, end, names)
    script, shown = scripts(source.lookup, numbers(rows, "script_id"), source.network)
    return _made("outputs", rows, **_of_txs(txs, rows), script_pubkey=script, address=shown)


def _inputs(source: Source, txs: pa.Table) -> pa.Table:
    names = ["tx_id", "vin", "state", "prev_txout_id", "sequence", "script_sig_bytes"]
    names += ["witness_items", "witness_bytes"]
    first = int(numbers(txs, "first_txin")[0]) if txs.num_rows else 0
    end = _end(txs, "first_txin", "txin_count") if txs.num_rows else 0
    rows = table_rows(source.store, "txins", first, end, names)
    prevouts = numbers(rows, "prev_txout_id")
    unique, places = np.unique(prevouts, return_inverse=True)
    wanted = unique[unique >= 0].tolist()
    found = source.lookup.columns_of("txouts", wanted, ["tx_id", "vout", "value_sat", "script_id"])

    def spent(name: str) -> Int64:
        return np.array([-1] * (len(unique) - len(wanted)) + found[name], np.int64)[places]

    known = prevouts >= 0
    prev_txid = txids(source.lookup, spent("tx_id"))
    prev_vout = _known(spent("vout"), known)
    if source.is_partial:
        prev_txid, prev_vout = _with_missing(source, rows, prev_txid, prev_vout)
    script, shown = scripts(source.lookup, spent("script_id"), source.network)
    return _made(
        "inputs",
        rows,
        **_of_txs(txs, rows),
        prev_txid=prev_txid,
        prev_vout=prev_vout,
        value_sat=_known(spent("value_sat"), known),
        script_pubkey=script,
        address=shown,
    )


def _with_missing(
    source: Source, rows: pa.Table, prev_txid: pa.Array, prev_vout: pa.Array
) -> tuple[pa.Array, pa.Array]:
    """The prevouts with those that a partial store knows by name only."""
    missing = source.store.read("not_fetched").combine_chunks()
    names = zip(numbers(missing, "tx_id").tolist(), numbers(missing, "vin").tolist(), strict=True)
    at = {name: place for place, name in enumerate(names)}
    asked = zip(numbers(rows, "tx_id").tolist(), numbers(rows, "vin").tolist(), strict=True)
    places = pa.array([at.get(name) for name in asked], pa.int64())
    texts = hash_texts(column(missing, "prev_txid")).take(places)
    vouts = column(missing, "prev_vout").take(places)
    return pa.compute.coalesce(prev_txid, texts), pa.compute.coalesce(prev_vout, vouts)


def _scripts(source: Source, first: int, end: int) -> pa.Table:
    """The scripts that first appear among these outputs: their ids are as dense as those."""
    ids = numbers(table_rows(source.store, "txouts", first, end, ["script_id"]), "script_id")
    known = _scripts_before(source, first)
    last = max(int(ids.max()) + 1, known) if len(ids) else known
    names = ["script_id", "script_type", "first_txout_id"]
    rows = table_rows(source.store, "scripts", known, last, names)
    firsts = source.lookup.columns_of(
        "txouts", numbers(rows, "first_txout_id").tolist(), ["tx_id", "vout"]
    )
    script, shown = scripts(source.lookup, numbers(rows, "script_id"), source.network)
    return _made(
        "scripts",
        rows,
        script_pubkey=script,
        address=shown,
        first_txid=txids(source.lookup, np.array(firsts["tx_id"], np.int64)),
        first_vout=pa.array(firsts["vout"], pa.int64()),
    )


def _scripts_before(source: Source, txout_id: int) -> int:
    """How many scripts appear before an output: they are numbered as they first appear."""
    low, high = 0, source.store.manifest.counts["scripts"]
    while low < high:
        middle = (low + high) // 2
        (first,) = source.lookup.columns_of("scripts", [middle], ["first_txout_id"])[
            "first_txout_id"
        ]
        low, high = (middle + 1, high) if first < txout_id else (low, middle)
    return low


def _absences(source: Source, first: int, end: int) -> pa.Table:
    rows = source.store.read("absences").combine_chunks()
    ids = numbers(rows, "txout_id")
    rows = rows.filter(pa.array((ids >= first) & (ids < end)))
    wanted = numbers(rows, "txout_id").tolist()
    found = source.lookup.columns_of("txouts", wanted, ["tx_id", "vout"])
    return _made(
        "absences",
        rows,
        txid=txids(source.lookup, np.array(found["tx_id"], np.int64)),
        vout=pa.array(found["vout"], pa.int64()),
        block_hash=hash_texts(column(rows, "block_hash")),
    )


def _of_txs(txs: pa.Table, rows: pa.Table) -> dict[str, pa.Array]:
    """What rows of outputs or inputs take from their transactions."""
    at = numbers(rows, "tx_id") - (numbers(txs, "tx_id")[0] if txs.num_rows else 0)
    return {name: column(txs, name).take(pa.array(at)) for name in ("txid", "height", "tx_index")}


def _known(values: Int64, known: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> pa.Array:
    return pa.array(values, mask=~known)


def _made(name: str, rows: pa.Table, **columns: pa.Array) -> pa.Table:
    """The table of this name from rows of the store, with columns in place of theirs."""
    schema = SCHEMAS[name]
    return pa.table(
        [
            (columns[f.name] if f.name in columns else column(rows, f.name)).cast(f.type)
            for f in schema
        ],
        schema=schema,
    )
