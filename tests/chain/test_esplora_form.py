"""Transactions, outputs and blocks in the form of the Esplora API, by vectors of the BIPs."""

from typing import Any

import pytest

from peelchain.chain.esplora_form import difficulty, output_form, status_form, transaction_form
from peelchain.network import NETWORKS
from peelchain.raw_tx import RawTx, TxInput, TxOutput

MAINNET = NETWORKS["mainnet"]

# BIP 143, P2SH-P2WPKH
P2SH_P2WPKH = bytes.fromhex("a9144733f37cf4db86fbc2efed2500b4f4e49f31202387")
REDEEM_KEY = "001479091972186c449eb1ded22b78e40d009bdf0089"
# BIP 143, P2SH-P2WSH
P2SH_P2WSH = bytes.fromhex("a9149993a429037b5d912407a71c252019287b8d27a587")
REDEEM_SCRIPT = "0020a16b5755f7f6f96dbd65f5f0d6ab9418b89af4b1f14a1bb8a09062c35f0dcb54"
KEY = "0307b8ae49ac90a048e9b53357a2354b3334e9c8bee813ecb98e99a7e07e8c3ba3"
WITNESS_SCRIPT = bytes.fromhex(f"5121{KEY}51ae")
WITNESS_ASM = f"OP_PUSHNUM_1 OP_PUSHBYTES_33 {KEY} OP_PUSHNUM_1 OP_CHECKMULTISIG"


def _spending(script: bytes, script_sig: str, *witness: bytes) -> dict[str, Any]:
    """The one input of a transaction that spends a script."""
    txin = TxInput(b"\1" * 32, 3, bytes.fromhex(script_sig), 0xFFFFFFFE, witness)
    tx = RawTx(-1, (txin,), (TxOutput(900, b"\x51"),), 17)
    told = transaction_form(
        tx,
        [TxOutput(1000, script)],
        MAINNET,
        txid=bytes(32),
        size=100,
        weight=400,
        fee=100,
        status=None,
    )
    # as an unsigned number, and without a status where none is asked for
    assert (told["version"], told["locktime"]) == (4294967295, 17)
    assert "status" not in told
    found: dict[str, Any] = told["vin"][0]
    return found


def test_a_key_hash_in_a_script_hash_shows_its_redeem_script() -> None:
    told = _spending(P2SH_P2WPKH, "16" + REDEEM_KEY, b"\2", b"\3")
    assert told["inner_redeemscript_asm"] == f"OP_0 OP_PUSHBYTES_20 {REDEEM_KEY[4:]}"
    assert "inner_witnessscript_asm" not in told
    assert told["witness"] == ["02", "03"]
    assert told["prevout"]["scriptpubkey_type"] == "p2sh"


def test_a_script_hash_in_a_script_hash_shows_both() -> None:
    told = _spending(P2SH_P2WSH, "22" + REDEEM_SCRIPT, b"", b"\3", WITNESS_SCRIPT)
    assert told["inner_redeemscript_asm"] == f"OP_0 OP_PUSHBYTES_32 {REDEEM_SCRIPT[4:]}"
    assert told["inner_witnessscript_asm"] == WITNESS_ASM
    assert told["witness"] == ["", "03", WITNESS_SCRIPT.hex()]


def test_a_bare_witness_script_hash_shows_its_script() -> None:
    told = _spending(bytes.fromhex(REDEEM_SCRIPT), "", b"\3", WITNESS_SCRIPT)
    assert told["inner_witnessscript_asm"] == WITNESS_ASM
    assert "inner_redeemscript_asm" not in told
    assert (told["scriptsig"], told["scriptsig_asm"]) == ("", "")


@pytest.mark.parametrize("script_sig", ["", "51", "05aabb", "02aabbac"])
def test_what_pushes_no_redeem_script_shows_none(script_sig: str) -> None:
    told = _spending(P2SH_P2WSH, script_sig)
    assert not {"inner_redeemscript_asm", "inner_witnessscript_asm", "witness"} & set(told)


@pytest.mark.parametrize(
    ("script", "kind", "address"),
    [
        ("", "empty", None),
        ("6a", "op_return", None),
        ("6a0501", "op_return", None),
        (f"21{KEY}ac", "p2pk", None),
        (f"5121{KEY}51ae", "unknown", None),
        ("51024e73", "unknown", "bc1pfeessrawgf"),
        ("5120" + "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", "v1_p2tr",
         "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"),
        ("0014751e76e8199196d454941c45d1b3a323f1433bd6", "v0_p2wpkh",
         "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        ("00", "unknown", None),
    ],
)  # fmt: skip
def test_outputs_have_esploras_types(script: str, kind: str, address: str | None) -> None:
    told = output_form(TxOutput(5, bytes.fromhex(script)), MAINNET)
    assert (told["scriptpubkey_type"], told["value"]) == (kind, 5)
    assert told.get("scriptpubkey_address") == address


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        # Bitcoin Core, test/blockchain_tests.cpp
        (0x1F111111, 0.000001),
        (0x1EF88F6F, 0.000016),
        (0x1DF88F6F, 0.004023),
        (0x1CF88F6F, 1.029916),
        (0x12345678, 5913134931067755359633408.0),
        (0x1D00FFFF, 1.0),
        (0, 0.0),
    ],
)
def test_difficulty_is_bitcoin_cores(bits: int, expected: float) -> None:
    assert difficulty(bits) == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_what_is_not_known_of_a_status_is_left_out() -> None:
    assert status_form(None, None, None) == {"confirmed": True}
    assert status_form(None, None, 7) == {"confirmed": True, "block_time": 7}
