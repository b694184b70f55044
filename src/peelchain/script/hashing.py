"""The hashes that scripts and addresses are made of."""

import hashlib

from peelchain.script.ripemd160 import ripemd160 as _ripemd160

try:
    hashlib.new("ripemd160", usedforsecurity=False)
    _HAS_RIPEMD160 = True
except ValueError:
    # OpenSSL 3 keeps it in a provider that many systems leave out.
    _HAS_RIPEMD160 = False


def sha256d(data: bytes) -> bytes:
    """SHA-256 of the SHA-256 of the data."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def hash160(data: bytes) -> bytes:
    """RIPEMD-160 of the SHA-256 of the data, 20 bytes."""
    inner = hashlib.sha256(data).digest()
    if _HAS_RIPEMD160:
        return hashlib.new("ripemd160", inner, usedforsecurity=False).digest()
    return _ripemd160(inner)
