"""Rows in the form of bitcoin-etl, which BigQuery's public `crypto_bitcoin` has too.

Source: bitcoin-etl's schema (github.com/blockchain-etl/bitcoin-etl) in its versions. Such rows have
no witnesses, and the coinbase's input stands, as `coinbase_param`, with the block: what is made
again of a transaction hashes to its txid, and where its size says so, its witnesses are missing.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from peelchain.chain.dumps import values
from peelchain.chain.dumps.rows import BlockRow, RowError, TxRow
from peelchain.chain.dumps.stripped import coinbase_tx
from peelchain.chain.partial.records import Input, Output, Place, Prevout, Transaction, of_parts
from peelchain.network import Network
from peelchain.raw_tx import RawTx, TxInput, TxOutput, serialised
from peelchain.units import MAX_HEIGHT, OutPoint

_MOST_PARTS = 200_000


def block(where: str, item: dict[str, Any]) -> BlockRow:
    """The block that a row is. Raises RowError."""
    param = _first(item, "coinbase_param", "coinbase")
    return BlockRow(
        where=where,
        height=values.integer(_first(item, "number", "height"), "number", 0, MAX_HEIGHT),
        block_hash=values.hash_of(_first(item, "hash", "block_hash"), "hash"),
        prev_hash=values.optional_hash(
            _first(item, "previous_block_hash", "previousblockhash"), "previous_block_hash"
        ),
        version=values.version(item.get("version")),
        merkle_root=values.hash_of(item.get("merkle_root"), "merkle_root"),
        time=values.time(_first(item, "timestamp", "time"), "timestamp"),
        bits=values.number_or_hex(item.get("bits"), "bits"),
        nonce=values.number_or_hex(item.get("nonce"), "nonce"),
        tx_count=values.optional(
            _first(item, "transaction_count", "tx_count"), "transaction_count", 0, values.UINT32
        ),
        coinbase_script=None if param is None else values.data(param, "coinbase_param"),
        size_bytes=values.optional(item.get("size"), "size", 0, values.UINT32),
        stripped_bytes=values.optional(item.get("stripped_size"), "stripped_size", 0, 2**32),
        weight=values.optional(item.get("weight"), "weight", 0, values.UINT32),
    )


def transaction(where: str, item: dict[str, Any], network: Network | None) -> TxRow:
    """The transaction that a row is, with scripts of prevouts for a network. Raises RowError."""
    txid = values.hash_of(_first(item, "hash", "transaction_hash", "txid"), "hash")
    given = _parts(item, "inputs")
    coinbase = _is_coinbase(item, given)
    prevouts = [] if coinbase else [_prevout(part, network) for part in given]
    outputs = tuple(_output(part) for part in _parts(item, "outputs"))
    if not outputs:
        raise RowError("a transaction without outputs cannot be")
    size = values.optional(item.get("size"), "size", 0, values.UINT32)
    told = Transaction(
        txid=txid,
        version=None if item.get("version") is None else values.version(item["version"]),
        locktime=values.optional(
            _first(item, "lock_time", "locktime"), "lock_time", 0, values.UINT32
        ),
        size_bytes=size or None,
        weight=None,
        inputs=(Input(None),) if coinbase else tuple(Input(prevout) for prevout in prevouts),
        outputs=outputs,
    )
    _check_values(prevouts, outputs)
    row = TxRow(where, told, _place(item))
    if told.version is None or told.locktime is None:
        return row
    bare = RawTx(
        told.version,
        (),
        tuple(TxOutput(o.value_sat, o.script_pubkey) for o in outputs),
        told.locktime,
    )
    if coinbase:
        sequence = values.optional(
            _first(item, "coinbase_sequence", default=_told_sequence(given)),
            "coinbase_sequence",
            0,
            values.UINT32,
        )
        whole = replace(row, coinbase=bare, coinbase_sequence=sequence)
        script = _first(given[0], "coinbase", "coinbase_param") if given else None
        if script is None:
            return whole
        return with_coinbase_script(whole, values.data(script, "coinbase"))
    inputs = _inputs(given, prevouts)
    return row if inputs is None else rebuilt(row, replace(bare, inputs=inputs))


def with_coinbase_script(row: TxRow, script_sig: bytes) -> TxRow:
    """The row of a coinbase made whole by its scriptSig; as it is where that makes another txid.

    Raises RowError for a size that it cannot have.
    """
    if row.coinbase is None:
        return row
    tx = coinbase_tx(row.coinbase, row.transaction.txid, script_sig, row.coinbase_sequence)
    return row if tx is None else rebuilt(replace(row, coinbase=None), tx)


def rebuilt(row: TxRow, tx: RawTx) -> TxRow:
    """The row with the bytes of its transaction, which lack the witnesses. Raises RowError."""
    raw = serialised(tx, witness=False)
    told = row.transaction
    size = told.size_bytes or len(raw)
    checked = of_parts(tx, size)
    if checked.txid != told.txid:
        raise RowError(
            f"its parts hash to {checked.txid[::-1].hex()}, not to its txid {told.txid[::-1].hex()}"
        )
    check_size(size, len(raw), len(tx.inputs))
    inputs = tuple(
        replace(i, prevout=mine.prevout)
        for i, mine in zip(checked.inputs, told.inputs, strict=True)
    )
    whole = replace(checked, inputs=inputs)
    return replace(row, transaction=whole, raw=raw, stripped=size != len(raw))


def check_size(size: int, bare: int, inputs: int) -> None:
    """Refuses a size that no transaction of so many bytes without witnesses can have."""
    if size != bare and size < bare + 2 + inputs:
        raise RowError(f"its size is told as {size}, and without witnesses it has {bare} bytes")


def _first(item: dict[str, Any], *names: str, default: Any = None) -> Any:
    return next((item[name] for name in names if item.get(name) is not None), default)


def _parts(item: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The inputs or outputs, in order of their index where that is told."""
    found = item.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(part, dict) for part in found):
        raise RowError(f"its {name} are no list of objects")
    if len(found) > _MOST_PARTS:
        raise RowError(f"it has {len(found):,} {name}, more than a transaction can have")
    if any(part.get("index") is None for part in found):
        return found
    parts = sorted(found, key=lambda part: values.integer(part["index"], "index", 0, _MOST_PARTS))
    if [int(part["index"]) for part in parts] != list(range(len(parts))):
        raise RowError(f"the indexes of its {name} are not 0 to {len(parts) - 1}, each once")
    return parts


