"""Blocks and transactions as BigQuery's public table `crypto_bitcoin` has them, in Parquet.

Source: github.com/blockchain-etl/bitcoin-etl-airflow, dags/resources/stages/enrich/schemas. NUMERIC
is a decimal of 38 digits, 9 of them after the point; amounts are satoshis. `nonce` is a STRING in
hex, as in the public table.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pyarrow as pa

from peelchain.chain.exports.etl import block_row, transaction_row
from peelchain.chain.exports.files import Batches, Piece
from peelchain.chain.exports.plan import Cut
from peelchain.chain.exports.source import Source

NOTES = """\
`blocks_*.parquet` and `transactions_*.parquet` have the columns and types of
`bigquery-public-data.crypto_bitcoin`, inputs and outputs nested. Amounts are NUMERIC, in
satoshis. Rows of a block stand in its order; the public table has no column for it.

```sh
gcloud storage cp *.parquet gs://BUCKET
for table in blocks transactions; do
  bq load --source_format=PARQUET --parquet_enable_list_inference \\
    DATASET.$table "gs://BUCKET/${table}_*.parquet"
done
```

```sql
-- BigQuery: what an address received, by month
SELECT block_timestamp_month, SUM(o.value) AS sat
FROM DATASET.transactions, UNNEST(outputs) AS o
WHERE 'ADDRESS' IN UNNEST(o.addresses) GROUP BY 1 ORDER BY 1;
```
"""

_NUMERIC = pa.decimal128(38, 9)
_TIMESTAMP = pa.timestamp("us", tz="UTC")
_ROWS_AT_ONCE = 4096

_SCRIPT = [
    ("script_asm", pa.string()),
    ("script_hex", pa.string()),
]
_OWNERS = [
    ("required_signatures", pa.int64()),
    ("type", pa.string()),
    ("addresses", pa.list_(pa.string())),
    ("value", _NUMERIC),
]
BLOCKS = pa.schema(
    [
        pa.field("hash", pa.string(), nullable=False),
        ("size", pa.int64()),
        ("stripped_size", pa.int64()),
        ("weight", pa.int64()),
        pa.field("number", pa.int64(), nullable=False),
        ("version", pa.int64()),
        ("merkle_root", pa.string()),
        pa.field("timestamp", _TIMESTAMP, nullable=False),
        pa.field("timestamp_month", pa.date32(), nullable=False),
        ("nonce", pa.string()),
        ("bits", pa.string()),
        ("coinbase_param", pa.string()),
        ("transaction_count", pa.int64()),
    ]
)
TRANSACTIONS = pa.schema(
    [
        pa.field("hash", pa.string(), nullable=False),
        ("size", pa.int64()),
        ("virtual_size", pa.int64()),
        ("version", pa.int64()),
        ("lock_time", pa.int64()),
        pa.field("block_hash", pa.string(), nullable=False),
        pa.field("block_number", pa.int64(), nullable=False),
        pa.field("block_timestamp", _TIMESTAMP, nullable=False),
        pa.field("block_timestamp_month", pa.date32(), nullable=False),
        ("input_count", pa.int64()),
        ("output_count", pa.int64()),
        ("input_value", _NUMERIC),
        ("output_value", _NUMERIC),
        ("is_coinbase", pa.bool_()),
        ("fee", _NUMERIC),
        (
            "inputs",
            pa.list_(
                pa.struct(
                    [
                        ("index", pa.int64()),
                        ("spent_transaction_hash", pa.string()),
                        ("spent_output_index", pa.int64()),
                        *_SCRIPT,
                        ("sequence", pa.int64()),
                        *_OWNERS,
                    ]
                )
            ),
        ),
        ("outputs", pa.list_(pa.struct([("index", pa.int64()), *_SCRIPT, *_OWNERS]))),
    ]
)

Row = dict[str, Any]


def write(source: Source, cut: Cut, piece: Piece) -> None:
    """Writes `blocks_*.parquet` and `transactions_*.parquet`."""
    end = f"_{cut.label}.parquet" if cut.label else ".parquet"
    blocks: list[Row] = []
    with piece.parquet("transactions" + end, TRANSACTIONS) as txs:
        _add(txs, _transactions(source, cut, blocks))
    with piece.parquet("blocks" + end, BLOCKS) as file:
        _add(file, blocks)


def _transactions(source: Source, cut: Cut, blocks: list[Row]) -> Iterator[Row]:
    """The rows of the transactions; those of their blocks are put into `blocks` on the way."""
    for block, txs in source.blocks(cut):
        time = None if block.time is None else datetime.fromtimestamp(block.time, UTC)
        month = None if time is None else time.date().replace(day=1)
        if block.block_hash is not None:
            blocks.append({**block_row(block, txs), "timestamp": time, "timestamp_month": month})
        for tx in txs:
            row = transaction_row(block, tx, source.network)
            yield {**row, "block_timestamp": time, "block_timestamp_month": month}


def _add(file: Batches, rows: Iterable[Row]) -> None:
    rest = iter(rows)
    while some := list(islice(rest, _ROWS_AT_ONCE)):
        columns = [_column(field, [row[field.name] for row in some]) for field in file.schema]
        file.add(pa.Table.from_arrays(columns, schema=file.schema))


def _column(field: pa.Field, values: list[Any]) -> pa.Array:
    """A column; whole satoshis become decimals."""
    return _numeric(pa.array(values, _whole(field.type)), field.type)


def _whole(kind: pa.DataType) -> pa.DataType:
    """The type with whole numbers in place of decimals, which plain numbers are read into."""
    if pa.types.is_decimal(kind):
        return pa.int64()
    if pa.types.is_list(kind):
        return pa.list_(_whole(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(f.name, _whole(f.type)) for f in kind])
    return kind


def _numeric(array: pa.Array, kind: pa.DataType) -> pa.Array:
    # an amount has up to 16 digits: 19 before the point are enough for the cast
    return array if array.type == kind else array.cast(kind)
