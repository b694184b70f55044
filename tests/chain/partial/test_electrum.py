"""What an honest Electrum server tells, held against the chain it serves."""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.chain.crafted import genesis, grow, p2wpkh, transaction
from tests.electrum_server import ElectrumServer, ServedChain, serving

from peelchain import _core
from peelchain.chain.partial.electrum import ElectrumSource
from peelchain.chain.partial.electrum_place import endpoint_of, source_name
from peelchain.chain.partial.source import Inclusion, Mention, SpentBy, Watched
from peelchain.chain.partial.vault import Vault
from peelchain.errors import MisuseError, RemoteError
from peelchain.network import NETWORKS, REGTEST
from peelchain.network.kernel import kernel_rules
from peelchain.raw_tx import merkle_root_of, parsed
from peelchain.remote.lines import LineLimits
from peelchain.units import OutPoint, format_hash

ONCE = LineLimits(tries=1)


@pytest.fixture(scope="module")
def chain() -> ServedChain:
    return ServedChain(block.raw for block in grow([genesis()], 40))


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.open(tmp_path / "store", REGTEST) as opened:
        yield opened


@pytest.fixture
def server(chain: ServedChain) -> Iterator[ElectrumServer]:
    with serving(chain) as running:
        yield running


@pytest.fixture
def source(server: ElectrumServer, vault: Vault) -> Iterator[ElectrumSource]:
    opened = source_of(server, vault)
    yield opened
    opened.close()


def source_of(server: ElectrumServer, vault: Vault, **how: Any) -> ElectrumSource:
    return ElectrumSource(endpoint_of(server.place), vault, **{"limits": ONCE, **how})


def spenders_in(chain: ServedChain) -> dict[OutPoint, bytes]:
    """Who spends each output, by the blocks themselves."""
    return {
        OutPoint(i.prev_txid, i.prev_vout): txid
        for txid, raw in chain.raw.items()
        for i in parsed(raw).inputs
    }


def watched_in(chain: ServedChain) -> list[Watched]:
    return [
        Watched(OutPoint(txid, vout), output.script_pubkey)
        for txid, raw in chain.raw.items()
        if chain.places[txid][0] > 0
        for vout, output in enumerate(parsed(raw).outputs)
    ]


def test_the_tip_and_the_first_block(chain: ServedChain, source: ElectrumSource) -> None:
    tip = source.tip()
    assert (tip.height, tip.block_hash) == (40, chain.hash_at(40))
    assert format_hash(source.genesis_hash()) == REGTEST.genesis_hash


def test_transactions_come_in_the_order_asked(chain: ServedChain, source: ElectrumSource) -> None:
    txids = sorted(chain.raw)
    assert list(source.raw_txs(txids)) == [chain.raw[txid] for txid in txids]


def test_every_proof_leads_to_its_header(chain: ServedChain, source: ElectrumSource) -> None:
    mentions = [Mention(txid, height) for txid, (height, _) in chain.places.items()]
    headers = list(source.headers([m.height or 0 for m in mentions]))
    for mention, header, found in zip(mentions, headers, source.inclusions(mentions), strict=True):
        assert found is not None
        assert found.height == mention.height
        assert merkle_root_of(mention.txid, found.position, found.branch) == header[36:68]


def test_a_transaction_is_found_without_its_height(
    chain: ServedChain, source: ElectrumSource
) -> None:
    txid, (height, position) = next((t, p) for t, p in chain.places.items() if p[1] == 1)
    (found,) = source.inclusions([Mention(txid, None)])
    assert isinstance(found, Inclusion)
    assert (found.height, found.position) == (height, position)


def test_headers_in_a_row_are_one_request(
    chain: ServedChain, server: ElectrumServer, source: ElectrumSource
) -> None:
    heights = [7, *range(10, 30), 3]
    assert list(source.headers(heights)) == [chain.headers[h] for h in heights]
    assert server.counted("blockchain.block.headers") == [[10, 20]]
    assert server.counted("blockchain.block.header") == [[7], [3]]


