"""A server that lies or stalls: nothing false enters a store, and the message says who and what."""

import gzip
import json
from collections import Counter
from dataclasses import replace
from hashlib import sha256

import pytest
from tests.chain.crafted import EASY, Block, genesis, grow, mine, p2wpkh, pay, transaction
from tests.hostile_esplora import (
    Chain,
    Reply,
    as_json,
    branch_of,
    display,
    edited,
    honest,
    serving,
)

from peelchain.actions.fetching.asked import FetchAsked
from peelchain.actions.fetching.fetch import fetch
from peelchain.actions.fetching.sources import Connection
from peelchain.actions.fetching.traces import trace_fetched
from peelchain.actions.tracing.seeds import SeedsAsked
from peelchain.actions.tracing.traces import TraceAsked
from peelchain.chain.partial.vault import Vault
from peelchain.errors import PeelchainError
from peelchain.network import REGTEST
from peelchain.remote.http import HttpLimits
from peelchain.script import address
from peelchain.units import OutPoint

LIMITS = HttpLimits(
    connect_s=2.0, read_s=0.3, answer_s=0.8, answer_bytes=1 << 20, tries=2, wait_s=0.01
)


def _chain() -> list[Block]:
    """Forty blocks, and one with a transaction of 64 bytes."""
    blocks = grow([genesis()], 20)
    coin = blocks[-1].txs[0]
    small = transaction([(coin.txid, 0)], [(1, b"\x51\x51\x51\x51")])
    assert len(small.stripped) == 64
    return grow(pay(blocks, [small]), 19)


BLOCKS = _chain()
CHAIN = Chain(BLOCKS)
SMALL_AT = 21
SEED_TX = BLOCKS[17].txs[1]
SEED = OutPoint(SEED_TX.txid, 1)
SPENDER = CHAIN.spenders[SEED.txid, SEED.vout][0]
SCRIPT = CHAIN.parsed[SEED.txid].outputs[SEED.vout].script_pubkey
ADDRESS = str(address(SCRIPT, REGTEST))
AT = CHAIN.places[SPENDER][0]
OTHER = BLOCKS[9].txs[1].txid
RAW = f"/tx/{display(SPENDER)}/raw"
PROOF = f"/tx/{display(SPENDER)}/merkle-proof"
OUTSPEND = f"/tx/{display(SEED.txid)}/outspend/{SEED.vout}"
HISTORY = "/scripthash/"
FIRST_PAGE = f"/scripthash/{sha256(SCRIPT).hexdigest()}/txs/chain"


def test_seed_is_spent_and_its_spender_not_alone_in_its_block():
    assert len(BLOCKS[AT].txs) > 2
    assert CHAIN.places[SEED.txid][0] < AT


def fetch_asked(*urls, **more):
    return FetchAsked(
        [f"esplora:{url}" for url in urls],
        lambda _reveals: True,
        network="regtest",
        connection=Connection(limits=LIMITS),
        **more,
    )


def asked_of(*urls, seeds=None, store, **more):
    """The message, or the failures, and the answer of a trace forward, None where there is none."""
    asked = TraceAsked("forward", seeds or SeedsAsked([str(SEED)]))
    try:
        answer = trace_fetched(asked, store, fetch_asked(*urls, **more))
    except PeelchainError as error:
        return str(error), None
    return "\n".join(answer["fetching"]["failures"]), answer


def assert_only_truth(store, chain=CHAIN, said_unspent=()):
    """Everything in the vault is as the chain has it."""
    with Vault.open(store, REGTEST) as vault:
        for tx, has_raw, _ in vault.transactions():
            assert has_raw
            height, position = chain.places[tx.txid]
            assert vault.raw(tx.txid) == chain.tx(tx.txid).raw
            place = vault.place_of(tx.txid)
            assert (place.height, place.position) == (height, position)
            block = chain.blocks[height]
            assert vault.branch_of(tx.txid) == tuple(
                branch_of([t.txid for t in block.txs], position)
            )
        for height, header in vault.headers().items():
            assert header == chain.blocks[height].raw[:80]
        assert not vault.told_prevouts()
        for outpoint in vault.absences():
            spent = (outpoint.txid, outpoint.vout) in chain.spenders
            assert not spent or outpoint in said_unspent


def at(path, reply):
    """A lie about one path, the truth about others."""

    def lie(asked, truth):
        if asked != path and not (path == HISTORY and asked.startswith(path)):
            return truth
        return reply(truth) if callable(reply) else reply

    return lie


def flipped(at_byte):
    def change(truth):
        body = bytearray(truth.body)
        body[at_byte] ^= 1
        return replace(truth, body=bytes(body))

    return change


