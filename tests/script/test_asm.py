"""Scripts in words, by rust-bitcoin's own vectors and names."""

import pytest

from peelchain.script.asm import disassembled, last_push

HASH = "ab" * 20
VECTORS = {
    "": "",
    "00": "OP_0",
    f"0014{HASH}": f"OP_0 OP_PUSHBYTES_20 {HASH}",
    f"76a914{HASH}88ac": f"OP_DUP OP_HASH160 OP_PUSHBYTES_20 {HASH} OP_EQUALVERIFY OP_CHECKSIG",
    f"a914{HASH}87": f"OP_HASH160 OP_PUSHBYTES_20 {HASH} OP_EQUAL",
    f"5120{HASH}{'cd' * 12}": f"OP_PUSHNUM_1 OP_PUSHBYTES_32 {HASH}{'cd' * 12}",
    "4f505160": "OP_PUSHNUM_NEG1 OP_RESERVED OP_PUSHNUM_1 OP_PUSHNUM_16",
    "6a4c0501020304ff": "OP_RETURN OP_PUSHDATA1 01020304ff",
    "4d020001ff": "OP_PUSHDATA2 01ff",
    "4c00ac": "OP_PUSHDATA1 OP_CHECKSIG",
    "b1b2b3b9babbfeff": (
        "OP_CLTV OP_CSV OP_NOP4 OP_NOP10 OP_CHECKSIGADD OP_RETURN_187 OP_RETURN_254 "
        "OP_INVALIDOPCODE"
    ),
    "ae61626566696a7eaf": (
        "OP_CHECKMULTISIG OP_NOP OP_VER OP_VERIF OP_VERNOTIF OP_VERIFY OP_RETURN OP_CAT "
        "OP_CHECKMULTISIGVERIFY"
    ),
    # rust-bitcoin, script/tests.rs: torn scripts of 6d7ed9914625c73c0288694a6819196a27ef6c08…
    "01": "OP_PUSHBYTES_1 <push past end>",
    "0201": "OP_PUSHBYTES_2 <push past end>",
    "4c": "<unexpected end>",
    "4c0201": "OP_PUSHDATA1 <push past end>",
    "4d": "<unexpected end>",
    "4dffff01": "OP_PUSHDATA2 <push past end>",
    "4effffffff01": "OP_PUSHDATA4 <push past end>",
    "514e0000": "OP_PUSHNUM_1<unexpected end>",
}


@pytest.mark.parametrize("script", VECTORS)
def test_scripts_are_told_as_rust_bitcoin_tells_them(script: str) -> None:
    assert disassembled(bytes.fromhex(script)) == VECTORS[script]


def test_every_opcode_has_a_name_of_its_own() -> None:
    lengths = {0x4C: 1, 0x4D: 2, 0x4E: 4} | {code: code for code in range(0x4C)}
    names = {disassembled(bytes([code]) + bytes(lengths.get(code, 0))) for code in range(256)}
    assert len(names) == 256


@pytest.mark.parametrize(
    ("script", "pushed"),
    [
        ("", None),
        ("00", ""),
        ("0102", "02"),
        ("010203040506", "040506"),
        ("010251", None),
        ("4c0203040102", "02"),
        ("4d0100aa", "aa"),
        ("0102ac", None),
        ("010203", None),
        ("01024c", None),
    ],
)
def test_the_last_push_of_a_script(script: str, pushed: str | None) -> None:
    found = last_push(bytes.fromhex(script))
    assert found == (None if pushed is None else bytes.fromhex(pushed))
