"""Daily dumps as Blockchair publishes them: TSV with a header row, a file a day and table.

Source: blockchair.com/dumps, and the API's documentation of its tables for Bitcoin-like chains.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from peelchain.chain.esplora_form import difficulty
from peelchain.chain.exports.etl import script_fields
from peelchain.chain.exports.files import Lines, Piece
from peelchain.chain.exports.parts import Block, Header, Spent, Tx
from peelchain.chain.exports.plan import Cut
from peelchain.chain.exports.source import Source
from peelchain.network import Network
from peelchain.script import is_unspendable
from peelchain.units import COIN, format_hash

NOTES = """\
`blockchair_bitcoin_TABLE_YYYYMMDD.tsv` has the blocks whose header's time is on that day (UTC),
and their transactions, outputs and inputs, in chain order, with the columns of [Blockchair's
dumps](https://blockchair.com/dumps). Amounts are satoshis. Amounts in USD are at the day's
price of the rates that were imported into the store, empty for a day without one. The miner is
`Unknown`. Empty: `is_spendable` but for what can never be spent, and `recipient` of scripts without
an address (there Blockchair makes up names of its own). `recipient` of P2PK is the address of its
key, as there.

```sql
-- DuckDB: the greatest fees of a day
SELECT hash, fee, size
FROM read_csv('blockchair_bitcoin_transactions_202401*.tsv*', delim = '\\t', union_by_name = true)
ORDER BY fee DESC LIMIT 10;
```
"""

BLOCKS = (
    *("id", "hash", "time", "median_time", "size", "stripped_size", "weight", "version"),
    *("version_hex", "version_bits", "merkle_root", "nonce", "bits", "difficulty", "chainwork"),
    *("coinbase_data_hex", "transaction_count", "witness_count", "input_count", "output_count"),
    *("input_total", "input_total_usd", "output_total", "output_total_usd", "fee_total"),
    *("fee_total_usd", "fee_per_kb", "fee_per_kb_usd", "fee_per_kwu", "fee_per_kwu_usd"),
    *("cdd_total", "generation", "generation_usd", "reward", "reward_usd", "guessed_miner"),
)
TRANSACTIONS = (
    *("block_id", "hash", "time", "size", "weight", "version", "lock_time", "is_coinbase"),
    *("has_witness", "input_count", "output_count", "input_total", "input_total_usd"),
    *("output_total", "output_total_usd", "fee", "fee_usd", "fee_per_kb", "fee_per_kb_usd"),
    *("fee_per_kwu", "fee_per_kwu_usd", "cdd_total"),
)
OUTPUTS = (
    *("block_id", "transaction_hash", "index", "time", "value", "value_usd", "recipient", "type"),
    *("script_hex", "is_from_coinbase", "is_spendable"),
)
INPUTS = (
    *OUTPUTS,
    *("spending_block_id", "spending_transaction_hash", "spending_index", "spending_time"),
    *("spending_value_usd", "spending_sequence", "spending_signature_hex", "spending_witness"),
    *("lifespan", "cdd"),
)

_DAY_SECONDS = 86_400

_FLOAT_DIGITS = 14
_USD_DIGITS = 6
"""Digits that Blockchair gives of a number that is not whole."""

Row = dict[str, Any]
Origin = tuple[int | None, int | None, bool | None]
"""Of the transaction that made an output: height, time of its block, whether it is a coinbase.

None: a partial store does not know.
"""


def write(source: Source, cut: Cut, piece: Piece) -> None:
    """Writes the four files of a day, or of a cut."""

    def name(table: str) -> str:
        return f"blockchair_bitcoin_{table}" + (f"_{cut.label}.tsv" if cut.label else ".tsv")

    def add(file: Lines, columns: Sequence[str], rows: Iterable[Row]) -> None:
        for row in rows:
            worth = _worth(row, columns, source.usd)
            file.add("\t".join(_cell({**row, **worth}.get(name)) for name in columns) + "\n")

    with (
        piece.lines(name("blocks")) as blocks,
        piece.lines(name("transactions")) as transactions,
        piece.lines(name("outputs")) as outputs,
        piece.lines(name("inputs")) as inputs,
    ):
        files = (blocks, BLOCKS), (transactions, TRANSACTIONS), (outputs, OUTPUTS), (inputs, INPUTS)
        for file, columns in files:
            file.head("\t".join(columns) + "\n")
        for block, txs in source.blocks(cut):
            origins = _origins(source, txs)
            cdds = []
            for tx in txs:
                rows = _input_rows(block, tx, origins, source.network)
                cdds.append(_sum([row["cdd"] for row in rows]))
                add(transactions, TRANSACTIONS, [_transaction_row(block, tx, cdds[-1])])
                add(outputs, OUTPUTS, _output_rows(block, tx, source.network))
                add(inputs, INPUTS, rows)
            if block.block_hash is not None:
                chainwork = source.chainwork(block.height)
                add(blocks, BLOCKS, [_block_row(block, txs, _sum(cdds), chainwork)])


def _worth(row: Row, columns: Sequence[str], usd: Mapping[str, Decimal]) -> Row:
    """The amounts of a row in USD on its day; nothing for a day without a price.

    Source: the columns ending in `_usd` stand behind what they are the worth of, an input's
    `spending_value_usd` is its value on the day that it was spent.
    """
    told: Row = {}
    for name in columns:
        if not name.endswith("_usd"):
            continue
        spending = name.startswith("spending_")
        amount = row.get(name.removeprefix("spending_").removesuffix("_usd"))
        price = usd.get((row.get("spending_time" if spending else "time") or "")[:10])
        if amount is not None and price is not None:
            told[name] = _digits(amount * float(price) / COIN, _USD_DIGITS)
    return told


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return _digits(value, _FLOAT_DIGITS)
    return str(value)


def _block_row(block: Block, txs: Sequence[Tx], cdd: float | None, chainwork: int | None) -> Row:
    header = None if block.header is None else Header.of(block.header)
    whole = block.size_bytes is not None
    coinbase = next((tx for tx in txs if tx.is_coinbase), None)
    spending = [tx for tx in txs if not tx.is_coinbase]
    fees = _sum([tx.fee_sat for tx in spending])
    reward = None if coinbase is None else coinbase.output_sat
    known: Row = {
        "id": block.number,
        "hash": format_hash(block.block_hash or b""),
        "time": _time(block.time),
        "median_time": _time(block.median_time),
        "size": block.size_bytes,
        "stripped_size": block.stripped_size,
        "weight": block.weight,
        "guessed_miner": "Unknown",
    }
    if header is not None:
        version = header.version % (1 << 32)
        known |= {
            "version": header.version,
            "version_hex": f"{version:x}",
            "version_bits": f"{version % (1 << 30):030b}",
            "merkle_root": format_hash(header.merkle_root),
            "nonce": header.nonce,
            "bits": header.bits,
            "difficulty": difficulty(header.bits),
            "chainwork": None if chainwork is None else f"{chainwork:064x}",
        }
    if coinbase is not None and coinbase.inputs[0].script_sig is not None:
        known["coinbase_data_hex"] = coinbase.inputs[0].script_sig.hex()
    if whole:
        known |= {
            "transaction_count": len(txs),
            "witness_count": _sum([_has_witness(tx) for tx in txs]),
            "input_count": sum(len(tx.inputs) for tx in txs),
            "output_count": sum(len(tx.outputs) for tx in txs),
            "input_total": _sum([tx.input_sat for tx in spending]),
            "output_total": sum(tx.output_sat for tx in txs),
            "fee_total": fees,
            "fee_per_kb": _rate(fees, block.size_bytes),
            "fee_per_kwu": _rate(fees, block.weight),
            "cdd_total": cdd,
            "generation": None if fees is None or reward is None else reward - fees,
            "reward": reward,
        }
    return known


def _transaction_row(block: Block, tx: Tx, cdd: float | None) -> Row:
    return {
        "block_id": block.number,
        "hash": format_hash(tx.txid),
        "time": _time(block.time),
        "size": tx.size_bytes,
        "weight": tx.weight,
        "version": tx.version,
        "lock_time": tx.locktime,
        "is_coinbase": tx.is_coinbase,
        "has_witness": _has_witness(tx),
        "input_count": len(tx.inputs),
        "output_count": len(tx.outputs),
        "input_total": tx.input_sat,
        "output_total": tx.output_sat,
        "fee": tx.fee_sat,
        "fee_per_kb": _rate(tx.fee_sat, tx.size_bytes),
        "fee_per_kwu": _rate(tx.fee_sat, tx.weight),
        "cdd_total": cdd,
    }


def _output_rows(block: Block, tx: Tx, network: Network) -> list[Row]:
    return [
        {
            **_made_at(block.number, tx.txid, vout, block.time, tx.is_coinbase),
            **_script(out.script_pubkey, network),
            "value": out.value_sat,
        }
        for vout, out in enumerate(tx.outputs)
    ]


def _input_rows(block: Block, tx: Tx, origins: dict[int, Origin], network: Network) -> list[Row]:
    """A row for each input: the output that it spends, and how; none for a coinbase."""
    if tx.is_coinbase:
        return []
    rows = []
    for vin, given in enumerate(tx.inputs):
        row: Row = {
            "transaction_hash": format_hash(given.prev_txid),
            "index": given.prev_vout,
            "spending_block_id": block.number,
            "spending_transaction_hash": format_hash(tx.txid),
            "spending_index": vin,
            "spending_time": _time(block.time),
            "spending_sequence": given.sequence,
            "spending_signature_hex": given.script_sig.hex() if given.script_sig else "",
            "spending_witness": ",".join(item.hex() for item in given.witness or ()),
            "cdd": None,
        }
        if given.spent is not None:
            height, made, is_coinbase = origins[given.spent.tx_id]
            row |= _made_at(height, given.prev_txid, given.prev_vout, made, is_coinbase)
            row |= _script(given.spent.script_pubkey, network)
            row["value"] = given.spent.value_sat
            if made is not None and block.time is not None:
                row["lifespan"] = block.time - made
                row["cdd"] = _coin_days(given.spent, block.time - made)
        rows.append(row)
    return rows


def _made_at(
    height: int | None, txid: bytes, vout: int, time: int | None, is_coinbase: bool | None
) -> Row:
    return {
        "block_id": height,
        "transaction_hash": format_hash(txid),
        "index": vout,
        "time": _time(time),
        "is_from_coinbase": is_coinbase,
    }


def _script(script: bytes, network: Network) -> Row:
    fields = script_fields(script, network)
    addresses = [a for a in fields["addresses"] if not a.startswith("nonstandard")]
    return {
        "recipient": addresses[0] if len(addresses) == 1 else None,
        "type": fields["type"],
        "script_hex": fields["script_hex"],
        "is_spendable": False if is_unspendable(script) else None,
    }


def _origins(source: Source, txs: Sequence[Tx]) -> dict[int, Origin]:
    """Where the outputs that these transactions spend were made, by tx_id."""
    wanted = sorted({i.spent.tx_id for tx in txs for i in tx.inputs if i.spent is not None})
    rows = source.lookup.rows_of("txs", wanted, ["height", "tx_index"])
    heights = {row["height"] for row in rows.values()}
    times = source.lookup.rows_of("blocks", heights, ["time_utc"])
    made: dict[int, Origin] = {}
    for tx_id, row in rows.items():
        if tx_id in source.stubs:
            # nobody told where it stands: the store has it at its spender
            made[tx_id] = None, None, None
            continue
        index = row["tx_index"]
        made[tx_id] = (
            None if source.is_ranked else row["height"],
            _seconds(times[row["height"]]["time_utc"]),
            None if index is None else index == 0,
        )
    return made


def _seconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else milliseconds // 1000


def _coin_days(spent: Spent, seconds: int) -> float:
    return spent.value_sat * max(seconds, 0) / (COIN * _DAY_SECONDS)


def _has_witness(tx: Tx) -> bool | None:
    if any(i.witness is None for i in tx.inputs):
        return None
    return any(i.witness for i in tx.inputs)


def _rate(fee_sat: int | None, size: int | None) -> float | None:
    """Satoshis for a thousand of what `size` counts."""
    return None if fee_sat is None or not size else fee_sat * 1000 / size


def _sum(values: Sequence[Any]) -> Any:
    return None if None in values else sum(values)


def _digits(value: float, digits: int) -> str:
    """The number with so many significant digits, never with an exponent."""
    return f"{Decimal(f'{value:.{digits}g}'):f}"


def _time(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
