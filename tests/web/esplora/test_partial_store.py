"""A store of chosen transactions answers what it knows, and never that the rest is not there."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from tests.chain.partial.fetched import Fact, facts_of, fill
from tests.esplora_server import EsploraServed, serving_esplora

from peelchain.chain.partial.snapshot import rebuild
from peelchain.chain.partial.source import Tip
from peelchain.chain.partial.vault import Vault
from peelchain.network import REGTEST
from peelchain.raw_tx import parsed
from peelchain.script import address
from peelchain.units import OutPoint, format_hash

SERVER = "esplora:http://127.0.0.1/api"


class Chosen:
    """A payment, one of the transactions it spends from, and one that spends it."""

    def __init__(self, store: Path) -> None:
        by_txid = {fact.txid: fact for fact in facts_of(store)}
        self.payment, self.parent, self.spender = self._chosen(by_txid)
        self.others = [f for f in by_txid.values() if f.txid not in self.txids]
        last = max(by_txid.values(), key=lambda f: f.inclusion.height)
        self.tip = Tip(last.inclusion.height, sha256(sha256(last.header).digest()).digest())

    @property
    def txids(self) -> set[bytes]:
        return {self.payment.txid, self.parent.txid, self.spender.txid}

    @staticmethod
    def _chosen(by_txid: dict[bytes, Fact]) -> tuple[Fact, Fact, Fact]:
        for spender in by_txid.values():
            for txin in parsed(spender.raw).inputs:
                payment = by_txid.get(txin.prev_txid)
                if payment is None or txin.prev_vout != 0:
                    continue
                tx = parsed(payment.raw)
                parent = by_txid.get(tx.inputs[0].prev_txid)
                if parent and len(tx.inputs) > 1 and len(tx.outputs) > 2:
                    return payment, parent, spender
        raise AssertionError("the chain has no such payment")


@pytest.fixture(scope="module")
def chosen(chain_store: Path) -> Chosen:
    return Chosen(chain_store)


@pytest.fixture(scope="module")
def partial_store(chosen: Chosen, tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("partial") / "store"
    told = parsed(chosen.payment.raw).outputs
    with Vault.open(store, REGTEST) as vault:
        fill(vault, [chosen.parent, chosen.payment, chosen.spender])
        # the server said of the second that it is unspent, and nothing of the third
        vault.tell_unspent([OutPoint(chosen.payment.txid, 1)], chosen.tip, SERVER)
        vault.tell_history(told[2].script_pubkey, chosen.tip, txs=1, complete=True, source=SERVER)
        vault.commit()
        rebuild(store, vault)
    return store


@pytest.fixture(scope="module")
def ask(partial_store: Path) -> Iterator[httpx.Client]:
    with serving_esplora(partial_store) as served, served.client() as client:
        yield client


@pytest.fixture(scope="module")
def whole(esplora: EsploraServed) -> Iterator[httpx.Client]:
    """The server of the whole chain, to compare with."""
    with esplora.client() as client:
        yield client


def _not_fetched(got: httpx.Response) -> None:
    assert got.status_code == 404
    assert "not fetched" in got.text
    assert "partial store" in got.text


def test_what_was_fetched_is_told_as_by_the_whole_chain(
    ask: httpx.Client, whole: httpx.Client, chosen: Chosen
) -> None:
    txid = format_hash(chosen.payment.txid)
    for rest in ("/raw", "/hex", "/status", "/merkle-proof"):
        assert ask.get(f"/tx/{txid}{rest}").content == whole.get(f"/tx/{txid}{rest}").content
    told, expected = ask.get(f"/tx/{txid}").json(), whole.get(f"/tx/{txid}").json()
    parent = format_hash(chosen.parent.txid)
    for mine, its in zip(told["vin"], expected["vin"], strict=True):
        known = mine["txid"] == parent
        assert mine == {**its, "prevout": its["prevout"] if known else None} | (
            {} if known else {k: v for k, v in mine.items() if k.startswith("inner_")}
        )
    # the fee rests on inputs that were not fetched
    assert told["fee"] is None
    assert {k: told[k] for k in ("vout", "size", "weight", "status")} == {
        k: expected[k] for k in ("vout", "size", "weight", "status")
    }


def test_an_output_is_unspent_only_where_somebody_said_so(
    ask: httpx.Client, whole: httpx.Client, chosen: Chosen
) -> None:
    txid = format_hash(chosen.payment.txid)
    spent = ask.get(f"/tx/{txid}/outspend/0")
    assert spent.json() == whole.get(f"/tx/{txid}/outspend/0").json()
    assert ask.get(f"/tx/{txid}/outspend/1").json() == {"spent": False}
    _not_fetched(ask.get(f"/tx/{txid}/outspend/2"))
    _not_fetched(ask.get(f"/tx/{txid}/outspends"))


def test_what_was_not_fetched_is_not_said_to_be_absent(ask: httpx.Client, chosen: Chosen) -> None:
    other = format_hash(chosen.others[5].txid)
    unknown = parsed(chosen.payment.raw).inputs[1].prev_txid
    for txid in (other, format_hash(unknown), "00" * 32):
        for rest in ("", "/status", "/raw", "/merkle-proof", "/outspend/0", "/outspends"):
            _not_fetched(ask.get(f"/tx/{txid}{rest}"))
    for path in ("/block-height/3", f"/block/{'00' * 32}", f"/block/{'00' * 32}/status"):
        _not_fetched(ask.get(path))


def test_blocks_have_their_headers_alone(ask: httpx.Client, chosen: Chosen) -> None:
    height = chosen.payment.inclusion.height
    block_hash = ask.get(f"/block-height/{height}").text
    assert ask.get(f"/block/{block_hash}/header").text == chosen.payment.header.hex()
    assert ask.get(f"/block/{block_hash}/status").json()["in_best_chain"]
    for rest in ("", "/raw", "/txids", "/txs", "/txid/0"):
        _not_fetched(ask.get(f"/block/{block_hash}{rest}"))
    _not_fetched(ask.get("/blocks"))
    txid = format_hash(chosen.payment.txid)
    _not_fetched(ask.get(f"/tx/{txid}/merkleblock-proof"))
    assert ask.get("/blocks/tip/height").text == str(chosen.spender.inclusion.height)


def test_a_history_is_told_where_a_server_gave_all_of_it(
    ask: httpx.Client, whole: httpx.Client, chosen: Chosen
) -> None:
    outputs = parsed(chosen.payment.raw).outputs
    _, other, known = (out.script_pubkey for out in outputs[:3])
    for path in _paths(known):
        stats = ask.get(path).json()["chain_stats"]
        assert stats["funded_txo_sum"] == outputs[2].value_sat
        told = ask.get(f"{path}/txs").json()
        assert format_hash(chosen.payment.txid) in [tx["txid"] for tx in told]
    for path in _paths(other):
        for rest in ("", "/txs", "/txs/chain", "/utxo"):
            _not_fetched(ask.get(path + rest))
    _not_fetched(ask.get(f"/scripthash/{'11' * 32}"))


def _paths(script: bytes) -> list[str]:
    named = address(script, REGTEST)
    return [f"/scripthash/{sha256(script).hexdigest()}", *([f"/address/{named}"] if named else [])]