def both(*lies):
    def lie(path, truth):
        for one in lies:
            truth = one(path, truth)
        return truth

    return lie


def hex_hash(data: bytes) -> Reply:
    return Reply(display(data).encode())


def header_lie(height, header_block):
    """A block of the server's own at a height, its header and all."""
    return both(
        at(f"/block-height/{height}", hex_hash(header_block.hash)),
        at(f"/block/{header_block.shown}/header", Reply(header_block.raw[:80].hex().encode())),
    )


def without_work():
    """The block of the spender, its nonce one that proves nothing."""
    raw = bytearray(BLOCKS[AT].raw)
    while True:
        raw[76] = (raw[76] + 1) % 256
        block = Block(bytes(raw), BLOCKS[AT].txs)
        if block.hash[-1] & 0x80:
            return block


def easier():
    """The block of the spender with a target beyond the network's."""
    raw = bytearray(BLOCKS[AT].raw)
    raw[72:76] = (0x2100FFFF).to_bytes(4, "little")
    return Block(bytes(raw), BLOCKS[AT].txs)


def moved_to(height):
    """The spender's own block told at another height, with all that belongs to it."""
    return both(
        header_lie(height, BLOCKS[AT]), at(PROOF, lambda truth: edited(truth, block_height=height))
    )


def thief():
    """A transaction of the server's own that would spend the seed."""
    return transaction([(SEED.txid, SEED.vout)], [(5, p2wpkh("nobody"))])


def spent_by(txid, height=AT):
    status = {"confirmed": True, "block_height": height, "block_hash": "00" * 32, "block_time": 1}
    return as_json({"spent": True, "txid": display(txid), "vin": 0, "status": status})


def invented(proof):
    """The seed spent by a transaction that no block has, with a proof."""
    tx = thief()
    return both(
        at(OUTSPEND, spent_by(tx.txid)),
        at(f"/tx/{tx.shown}/raw", Reply(tx.raw)),
        at(f"/tx/{tx.shown}/merkle-proof", as_json(proof)),
    )


def doubled():
    """The position of the copy that stands in for a missing sibling."""
    txids = [tx.txid for tx in BLOCKS[AT].txs]
    assert len(txids) == 3
    last = txids[2]
    branch = branch_of(txids, 2)
    lie = as_json({"block_height": AT, "merkle": [display(h) for h in branch], "pos": 3})
    return both(at(OUTSPEND, spent_by(last)), at(f"/tx/{display(last)}/merkle-proof", lie))


DEEP = Reply(b"[" * 100_000 + b"]" * 100_000, content_type="application/json")
HTML = Reply(b"<!DOCTYPE html><title>Just a moment...</title>", content_type="text/html")
REDIRECT = Reply(b"", status=302, headers=(("Location", "http://127.0.0.1:9/elsewhere"),))
BOMB = Reply(gzip.compress(bytes(50 << 20)), headers=(("Content-Encoding", "gzip"),))


def stalled(handler):
    handler.stopping.wait(10)


def dripping(handler):
    handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 999\r\n\r\n"
    )
    while not handler.stopping.wait(0.05):
        handler.wfile.write(b"0")
        handler.wfile.flush()


