"""What one header must hold by itself, and beside those known near it."""

from collections.abc import Mapping

from peelchain import _core
from peelchain.errors import FalseAnswerError, MisuseError
from peelchain.network import Network
from peelchain.network.kernel import kernel_rules
from peelchain.script import sha256d
from peelchain.units import MAX_HEIGHT, format_hash, format_time

HEADER_BYTES = 80
_MOST_BACK_S = 24 * 3600
"""Seconds by which a later block may be dated before an earlier one: some hours can happen."""

_WHICH = (
    "one of the servers that gave them lies about the height: use another, and where that agrees "
    "with this one, fetch into a new store"
)

_DIFFICULTY_1 = 0xFFFF << 208


def check_header(header: bytes, height: int, network: Network, said_by: str) -> bytes:
    """The hash of a header that holds, internal byte order.

    Its hash is below its target, and the target is one that a block of this height may have: no
    easier than the network's limit, nor than the difficulty was known to be from there on. A block
    of a known height has the known hash. Raises FalseAnswerError naming who said so.
    """
    if len(header) != HEADER_BYTES:
        raise FalseAnswerError(
            f"{said_by}: a header has {len(header):,} bytes, not {HEADER_BYTES}; use another server"
        )
    if not 0 <= height <= MAX_HEIGHT:
        raise FalseAnswerError(f"{said_by}: height {height} cannot be; use another server")
    block_hash = sha256d(header)
    target = target_of(header)
    shown = f"{said_by}: the header {format_hash(block_hash)} at height {height}"
    if target is None or target > _easiest(network, height):
        raise FalseAnswerError(
            f"{shown} claims less work than a block of {network.name} can have there; use another "
            "server, or name the network with --network"
        )
    work_hash = _core.work_hash(header, kernel_rules(network))
    if work_hash is None:
        raise MisuseError(
            f"{shown} is proven by another chain's block, which a header by itself does not show; "
            f"{network.coin} is read from a node's block files alone, with 'peelchain chain ingest "
            "core:DIR'"
        )
    if int.from_bytes(work_hash, "little") > target:
        raise FalseAnswerError(f"{shown} has no proof of work; use another server")
    known = dict(network.checkpoints)
    known[0] = network.genesis_hash
    if known.get(height, format_hash(block_hash)) != format_hash(block_hash):
        raise FalseAnswerError(
            f"{shown} is not the one that {network.name} has there, {known[height]}; use a server "
            "of this network, or name the network with --network"
        )
    return block_hash


def check_neighbours(
    header: bytes, height: int, known: Mapping[int, bytes], network: Network, said_by: str
) -> None:
    """Refuses a header that does not join those known at the heights beside it.

    `known` are headers by height, of the heights before and after and of the same period of
    difficulty. Raises FalseAnswerError.
    """
    shown = f"{said_by}: the header {format_hash(sha256d(header))} at height {height}"
    before, after = known.get(height - 1), known.get(height + 1)
    if before is not None and header[4:36] != sha256d(before):
        raise FalseAnswerError(f"{shown} does not follow the one known before it; {_WHICH}")
    if after is not None and after[4:36] != sha256d(header):
        raise FalseAnswerError(f"{shown} is not the parent of the one known after it; {_WHICH}")
    if network.no_retargeting or network.allow_min_difficulty:
        return
    for other, theirs in known.items():
        same = other // network.retarget_blocks == height // network.retarget_blocks
        if same and theirs[72:76] != header[72:76]:
            raise FalseAnswerError(
                f"{shown} has another difficulty than the block at height {other}, between which "
                f"it does not change; {_WHICH}"
            )


def check_times(
    header: bytes,
    height: int,
    below: tuple[int, bytes] | None,
    above: tuple[int, bytes] | None,
    network: Network,
    said_by: str,
) -> None:
    """Refuses a header whose time cannot be, between the nearest known below and above.

    A header says its time, not its height: by the times one is found out that was told at the
    height of another. A block's time is later than the median of the eleven before it, and no node
    takes one two hours ahead of its clock, so that times never go back by much (Bitcoin Core,
    ContextualCheckBlockHeader). Test networks, where anyone can mine, are left out. Raises
    FalseAnswerError.
    """
    if network.allow_min_difficulty or network.no_retargeting:
        return
    shown = f"{said_by}: the header {format_hash(sha256d(header))} at height {height}"
    time = _time(header)
    for other, is_below in ((below, True), (above, False)):
        if other is None:
            continue
        early, late = (_time(other[1]), time) if is_below else (time, _time(other[1]))
        if late < early - _MOST_BACK_S:
            raise FalseAnswerError(
                f"{shown} is of {format_time(time)}, and that known at height {other[0]} of "
                f"{format_time(_time(other[1]))}: no chain has them in this order; {_WHICH}"
            )


def _time(header: bytes) -> int:
    return int.from_bytes(header[68:72], "little")


def target_of(header: bytes) -> int | None:
    """The target that a header claims; None for one that Bitcoin Core refuses (SetCompact)."""
    bits = int.from_bytes(header[72:76], "little")
    exponent, mantissa = bits >> 24, bits & 0x7FFFFF
    if bits & 0x800000 or mantissa == 0:
        return None
    target = mantissa << 8 * (exponent - 3) if exponent > 3 else mantissa >> 8 * (3 - exponent)
    return target if 0 < target < 1 << 256 else None


def _easiest(network: Network, height: int) -> int:
    floors = [difficulty for first, difficulty in network.work_floors if height >= first]
    return min([network.pow_limit, *(_DIFFICULTY_1 // floor for floor in floors)])
