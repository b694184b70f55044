"""The tables that GraphSense's ingest writes, in Parquet, and who holds which address beside.

Source: github.com/graphsense/graphsense-lib, schema/resources/raw_utxo_schema.sql and
ingest/utxo.py.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from peelchain.chain.exports.columns import numbers
from peelchain.chain.exports.files import Batches, Piece
from peelchain.chain.exports.parts import Block, Tx
from peelchain.chain.exports.plan import Cut
from peelchain.chain.exports.source import Source
from peelchain.errors import StoreError
from peelchain.network import Network
from peelchain.script import ScriptType, address
from peelchain.script.core_asm import core_script_type, key_addresses
from peelchain.store.manifest import Run

NOTES = """\
One folder a table of GraphSense's raw keyspace, with the columns and types of its
[schema](https://github.com/graphsense/graphsense-lib): `block`, `transaction`,
`block_transactions`, `transaction_spent_in`, `transaction_spending`, `transaction_by_tx_prefix`,
`exchange_rates`, `summary_statistics`, `configuration`. Hashes are blobs in the order that people
read, amounts satoshis. `coinjoin` is GraphSense's own mark, by BlockSci's rule: its clustering
leaves such transactions out.

`entities.parquet` is no table of GraphSense's: each address that the store's clustering joins with
another, and the `entity`, named by the address that appears first in it. `tagpack.yaml` has the
tags of the store as TagPack.

```python
# Spark: each table into a raw keyspace that graphsense-lib has made
for table in ("block", "transaction", "block_transactions", "transaction_spent_in",
              "transaction_spending", "transaction_by_tx_prefix", "exchange_rates",
              "summary_statistics", "configuration"):
    (spark.read.parquet(table).write.format("org.apache.spark.sql.cassandra")
     .options(keyspace="btc_raw", table=table).mode("append").save())
```

```sh
tagpack-tool insert tagpack.yaml
```
"""

BLOCK_BUCKET = 100
TX_BUCKET = 25_000
TX_PREFIX = 5
"""GraphSense's defaults: blocks and transactions a partition, digits of a txid's prefix."""

_ROWS_AT_ONCE = 4096
_ENTITIES_AT_ONCE = 65_536
_TYPES = {
    "nonstandard": 1,
    "pubkey": 2,
    "pubkeyhash": 3,
    "scripthash": 5,
    "multisig": 6,
    "nulldata": 7,
    "witness_v0_keyhash": 8,
    "witness_v0_scripthash": 9,
    "witness_unknown": 10,
    "witness_v1_taproot": 11,
    "anchor": 13,
}
_DUST_SAT = (546, 2730)

_IN_OUT = pa.struct(
    [
        ("address", pa.list_(pa.string())),
        ("value", pa.int64()),
        ("address_type", pa.int16()),
        ("script_hex", pa.binary()),
        ("txinwitness", pa.list_(pa.binary())),
        ("sequence", pa.int64()),
    ]
)
_SUMMARY = pa.struct(
    [
        ("tx_id", pa.int64()),
        ("no_inputs", pa.int32()),
        ("no_outputs", pa.int32()),
        ("total_input", pa.int64()),
        ("total_output", pa.int64()),
    ]
)
_REFERENCE = [
    ("spending_tx_hash", pa.binary()),
    ("spending_input_index", pa.int32()),
    ("spent_tx_hash", pa.binary()),
    ("spent_output_index", pa.int32()),
]
SCHEMAS: dict[str, pa.Schema] = {
    "block": pa.schema(
        [
            ("block_id_group", pa.int32()),
            ("block_id", pa.int32()),
            ("block_hash", pa.binary()),
            ("timestamp", pa.int32()),
            ("no_transactions", pa.int32()),
        ]
    ),
    "transaction": pa.schema(
        [
            ("tx_id_group", pa.int32()),
            ("tx_id", pa.int64()),
            ("tx_hash", pa.binary()),
            ("block_id", pa.int32()),
            ("timestamp", pa.int32()),
            ("coinbase", pa.bool_()),
            ("total_input", pa.int64()),
            ("total_output", pa.int64()),
            ("inputs", pa.list_(_IN_OUT)),
            ("outputs", pa.list_(_IN_OUT)),
            ("coinjoin", pa.bool_()),
            ("version", pa.int32()),
            ("lock_time", pa.int64()),
        ]
    ),
    "block_transactions": pa.schema(
        [
            ("block_id_group", pa.int32()),
            ("block_id", pa.int32()),
            ("txs", pa.list_(_SUMMARY)),
        ]
    ),
    "transaction_spent_in": pa.schema([("spent_tx_prefix", pa.string()), *_REFERENCE]),
    "transaction_spending": pa.schema([("spending_tx_prefix", pa.string()), *_REFERENCE]),
    "transaction_by_tx_prefix": pa.schema(
        [("tx_prefix", pa.string()), ("tx_hash", pa.binary()), ("tx_id", pa.int64())]
    ),
}
_WHOLE: dict[str, pa.Schema] = {
    "exchange_rates": pa.schema(
        [("date", pa.string()), ("fiat_values", pa.map_(pa.string(), pa.float32()))]
    ),
    "summary_statistics": pa.schema(
        [
            ("id", pa.string()),
            ("no_blocks", pa.int32()),
            ("no_txs", pa.int64()),
            ("timestamp", pa.int32()),
        ]
    ),
    "configuration": pa.schema(
        [
            ("id", pa.string()),
            ("block_bucket_size", pa.int32()),
            ("tx_prefix_length", pa.int32()),
            ("tx_bucket_size", pa.int32()),
        ]
    ),
}
_ENTITIES = pa.schema([("address", pa.string()), ("entity", pa.string())])

Row = dict[str, Any]


def write(source: Source, cut: Cut, piece: Piece) -> None:
    """Writes a file for each table that grows with the chain.

    Raises StoreError for a partial store: GraphSense numbers the transactions of a whole chain.
    """
    if source.is_partial:
        raise StoreError(
            f"{source.store.path} holds chosen transactions, and GraphSense wants a whole chain; "
            "export them as parquet or esplora-lines"
        )
    end = f"_{cut.label}.parquet" if cut.label else ".parquet"
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(piece.parquet(f"{name}/{name}{end}", schema))
            for name, schema in SCHEMAS.items()
        }
        waiting: dict[str, list[Row]] = {name: [] for name in SCHEMAS}
        for block, txs in source.blocks(cut):
            _add_block(waiting, block, txs, source.network)
            _written(files, waiting, _ROWS_AT_ONCE)
        _written(files, waiting, 1)


def _written(files: Mapping[str, Batches], waiting: dict[str, list[Row]], least: int) -> None:
    """Writes the rows of tables that have at least so many."""
    for name, rows in waiting.items():
        if len(rows) >= least:
            files[name].add(pa.Table.from_pylist(rows, SCHEMAS[name]))
            waiting[name] = []


def finish(source: Source, first: int, last: int, piece: Piece) -> None:
    """Writes what is told of the whole: statistics, configuration, rates, and entities."""
    ((block),) = source.lookup.rows_of(
        "blocks", [last], ["time_utc", "first_tx_id", "tx_count"]
    ).values()
    rows: dict[str, list[Row]] = {
        "exchange_rates": _rates(source),
        "summary_statistics": [
            {
                "id": _KEYSPACE,
                "no_blocks": last + 1,
                "no_txs": block["first_tx_id"] + block["tx_count"],
                "timestamp": block["time_utc"] // 1000,
            }
        ],
        "configuration": [
            {
                "id": _KEYSPACE,
                "block_bucket_size": BLOCK_BUCKET,
                "tx_prefix_length": TX_PREFIX,
                "tx_bucket_size": TX_BUCKET,
            }
        ],
    }
    for name, made in rows.items():
        with piece.parquet(f"{name}/{name}.parquet", _WHOLE[name]) as file:
            file.add(pa.Table.from_pylist(made, _WHOLE[name]))
    run = _clustering(source)
    if run is not None:
        with piece.parquet("entities.parquet", _ENTITIES) as file:
            for some in _entities(source, run):
                file.add(some)


_KEYSPACE = "btc_raw"


def _add_block(
    waiting: dict[str, list[Row]], block: Block, txs: Sequence[Tx], network: Network
) -> None:
    """Puts the rows of a block and its transactions to those of their tables."""
    group = block.height // BLOCK_BUCKET
    waiting["block"].append(
        {
            "block_id_group": group,
            "block_id": block.height,
            "block_hash": _shown(block.block_hash or b""),
            "timestamp": block.time,
            "no_transactions": block.tx_count,
        }
    )
    waiting["block_transactions"].append(
        {"block_id_group": group, "block_id": block.height, "txs": [_summary(tx) for tx in txs]}
    )
    for tx in txs:
        shown = _shown(tx.txid)
        waiting["transaction"].append(_transaction(block, tx, shown, network))
        waiting["transaction_by_tx_prefix"].append(
            {"tx_prefix": _prefix(shown), "tx_hash": shown, "tx_id": tx.tx_id}
        )
        references = _references(tx, shown)
        waiting["transaction_spent_in"] += references
        waiting["transaction_spending"] += references


def _transaction(block: Block, tx: Tx, shown: bytes, network: Network) -> Row:
    return {
        "tx_id_group": tx.tx_id // TX_BUCKET,
        "tx_id": tx.tx_id,
        "tx_hash": shown,
        "block_id": block.height,
        "timestamp": block.time,
        "coinbase": tx.is_coinbase,
        "total_input": tx.input_sat,
        "total_output": tx.output_sat,
        "inputs": _inputs(tx, network),
        "outputs": [
            {
                "value": o.value_sat,
                "script_hex": o.script_pubkey,
                **_holder(o.script_pubkey, network),
            }
            for o in tx.outputs
        ],
        "coinjoin": looks_like_coinjoin(tx),
        "version": tx.version,
        "lock_time": tx.locktime,
    }


def _inputs(tx: Tx, network: Network) -> list[Row]:
    if tx.is_coinbase:
        return []
    return [
        {
            "value": i.spent and i.spent.value_sat,
            "script_hex": i.script_sig,
            "txinwitness": list(i.witness) if i.witness else None,
            "sequence": i.sequence,
            **(_holder(i.spent.script_pubkey, network) if i.spent else {}),
        }
        for i in tx.inputs
    ]


def _holder(script: bytes, network: Network) -> Row:
    """Addresses and type as GraphSense has them: no address for what nobody holds by one."""
    kind, name = core_script_type(script)
    addresses = key_addresses(script, kind, network)
    hidden = kind in (ScriptType.WITNESS_UNKNOWN, ScriptType.NONSTANDARD, ScriptType.OP_RETURN)
    return {"address": None if hidden else addresses or None, "address_type": _TYPES[name]}


def _summary(tx: Tx) -> Row:
    return {
        "tx_id": tx.tx_id,
        "no_inputs": 0 if tx.is_coinbase else len(tx.inputs),
        "no_outputs": len(tx.outputs),
        "total_input": tx.input_sat,
        "total_output": tx.output_sat,
    }


def _references(tx: Tx, shown: bytes) -> list[Row]:
    if tx.is_coinbase:
        return []
    made = []
    for vin, given in enumerate(tx.inputs):
        spent = _shown(given.prev_txid)
        made.append(
            {
                "spending_tx_prefix": _prefix(shown),
                "spending_tx_hash": shown,
                "spending_input_index": vin,
                "spent_tx_prefix": _prefix(spent),
                "spent_tx_hash": spent,
                "spent_output_index": given.prev_vout,
            }
        )
    return made


def looks_like_coinjoin(tx: Tx) -> bool:
    """GraphSense's mark of a CoinJoin, which its clustering leaves out.

    With n outputs, of which each party has two but one may have one: there are that many parties
    and inputs of different scripts, and just that many outputs of the most frequent value, the
    least of several, which is no dust. Source: BlockSci (Kalodner et al. 2020), `isCoinjoin`.
    """
    parties = (len(tx.outputs) + 1) // 2
    if tx.is_coinbase or len(tx.inputs) < max(2, parties) or len(tx.outputs) < 3:
        return False
    scripts = {i.spent.script_pubkey for i in tx.inputs if i.spent is not None}
    if parties > len(scripts):
        return False
    values = Counter(o.value_sat for o in tx.outputs)
    most = max(values.values())
    value_sat = min(value for value, count in values.items() if count == most)
    return most == parties and value_sat not in _DUST_SAT


def _rates(source: Source) -> list[Row]:
    """The prices that the store has, by day; of several of a day the one imported last."""
    by_day: dict[str, dict[str, float]] = {}
    for row in source.store.read_runs("rates", "rates").to_pylist():
        by_day.setdefault(row["date"].isoformat(), {})[row["currency"]] = float(row["price"])
    return [{"date": day, "fiat_values": sorted(by_day[day].items())} for day in sorted(by_day)]


def _clustering(source: Source) -> Run | None:
    """The newest clustering on this tip; None where there is none."""
    runs = source.store.runs("cluster")
    tip = source.store.manifest.tip_hash
    return next((run for run in reversed(runs) if run.tip_hash == tip), None)


def _entities(source: Source, run: Run) -> Iterator[pa.Table]:
    """Address and entity of the scripts that a clustering joins, in order of first appearance."""
    for stored in run.parts("clusters"):
        with pq.ParquetFile(source.store.path / stored.file) as file:
            for batch in file.iter_batches(_ENTITIES_AT_ONCE, columns=["script_id", "cluster_id"]):
                rows = pa.Table.from_batches([batch])
                scripts, clusters = numbers(rows, "script_id"), numbers(rows, "cluster_id")
                shown = _addresses(source, np.union1d(scripts, clusters).tolist())
                pairs = [
                    (shown[script], shown[cluster])
                    for script, cluster in zip(scripts.tolist(), clusters.tolist(), strict=True)
                    if shown[script] is not None
                ]
                yield pa.table(
                    [pa.array(c, pa.string()) for c in zip(*pairs, strict=True)]
                    if pairs
                    else [pa.array([], pa.string())] * 2,
                    schema=_ENTITIES,
                )


def _addresses(source: Source, script_ids: Sequence[int]) -> dict[int, str | None]:
    """An address for each script, of P2PK that of its key; None where it has none."""
    found = source.lookup.columns_of("scripts", script_ids, ["script_pubkey"])["script_pubkey"]
    shown = {}
    for script_id, script in zip(script_ids, found, strict=True):
        kind, _ = core_script_type(script)
        keys = key_addresses(script, kind, source.network)
        one = keys[0] if len(keys) == 1 else None
        shown[script_id] = address(script, source.network) or one
    return shown


def _shown(internal: bytes) -> bytes:
    return internal[::-1]


def _prefix(shown: bytes) -> str:
    return shown.hex()[:TX_PREFIX]