def broken_off(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n0200000001")


def endless_header(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not handler.stopping.is_set():
        handler.wfile.write(b"X-More: " + b"x" * 60_000 + b"\r\n")


LIES = {
    "raw of another transaction": (at(RAW, Reply(CHAIN.tx(OTHER).raw)), "hash to"),
    "raw with a value changed": (at(RAW, flipped(-40)), "hash to"),
    "raw cut short": (at(RAW, lambda t: replace(t, body=t.body[:-3])), "no transaction"),
    "raw with bytes after it": (at(RAW, lambda t: replace(t, body=t.body + b"\0")), "bytes follow"),
    "raw that is empty": (at(RAW, Reply(b"")), "no transaction"),
    "raw of five megabytes": (at(RAW, Reply(bytes(5 << 20))), "more than"),
    "another position": (at(PROOF, lambda t: edited(t, pos=1)), "does not lead"),
    "the coinbase's position": (at(PROOF, lambda t: edited(t, pos=0)), "does not lead"),
    "position beyond the branch": (at(PROOF, lambda t: edited(t, pos=1 << 20)), "no block has"),
    "position of the doubled leaf": (doubled(), "repeated hash"),
    "another branch": (
        at(PROOF, lambda t: edited(t, merkle=[display(OTHER)] * 2)),
        "does not lead",
    ),
    "a branch too long": (at(PROOF, lambda t: edited(t, merkle=["00" * 32] * 99)), "branch"),
    "a branch of no hashes": (at(PROOF, lambda t: edited(t, merkle=["zz"] * 2)), "no hash"),
    "a header without work": (header_lie(AT, without_work()), "proof of work"),
    "a header of less work": (header_lie(AT, easier()), "less work"),
    "a header that is not the block's": (
        at(f"/block/{BLOCKS[AT].shown}/header", Reply(BLOCKS[3].raw[:80].hex().encode())),
        "hashes to",
    ),
    "a header of another height": (header_lie(AT, BLOCKS[AT + 1]), "does not follow"),
    "a place before what it spends": (moved_to(2), "not before it"),
    "a place that its neighbour contradicts": (moved_to(39), "not the parent"),
    "a negative height": (at(PROOF, lambda t: edited(t, block_height=-1)), "block_height"),
    "a height that is a text": (at(PROOF, lambda t: edited(t, block_height="18")), "block_height"),
    "a height that is huge": (at(PROOF, lambda t: edited(t, block_height=10**30)), "block_height"),
    "a height that is NaN": (
        at(PROOF, Reply(b'{"block_height": NaN, "pos": 1, "merkle": []}')),
        "JSON",
    ),
    "a number of a million digits": (
        at(PROOF, Reply(b'{"block_height": ' + b"9" * 500_000 + b"}")),
        "JSON",
    ),
    "a spender that does not spend": (at(OUTSPEND, spent_by(OTHER, 9)), "it does not"),
    "a spender that nobody knows": (at(OUTSPEND, spent_by(b"\x07" * 32)), "no proof of it"),
    "a spender of its own making": (
        invented({"block_height": AT, "merkle": ["11" * 32], "pos": 1}),
        "does not lead",
    ),
    "a spender said by no txid": (at(OUTSPEND, as_json({"spent": True, "txid": 5})), "no txid"),
    "spent said by a number": (at(OUTSPEND, as_json({"spent": 1})), "whether"),
    "JSON nested deep": (at(OUTSPEND, DEEP), "JSON"),
    "a web page with status 200": (at(OUTSPEND, HTML), "web page"),
    "text in the place of JSON": (at(OUTSPEND, Reply(b"rate limited")), "JSON"),
    "a web page as a header": (
        at(f"/block/{BLOCKS[AT].shown}/header", replace(HTML, content_type="text/plain")),
        "no header",
    ),
    "another chain": (at("/block-height/0", hex_hash(BLOCKS[1].hash)), "begins with"),
    "a tip of another header": (
        at(f"/block/{BLOCKS[40].shown}/header", Reply(BLOCKS[3].raw[:80].hex().encode())),
        "hashes to",
    ),
    "a tip that is no number": (at("/blocks/tip/height", Reply(b"-5")), "no height"),
    "a redirect": (at(RAW, REDIRECT), "sends on"),
    "too many requests for ever": (
        at(RAW, Reply(b"slow down", status=429, headers=(("Retry-After", "0"),))),
        "429",
    ),
    "an error for ever": (at(RAW, Reply(b"oops", status=500)), "500"),
    "no such transaction": (at(RAW, Reply(b"Transaction not found", status=404)), "no such thing"),
    "forbidden": (at(RAW, Reply(b"\x1b[31mno", status=403)), "403"),
    "no answer": (at(RAW, Reply(wire=stalled)), "in time"),
    "an answer that drips": (at(RAW, Reply(wire=dripping)), "in time"),
    "an answer broken off": (at(RAW, Reply(wire=broken_off)), "broken off"),
    "an endless head": (at(RAW, Reply(wire=endless_header)), "no HTTP"),
    "a bomb": (at(RAW, BOMB), "more than"),
}


@pytest.mark.parametrize("lie, words", LIES.values(), ids=LIES)
def test_lie_is_refused_and_named(tmp_path, lie, words):
    with serving(BLOCKS, lie) as server:
        try:
            answer = fetch(fetch_asked(server.url), [str(SEED)], tmp_path / "store")
        except PeelchainError as error:
            message = str(error)
        else:
            assert answer["fetching"]["stopped_by"] == "server"
            assert not answer["fetching"]["complete"]
            (message,) = answer["fetching"]["failures"]
    assert server.url in message
    assert words in message
    assert "\x1b" not in message
    assert_only_truth(tmp_path / "store")


SOME = (
    "raw with a value changed",
    "another branch",
    "a header without work",
    "a place before what it spends",
    "a spender that does not spend",
    "a web page with status 200",
    "no answer",
)


@pytest.mark.parametrize("name", SOME)
def test_walk_that_was_lied_to_ends_as_not_fetched_and_goes_on_with_an_honest_server(
    tmp_path, name
):
    lie, words = LIES[name]
    with serving(BLOCKS, lie) as liar, serving(BLOCKS) as server:
        message, answer = asked_of(liar.url, store=tmp_path / "store")
        assert liar.url in message
        # what could not be fetched is no fact: the seed is not said to be unspent
        assert [t["type"] for t in answer["terminals"]] == ["unresolved"]
        message, answer = asked_of(liar.url, server.url, store=tmp_path / "store")
    assert liar.url in message
    assert words in message
    assert answer["fetching"]["complete"]
    assert answer["fetching"]["servers"][-1] == server.source
    assert "unresolved" not in {t["type"] for t in answer["terminals"]}
    assert_only_truth(tmp_path / "store")


def page(*txids):
    return as_json([{"txid": display(t), "status": CHAIN.status(t)} for t in txids])


def endless(path, truth):
    if not path.startswith(HISTORY):
        return truth
    start = int(path[-8:], 16) if len(path) > 100 else 0
    txids = [(start + i + 1).to_bytes(32, "little") for i in range(25)]
    status = {"confirmed": True, "block_height": 5}
    return as_json([{"txid": display(t), "status": status} for t in txids])


HISTORIES = {
    "a transaction that has nothing to do with it": (
        both(at(HISTORY, as_json([])), at(FIRST_PAGE, page(OTHER, SEED.txid))),
        "neither",
    ),
    "a transaction twice": (at(HISTORY, page(SEED.txid, SEED.txid)), "twice"),
    "the same page again": (at(HISTORY, page(SPENDER, SEED.txid)), "twice"),
    "a transaction that no block has": (
        at(
            HISTORY,
            as_json([{"txid": "07" * 32, "status": {"confirmed": True, "block_height": 4}}]),
        ),
        "twice",
    ),
    "pages without end": (endless, "no proof of it"),
    "no list": (at(HISTORY, as_json({"txs": []})), "page"),
    "a page of a million": (at(HISTORY, as_json([{}] * 100_000)), "page"),
    "a transaction of no txid": (at(HISTORY, as_json([{"status": {}}])), "no txid"),
    "web pages": (at(HISTORY, HTML), "web page"),
}


@pytest.mark.parametrize("lie, words", HISTORIES.values(), ids=HISTORIES)
def test_lie_about_a_history_is_refused_and_named(tmp_path, lie, words):
    seeds = SeedsAsked(addresses=[ADDRESS])
    with serving(BLOCKS, lie) as server:
        message, answer = asked_of(
            server.url, seeds=seeds, store=tmp_path / "store", most_of_script=60
        )
        assert sum(server.asked.values()) < 200
    assert answer is None or not answer["fetching"]["complete"]
    assert server.url in message
    assert words in message
    assert_only_truth(tmp_path / "store")


def test_transaction_of_64_bytes_is_refused(tmp_path):
    txid = BLOCKS[SMALL_AT].txs[1].txid
    with serving(BLOCKS) as server:
        message, _ = asked_of(
            server.url, seeds=SeedsAsked([str(OutPoint(txid, 0))]), store=tmp_path / "store"
        )
    assert "CVE-2017-12842" in message
    assert_only_truth(tmp_path / "store")


def test_second_spender_of_an_output_is_refused(tmp_path):
    tx = thief()
    block = mine(BLOCKS[30].hash, [BLOCKS[31].txs[0], tx], time=1_600_019_800, bits=EASY)
    proof = as_json(
        {
            "block_height": 33,
            "merkle": [display(h) for h in branch_of([t.txid for t in block.txs], 1)],
            "pos": 1,
        }
    )
    history = as_json(
        [
            {"txid": display(t), "status": {"confirmed": True, "block_height": height}}
            for t, height in ((tx.txid, 33), (SPENDER, AT), (SEED.txid, 17))
        ]
    )
    lie = both(
        header_lie(33, block),
        at(f"/tx/{tx.shown}/merkle-proof", proof),
        at(f"/tx/{tx.shown}/raw", Reply(tx.raw)),
        lambda path, truth: (
            as_json([])
            if path.startswith(HISTORY) and path.endswith(display(SEED.txid))
            else history
            if path.startswith(HISTORY)
            else truth
        ),
    )
    seeds = SeedsAsked(addresses=[ADDRESS])
    with serving(BLOCKS, lie) as server:
        message, _ = asked_of(server.url, seeds=seeds, store=tmp_path / "store")
    assert server.url in message
    assert "spends already" in message
    assert_only_truth(tmp_path / "store")


def test_fork_of_less_work_is_refused_and_what_was_known_stays(tmp_path):
    fork = grow(BLOCKS[:36], 4, tag="fork")
    with serving(BLOCKS) as server:
        _, before = asked_of(server.url, store=tmp_path / "store")
    with serving(fork) as server:
        message, after = asked_of(server.url, store=tmp_path / "store")
    assert server.url in message
    assert "fork of less work" in message
    assert after["terminals"] == before["terminals"]
    assert_only_truth(tmp_path / "store")


def test_chain_that_is_another_from_long_ago_is_refused(tmp_path):
    other = grow([genesis()], 45, tag="other")
    with serving(BLOCKS) as server:
        asked_of(server.url, store=tmp_path / "store")
    with serving(other) as server:
        message, _ = asked_of(server.url, store=tmp_path / "store")
    assert server.url in message
    assert "another chain" in message
    assert_only_truth(tmp_path / "store")


@pytest.mark.parametrize("lag", [20, 3])
def test_server_that_lags_behind_is_not_used(tmp_path, lag):
    with serving(BLOCKS) as server:
        asked_of(server.url, store=tmp_path / "store")
    with serving(BLOCKS[:-lag]) as server:
        message, _ = asked_of(server.url, store=tmp_path / "store")
    assert "lags" in message
    assert_only_truth(tmp_path / "store")


def test_server_that_is_one_block_behind_is_used(tmp_path):
    with serving(BLOCKS) as server:
        fetch(fetch_asked(server.url), [display(OTHER)], tmp_path / "store")
    with serving(BLOCKS[:-1]) as server:
        _, answer = asked_of(server.url, store=tmp_path / "store")
    assert answer["fetching"]["complete"]
    assert_only_truth(tmp_path / "store")


def test_word_that_an_output_is_unspent_is_contradicted_aloud_once_its_spender_is_seen(tmp_path):
    lie = at(OUTSPEND, as_json({"spent": False}))
    with serving(BLOCKS, lie) as server:
        _, answer = asked_of(server.url, store=tmp_path / "store")
        # absence cannot be proven: it is told with the tip and the server that said so
        assert [t["type"] for t in answer["terminals"]] == ["unspent"]
        with Vault.open(tmp_path / "store", REGTEST) as vault:
            ((_, said_by),) = vault.absences().values()
            assert said_by == server.source
        server.lie = honest
        _, answer = asked_of(server.url, store=tmp_path / "store", refresh=True)
    assert [t["type"] for t in answer["terminals"]] != ["unspent"]
    note = next(n for n in answer["fetching"]["notes"] if str(SEED) in n)
    assert display(SPENDER) in note
    assert_only_truth(tmp_path / "store", said_unspent=[SEED])


def test_who_lies_about_one_thing_is_not_believed_about_what_cannot_be_proven(tmp_path):
    other = OutPoint(BLOCKS[23].txs[1].txid, 1)
    spender = CHAIN.spenders[other.txid, other.vout][0]
    lie = both(
        at(OUTSPEND, as_json({"spent": False})),
        at(f"/tx/{display(spender)}/raw", Reply(CHAIN.tx(OTHER).raw)),
    )
    seeds = SeedsAsked([str(SEED), str(other)])
    with serving(BLOCKS, lie) as liar, serving(BLOCKS) as server:
        message, answer = asked_of(liar.url, server.url, seeds=seeds, store=tmp_path / "store")
    assert "hash to" in message
    assert answer["fetching"]["complete"]
    assert f"{SEED}" not in {f"{t['txid']}:{t['vout']}" for t in answer["terminals"]}
    with Vault.open(tmp_path / "store", REGTEST) as vault:
        assert {said_by for _, said_by in vault.absences().values()} == {server.source}
    assert_only_truth(tmp_path / "store")


def test_server_that_is_busy_at_times_is_asked_again(tmp_path):
    asked: Counter[str] = Counter()

    def busy(path, truth):
        asked[path] += 1
        if asked[path] == 1:
            return Reply(b"slow down", status=429, headers=(("Retry-After", "0"),))
        return truth

    with serving(BLOCKS, busy) as server:
        message, answer = asked_of(server.url, store=tmp_path / "store")
    assert message == ""
    assert answer["fetching"]["complete"]
    assert set(asked.values()) == {2}


def test_escape_sequences_of_a_server_never_reach_the_message(tmp_path):
    lie = at(OUTSPEND, Reply(b"\x1b]0;owned\x07" + json.dumps("x").encode()))
    with serving(BLOCKS, lie) as server:
        message, _ = asked_of(server.url, store=tmp_path / "store")
    assert "\x1b" not in message
    assert "\x07" not in message
