"""The part of a node's chain that is new: its headers, checked before any block is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from peelchain.chain.partial.header_checks import (
    HEADER_BYTES,
    check_header,
    target_of,
)
from peelchain.chain.rpc.client import NodeError
from peelchain.chain.rpc.node import ChainInfo, Node
from peelchain.errors import FalseAnswerError
from peelchain.network import Network
from peelchain.script import sha256d
from peelchain.units import format_hash

_TRIES = 4
_AGREEMENT_STEP = 16


@dataclass(frozen=True)
class NewHeaders:
    """Headers above `fork`, the greatest height at which node and archive agree (-1 for none).

    `work` is what those headers prove.
    """

    fork: int
    raw: bytes
    work: int

    def __len__(self) -> int:
        return len(self.raw) // HEADER_BYTES

    @property
    def tip_height(self) -> int:
        """The height of the last, or of the fork where there are none."""
        return self.fork + len(self)

    def above(self, height: int) -> "NewHeaders":
        """Those above a height, which then is the fork."""
        skipped = self.raw[: (height - self.fork) * HEADER_BYTES]
        work = sum(
            _work(skipped[i : i + HEADER_BYTES]) for i in range(0, len(skipped), HEADER_BYTES)
        )
        return NewHeaders(height, self.raw[len(skipped) :], self.work - work)

    def of(self, height: int) -> bytes:
        """The header of a height above the fork."""
        at = (height - self.fork - 1) * HEADER_BYTES
        return self.raw[at : at + HEADER_BYTES]


def new_headers(
    node: Node,
    network: Network,
    held: Sequence[str],
    info: ChainInfo,
    progress: Callable[[int, int], None],
) -> NewHeaders:
    """The headers of a node's chain above what is held of it, display hashes by height.

    Every one is below its target and joins the one before; the difficulty changes when and as far
    as it may; known heights have the known blocks. Raises FalseAnswerError, RemoteError.
    """
    refused: NodeError | None = None
    for _ in range(_TRIES):
        try:
            fork = fork_height(node, held, info.blocks)
            found = _checked(node, network, held, fork, info.blocks, progress)
        except NodeError as e:
            # a height above its tip, or a block that is no more in its chain
            found, refused = None, e
        if found is not None:
            return found
        # its chain was reorganised while its headers came
        info = node.info()
    if refused is not None:
        raise refused
    raise FalseAnswerError(
        f"{node.name}: its headers do not join each other, asked for {_TRIES} times; use another "
        "node, or run the command again when its chain stands still"
    )


def fork_height(node: Node, held: Sequence[str], top: int) -> int:
    """The greatest height up to `top` at which a node has the block that is held; -1 for none."""
    end = min(len(held), top + 1)
    step = _AGREEMENT_STEP
    while end > 0:
        first = max(end - step, 0)
        theirs = node.hashes(first, end - first)
        for height in reversed(range(first, end)):
            if format_hash(theirs[height - first]) == held[height]:
                return height
        end, step = first, min(4 * step, 2000)
    return -1


def _checked(
    node: Node,
    network: Network,
    held: Sequence[str],
    fork: int,
    top: int,
    progress: Callable[[int, int], None],
) -> NewHeaders | None:
    """The headers above a fork, None where they do not join: the chain may have changed."""
    # genesis is known by itself
    before = network.genesis_header if fork < 0 else None
    raw = bytearray(before or b"")
    work = _work(before) if before else 0
    above = sha256d(before) if before else bytes.fromhex(held[fork])[::-1]
    height = max(fork, 0)
    for header in node.headers(above, height + 1, top - height):
        height += 1
        if header[4:36] != above:
            return None
        above = check_header(header, height, network, node.name)
        if before is not None:
            _check_step(before, header, height, network, node.name)
        before = header
        raw += header
        work += _work(header)
        if height % 1000 == 0 or height == top:
            progress(height - fork, top - fork)
    return NewHeaders(fork, bytes(raw), work)


def _check_step(before: bytes, header: bytes, height: int, network: Network, said_by: str) -> None:
    """Refuses a change of difficulty at a height that has none, or by more than four times.

    Source: Bitcoin Core, pow.cpp, PermittedDifficultyTransition.
    """
    adjusted_each_block = network.retarget_blocks == 1
    if network.no_retargeting or network.allow_min_difficulty or adjusted_each_block:
        return
    old, new = target_of(before) or 0, target_of(header) or 0
    if height % network.retarget_blocks:
        may_be = header[72:76] == before[72:76]
    else:
        # compact targets are cut off after three bytes
        may_be = old // 4 - (old >> 16) <= new <= 4 * old
    if not may_be:
        raise FalseAnswerError(
            f"{said_by}: the header at height {height} has a difficulty that cannot follow the one "
            "before it; use another node"
        )


def _work(header: bytes) -> int:
    """The hashes expected for a header's target. Source: Bitcoin Core, GetBlockProof."""
    target = target_of(header) or 0
    return (1 << 256) // (target + 1)
