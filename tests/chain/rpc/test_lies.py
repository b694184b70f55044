"""A node that lies, stalls or talks rubbish: nothing of it enters archive or store."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.chain.crafted import HARDER, Block, grow, mine, pay
from tests.chain.rpc.reading import archived, ingest
from tests.chain.stores import content, content_of
from tests.core_rpc import CoreServer

from peelchain.chain.rpc import blocks as fetching
from peelchain.errors import FalseAnswerError, RemoteError, SourceError

Lie = Callable[[CoreServer, list[Block]], None]

WHICH = 33
"""The height that is lied about."""


def result_of(method: str, change: Callable[[Any], Any]) -> Lie:
    """Changes the result of a method: for the block lied about, where it is asked of a block."""

    def tell(core: CoreServer, chain: list[Block]) -> None:
        def twist(called: str, params: list[Any], result: Any) -> Any:
            named = not params or params[0] in (WHICH, chain[WHICH].shown)
            return change(result) if called == method and named else result

        core.twist = twist

    return tell


def batches(change: Callable[[list[dict[str, Any]]], Any]) -> Lie:
    """Changes the answers of every batch of several."""

    def tell(core: CoreServer, chain: list[Block]) -> None:
        core.answers = lambda answers: change(answers) if len(answers) > 5 else answers

    return tell


def sending(send: Callable[[Any, bytes], None], after: int = 6) -> Lie:
    """Sends bodies otherwise, after some that are good."""

    def tell(core: CoreServer, chain: list[Block]) -> None:
        def choose(handler: Any, body: bytes) -> None:
            core.asked["sent"] += 1
            if core.asked["sent"] > after:
                send(handler, body)
                return
            handler.send_response(200)
            handler.send_header("content-length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        core.send = choose

    return tell


def another_block(core: CoreServer, chain: list[Block]) -> None:
    core.twist = lambda method, params, result: (
        chain[7].raw.hex() if method == "getblock" and params[0] == chain[WHICH].shown else result
    )


def headers_of_another_chain(core: CoreServer, chain: list[Block]) -> None:
    """Headers are a chain's, the blocks behind them another's."""
    core.mine(*grow(chain[:WHICH], 20, "other")[WHICH:], instead_of=len(chain) - WHICH)
    others = core.chain[WHICH:]
    core.twist = lambda method, params, result: (
        chain[WHICH].raw.hex()
        if method == "getblock" and params[0] in {b.shown for b in others}
        else result
    )


def header_without_work(core: CoreServer, chain: list[Block]) -> None:
    header = bytearray(chain[-1].raw[:80])
    for nonce in range(1000):
        header[76:80] = nonce.to_bytes(4, "little")
        block = Block(bytes(header) + chain[-1].raw[80:], chain[-1].txs)
        if block.hash[31] >= 0x80:
            break
    core.mine(block, instead_of=1)


def header_of_no_target(core: CoreServer, chain: list[Block]) -> None:
    header = chain[-1].raw[:72] + (0x21010000).to_bytes(4, "little") + chain[-1].raw[76:80]
    core.mine(Block(header + chain[-1].raw[80:], chain[-1].txs), instead_of=1)


def header_that_joins_nothing(core: CoreServer, chain: list[Block]) -> None:
    lone = mine(bytes(range(32)), chain[-1].txs, time=1_700_000_000)
    core.mine(lone, instead_of=1)


def another_genesis(core: CoreServer, chain: list[Block]) -> None:
    core.twist = lambda method, params, result: (
        "cd" * 32 if (method, params) == ("getblockhash", [0]) else result
    )


def swapped(answers: list[dict[str, Any]]) -> Any:
    """Two blocks for each other: right forms, wrong numbers."""
    answers[2]["id"], answers[3]["id"] = answers[3]["id"], answers[2]["id"]
    return answers


def html(handler: Any, body: bytes) -> None:
    page = b"<!DOCTYPE html><html><body>Sign in to the hotel's network</body></html>"
    handler.send_response(200)
    handler.send_header("content-type", "text/html")
    handler.send_header("content-length", str(len(page)))
    handler.end_headers()
    handler.wfile.write(page)


def stalling(handler: Any, body: bytes) -> None:
    time.sleep(0.8)
    handler.close_connection = True


def truncated(handler: Any, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("content-length", str(len(body) + 100))
    handler.end_headers()
    handler.wfile.write(body)
    handler.close_connection = True


def endless(handler: Any, body: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    try:
        while True:
            handler.wfile.write(b" " * (1 << 20))
    except OSError:
        return


def dripping(handler: Any, body: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    try:
        for _ in range(60):
            handler.wfile.write(b" ")
            time.sleep(0.05)
    except OSError:
        return


def elsewhere(handler: Any, body: bytes) -> None:
    handler.send_response(302)
    handler.send_header("location", "http://127.0.0.1:9/")
    handler.send_header("content-length", "0")
    handler.end_headers()


DEEP = ("[" * 100_000 + "]" * 100_000).encode()

LIES: dict[str, tuple[Lie, str]] = {
    "another block": (another_block, rf"at height {WHICH} it gives"),
    "the block of another chain": (headers_of_another_chain, r"at height \d+ it gives"),
    "a changed transaction": (
        result_of("getblock", lambda r: r[:-8] + "77" + r[-6:]),
        rf"at height {WHICH} it gives a damaged one: ",
    ),
    "a block cut short": (result_of("getblock", lambda r: r[:-20]), "gives a damaged one: "),
    "bytes after a block": (result_of("getblock", lambda r: r + "00"), "gives a damaged one: "),
    "a header alone": (result_of("getblock", lambda r: r[:160]), "gives a damaged one: "),
    "half a byte": (result_of("getblock", lambda r: r[:-1]), "getblock gives no hex"),
    "no hex": (result_of("getblock", lambda r: "zz" + r[2:]), "getblock gives no hex"),
    "spaces in hex": (result_of("getblock", lambda r: r[:10] + "  " + r[10:]), "gives no hex"),
    "a number for a block": (result_of("getblock", lambda r: 7), "getblock gives no hex"),
    "nothing for a block": (result_of("getblock", lambda r: None), "getblock gives no hex"),
    "no work": (header_without_work, r"at height 40 has no proof of work"),
    "a target that cannot be": (header_of_no_target, r"at height 40 claims less work than"),
    "a header of no parent": (header_that_joins_nothing, "headers do not join each other"),
    "another header": (
        result_of("getblockheader", lambda r: "77" + r[2:]),
        "gives another header",
    ),
    "a hash that is none": (result_of("getblockhash", lambda r: r[:-2]), "is no hash"),
    "another genesis": (another_genesis, "which is none that peelchain knows"),
    "a height below zero": (
        result_of("getblockchaininfo", lambda r: {**r, "blocks": -1}),
        "blocks is no height",
    ),
    "a height of text": (
        result_of("getblockchaininfo", lambda r: {**r, "blocks": "40"}),
        "blocks is no height",
    ),
    "a height beyond all": (
        result_of("getblockchaininfo", lambda r: {**r, "blocks": 2**40}),
        "blocks is no height",
    ),
    "no chain information": (
        result_of("getblockchaininfo", lambda r: []),
        "blocks is no height",
    ),
    "answers to each other's calls": (batches(swapped), r"headers do not join|gives|is none"),
    "an answer missing": (batches(lambda a: a[:-1]), r"answers came to a batch of"),
    "an answer twice": (batches(lambda a: [*a, a[0]]), "or the second to one"),
    "an answer to no call": (
        batches(lambda a: [*a[:-1], {**a[-1], "id": 10**6}]),
        "is to no call of it",
    ),
    "an id of text": (batches(lambda a: [*a[:-1], {**a[-1], "id": "3"}]), "is to no call of it"),
    "no ids": (batches(lambda a: [{"result": x["result"]} for x in a]), "is to no call of it"),
    "no result": (batches(lambda a: [{"id": x["id"]} for x in a]), "one without a result"),
    "an object": (batches(lambda a: {"result": 1}), "with one object"),
    "a number": (batches(lambda a: 7), "answers came to a batch of"),
    "an error of no form": (
        batches(lambda a: [{"id": x["id"], "error": "no"} for x in a]),
        "an error of no form",
    ),
    "no JSON": (batches(lambda a: b"\x00\xff not json"), "what is no JSON"),
    "JSON cut short": (batches(lambda a: json.dumps(a).encode()[:-5]), "what is no JSON"),
    "JSON too deep": (batches(lambda a: DEEP), "what is no JSON|answers came to a batch"),
    "no number": (batches(lambda a: b"[NaN]"), "what is no JSON"),
    "an empty answer": (batches(lambda a: b""), "with nothing"),
    "a web page": (sending(html), "with a web page .*check host and port"),
    "silence": (sending(stalling), "does not answer in time|broken off"),
    "an answer that ends early": (sending(truncated), "broken off"),
    "an answer that does not end": (sending(endless), r"has more than [\d,]+ bytes"),
    "an answer that drips": (sending(dripping), "does not answer in time"),
    "another address": (sending(elsewhere), "sends on to another address"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_does_not_get_in(
    core: CoreServer,
    crafted: list[Block],
    tmp_path: Path,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Onto a store that stands: it stands as before, and goes on with an honest node."""
    monkeypatch.setattr(fetching, "_MOST_IN_BATCH", 8)
    store = tmp_path / "store"
    whole, core.chain = core.chain, core.chain[:20]
    ingest(core, store)
    core.chain = whole
    tell, words = LIES[name]
    tell(core, crafted)
    with pytest.raises(SourceError, match=words) as refused:
        ingest(core, store)
    assert isinstance(refused.value, FalseAnswerError | RemoteError) or name == "another genesis"
    assert f"http://127.0.0.1:{core.port}" in str(refused.value)
    assert ";" in str(refused.value)
    assert content(store) == content_of(crafted[:20])
    held = archived(store)
    assert held == tuple(b.shown for b in crafted[: len(held)])

    core.twist, core.answers, core.send = lambda m, p, r: r, lambda a: a, None
    core.chain = list(crafted)
    longer = grow(crafted, 30)
    core.mine(*longer[len(crafted) :])
    assert ingest(core, store).tip_hash == longer[-1].shown
    assert content(store) == content_of(longer)


