"""Lines of published CoinJoin sets: `txid:::block:::index:::time:::inputs:::outputs`.

Inputs are `txid-vout-value+script+type` and outputs `value+script+type`, joined by `}{`. Source:
the Dumplings scanner (github.com/nopara73/Dumplings), whose files researchers share. A line has no
version, locktime, scriptSigs or sequences: what it says cannot be held against its txid.
"""

from peelchain.chain.dumps import values
from peelchain.chain.dumps.rows import RowError, TxRow
from peelchain.chain.partial.records import Input, Output, Place, Prevout, Transaction
from peelchain.units import OutPoint

_FIELDS = 6


def row(where: str, line: bytes) -> TxRow:
    """The transaction of a line. Raises RowError."""
    try:
        fields = line.decode("ascii").split(":::")
    except UnicodeDecodeError:
        raise RowError("it has characters that no line of a set has") from None
    if len(fields) != _FIELDS:
        raise RowError(
            f"it has {len(fields)} fields between ':::', not {_FIELDS}: txid, block hash, index, "
            "time, inputs, outputs"
        )
    txid, block_hash, position, time, inputs, outputs = fields
    transaction = Transaction(
        txid=values.hash_of(txid, "txid"),
        version=None,
        locktime=None,
        size_bytes=None,
        weight=None,
        inputs=tuple(_input(text) for text in inputs.split("}{")),
        outputs=tuple(_output(text) for text in outputs.split("}{")),
    )
    spent = sum(i.prevout.value_sat or 0 for i in transaction.inputs if i.prevout)
    paid = sum(o.value_sat for o in transaction.outputs)
    if paid > spent:
        raise RowError(f"it pays {paid} satoshis out of {spent}")
    outpoints = {i.prevout.outpoint for i in transaction.inputs if i.prevout}
    if len(outpoints) < len(transaction.inputs):
        raise RowError("it spends an output twice")
    place = Place(
        height=None,
        block_hash=values.optional_hash(block_hash, "block hash"),
        time=values.optional_time(time),
        # the scanner writes 0 where it does not know: what spends outputs is never first in a block
        position=values.optional(position, "index", 0, values.UINT32) or None,
    )
    return TxRow(where, transaction, place)


def _input(text: str) -> Input:
    parts = text.split("+")
    outpoint = parts[0].split("-")
    if len(parts) != 3 or len(outpoint) != 3:
        raise RowError(f"{values.said(text)} is no input: it is not txid-vout-value+script+type")
    return Input(
        Prevout(
            OutPoint(values.hash_of(outpoint[0], "txid"), values.uint32(outpoint[1], "vout")),
            values.sat(outpoint[2]),
            values.data(parts[1], "script"),
        )
    )


def _output(text: str) -> Output:
    parts = text.split("+")
    if len(parts) != 3:
        raise RowError(f"{values.said(text)} is no output: it is not value+script+type")
    return Output(values.sat(parts[0]), values.data(parts[1], "script"))
