"""Merkle branches of many transactions of one block, the tree hashed once for all of them."""

from collections.abc import Iterable
from hashlib import sha256

from peelchain import _core

_FEW = 4
"""Up to so many branches the kernel, which hashes the tree for each, takes less time."""


def merkle_branches(txids: bytes, indices: Iterable[int]) -> dict[int, list[bytes]]:
    """The branch, from the leaf up, of each of these positions of a block.

    `txids` are the block's, 32 bytes each in internal byte order, in block order; so are the
    siblings of a branch. Source: Bitcoin Core, ComputeMerkleRoot (an odd level's last is paired
    with itself).
    """
    wanted = list(indices)
    if len(wanted) <= _FEW:
        return {index: _core.merkle_branch(txids, index) for index in wanted}
    levels = [[txids[at : at + 32] for at in range(0, len(txids), 32)]]
    while len(levels[-1]) > 1:
        level = levels[-1]
        if len(level) % 2:
            level.append(level[-1])
        levels.append(
            [
                sha256(sha256(level[at] + level[at + 1]).digest()).digest()
                for at in range(0, len(level), 2)
            ]
        )
    return {
        index: [level[index >> depth ^ 1] for depth, level in enumerate(levels[:-1])]
        for index in wanted
    }
