"""All headers from the first block to a tip, each held against the one before it."""

from collections.abc import Callable, Iterator

from peelchain.chain.partial.header_checks import target_of
from peelchain.chain.partial.sitting import EnoughError, Sitting
from peelchain.errors import FalseAnswerError
from peelchain.network import Network
from peelchain.script import sha256d
from peelchain.units import format_hash

_AT_ONCE = 2016
"""Headers asked for and made durable at once."""

_SPAN_S = 14 * 24 * 3600
"""Seconds in which the blocks between two changes of Bitcoin's difficulty are meant to come."""

HeaderAt = Callable[[int], bytes | None]


def fetch_headers(sitting: Sitting) -> int:
    """How many headers were fetched, so that the vault has all from the first block to the tip.

    Those kept are not asked for again. Each follows the one before it and has the difficulty that
    the chain's rule gives, as far as `checks_difficulty` says. Raises FalseAnswerError,
    RemoteError, and EnoughError where the user asked to stop; what was fetched stays.
    """
    vault, tip = sitting.vault, sitting.tip.height
    known = vault.headers()
    before = [height for height in known if height <= tip]
    for heights in _missing(known, tip):
        if sitting.watch("headers", heights[0], tip + 1) is False:
            raise EnoughError("you", "you stopped the fetching; the same command goes on from here")
        given = sitting.source.headers(heights)
        with vault.atomically():
            for height, header in zip(heights, given, strict=True):
                check_follows(header, height, known.get, vault.network, sitting.name)
                vault.add_header(header, height, sitting.name)
                known[height] = header
        vault.commit()
    for height in before:
        check_follows(known[height], height, known.get, vault.network, sitting.name)
    sitting.watch("headers", tip + 1, tip + 1)
    return tip + 1 - len(before)


def check_follows(
    header: bytes, height: int, header_at: HeaderAt, network: Network, said_by: str
) -> None:
    """Holds a header against those below it, which `header_at` gives: parent and difficulty.

    Source: Bitcoin Core, pow.cpp, CalculateNextWorkRequired. Raises FalseAnswerError.
    """
    if height == 0:
        return
    shown = f"{said_by}: the header {format_hash(sha256d(header))} at height {height}"
    before = header_at(height - 1)
    if before is None or header[4:36] != sha256d(before):
        raise FalseAnswerError(f"{shown} does not follow the one before it; use another server")
    if not checks_difficulty(network):
        return
    bits = _bits(before)
    period = network.retarget_blocks
    if height % period == 0 and not network.no_retargeting:
        first = header_at(height - period)
        seconds = _time(before) - _time(first) if first else 0
        bits = _retargeted(target_of(before) or 0, seconds, network.pow_limit)
    if _bits(header) != bits:
        raise FalseAnswerError(
            f"{shown} claims the difficulty {_bits(header):08x}, and the chain's rule gives "
            f"{bits:08x}; use another server"
        )


def checks_difficulty(network: Network) -> bool:
    """Whether the difficulty that each block must have is computed: of Bitcoin, not its testnets.

    Those have rules by which a block may be easy; other coins have their own.
    """
    return network.is_bitcoin and (network.no_retargeting or not network.allow_min_difficulty)


def chainwork(headers: Iterator[bytes]) -> int:
    """The hashes that a chain of headers is expected to have taken, by their own targets."""
    work, bits, each = 0, b"", 0
    for header in headers:
        if header[72:76] != bits:
            bits = header[72:76]
            each = (1 << 256) // ((target_of(header) or 0) + 1)
        work += each
    return work


def _missing(known: dict[int, bytes], tip: int) -> Iterator[list[int]]:
    """The heights that are not kept, lowest first, some at once."""
    some: list[int] = []
    for height in range(tip + 1):
        if height not in known:
            some.append(height)
        if some and (len(some) == _AT_ONCE or height == tip):
            yield some
            some = []


def _bits(header: bytes) -> int:
    return int.from_bytes(header[72:76], "little")


def _time(header: bytes) -> int:
    return int.from_bytes(header[68:72], "little")


def _retargeted(target: int, seconds: int, limit: int) -> int:
    """The next target in compact form: it moves with the time taken, fourfold at most."""
    held = min(max(seconds, _SPAN_S // 4), _SPAN_S * 4)
    new = min(target * held // _SPAN_S, limit)
    size = (new.bit_length() + 7) // 8
    mantissa = new >> 8 * (size - 3) if size > 3 else new << 8 * (3 - size)
    if mantissa & 0x800000:
        mantissa, size = mantissa >> 8, size + 1
    return size << 24 | mantissa
