"""Cash addresses, as Bitcoin Cash writes P2PKH and P2SH.

Source: the CashAddr specification of Bitcoin Cash, version 1.1, and CHIP-2022-02-CashTokens for the
types that say their owner's wallet knows tokens. Characters are bech32's; the checksum is another.
"""

from collections.abc import Iterable

from peelchain.script import bech32

P2PKH = 0
P2SH = 1
TOKENS = 2
"""Added to a type where the wallet behind the address says it knows tokens."""

MAX_LENGTH = 130
"""Longer texts are no cash address: 64 bytes of hash, a prefix of a network."""

_SIZES = (20, 24, 28, 32, 40, 48, 56, 64)
_CHECKSUM_VALUES = 8
_GENERATOR = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)


def encode(prefix: str, kind: int, data: bytes) -> str:
    """The address of a hash of 20, 24, 28, 32, 40, 48, 56 or 64 bytes, with its prefix."""
    payload = bytes([kind << 3 | _SIZES.index(len(data))]) + data
    values = _values_of(payload)
    state = _residue(prefix, [*values, *[0] * _CHECKSUM_VALUES])
    checksum = [state >> 5 * (_CHECKSUM_VALUES - 1 - place) & 31 for place in range(8)]
    return f"{prefix}:" + "".join(bech32.CHARSET[value] for value in [*values, *checksum])


def decode(text: str, prefix: str) -> tuple[int, bytes] | None:
    """Type and hash of an address with this prefix, written or left out; None for other text."""
    if len(text) > MAX_LENGTH or not text.isascii() or text not in (text.lower(), text.upper()):
        return None
    values = bech32.values_of(text.lower().removeprefix(f"{prefix}:"))
    if values is None or len(values) <= _CHECKSUM_VALUES or _residue(prefix, values) != 0:
        return None
    payload = bech32.program_of(values[:-_CHECKSUM_VALUES])
    if not payload or payload[0] & 0x80 or len(payload) - 1 != _SIZES[payload[0] & 7]:
        return None
    return payload[0] >> 3, payload[1:]


def is_whole(text: str, prefix: str) -> bool:
    """Whether the checksum of the text with this prefix holds, whatever it holds."""
    values = bech32.values_of(text)
    return values is not None and _residue(prefix, values) == 0


def _residue(prefix: str, values: Iterable[int]) -> int:
    state = 1
    for value in (*(ord(character) & 31 for character in prefix), 0, *values):
        top = state >> 35
        state = (state & 0x07FFFFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                state ^= generator
    return state ^ 1


def _values_of(payload: bytes) -> list[int]:
    bits = 8 * len(payload)
    padding = -bits % 5
    number = int.from_bytes(payload, "big") << padding
    return [number >> shift & 31 for shift in range(bits + padding - 5, -1, -5)]
