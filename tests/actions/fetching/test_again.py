"""What was fetched is asked for again only where it may have changed."""

from collections import Counter
from hashlib import sha256

import pytest
from tests.chain.crafted import genesis, grow, pay, transaction
from tests.hostile_esplora import Chain, display, serving

from peelchain.actions import show
from peelchain.actions.fetching.asked import FetchAsked
from peelchain.actions.fetching.fetch import fetch
from peelchain.actions.fetching.traces import trace_fetched
from peelchain.actions.tracing.seeds import SeedsAsked
from peelchain.actions.tracing.traces import TraceAsked
from peelchain.chain.partial.vault import Vault
from peelchain.errors import NotInChainError
from peelchain.network import REGTEST
from peelchain.script import address
from peelchain.units import OutPoint

BLOCKS = grow([genesis()], 40)
REUSED = Chain(BLOCKS).parsed[BLOCKS[7].txs[1].txid].outputs[0].script_pubkey
PAGES = f"/scripthash/{sha256(REUSED).hexdigest()}/txs/chain"


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


def fetch_of(served, **more):
    return FetchAsked([served.source], lambda _reveals: True, network="regtest", **more)


def forward(served, store, seed, **more):
    asked = TraceAsked("forward", SeedsAsked([str(seed)]))
    return trace_fetched(asked, store, fetch_of(served, **more))


def unspent_then_spent():
    """An output that is unspent in the first chain and spent in the second, which goes on."""
    tx = BLOCKS[30].txs[1]
    seed = OutPoint(tx.txid, 1)
    before = BLOCKS[:31]
    assert (seed.txid, seed.vout) not in Chain(before).spenders
    later = transaction([(seed.txid, seed.vout)], [(1000, REUSED)])
    return seed, before, pay(before, [later]), later


def test_output_that_was_unspent_is_asked_for_again_once_the_tip_moved(store):
    seed, before, after, later = unspent_then_spent()
    with serving(before) as server:
        first = forward(server, store, seed)
        assert [t["type"] for t in first["terminals"]] == ["unspent"]
        asked = Counter(server.asked)
        forward(server, store, seed)
        assert server.asked - asked == Counter({"/blocks/tip/height": 1, "/block-height/30": 1})
    with serving(after) as server:
        second = forward(server, store, seed)
    assert second["fetching"]["complete"]
    assert later.shown in {t["txid"] for t in second["terminals"]}
    # its bytes and place were not asked for again
    assert not [path for path in server.asked if path.startswith(f"/tx/{display(seed.txid)}/raw")]


def test_refresh_asks_once_more_for_what_may_have_changed_and_for_nothing_else(store):
    seed, before, _, _ = unspent_then_spent()
    with serving(before) as server:
        forward(server, store, seed)
        asked = Counter(server.asked)
        forward(server, store, seed, refresh=True)
        again = server.asked - asked
    assert again == Counter(
        {
            "/blocks/tip/height": 1,
            "/block-height/30": 1,
            f"/tx/{display(seed.txid)}/outspend/{seed.vout}": 1,
        }
    )


def test_history_goes_on_from_what_was_listed_before(store):
    named = str(address(REUSED, REGTEST))
    with serving(BLOCKS[:30]) as server:
        fetch(fetch_of(server), [named], store)
        pages = sum(path.startswith(PAGES) for path in server.asked)
        assert pages == 2
    with serving(BLOCKS) as server:
        fetch(fetch_of(server), [named], store)
        assert sum(path.startswith(PAGES) for path in server.asked) == 1
        raws = {path for path in server.asked if path.endswith("/raw")}
    new = Chain(BLOCKS).by_scripthash[sha256(REUSED).hexdigest()]
    old = Chain(BLOCKS[:30]).by_scripthash[sha256(REUSED).hexdigest()]
    assert raws == {f"/tx/{display(t)}/raw" for t in new if t not in old}
    paid = [o for tx in Chain(BLOCKS).parsed.values() for o in tx.outputs]
    received = sum(o.value_sat for o in paid if o.script_pubkey == REUSED)
    assert show.address_history(named, store)["received_sat"] == received
    with Vault.open(store, REGTEST) as vault:
        ((_, tip, txs, complete, _),) = vault.histories()
    assert (tip.height, txs, complete) == (40, len(new), True)


def test_history_beyond_the_limit_is_told_as_a_part(store):
    named = str(address(REUSED, REGTEST))
    with serving(BLOCKS) as server:
        answer = fetch(fetch_of(server, most_of_script=2), [named], store)
    assert any("in part" in note for note in answer["fetching"]["notes"])
    with Vault.open(store, REGTEST) as vault:
        ((_, _, txs, complete, _),) = vault.histories()
        assert (txs <= 2, complete) == (True, False)
        # of a part nothing follows about what is unspent
        assert not vault.absences()


def test_reorganisation_takes_back_what_the_blocks_that_were_left_held(store):
    lost = BLOCKS[38].txs[1]
    kept = BLOCKS[34].txs[1]
    with serving(BLOCKS) as server:
        fetch(fetch_of(server), [lost.shown, kept.shown, f"{kept.shown}:1"], store)
    assert show.transaction(lost.shown, store)["height"] == 38
    other = grow(BLOCKS[:36], 8, tag="other")
    with serving(other) as server:
        answer = fetch(fetch_of(server), [kept.shown, f"{kept.shown}:1"], store)
    assert answer["tip_hash"] == other[-1].shown
    assert any("reorganised from height" in note for note in answer["fetching"]["notes"])
    assert show.transaction(kept.shown, store)["height"] == 34
    with pytest.raises(NotInChainError):
        show.transaction(lost.shown, store)
    with Vault.open(store, REGTEST) as vault:
        for height, header in vault.headers().items():
            assert header == other[height].raw[:80]
        for tip, _ in vault.absences().values():
            assert tip.block_hash == other[tip.height].hash


def test_transaction_that_was_reorganised_into_another_block_is_placed_there(store):
    moved = BLOCKS[38].txs[1]
    parent = Chain(BLOCKS).parsed[moved.txid].inputs[0].prev_txid
    assert Chain(BLOCKS).places[parent] == (37, 0)
    other = BLOCKS[:38]
    for number in range(4):
        other = pay(other, [moved] if number == 2 else [], tag="other")
    with serving(BLOCKS) as server:
        fetch(fetch_of(server), [moved.shown], store)
    with serving(other) as server:
        fetch(fetch_of(server), [moved.shown], store)
        assert f"/tx/{moved.shown}/raw" in server.asked
    assert show.transaction(moved.shown, store)["block_hash"] == other[40].shown
