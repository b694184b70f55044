"""Bech32 and Bech32m, as witness addresses are written.

Source: BIP 173 and BIP 350. Where errors lie is told from the checksum's residue: the code has
distance 5 over an address's length, so one or two wrong characters have one explanation.
"""

from collections.abc import Iterable
from functools import lru_cache

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
MAX_LENGTH = 90
BECH32 = 1
BECH32M = 0x2BC830A3

_VALUES = {character: value for value, character in enumerate(CHARSET)}

_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def _feedback(top: int) -> int:
    folded = 0
    for bit, generator in enumerate(_GENERATOR):
        if top >> bit & 1:
            folded ^= generator
    return folded


_FEEDBACK = tuple(_feedback(top) for top in range(32))


def residue(hrp: str, values: Iterable[int]) -> int:
    """The checksum polynomial's residue: `BECH32` or `BECH32M` where the text is whole."""
    state = 1
    for value in _expanded(hrp):
        state = (state & 0x1FFFFFF) << 5 ^ value ^ _FEEDBACK[state >> 25]
    for value in values:
        state = (state & 0x1FFFFFF) << 5 ^ value ^ _FEEDBACK[state >> 25]
    return state


def values_of(data_part: str) -> list[int] | None:
    """Five-bit values of the characters after the separator; None where one is foreign."""
    try:
        return [_VALUES[character] for character in data_part]
    except KeyError:
        return None


def foreign_characters(data_part: str) -> list[int]:
    """Indexes of the characters that bech32 does not use."""
    return [at for at, character in enumerate(data_part) if character not in _VALUES]


def encode(hrp: str, version: int, program: bytes) -> str:
    """The address of a witness program, with the checksum its version calls for."""
    constant = BECH32 if version == 0 else BECH32M
    values = [version, *_regroup(program)]
    state = residue(hrp, [*values, 0, 0, 0, 0, 0, 0]) ^ constant
    checksum = [state >> 5 * (5 - place) & 31 for place in range(6)]
    return hrp + "1" + "".join(CHARSET[value] for value in values + checksum)


def program_of(values: list[int]) -> bytes | None:
    """The bytes that five-bit values pack; None where the padding is too long or not zero."""
    bits = 5 * len(values)
    number = 0
    for value in values:
        number = number << 5 | value
    padding = bits % 8
    if padding >= 5 or number & ((1 << padding) - 1):
        return None
    return (number >> padding).to_bytes(bits // 8, "big")


def locate_errors(hrp: str, values: list[int], constant: int) -> list[int]:
    """Indexes into the values of the one or two most likely wrong; empty where more are wrong."""
    wanted = residue(hrp, values) ^ constant
    if wanted == 0:
        return []
    single = _effects(len(values))
    if wanted in single:
        return [single[wanted]]
    for effect, index in single.items():
        other = single.get(wanted ^ effect)
        if other is not None and other != index:
            return sorted((index, other))
    return []


@lru_cache(maxsize=MAX_LENGTH)
def _effects(length: int) -> dict[int, int]:
    """Index of the one value whose change does this to the residue of `length` values."""
    effects: dict[int, int] = {}
    for change in range(1, 32):
        effect = change
        for index in range(length - 1, -1, -1):
            effects[effect] = index
            effect = (effect & 0x1FFFFFF) << 5 ^ _FEEDBACK[effect >> 25]
    return effects


def _expanded(hrp: str) -> list[int]:
    codes = [ord(character) for character in hrp]
    return [code >> 5 for code in codes] + [0] + [code & 31 for code in codes]


def _regroup(program: bytes) -> list[int]:
    number = int.from_bytes(program, "big")
    bits = 8 * len(program)
    padding = -bits % 5
    number <<= padding
    return [number >> shift & 31 for shift in range(bits + padding - 5, -1, -5)]
