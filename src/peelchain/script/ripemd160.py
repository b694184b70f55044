"""RIPEMD-160 for systems whose OpenSSL leaves it out.

Source: Dobbertin, Bosselaers, Preneel, "RIPEMD-160: a strengthened version of RIPEMD" (1996).
"""

import struct
from collections.abc import Callable

_MASK = 0xFFFFFFFF

_RHO = (7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8)
_PI = tuple((9 * i + 5) % 16 for i in range(16))

_SHIFTS = (
    (11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8),
    (12, 13, 11, 15, 6, 9, 9, 7, 12, 15, 11, 13, 7, 8, 7, 7),
    (13, 15, 14, 11, 7, 7, 6, 8, 13, 14, 13, 12, 5, 5, 6, 9),
    (14, 11, 12, 14, 8, 6, 5, 5, 15, 12, 15, 14, 9, 9, 8, 6),
    (15, 12, 13, 13, 9, 5, 8, 6, 14, 11, 12, 11, 8, 6, 5, 5),
)

_LEFT_CONSTANTS = (0x00000000, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E)
_RIGHT_CONSTANTS = (0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0x00000000)

_FUNCTIONS: tuple[Callable[[int, int, int], int], ...] = (
    lambda x, y, z: x ^ y ^ z,
    lambda x, y, z: (x & y) | (~x & z),
    lambda x, y, z: (x | ~y) ^ z,
    lambda x, y, z: (x & z) | (y & ~z),
    lambda x, y, z: x ^ (y | ~z),
)

_Words = tuple[int, int, int, int, int]


def ripemd160(data: bytes) -> bytes:
    """RIPEMD-160 of the data, 20 bytes."""
    state: _Words = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
    padding = b"\x80" + bytes((55 - len(data)) % 64)
    message = data + padding + struct.pack("<Q", 8 * len(data) & (2**64 - 1))
    for at in range(0, len(message), 64):
        words = struct.unpack_from("<16I", message, at)
        left = _line(state, words, tuple(range(16)), _LEFT_CONSTANTS, _FUNCTIONS)
        right = _line(state, words, _PI, _RIGHT_CONSTANTS, _FUNCTIONS[::-1])
        state = (
            (state[1] + left[2] + right[3]) & _MASK,
            (state[2] + left[3] + right[4]) & _MASK,
            (state[3] + left[4] + right[0]) & _MASK,
            (state[4] + left[0] + right[1]) & _MASK,
            (state[0] + left[1] + right[2]) & _MASK,
        )
    return struct.pack("<5I", *state)


def _line(
    state: _Words,
    words: tuple[int, ...],
    order: tuple[int, ...],
    constants: tuple[int, ...],
    functions: tuple[Callable[[int, int, int], int], ...],
) -> _Words:
    """One of the two lines: five rounds of sixteen steps, the order permuted between rounds."""
    a, b, c, d, e = state
    for shifts, constant, function in zip(_SHIFTS, constants, functions, strict=True):
        for word in order:
            total = (a + function(b, c, d) + words[word] + constant) & _MASK
            a, e, d, c, b = e, d, _rotate(c, 10), b, (_rotate(total, shifts[word]) + e) & _MASK
        order = tuple(_RHO[word] for word in order)
    return a, b, c, d, e


def _rotate(word: int, by: int) -> int:
    return ((word << by) | (word >> (32 - by))) & _MASK
