"""Raw blocks, one a file, or several in a file as a node keeps them."""

from peelchain.chain.exports.files import Piece
from peelchain.chain.exports.parts import Block, block_rows
from peelchain.chain.exports.plan import Cut
from peelchain.chain.exports.source import Source
from peelchain.errors import StoreError
from peelchain.units import format_hash

NOTES = """\
Raw blocks as the network serialises them, with witnesses. `HEIGHT_HASH.bin` is one block;
`blkNNNNN.dat` has several, each after the network's magic and its size (4 bytes, little-endian),
as Bitcoin Core keeps them without XOR.

```sh
bitcoind -loadblock=blk00000.dat
peelchain chain ingest core:FOLDER --store chain.store    # of blkNNNNN.dat files
```
"""


def write(source: Source, cut: Cut, piece: Piece) -> None:
    """Writes `HEIGHT_HASH.bin` for a block that is cut alone, else `blkNNNNN.dat`.

    Raises StoreError where the store has no raw blocks, or such without their witnesses.
    """
    rows = block_rows(source.lookup, cut.heights)
    if len(rows) == 1 and "_" in cut.label:
        (row,) = rows
        with piece.raw(f"{row.height:08d}_{format_hash(row.block_hash or b'')}.bin") as file:
            file.write(_whole(source, row))
            file.rows += 1
        source.passed(1)
        return
    with piece.raw(f"blk{cut.label or '00000'}.dat") as file:
        for row in rows:
            raw = _whole(source, row)
            file.write(source.network.magic + len(raw).to_bytes(4, "little"))
            file.write(raw)
            file.rows += 1
            source.passed(1)


def _whole(source: Source, row: Block) -> bytes:
    raw = source.raw_block(row)
    if len(raw) != row.size_bytes:
        raise StoreError(
            f"block {format_hash(row.block_hash or b'')} (height {row.height}) has {len(raw):,} of "
            f"its {row.size_bytes:,} bytes: the source of {source.store.path} gave no witnesses; "
            "export from a store made from a node"
        )
    return raw
