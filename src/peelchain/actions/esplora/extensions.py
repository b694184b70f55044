"""Requests that mempool.space's servers answer beside Esplora's. Source: mempool.space/docs/api."""

from typing import Any

import numpy as np

from peelchain.actions.esplora.spends import outspends
from peelchain.actions.esplora.view import EsploraView, block_at, lacking
from peelchain.errors import AddressError, MisuseError, NotInChainError
from peelchain.script import ScriptType, script_pubkey, script_type, witness_program
from peelchain.units import MAX_TIME, format_hash, format_time

Row = dict[str, Any]

MOST_TXIDS = 50
"""Transactions whose spends one request asks for, as there."""


def outspends_of(txids: str, view: EsploraView) -> list[list[Row]]:
    """Who spends the outputs of each of the txids, which commas part.

    Raises MisuseError for more than fifty, and as `outspends` does.
    """
    asked = [txid for txid in txids.split(",") if txid]
    if len(asked) > MOST_TXIDS:
        raise MisuseError(f"Too many txids requested (>{MOST_TXIDS})")
    return [outspends(txid, view) for txid in asked]


def validated(address: str, view: EsploraView) -> Row:
    """Whether a text is an address of the chain, in the form of Bitcoin Core's validateaddress.

    What is none is not said again: it may be a secret.
    """
    try:
        script = script_pubkey(address, view.network)
    except AddressError as e:
        return {"isvalid": False, "error": str(e)}
    program = witness_program(script)
    told: Row = {
        "isvalid": True,
        "address": address,
        "scriptPubKey": script.hex(),
        "isscript": script_type(script) in (ScriptType.P2SH, ScriptType.P2WSH, ScriptType.P2TR),
        "iswitness": program is not None,
    }
    if program is not None:
        told |= {"witness_version": program[0], "witness_program": program[1].hex()}
    return told


def block_before(timestamp: str, view: EsploraView) -> Row:
    """The block whose time is the latest that is not after a time, in seconds since 1970."""
    if not (timestamp.isascii() and timestamp.isdecimal()) or int(timestamp[:12]) > MAX_TIME:
        raise MisuseError("Invalid timestamp")
    times = view.times
    there = np.flatnonzero((times >= 0) & (times <= int(timestamp)))
    if not len(there):
        raise NotInChainError(lacking("Block", view))
    # headers need not rise: of those with one time the highest
    latest = times[there]
    height = int(there[np.flatnonzero(latest == latest.max())[-1]])
    found = block_at(height, view)
    time = format_time(found.time_seconds)
    return {
        "height": height,
        "hash": format_hash(found.block_hash),
        "timestamp": time.replace("Z", ".000Z"),
    }