def test_a_server_may_give_fewer_headers_at_once(
    chain: ServedChain, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.electrum_server.MOST_HEADERS", 7)
    with serving(chain) as running:
        source = source_of(running, vault)
        assert list(source.headers(range(30))) == chain.headers[:30]
        assert running.counted("blockchain.block.headers")[-1] == [28, 2]
        source.close()


def test_a_history_is_every_transaction_of_the_script(
    chain: ServedChain, source: ElectrumSource
) -> None:
    script = p2wpkh("3")
    told = list(source.history(script))
    assert told[::-1] == [
        Mention(*one) for one in chain.histories[sha256(script).digest()[::-1].hex()]
    ]
    assert len(told) > 5
    assert list(source.history(p2wpkh("nobody"))) == []


def test_the_spender_of_every_output(chain: ServedChain, source: ElectrumSource) -> None:
    watched, spent = watched_in(chain), spenders_in(chain)
    for one, found in zip(watched, source.spenders(watched), strict=True):
        txid = spent.get(one.outpoint)
        assert found == SpentBy(txid, chain.places[txid][0] if txid else None)
    assert spent.keys() & {one.outpoint for one in watched}


def test_nothing_is_asked_for_twice(
    chain: ServedChain, server: ElectrumServer, source: ElectrumSource, vault: Vault
) -> None:
    watched = watched_in(chain)
    list(source.spenders(watched))
    list(source.spenders(watched))
    for one in watched:
        list(source.history(one.script_pubkey))
    list(source.raw_txs([m.txid for m in source.history(p2wpkh("3"))]))
    asked = [
        (method, *params)
        for method, params in server.requests
        if method in ("blockchain.transaction.get", "blockchain.scripthash.get_history")
    ]
    assert len(asked) == len(set(asked))


def test_what_was_looked_at_in_vain_is_kept_for_the_next_run(
    chain: ServedChain, server: ElectrumServer, source: ElectrumSource, vault: Vault
) -> None:
    watched, spent = watched_in(chain), spenders_in(chain)
    unspent = [one for one in watched if one.outpoint not in spent]
    assert all(found.txid is None for found in source.spenders(unspent))
    vault.commit()
    seen = len(server.counted("blockchain.transaction.get"))
    assert seen > 0
    again = source_of(server, vault)
    assert all(found.txid is None for found in again.spenders(unspent))
    again.close()
    assert len(server.counted("blockchain.transaction.get")) == seen


def test_a_spend_that_waits_for_a_block_has_no_height(chain: ServedChain, vault: Vault) -> None:
    grown = ServedChain(b.raw for b in grow([genesis()], 40))
    coinbase = grown.txids[40][0]
    spend = transaction([(coinbase, 0)], [(1, p2wpkh("later"))])
    grown.raw[spend.txid] = spend.raw
    script = parsed(grown.raw[coinbase]).outputs[0].script_pubkey
    for touched, height in ((script, 0), (p2wpkh("later"), -1)):
        name = sha256(touched).digest()[::-1].hex()
        grown.histories.setdefault(name, []).append((spend.txid, height))
    with serving(grown) as running:
        source = source_of(running, vault)
        watched = [Watched(OutPoint(coinbase, 0), script)]
        assert list(source.spenders(watched)) == [SpentBy(spend.txid, None)]
        assert source.mempool(script) == [Mention(spend.txid, None)]
        assert list(source.history(p2wpkh("later"))) == []
        assert list(source.inclusions([Mention(spend.txid, None)])) == [None]
        source.close()


def test_a_new_tip_has_histories_asked_for_again(vault: Vault) -> None:
    blocks = grow([genesis()], 10)
    served = ServedChain(b.raw for b in blocks)
    with serving(served) as running:
        source = source_of(running, vault)
        source.tip()
        one = Watched(OutPoint(served.txids[10][0], 0), p2wpkh("miner "))
        assert list(source.spenders([one])) == [SpentBy(None)]
        running.chain = ServedChain(b.raw for b in grow(blocks, 1))
        source.tip()
        assert list(source.spenders([one])) == [SpentBy(running.chain.txids[11][1], 11)]
        source.close()


def test_a_script_of_too_many_transactions_is_said_to_be(chain: ServedChain, vault: Vault) -> None:
    with serving(chain) as running:
        source = source_of(running, vault, most_candidates=3)
        first = chain.txids[2][1]
        script = parsed(chain.raw[first]).outputs[0].script_pubkey
        (found,) = source.spenders([Watched(OutPoint(first, 0), script)])
        assert found.txid is None
        assert re.search(r"could be any of \d+ transactions .* Esplora", found.untold or "")
        source.close()


def test_transactions_of_a_sister_chain_are_read_by_its_rules(tmp_path: Path) -> None:
    litecoin = NETWORKS["litecoin-testnet4"]
    blocks = Path(__file__).parents[2] / "data/families/litecoin_blocks.json"
    block = bytes.fromhex(json.loads(blocks.read_text())["testnet4 2215584"])
    hogex, start, end = _core.transaction_spans(block, kernel_rules(litecoin))[-1]
    served = ServedChain([])
    served.raw[hogex] = block[start:end]
    with serving(served) as running, Vault.open(tmp_path / "store", litecoin) as vault:
        source = source_of(running, vault)
        assert list(source.raw_txs([hogex])) == [block[start:end]]
        source.close()


def test_a_transaction_that_is_not_there(source: ElectrumSource) -> None:
    with pytest.raises(RemoteError, match=r"transaction\.get 0707.*No such mempool"):
        list(source.raw_txs([bytes([7]) * 32]))


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("localhost:50002", "electrum:localhost:50002"),
        ("localhost:50002:s", "electrum:localhost:50002"),
        ("tls://localhost:50002", "electrum:localhost:50002"),
        ("ssl://localhost:50002", "electrum:localhost:50002"),
        ("127.0.0.1:50001:t", "electrum:127.0.0.1:50001:t"),
        ("tcp://127.0.0.1:50001", "electrum:127.0.0.1:50001:t"),
        ("[::1]:50001:t", "electrum:[::1]:50001:t"),
    ],
)
def test_places_as_wallets_write_them(place: str, shown: str) -> None:
    assert source_name(endpoint_of(place)) == shown


@pytest.mark.parametrize(
    "place",
    ["", "host", "host:", "host:0", "host:70000", "host:1:x", "u:p@host:1", "tcp://h:1:t", "h h:1"],
)
def test_places_that_name_no_server(place: str) -> None:
    with pytest.raises(MisuseError, match="electrum:HOST:PORT"):
        endpoint_of(place)
