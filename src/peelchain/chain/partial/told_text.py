"""A transaction that is a source's word, as the vault keeps it."""

import json

from peelchain.chain.partial.records import Input, Output, Prevout, Transaction
from peelchain.units import OutPoint


def told_text(tx: Transaction) -> str:
    """The transaction as JSON, less its txid and what is told of the outputs that it spends."""
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


def of_told(txid: bytes, text: str) -> Transaction:
    """The transaction that `told_text` made a text of."""
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
