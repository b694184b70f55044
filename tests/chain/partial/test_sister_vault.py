"""Partial stores of Litecoin, from a real block of its test chain, and why Dogecoin has none."""

import json
from pathlib import Path

import pytest

from peelchain import _core
from peelchain.chain.partial.snapshot import rebuild
from peelchain.chain.partial.source import Inclusion
from peelchain.chain.partial.vault import Vault
from peelchain.errors import FalseAnswerError, MisuseError
from peelchain.network import NETWORKS
from peelchain.network.kernel import kernel_rules
from peelchain.store.reader import Store

LITECOIN = NETWORKS["litecoin-testnet4"]
FOLDER = Path(__file__).parents[2] / "data/families"
RAW = bytes.fromhex(json.loads((FOLDER / "litecoin_blocks.json").read_text())["testnet4 2215584"])
HEIGHT = 2_215_584


def test_a_block_with_an_extension_goes_through_a_vault(tmp_path: Path) -> None:
    spans = _core.transaction_spans(RAW, kernel_rules(LITECOIN))
    txids = b"".join(txid for txid, _, _ in spans)
    with Vault.open(tmp_path, LITECOIN) as vault:
        vault.add_header(RAW[:80], HEIGHT, "a server")
        for position, (txid, start, end) in enumerate(spans):
            assert vault.add_raw(RAW[start:end], "a server", asked=txid) == txid
            branch = tuple(_core.merkle_branch(txids, position))
            vault.add_place(txid, Inclusion(HEIGHT, position, branch), "a server")
        vault.commit()
        rebuild(tmp_path, vault)
    with Store.open(tmp_path) as store:
        txs = store.read("txs", ["txid", "weight", "size_bytes", "fee_sat"]).to_pylist()
    by_txid = {row["txid"]: row for row in txs}
    whole = _core.decode_block(RAW, kernel_rules(LITECOIN))["txs"]
    for tx in whole:
        row = by_txid[tx["txid"]]
        assert (row["weight"], row["size_bytes"]) == (tx["weight"], tx["span"][1] - tx["span"][0])
    # the first HogEx: what was pegged in, less the extension's fee
    assert by_txid[whole[-1]["txid"]]["fee_sat"] == 91_996_202 - 88_096_202


def test_a_hogex_is_no_transaction_of_bitcoin(tmp_path: Path) -> None:
    _, start, end = _core.transaction_spans(RAW, kernel_rules(LITECOIN))[-1]
    with (
        Vault.open(tmp_path, NETWORKS["testnet4"]) as vault,
        pytest.raises(FalseAnswerError, match="are no transaction"),
    ):
        vault.add_raw(RAW[start:end], "a server")


def test_a_header_without_scrypt_work_is_refused(tmp_path: Path) -> None:
    header = RAW[:76] + b"\0\0\0\0"
    with (
        Vault.open(tmp_path, LITECOIN) as vault,
        pytest.raises(FalseAnswerError, match="has no proof of work"),
    ):
        vault.add_header(header, HEIGHT, "a server")


def test_a_merge_mined_header_proves_nothing_by_itself(tmp_path: Path) -> None:
    proof = json.loads((FOLDER / "dogecoin_auxpow.json").read_text())["3000000"]
    with (
        Vault.open(tmp_path, NETWORKS["dogecoin"]) as vault,
        pytest.raises(MisuseError, match="proven by another chain's block"),
    ):
        vault.add_header(bytes.fromhex(proof)[:80], 3_000_000, "a server")
