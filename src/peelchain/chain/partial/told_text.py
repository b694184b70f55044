"""A transaction that was only told, as a text that a vault keeps and reads again."""

import json

from peelchain.chain.partial.records import Input, Output, Prevout, Transaction
from peelchain.units import OutPoint


def told_text(tx: Transaction) -> str:
    """All of a transaction but its txid."""
    inputs = [
        [
            [i.prevout.outpoint.txid.hex(), i.prevout.outpoint.vout] if i.prevout else None,
            i.sequence,
            i.script_sig_bytes,
            i.witness_items,
            i.witness_bytes,
        ]
        for i in tx.inputs
    ]
    outputs = [[o.value_sat, o.script_pubkey.hex()] for o in tx.outputs]
    own = [tx.version, tx.locktime, tx.size_bytes, tx.weight]
    return json.dumps([own, inputs, outputs], separators=(",", ":"))


def of_told_text(txid: bytes, text: str) -> Transaction:
    """The transaction of a text that `told_text` wrote."""
    (version, locktime, size_bytes, weight), inputs, outputs = json.loads(text)
    return Transaction(
        txid=txid,
        version=version,
        locktime=locktime,
        size_bytes=size_bytes,
        weight=weight,
        inputs=tuple(
            Input(Prevout(OutPoint(bytes.fromhex(p[0]), p[1])) if p else None, *rest)
            for p, *rest in inputs
        ),
        outputs=tuple(Output(value_sat, bytes.fromhex(script)) for value_sat, script in outputs),
    )
