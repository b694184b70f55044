"""Core's script verification of cited spends, on real blocks and on a simulated case."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.chain.crafted import compact

from peelchain.case.attestation.kernel_check import (
    ACTIVATIONS,
    ScriptChecks,
    check_scripts,
    flags_at,
)
from peelchain.case.canonical import canonical_json, canonical_jsonl
from peelchain.case.redacted.evidence_read import Evidence
from peelchain.network import NETWORKS

pytest.importorskip("pbk", reason="the extra `simulate` is not installed")

Row = dict[str, Any]


def u32(number: int) -> bytes:
    return number.to_bytes(4, "little")


def raw_of(tx: Row) -> bytes:
    """The bytes of a transaction of the vectors, which have it in parts."""

    def data(text: str) -> bytes:
        content = bytes.fromhex(text.removeprefix("0x"))
        return compact(len(content)) + content

    body = compact(len(tx["inputs"]))
    for item in tx["inputs"]:
        point = item["previous_output"]
        body += bytes.fromhex(point["txid"])[::-1] + u32(point["vout"])
        body += data(item["script"]) + u32(item["sequence"])
    body += compact(len(tx["outputs"]))
    for out in tx["outputs"]:
        body += out["value"].to_bytes(8, "little") + data(out["pk_script"])
    tail = u32(tx["lock_time"])
    if not tx["is_segwit"]:
        return u32(tx["version"]) + body + tail
    witness = b"".join(
        compact(len(i["witness"])) + b"".join(map(data, i["witness"])) for i in tx["inputs"]
    )
    return u32(tx["version"]) + b"\0\1" + body + witness + tail


class Block(Evidence):
    """A block of the vectors as a bundle would cite it; prevouts come from the vectors."""

    def __init__(self, content: Row) -> None:
        height = content["expected"]["block_height"]
        txs = content["blocks"][0]["data"]["transactions"]
        rows = [{"txid": "", "height": height, "raw": raw_of(tx).hex()} for tx in txs]
        block = {"height": height, "hash": content["expected"]["best_block_hash"]}
        super().__init__(
            {
                "data/case.json": canonical_json({"network": "mainnet"}),
                "data/blocks.jsonl": canonical_jsonl([block]),
                "data/transactions.jsonl": canonical_jsonl(rows),
            }
        )
        self.prevouts = [
            [(i["previous_output"]["data"]) for i in tx["inputs"]] if n else []
            for n, tx in enumerate(txs)
        ]

    def spent(self, number: int) -> list[tuple[int, int]]:
        return [(number << 32 | vin, 0) for vin in range(len(self.prevouts[number]))]

    def tx(self, number: int) -> Any:
        if number >> 32 or number >= len(self.transactions):
            out = self.prevouts[number >> 32][number & 0xFFFFFFFF]
            script = bytes.fromhex(out["pk_script"].removeprefix("0x"))
            return type("Made", (), {"outputs": [(out["value"], script)]})
        return super().tx(number)


def checked(evidence: Evidence) -> ScriptChecks:
    return check_scripts(evidence, lambda done, of: None)


def vectors(shared_data: Path) -> list[Row]:
    files = sorted((shared_data / "blocks_with_prevouts").glob("full_*.json"))
    assert len(files) == 12
    return [json.loads(file.read_text()) for file in files]


def test_core_passes_every_spend_of_the_real_blocks(shared_data: Path) -> None:
    """From 2009 to taproot: each under the rules of its height."""
    inputs = 0
    for content in vectors(shared_data):
        said = checked(Block(content))
        assert (said.failed, said.lacking) == (0, 0), said.failures
        assert said.inputs == sum(
            len(tx["inputs"]) for tx in content["blocks"][0]["data"]["transactions"][1:]
        )
        inputs += said.inputs
    assert inputs > 1000


def test_core_refuses_a_changed_witness_an_amount_and_a_script(shared_data: Path) -> None:
    content = vectors(shared_data)[-2]
    assert content["expected"]["block_height"] == 757739

    def first_segwit(txs: list[Row]) -> Row:
        return next(tx for tx in txs[1:] if tx["is_segwit"] and tx["inputs"][0]["witness"])

    def spoil_witness(tx: Row) -> None:
        tx["inputs"][0]["witness"][-1] = "0x" + "00" * 10

    def spoil_amount(tx: Row) -> None:
        tx["inputs"][0]["previous_output"]["data"]["value"] += 1

    def spoil_script(tx: Row) -> None:
        tx["inputs"][0]["previous_output"]["data"]["pk_script"] = "0x6a"

    for spoil in (spoil_witness, spoil_amount, spoil_script):
        copy = json.loads(json.dumps(content))
        spoil(first_segwit(copy["blocks"][0]["data"]["transactions"]))
        said = checked(Block(copy))
        assert said.failed >= 1
        assert "input 0: its script" in said.failures[0]


def test_rules_follow_the_height() -> None:
    assert set(ACTIVATIONS) == {n.name for n in NETWORKS.values() if n.coin == "Bitcoin"}
    always = {"P2SH", "WITNESS", "TAPROOT"}
    assert set(flags_at("mainnet", 363724, "")) == always
    assert set(flags_at("mainnet", 363725, "")) == always | {"DERSIG"}
    assert set(flags_at("mainnet", 419328, "")) == always | {
        "DERSIG", "CHECKLOCKTIMEVERIFY", "CHECKSEQUENCEVERIFY",
    }  # fmt: skip
    assert "NULLDUMMY" in flags_at("mainnet", 481824, "")
    assert "NULLDUMMY" not in flags_at("mainnet", 481823, "")
    exempt = "00000000000002dc756eebf4f49723ed8d30cc28a5f108eb94b1ba88ac4f9c22"
    assert flags_at("mainnet", 170060, exempt) == ()
    assert len(flags_at("regtest", 1, "")) == 7
