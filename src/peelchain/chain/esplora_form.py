"""Transactions, outputs and blocks in the form of the Esplora API.

Source: the published API (Blockstream, esplora, API.md), and where that leaves a thing open, what
its server answers. Amounts are in satoshis; keys stand in its order.
"""

from collections.abc import Sequence
from typing import Any

from peelchain.network import Network
from peelchain.raw_tx import RawTx, TxInput, TxOutput
from peelchain.script import ScriptType, address, script_type
from peelchain.script.asm import disassembled, last_push
from peelchain.units import format_hash

Row = dict[str, Any]

UNCONFIRMED: Row = {"confirmed": False}

_TYPES = {
    ScriptType.P2PK: "p2pk",
    ScriptType.P2PKH: "p2pkh",
    ScriptType.P2SH: "p2sh",
    ScriptType.P2WPKH: "v0_p2wpkh",
    ScriptType.P2WSH: "v0_p2wsh",
    ScriptType.P2TR: "v1_p2tr",
}


def transaction_form(
    tx: RawTx,
    prevouts: Sequence[TxOutput | None],
    network: Network,
    *,
    txid: bytes,
    size: int,
    weight: int,
    fee: int,
    status: Row | None,
) -> Row:
    """A transaction; `prevouts` in order of its inputs, None for a coinbase and for one not known.

    `txid` in internal byte order, `size` in bytes with witnesses, `status` as of `status_form`.
    """
    told = {
        "txid": format_hash(txid),
        "version": tx.version % (1 << 32),
        "locktime": tx.locktime,
        "vin": [
            _input_form(txin, prevout, network)
            for txin, prevout in zip(tx.inputs, prevouts, strict=True)
        ],
        "vout": [output_form(out, network) for out in tx.outputs],
        "size": size,
        "weight": weight,
        "fee": fee,
    }
    return told if status is None else {**told, "status": status}


def output_form(out: TxOutput, network: Network) -> Row:
    """An output, or the prevout of an input."""
    script = out.script_pubkey
    shown = address(script, network)
    return {
        "scriptpubkey": script.hex(),
        "scriptpubkey_asm": disassembled(script),
        "scriptpubkey_type": _type(script),
        **({"scriptpubkey_address": shown} if shown else {}),
        "value": out.value_sat,
    }


def status_form(height: int | None, block_hash: bytes | None, time: int | None) -> Row:
    """The status of a transaction in a block; hash in internal byte order, time in seconds.

    What is None is not known, and left out.
    """
    told = {
        "block_height": height,
        "block_hash": None if block_hash is None else format_hash(block_hash),
        "block_time": time,
    }
    return {"confirmed": True} | {name: value for name, value in told.items() if value is not None}


def block_form(
    height: int,
    block_hash: bytes,
    header: bytes,
    *,
    tx_count: int,
    size: int,
    weight: int,
    median_time: int,
) -> Row:
    """A block; hash in internal byte order, `median_time` of it and the ten before (BIP 113)."""
    bits = int.from_bytes(header[72:76], "little")
    return {
        "id": format_hash(block_hash),
        "height": height,
        "version": int.from_bytes(header[:4], "little"),
        "timestamp": int.from_bytes(header[68:72], "little"),
        "tx_count": tx_count,
        "size": size,
        "weight": weight,
        "merkle_root": format_hash(header[36:68]),
        "previousblockhash": format_hash(header[4:36]) if height else None,
        "mediantime": median_time,
        "nonce": int.from_bytes(header[76:80], "little"),
        "bits": bits,
        "difficulty": difficulty(bits),
    }


def difficulty(bits: int) -> float:
    """How many times harder than the easiest target of mainnet; 0 for bits that allow nothing.

    Source: GetDifficulty of Bitcoin Core, rpc/blockchain.cpp.
    """
    exponent, mantissa = bits >> 24, bits & 0xFFFFFF
    if not mantissa:
        return 0.0
    return float(0xFFFF / mantissa * 256.0 ** (29 - exponent))


def _input_form(txin: TxInput, prevout: TxOutput | None, network: Network) -> Row:
    redeem, witness_script = _inner_scripts(txin, prevout)
    told: Row = {
        "txid": format_hash(txin.prev_txid),
        "vout": txin.prev_vout,
        "prevout": None if prevout is None else output_form(prevout, network),
        "scriptsig": txin.script_sig.hex(),
        "scriptsig_asm": disassembled(txin.script_sig),
    }
    if txin.witness:
        told["witness"] = [item.hex() for item in txin.witness]
    told["is_coinbase"] = txin.is_coinbase
    told["sequence"] = txin.sequence
    if redeem is not None:
        told["inner_redeemscript_asm"] = disassembled(redeem)
    if witness_script is not None:
        told["inner_witnessscript_asm"] = disassembled(witness_script)
    return told


def _inner_scripts(txin: TxInput, prevout: TxOutput | None) -> tuple[bytes | None, bytes | None]:
    """The redeem script of a P2SH spend, and the witness script of a P2WSH spend, bare or in it."""
    if prevout is None:
        return None, None
    kind = script_type(prevout.script_pubkey)
    redeem = last_push(txin.script_sig) if kind is ScriptType.P2SH else None
    is_p2wsh = kind is ScriptType.P2WSH or (
        redeem is not None and script_type(redeem) is ScriptType.P2WSH
    )
    return redeem, txin.witness[-1] if is_p2wsh and txin.witness else None


def _type(script: bytes) -> str:
    if not script:
        return "empty"
    if script[0] == 0x6A:
        return "op_return"
    return _TYPES.get(script_type(script), "unknown")
