"""Checks an Ed25519 signature (RFC 8032) with whole numbers alone; verify.py has it run.

Start reading at `is_signed`, the last function. A point of the curve -x^2 + y^2 = 1 + d x^2 y^2,
counted modulo P, is kept as (X, Y, Z, T) with x = X/Z, y = Y/Z and x y = T/Z.
"""

from __future__ import annotations

from hashlib import sha512
from typing import Tuple

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = Tuple[int, int, int, int]
ZERO = (0, 1, 1, 0)


def add(one: Point, other: Point) -> Point:
    """The sum of two points (RFC 8032, section 5.1.4)."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(factor: int, point: Point) -> Point:
    """A point added to itself so many times."""
    total = ZERO
    while factor:
        if factor & 1:
            total = add(total, point)
        point, factor = add(point, point), factor >> 1
    return total


def read_point(data: bytes) -> Point | None:
    """The point that 32 bytes name (section 5.1.3), None where there is none."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square or y >= P or len(data) != 32 or (not x and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def same(one: Point, other: Point) -> bool:
    """Whether two points are one."""
    across = (one[0] * other[2] - other[0] * one[2]) % P
    return not across and not (one[1] * other[2] - other[1] * one[2]) % P


BASE = read_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature of the message is that of the public key (section 5.1.7)."""
    public, commitment = read_point(key), read_point(signature[:32])
    factor = int.from_bytes(signature[32:], "little")
    if not (public and commitment and BASE) or len(signature) != 64 or factor >= ORDER:
        return False
    if same(times(8, public), ZERO):
        return False  # a key of small order would pass for anybody's
    digest = sha512(signature[:32] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    return same(times(factor, BASE), add(commitment, times(challenge, public)))
