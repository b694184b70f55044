"""A coinbase made whole from what a dump tells of it apart."""

from dataclasses import replace

from peelchain.raw_tx import COINBASE_PREVOUT, RawTx, TxInput, txid_of

_SEQUENCES = (0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0, 1)
"""What miners put there. A dump in bitcoin-etl's form leaves the coinbase's input out."""


def coinbase_tx(
    parts: RawTx, txid: bytes, script_sig: bytes, sequence: int | None = None
) -> RawTx | None:
    """A coinbase, without its witness, of which all but its input is told.

    None where no sequence that miners use makes the txid.
    """
    for tried in _SEQUENCES if sequence is None else (sequence,):
        made = replace(parts, inputs=(TxInput(*COINBASE_PREVOUT, script_sig, tried),))
        if txid_of(made) == txid:
            return made
    return None
