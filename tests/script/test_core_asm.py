"""Scripts are shown as Bitcoin Core shows them."""

import pytest

from peelchain.network import MAINNET
from peelchain.script import ScriptType, script_type
from peelchain.script.core_asm import core_asm, core_type, key_addresses, required_signatures

KEY = (
    "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb6"
    "49f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f"
)
HASH = "b5" * 20
DER = (
    "30450221008e991969e0ba7ddcb036c42286403ceb495f6654a13854b01f36fcedc373320d"
    "02206a7bb838a88350e492b5f4eecd6b060f5e50b0c76d2353857db97fb48e5d61bb"
)


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("", ""),
        (f"41{KEY}ac", f"{KEY} OP_CHECKSIG"),
        (f"76a914{HASH}88ac", f"OP_DUP OP_HASH160 {HASH} OP_EQUALVERIFY OP_CHECKSIG"),
        ("0014" + "00" * 20, "0 " + "00" * 20),
        ("5120" + "ab" * 32, "1 " + "ab" * 32),
        ("51024e73", "1 29518"),
        # numbers of up to four bytes, the top bit of the last the sign
        ("6a0483ffffff", "OP_RETURN -2147483523"),
        ("6a048000008001ff", "OP_RETURN -128 -127"),
        ("6a0104", "OP_RETURN 4"),
        ("6a056861686168", "OP_RETURN 6861686168"),
        ("004f6061", "0 -1 16 OP_NOP"),
        ("50b1b2b9baff", "OP_RESERVED OP_CHECKLOCKTIMEVERIFY OP_CHECKSEQUENCEVERIFY OP_NOP10 "
         "OP_CHECKSIGADD OP_INVALIDOPCODE"),
        ("bbfe", "OP_UNKNOWN OP_UNKNOWN"),
        ("76054142", "OP_DUP [error]"),
        ("4d0500", "[error]"),
    ],
)  # fmt: skip
def test_asm(script, shown):
    assert core_asm(bytes.fromhex(script)) == shown


@pytest.mark.parametrize(
    ("byte", "name"),
    [("01", "ALL"), ("02", "NONE"), ("03", "SINGLE"), ("81", "ALL|ANYONECANPAY"),
     ("82", "NONE|ANYONECANPAY"), ("83", "SINGLE|ANYONECANPAY")],
)  # fmt: skip
def test_the_sighash_of_a_signature_is_named_in_a_script_sig_alone(byte, name):
    script = bytes.fromhex(f"48{DER}{byte}")
    assert core_asm(script, signatures=True) == f"{DER}[{name}]"
    assert core_asm(script) == DER + byte


@pytest.mark.parametrize(
    "data",
    [
        DER + "00",
        DER + "04",
        "31" + DER[2:] + "01",
        DER[:2] + "44" + DER[4:] + "01",
        DER[:8] + "ff" + DER[10:] + "01",
        "3006020101020101",
    ],
)
def test_what_is_no_signature_is_shown_as_it_is(data):
    script = bytes([len(data) // 2]) + bytes.fromhex(data)
    assert core_asm(script, signatures=True) == data


def test_nothing_is_decoded_in_what_cannot_be_spent():
    assert core_asm(bytes.fromhex(f"6a48{DER}01"), signatures=True) == f"OP_RETURN {DER}01"


def test_names_signatures_and_addresses_are_those_of_bitcoin_etl():
    # block 50,001, as bitcoin-etl's own tests have it
    key = (
        "04c1b5671c8975087cc796d6ea73d2407591528b5c669106f9b6ab6ef6e373a57553e14866aaeffc44a9f58e"
        "5ee0c7faa7add7474f0a2c55a22cb40b949fdc933c"
    )
    script = bytes.fromhex(f"41{key}ac")
    kind = script_type(script)
    assert core_type(kind) == "pubkey"
    assert required_signatures(script, kind) == 1
    assert key_addresses(script, kind, MAINNET) == ["1PkqKGbNLDdDJGveCcNUMV9CEFH77ADrPQ"]


def test_bare_multisig_has_the_addresses_of_its_keys():
    script = bytes.fromhex("52" + f"41{KEY}" + "21" + "02" * 33 + "52ae")
    kind = script_type(script)
    assert (core_type(kind), required_signatures(script, kind)) == ("multisig", 2)
    addresses = key_addresses(script, kind, MAINNET)
    assert addresses[0] == "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
    assert len(addresses) == 2


def test_every_type_has_a_name_of_its_own():
    assert len({core_type(kind) for kind in ScriptType}) == len(ScriptType)
