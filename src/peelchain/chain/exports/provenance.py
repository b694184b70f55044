"""How each transaction of a partial store is known, beside formats that have no place for it."""

import json

from peelchain.chain.exports.columns import column, hash_texts, table_rows
from peelchain.chain.exports.files import Piece
from peelchain.chain.exports.source import Source

NAME = "provenance.json"

NOTE = """
`provenance.json` says of each transaction how it is known: `inclusion` (its bytes hash to the txid,
and its Merkle branch leads to a header with proof of work), `txid` (its bytes do, its block is
told), `told` (all of it is the word of `source`), `stub` (left out: known by outputs alone that
others spend). Null elsewhere: not known.
"""


def write(source: Source, piece: Piece) -> None:
    """Writes a line for each transaction of a partial store, in the order of its chain."""
    end = source.store.manifest.counts["txs"]
    shown = hash_texts(column(table_rows(source.store, "txs", 0, end, ["txid"]), "txid"))
    rows = source.store.read("provenance").select(["tx_id", "checked", "source"]).to_pylist()
    with piece.lines(NAME, plain=True) as file:
        for row in rows:
            told = {
                "txid": shown[row["tx_id"]].as_py(),
                "checked": row["checked"],
                "source": row["source"],
            }
            file.add(json.dumps(told) + "\n")
