"""Raw blocks, one a file, or several in a file as a node keeps them."""

from peelchain.chain.exports.files import Piece
from peelchain.chain.exports.plan import Cut
from peelchain.chain.exports.source import Source
from peelchain.units import format_hash


def write(source: Source, cut: Cut, piece: Piece) -> None:
    """Writes `HEIGHT_HASH.bin` for each block of a cut without a label, else `blkNNNNN.dat`.

    A node's format is the network's magic and the size before each block, and no XOR: Bitcoin Core
    loads such files with -loadblock.
    """
    rows = source.lookup.blocks(cut.heights)
    if len(rows) == 1 and "_" in cut.label:
        (row,) = rows
        with piece.raw(f"{row.height:08d}_{format_hash(row.block_hash)}.bin") as file:
            file.write(source.raw.block(row))
            file.rows += 1
        return
    with piece.raw(f"blk{cut.label or '00000'}.dat") as file:
        for row in rows:
            raw = source.raw.block(row)
            file.write(source.network.magic + len(raw).to_bytes(4, "little"))
            file.write(raw)
            file.rows += 1