REST_LIES: dict[str, tuple[Callable[[str, bytes, list[Block]], bytes], str]] = {
    "another block": (
        lambda path, body, chain: chain[7].raw if chain[WHICH].shown in path else body,
        rf"at height {WHICH} it gives",
    ),
    "a block cut short": (
        lambda path, body, chain: body[:-9] if "block/" in path else body,
        "gives a damaged one",
    ),
    "a web page for a block": (
        lambda path, body, chain: b"<html>" * 30 if "block/" in path else body,
        "at height 20 it gives",
    ),
    "headers cut short": (
        lambda path, body, chain: body[:-1] if "headers" in path else body,
        "bytes are no headers",
    ),
    "headers of elsewhere": (
        lambda path, body, chain: chain[3].raw[:80] if "headers" in path else body,
        "it begins with another header",
    ),
    "headers that skip one": (
        lambda path, body, chain: body[:160] + body[240:] if "headers" in path else body,
        "headers do not join each other",
    ),
    "more headers than can be": (
        lambda path, body, chain: body[:80] * 3000 if "headers" in path else body,
        "bytes are no headers",
    ),
}


@pytest.mark.parametrize("name", REST_LIES)
def test_a_lie_over_rest_does_not_get_in(
    core: CoreServer,
    crafted: list[Block],
    tmp_path: Path,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fetching, "_REST_FROM_BYTES", 0)
    store = tmp_path / "store"
    core.rest = True
    core.chain = crafted[:20]
    ingest(core, store)
    core.chain = list(crafted)
    change, words = REST_LIES[name]
    core.twist = lambda method, params, result: (
        change(params[0], result, crafted) if method == "rest" else result
    )
    with pytest.raises(FalseAnswerError, match=words):
        ingest(core, store)
    assert content(store) == content_of(crafted[:20])
    assert archived(store) == tuple(b.shown for b in crafted)[: len(archived(store))]
    core.twist = lambda m, p, r: r
    assert ingest(core, store).tip_hash == crafted[-1].shown
    assert content(store) == content_of(crafted)


def test_a_longer_chain_of_less_work_is_refused(
    core: CoreServer, crafted: list[Block], tmp_path: Path
) -> None:
    """Many easy blocks do not outweigh few hard ones."""
    store = tmp_path / "store"
    hard = crafted[:30]
    for _ in range(3):
        hard = pay(hard, tag="hard", bits=HARDER)
    core.mine(*hard[-3:], instead_of=len(crafted) - 30)
    ingest(core, store)
    easy = grow(crafted[:30], 200, "easy")
    core.mine(*easy[30:], instead_of=3)
    with pytest.raises(SourceError, match=r"less work than the one in .* leaves it at height 29;"):
        ingest(core, store)
    assert content(store) == content_of(hard)
    assert not any(core.asked[b.shown] for b in easy[30:])
