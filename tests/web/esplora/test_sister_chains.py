"""Stores of sister chains: where a transaction stands in its block, HogExes, cash addresses."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from tests.chain.crafted import write_files
from tests.chain.sisters import SisterBlock
from tests.chain.test_families import BCH, LTC, bitcoin_cash_chain, litecoin_chain
from tests.esplora_server import serving_esplora

from peelchain.chain.core_files import find
from peelchain.chain.ingest import ingest_core_files
from peelchain.network import Network
from peelchain.raw_tx import merkle_root_of
from peelchain.units import format_hash


@contextmanager
def _served(folder: Path, chain: list[SisterBlock], network: Network) -> Iterator[httpx.Client]:
    blocks = write_files(folder / "blocks", [b.raw for b in chain], network=network)
    ingest_core_files(find(blocks, network), folder / "store")
    with serving_esplora(folder / "store") as served, served.client() as client:
        yield client


def _check_blocks(ask: httpx.Client, chain: list[SisterBlock]) -> None:
    for height, block in enumerate(chain):
        shown = format_hash(block.hash)
        assert ask.get(f"/block-height/{height}").text == shown
        assert ask.get(f"/block/{shown}/raw").content == block.raw
        txids = [tx.shown for tx in block.txs]
        assert ask.get(f"/block/{shown}/txids").json() == txids
        assert [tx["txid"] for tx in ask.get(f"/block/{shown}/txs").json()] == txids
        for place, tx in enumerate(block.txs):
            assert ask.get(f"/block/{shown}/txid/{place}").text == tx.shown
            assert ask.get(f"/tx/{tx.shown}/raw").content == tx.raw
            proof = ask.get(f"/tx/{tx.shown}/merkle-proof").json()
            branch = [bytes.fromhex(sibling)[::-1] for sibling in proof["merkle"]]
            assert proof["pos"] == place
            assert merkle_root_of(tx.txid, place, branch) == block.raw[36:68]


def test_a_block_that_sorts_its_transactions_is_told_in_its_order(tmp_path: Path) -> None:
    chain = bitcoin_cash_chain()
    with _served(tmp_path, chain, BCH) as ask:
        _check_blocks(ask, chain)
        _, child, parent = chain[2].txs
        spent = ask.get(f"/tx/{parent.shown}/outspend/0").json()
        assert (spent["txid"], spent["vin"]) == (child.shown, 0)


def test_what_an_extension_block_takes_and_gives_is_told(tmp_path: Path) -> None:
    chain = litecoin_chain()
    with _served(tmp_path, chain, LTC) as ask:
        _check_blocks(ask, chain)
        pegged_in, first = chain[2].txs[1:]
        told = ask.get(f"/tx/{first.shown}").json()
        assert told["vin"][0]["txid"] == pegged_in.shown
        assert told["vout"][0]["scriptpubkey"].startswith("5820")
        assert told["size"] == len(first.raw)
