"""How a record of a person is sealed: a key of the person alone, and a commitment for the journal.

Each person has a random seed. From it and the case's key follow, by HMAC-SHA512, the key that the
person's records are encrypted under and the key that their salts come from: without the seed
neither can be had, so that destroying 32 bytes erases a person. Encryption is ChaCha20-Poly1305
(RFC 8439) with a random nonce; a commitment is that of the journal, SHA-256 of salt and canonical
JSON. `_core` does the same for many at a time (rust/core/src/sealing.rs); both read each other's.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256

SEED_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
HASH_BYTES = 32
BLIND_BYTES = 16
"""Bytes kept of a blind key: enough that none of millions clash."""

_PERSON = b"peelchain person 1"
_INDEX = b"peelchain index 1"
_CHECK = b"peelchain check 1"


@dataclass(frozen=True)
class PersonKeys:
    """What a person's records are encrypted under, and what their salts come from."""

    records: bytes
    salts: bytes

    def salt(self, nonce: bytes) -> bytes:
        """The salt of the commitment to the record that was encrypted with this nonce."""
        return hmac.digest(self.salts, nonce, "sha256")


def person_keys(case_key: bytes, seed: bytes) -> PersonKeys:
    """The keys of the person that has this seed."""
    both = hmac.digest(case_key, _PERSON + seed, "sha512")
    return PersonKeys(both[:32], both[32:])


def seal(keys: PersonKeys, number: int, nonce: bytes, value: bytes) -> bytes:
    """The nonce and the encrypted record; it opens as the record of this number only."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    return nonce + ChaCha20Poly1305(keys.records).encrypt(nonce, value, _number(number))


def unseal(keys: PersonKeys, number: int, box: bytes) -> bytes:
    """The record in a box. Raises ValueError for one that was changed or is another's."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    nonce, rest = box[:NONCE_BYTES], box[NONCE_BYTES:]
    try:
        return ChaCha20Poly1305(keys.records).decrypt(nonce, rest, _number(number))
    except (InvalidTag, ValueError):
        raise ValueError("it does not open") from None


def commitment(salt: bytes, value: bytes) -> bytes:
    """SHA-256 of salt and canonical JSON, as `Opening.commitment` has it in hex."""
    return sha256(salt + value).digest()


def index_key(case_key: bytes) -> bytes:
    """The key of blind look-ups."""
    return hmac.digest(case_key, _INDEX, "sha256")


def blind(key: bytes, kind: str, text: str) -> bytes:
    """What stands for a text in the index, so that it can be found and not be read."""
    return hmac.digest(key, f"{kind}\0{text}".encode("utf-8", "surrogatepass"), "sha256")[
        :BLIND_BYTES
    ]


def check_value(case_key: bytes) -> bytes:
    """What tells whether a key is the one that a vault was made with."""
    return hmac.digest(case_key, _CHECK, "sha256")


def _number(number: int) -> bytes:
    return number.to_bytes(8, "little")
