"""The source against ElectrumX itself, held against the chain that it indexed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chain.crafted import genesis, grow, p2wpkh
from tests.electrum_server import ServedChain, script_hash
from tests.electrumx import electrumx

from peelchain.chain.partial.electrum import ElectrumSource
from peelchain.chain.partial.electrum_place import endpoint_of
from peelchain.chain.partial.header_chain import fetch_headers
from peelchain.chain.partial.history import fetch_history
from peelchain.chain.partial.sitting import sit_down
from peelchain.chain.partial.source import Mention, SpentBy, Watched
from peelchain.chain.partial.vault import Vault
from peelchain.errors import RemoteError
from peelchain.network import REGTEST
from peelchain.raw_tx import merkle_root_of, parsed
from peelchain.script import is_unspendable
from peelchain.units import OutPoint, format_hash

BLOCKS = [block.raw for block in grow([genesis()], 60)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with electrumx(BLOCKS, tmp_path_factory.mktemp("electrumx")) as running:
        yield running


@pytest.fixture
def source(place: str, tmp_path: Path) -> Iterator[ElectrumSource]:
    with Vault.open(tmp_path / "store", REGTEST) as vault:
        opened = ElectrumSource(endpoint_of(place), vault)
        yield opened
        opened.close()


def test_it_tells_the_chain_it_indexed(source: ElectrumSource) -> None:
    chain = ServedChain(BLOCKS)
    assert format_hash(source.genesis_hash()) == REGTEST.genesis_hash
    tip = source.tip()
    assert (tip.height, tip.block_hash) == (60, chain.hash_at(60))
    assert list(source.headers([*range(61), 7])) == [*chain.headers, chain.headers[7]]
    txids = [txid for txid in chain.raw if chain.places[txid][0] > 0]
    assert list(source.raw_txs(txids)) == [chain.raw[txid] for txid in txids]


def test_its_proofs_hold(source: ElectrumSource) -> None:
    chain = ServedChain(BLOCKS)
    mentions = [
        Mention(txid, height if height % 2 else None)
        for txid, (height, _) in chain.places.items()
        if height > 0
    ]
    for mention, found in zip(mentions, source.inclusions(mentions), strict=True):
        assert found is not None
        assert (found.height, found.position) == chain.places[mention.txid]
        root = merkle_root_of(mention.txid, found.position, found.branch)
        assert root == chain.headers[found.height][36:68]


def test_its_histories_and_spenders(source: ElectrumSource) -> None:
    chain = ServedChain(BLOCKS)
    spent = {
        OutPoint(i.prev_txid, i.prev_vout): txid
        for txid, raw in chain.raw.items()
        for i in parsed(raw).inputs
    }
    watched = [
        Watched(OutPoint(txid, vout), output.script_pubkey)
        for txid, raw in chain.raw.items()
        if chain.places[txid][0] > 0
        for vout, output in enumerate(parsed(raw).outputs)
    ]
    for one, found in zip(watched, source.spenders(watched), strict=True):
        by = spent.get(one.outpoint)
        assert found == SpentBy(by, chain.places[by][0] if by else None)
    for one in watched:
        if not is_unspendable(one.script_pubkey):
            assert one.outpoint.txid in {m.txid for m in source.history(one.script_pubkey)}


def test_what_it_does_not_know(source: ElectrumSource) -> None:
    with pytest.raises(RemoteError, match="No such mempool or blockchain transaction"):
        list(source.raw_txs([bytes([7]) * 32]))
    with pytest.raises(RemoteError, match=r"block\.header 99"):
        list(source.headers([99]))


def test_what_is_fetched_from_it_proves_itself(place: str, tmp_path: Path) -> None:
    chain = ServedChain(BLOCKS)
    script = p2wpkh("3")
    with Vault.open(tmp_path / "store", REGTEST) as vault:
        source = ElectrumSource(endpoint_of(place), vault)
        sitting = sit_down(vault, source)
        history = fetch_history(sitting, script)
        fetch_headers(sitting)
        source.close()
        assert history.complete
        assert vault.headers() == dict(enumerate(chain.headers))
        kept = {tx.txid for tx, _, _ in vault.transactions()}
        assert kept == {txid for txid, _ in chain.histories[script_hash(script)]}
        for txid in kept:
            place_of = vault.place_of(txid)
            assert place_of is not None
            assert (place_of.height, place_of.position) == chain.places[txid]
