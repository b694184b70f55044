"""Transactions and blocks as an Esplora server answers them, one JSON object a line."""

import json
from typing import Any

from peelchain.chain.esplora_form import block_form, status_form, transaction_form
from peelchain.chain.exports.files import Piece
from peelchain.chain.exports.parts import Block, Tx
from peelchain.chain.exports.plan import Cut
from peelchain.chain.exports.source import Source
from peelchain.network import Network
from peelchain.raw_tx import TxOutput

NOTES = """\
`transactions_*.json` has a transaction a line, as Esplora's `/tx/:txid` answers it: prevouts,
scriptSigs, witnesses and status. `blocks_*.json` has a block a line, as its `/block/:hash`.
Transactions of a block stand in its order. Amounts are satoshis, times seconds since 1970.
`prevout` is null for a coinbase, and where it is not known; `fee` is null then too. `witness` is
null where the source of the store gave none. Transactions whose bytes are not known are left out.

```sh
zstdcat -f transactions_*.json* | jq -r 'select(.fee > 100000) | .txid'
```
"""


def write(source: Source, cut: Cut, piece: Piece) -> None:
    """Writes `blocks_*.json` and `transactions_*.json`."""
    end = f"_{cut.label}.json" if cut.label else ".json"
    with piece.lines("blocks" + end) as blocks, piece.lines("transactions" + end) as file:
        for block, txs in source.blocks(cut):
            row = block_line(block)
            if row is not None:
                blocks.add(row)
            for tx in txs:
                if tx.raw is not None:
                    file.add(transaction_line(block, tx, source.network))


def block_line(block: Block) -> str | None:
    """A block; None for one that is not known whole."""
    if block.header is None or block.block_hash is None or block.median_time is None:
        return None
    if block.size_bytes is None or block.weight is None:
        return None
    return _line(
        block_form(
            block.height,
            block.block_hash,
            block.header,
            tx_count=block.tx_count,
            size=block.size_bytes,
            weight=block.weight,
            median_time=block.median_time,
        )
    )


def transaction_line(block: Block, tx: Tx, network: Network) -> str:
    """A transaction whose bytes are known."""
    assert tx.raw is not None
    status = None
    if block.block_hash is not None and block.time is not None:
        status = status_form(block.height, block.block_hash, block.time)
        if block.number is None:
            del status["block_height"]
    form = transaction_form(
        tx.raw,
        [
            None if i.spent is None else TxOutput(i.spent.value_sat, i.spent.script_pubkey)
            for i in tx.inputs
        ],
        network,
        txid=tx.txid,
        size=tx.size_bytes or 0,
        weight=tx.weight or 0,
        fee=tx.fee_sat or 0,
        status=status,
    )
    if tx.fee_sat is None:
        form["fee"] = None
    for told, given in zip(form["vin"], tx.inputs, strict=True):
        # no key at all says that there is none
        if given.witness is None:
            told["witness"] = None
    return _line(form)


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, separators=(",", ":")) + "\n"
