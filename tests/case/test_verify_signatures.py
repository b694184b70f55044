"""Ed25519 in whole numbers agrees with OpenSSL, and signed entries of a journal are checked."""

import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.case import evidence_chain as ec

from peelchain.case.bundle import seal
from peelchain.case.canonical import canonical_jsonl
from peelchain.case.verify import Result, verify_files
from peelchain.case.verify_signatures import ORDER, is_signed

# RFC 8032, section 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_rfc_8032(key: str, message: str, signature: str) -> None:
    parts = [bytes.fromhex(text) for text in (key, message, signature)]
    assert is_signed(*parts)
    for at in (0, 31, 32, 63):
        bad = bytearray(parts[2])
        bad[at] ^= 1
        assert not is_signed(parts[0], parts[1], bytes(bad))
    assert not is_signed(parts[0], parts[1] + b"x", parts[2])


@given(
    secret=st.binary(min_size=32, max_size=32),
    message=st.binary(max_size=64),
    part=st.sampled_from(["key", "message", "signature"]),
    at=st.integers(0, 63),
    mask=st.integers(0, 255),
)
@settings(max_examples=60, deadline=None)
def test_agrees_with_openssl(secret: bytes, message: bytes, part: str, at: int, mask: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(secret)
    made = {
        "key": private.public_key().public_bytes_raw(),
        "message": message,
        "signature": private.sign(message),
    }
    changed = bytearray(made[part])
    if changed:
        changed[at % len(changed)] ^= mask
    made[part] = bytes(changed)
    try:
        Ed25519PublicKey.from_public_bytes(made["key"]).verify(made["signature"], made["message"])
        holds = True
    except (InvalidSignature, ValueError):
        holds = False
    assert is_signed(made["key"], made["message"], made["signature"]) == holds


def test_refuses_what_would_pass_for_anybody() -> None:
    """A factor beyond the order (malleable), and a key whose every message is signed."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    signature = private.sign(b"x")
    more = int.from_bytes(signature[32:], "little") + ORDER
    malleable = signature[:32] + more.to_bytes(32, "little")
    assert not is_signed(private.public_key().public_bytes_raw(), b"x", malleable)
    one = (1).to_bytes(32, "little")
    assert not is_signed(one, b"any", one + bytes(32))
    assert not is_signed(b"", b"x", signature)
    assert not is_signed(private.public_key().public_bytes_raw(), b"x", signature[:63])


def signed_by(key: Ed25519PrivateKey, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    public = key.public_key().public_bytes_raw().hex()
    return [
        {**row, "signer": public, "signature": key.sign(bytes.fromhex(row["hash"])).hex()}
        for row in rows
    ]


def verified(rows: list[dict[str, Any]]) -> Result:
    payload = {**ec.payload_of(ec.scene()), "journal.jsonl": canonical_jsonl(rows)}
    return verify_files(dict(seal(payload, date_utc=ec.DATE).files))


def test_signed_entries_are_counted_and_a_false_one_is_named() -> None:
    lines = ec.payload_of(ec.scene())["journal.jsonl"].splitlines()
    rows = signed_by(Ed25519PrivateKey.from_private_bytes(bytes(32)), list(map(json.loads, lines)))
    result = verified(rows)
    assert result.failures == []
    assert result.checked["signed entries"] == len(rows)
    assert any("whose the keys are" in line for line in result.unchecked)
    other = signed_by(Ed25519PrivateKey.from_private_bytes(b"\1" * 32), rows)
    for lie in (
        {"signature": other[1]["signature"]},
        {"signer": other[1]["signer"]},
        {"signature": None},
        {"signer": None},
    ):
        failures = verified([rows[0], {**rows[1], **lie}]).failures
        assert failures, lie
        assert failures[0].startswith("data/journal.jsonl line 2: "), failures