def _prevout(part: dict[str, Any], network: Network | None) -> Prevout:
    outpoint = OutPoint(
        values.hash_of(_first(part, "spent_transaction_hash", "txid"), "spent_transaction_hash"),
        values.uint32(_first(part, "spent_output_index", "vout"), "spent_output_index"),
    )
    value_sat = values.optional_sat(part.get("value"))
    if network is None:
        return Prevout(outpoint, value_sat)
    script = values.script_of_address(part.get("addresses"), part.get("type"), network)
    return Prevout(outpoint, value_sat, script)


def _inputs(given: list[dict[str, Any]], prevouts: list[Prevout]) -> tuple[TxInput, ...] | None:
    """The inputs without witnesses; None where a part of one is not told."""
    made = []
    for part, prevout in zip(given, prevouts, strict=True):
        script_sig = _first(part, "script_hex", "hex")
        sequence = part.get("sequence")
        if (script_sig is None and "script_hex" not in part) or sequence is None:
            return None
        made.append(
            TxInput(
                prevout.outpoint.txid,
                prevout.outpoint.vout,
                values.data(script_sig or "", "script_hex"),
                values.uint32(sequence, "sequence"),
            )
        )
    return tuple(made)


def _is_coinbase(item: dict[str, Any], given: list[dict[str, Any]]) -> bool:
    """Whether it is a coinbase: by its flag, or where that is not told by its inputs."""
    told = item.get("is_coinbase")
    spends = [part for part in given if _first(part, "spent_transaction_hash", "txid") is not None]
    if told is None:
        return not spends
    coinbase = values.flag(told, "is_coinbase")
    if coinbase == bool(spends):
        raise RowError(f"is_coinbase is {_said_flag(coinbase)}, and it has {len(spends)} prevouts")
    return coinbase


def _said_flag(value: bool) -> str:
    """A flag as JSON writes it."""
    return "true" if value else "false"


def _told_sequence(given: list[dict[str, Any]]) -> Any:
    return given[0].get("sequence") if len(given) == 1 else None


def _output(part: dict[str, Any]) -> Output:
    script = _first(part, "script_hex", "hex", default="")
    return Output(values.sat(part.get("value")), values.data(script, "script_hex"))


def _check_values(prevouts: Sequence[Prevout], outputs: Sequence[Output]) -> None:
    known = [p.value_sat for p in prevouts if p.value_sat is not None]
    if prevouts and len(known) == len(prevouts):
        paid = sum(o.value_sat for o in outputs)
        if paid > sum(known):
            raise RowError(f"it pays {paid} satoshis out of {sum(known)}")


def _place(item: dict[str, Any]) -> Place:
    return Place(
        height=values.optional_height(_first(item, "block_number", "block_height", "number")),
        block_hash=values.optional_hash(item.get("block_hash"), "block_hash"),
        time=values.optional_time(_first(item, "block_timestamp", "block_time"), "block_timestamp"),
        position=values.optional(item.get("index"), "index", 0, values.UINT32),
    )
