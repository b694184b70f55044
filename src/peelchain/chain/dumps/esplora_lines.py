"""Rows of Esplora's JSON: transactions as /tx/:txid gives them, blocks as /block/:hash does.

Source: the API of Esplora (github.com/Blockstream/esplora, API.md). A transaction has its prevouts
and witnesses with it, so that its bytes are made again and held against its txid.
"""

from typing import Any

from peelchain.chain.dumps import values
from peelchain.chain.dumps.rows import BlockRow, RowError, TxRow
from peelchain.chain.partial.records import (
    Input,
    Output,
    Place,
    Prevout,
    Transaction,
    of_parts,
)
from peelchain.network import Network
from peelchain.raw_tx import COINBASE_PREVOUT, RawTx, TxInput, TxOutput, serialised
from peelchain.units import MAX_HEIGHT, OutPoint


def block(where: str, item: dict[str, Any]) -> BlockRow:
    """The block that an object is. Raises RowError."""
    return BlockRow(
        where=where,
        height=values.integer(item.get("height"), "height", 0, MAX_HEIGHT),
        block_hash=values.hash_of(item.get("id"), "id"),
        prev_hash=values.optional_hash(item.get("previousblockhash"), "previousblockhash"),
        version=values.version(item.get("version")),
        merkle_root=values.hash_of(item["merkle_root"], "merkle_root"),
        time=values.time(item.get("timestamp"), "timestamp"),
        bits=values.uint32(item.get("bits"), "bits"),
        nonce=values.uint32(item.get("nonce"), "nonce"),
        tx_count=values.optional(item.get("tx_count"), "tx_count", 1, values.UINT32),
        coinbase_script=None,
        size_bytes=values.optional(item.get("size"), "size", 1, values.UINT32),
        stripped_bytes=None,
        weight=values.optional(item.get("weight"), "weight", 1, values.UINT32),
    )


def transaction(where: str, item: dict[str, Any], network: Network | None) -> TxRow:
    """The transaction that an object is. Raises RowError."""
    del network
    if "vin" not in item or "vout" not in item:
        raise RowError("it is no Esplora transaction: it has no vin and vout")
    txid = values.hash_of(item.get("txid"), "txid")
    inputs = [_input(i, vin) for vin, i in enumerate(_objects(item, "vin"))]
    outputs = [_output(o) for o in _objects(item, "vout")]
    tx = RawTx(
        version=values.version(item.get("version")),
        inputs=tuple(i for i, _ in inputs),
        outputs=tuple(TxOutput(o.value_sat, o.script_pubkey) for o in outputs),
        locktime=values.uint32(item.get("locktime"), "locktime"),
    )
    if not tx.inputs or not tx.outputs:
        raise RowError("a transaction without inputs or outputs cannot be")
    checked = of_parts(tx)
    if checked.txid != txid:
        raise RowError(
            f"its parts hash to {checked.txid[::-1].hex()}, not to its txid {txid[::-1].hex()}"
        )
    for name, have in (("size", checked.size_bytes), ("weight", checked.weight)):
        given = values.optional(item.get(name), name, 0, values.UINT32)
        if given is not None and given != have:
            raise RowError(f"its {name} is told as {given}, and its parts make {have}")
    told = Transaction(
        txid=txid,
        version=checked.version,
        locktime=checked.locktime,
        size_bytes=checked.size_bytes,
        weight=checked.weight,
        inputs=tuple(
            Input(
                prevout,
                bare.sequence,
                bare.script_sig_bytes,
                bare.witness_items,
                bare.witness_bytes,
            )
            for (_, prevout), bare in zip(inputs, checked.inputs, strict=True)
        ),
        outputs=checked.outputs,
    )
    _check_fee(item, told)
    return TxRow(where, told, _place(item), serialised(tx))


def _check_fee(item: dict[str, Any], tx: Transaction) -> None:
    told = values.optional_sat(item.get("fee"), "fee")
    spent = [i.prevout.value_sat for i in tx.inputs if i.prevout]
    known = [value for value in spent if value is not None]
    if told is None or not spent or len(known) < len(spent):
        return
    fee = sum(known) - sum(o.value_sat for o in tx.outputs)
    if fee != told:
        raise RowError(f"its fee is told as {told}, and its inputs and outputs make {fee}")


def _place(item: dict[str, Any]) -> Place:
    status = item.get("status") or {}
    if not isinstance(status, dict):
        raise RowError("its status is no object")
    if not values.flag(status.get("confirmed", "block_height" in status), "confirmed"):
        return Place(None, None, None, None)
    return Place(
        height=values.optional_height(status.get("block_height")),
        block_hash=values.optional_hash(status.get("block_hash"), "block_hash"),
        time=values.optional_time(status.get("block_time"), "block_time"),
        position=None,
    )


def _objects(item: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = item[name]
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise RowError(f"its {name} is no list of objects")
    return found


def _input(item: dict[str, Any], vin: int) -> tuple[TxInput, Prevout | None]:
    witness = item.get("witness") or []
    if not isinstance(witness, list):
        raise RowError(f"the witness of input {vin} is no list")
    coinbase = values.flag(item.get("is_coinbase"), "is_coinbase")
    prev_txid, prev_vout = COINBASE_PREVOUT
    if not coinbase:
        prev_txid = values.hash_of(item.get("txid"), "txid")
        prev_vout = values.uint32(item.get("vout"), "vout")
    made = TxInput(
        prev_txid=prev_txid,
        prev_vout=prev_vout,
        script_sig=values.data(item.get("scriptsig") or "", "scriptsig"),
        sequence=values.uint32(item.get("sequence"), "sequence"),
        witness=tuple(values.data(each, "witness") for each in witness),
    )
    if made.is_coinbase:
        return made, None
    prevout = item.get("prevout")
    if not isinstance(prevout, dict):
        return made, Prevout(OutPoint(prev_txid, prev_vout))
    told = _output(prevout)
    return made, Prevout(OutPoint(prev_txid, prev_vout), told.value_sat, told.script_pubkey)


def _output(item: dict[str, Any]) -> Output:
    return Output(
        values.sat(item.get("value")), values.data(item.get("scriptpubkey"), "scriptpubkey")
    )
