"""Electrum servers that lie, stall and flood: each is named with what was wrong."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.chain.crafted import genesis, grow, p2wpkh
from tests.electrum_server import (
    ElectrumServer,
    ServedChain,
    Twist,
    honest,
    line,
    script_hash,
    serving,
)

from peelchain.chain.partial.electrum import ElectrumSource
from peelchain.chain.partial.electrum_place import endpoint_of
from peelchain.chain.partial.fetch import fetch_spenders, fetch_transactions
from peelchain.chain.partial.sitting import sit_down
from peelchain.chain.partial.source import Mention, Watched
from peelchain.chain.partial.vault import Vault
from peelchain.errors import FalseAnswerError, RemoteError, SourceError
from peelchain.network import REGTEST
from peelchain.raw_tx import parsed
from peelchain.remote.lines import LineLimits
from peelchain.script import sha256d
from peelchain.units import OutPoint, format_hash

ONCE = LineLimits(tries=2, wait_s=0.01, strays=50)
IMPATIENT = LineLimits(silence_s=0.5, answer_s=1.0, tries=2, wait_s=0.01)
RAW = "blockchain.transaction.get"
MERKLE = "blockchain.transaction.get_merkle"
HEADER = "blockchain.block.header"
HISTORY = "blockchain.scripthash.get_history"
TIP = "blockchain.headers.subscribe"


@pytest.fixture(scope="module")
def chain() -> ServedChain:
    return ServedChain(block.raw for block in grow([genesis()], 20))


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.open(tmp_path / "store", REGTEST) as opened:
        yield opened


@contextmanager
def asking(server: ElectrumServer, vault: Vault, **how: Any) -> Iterator[ElectrumSource]:
    source = ElectrumSource(endpoint_of(server.place), vault, **{"limits": ONCE, **how})
    try:
        yield source
    finally:
        source.close()


def told(method: str, make: Callable[[Any], object]) -> Twist:
    """A server that gives something else as the result of a method."""

    def twist(request: dict[str, Any], reply: dict[str, Any]) -> Iterable[bytes]:
        if request["method"] == method:
            reply = {**reply, "result": make(reply.get("result"))}
        yield line(reply)

    return twist


def sent(method: str, make: Callable[[dict[str, Any]], Iterable[bytes]]) -> Twist:
    """A server that sends some bytes in place of the reply to a method."""

    def twist(request: dict[str, Any], reply: dict[str, Any]) -> Iterable[bytes]:
        yield from make(reply) if request["method"] == method else [line(reply)]

    return twist


def use(source: ElectrumSource, chain: ServedChain) -> None:
    """Asks for one of each thing."""
    txid = chain.txids[3][1]
    source.genesis_hash()
    source.tip()
    list(source.headers([3]))
    list(source.headers([4, 5]))
    list(source.raw_txs([txid]))
    list(source.inclusions([Mention(txid, 3)]))
    list(source.history(p2wpkh("3")))
    list(source.spenders([Watched(OutPoint(txid, 0), p2wpkh("3"))]))


def other_tx(given: str) -> str:
    """Another valid transaction: its locktime differs."""
    return given[:-8] + "01000000"


def without(name: str) -> Callable[[Any], object]:
    return lambda given: {k: v for k, v in given.items() if k != name}


def having(**members: object) -> Callable[[Any], object]:
    return lambda given: {**given, **members}


LIES: dict[str, tuple[Twist, str]] = {
    "another transaction": (told(RAW, other_tx), "hash to"),
    "truncated transaction": (told(RAW, lambda g: g[:-10]), "are none .*than can follow"),
    "bytes after the transaction": (told(RAW, lambda g: g + "00"), "are none .*bytes follow"),
    "hex that is none": (told(RAW, lambda g: "zz" + g[2:]), "no bytes in hex"),
    "half a byte": (told(RAW, lambda g: g[:-1]), "no bytes in hex"),
    "a verbose transaction": (told(RAW, lambda g: {"hex": g}), "no bytes in hex"),
    "proof of another height": (told(MERKLE, having(block_height=4)), "another height than 3"),
    "proof without position": (told(MERKLE, without("pos")), "pos is no whole number"),
    "proof of negative position": (told(MERKLE, having(pos=-1)), "pos is no whole number"),
    "proof of a million hashes": (told(MERKLE, having(merkle=["00" * 32] * 99)), "0 to 24 hashes"),
    "proof of no hashes": (told(MERKLE, having(merkle=["00"])), "'00' is no hash"),
    "position that is true": (told(MERKLE, having(pos=True)), "pos is no whole number"),
    "position in decimals": (told(MERKLE, having(pos=1.5)), "pos is no whole number"),
    "short header": (told(HEADER, lambda g: g[:-2]), "79 bytes are no header"),
    "fewer headers": (
        told("blockchain.block.headers", having(count=1)),
        "2 headers were asked for and 1 given",
    ),
    "more headers": (
        told("blockchain.block.headers", lambda g: {**g, "hex": g["hex"] * 3}),
        "480 bytes are not 2 headers",
    ),
    "no headers at all": (
        told("blockchain.block.headers", having(count=0, hex="", max=0)),
        "max is no whole number from 1",
    ),
    "tip of height true": (told(TIP, having(height=True)), "height is no whole number"),
    "tip of height 2^40": (told(TIP, having(height=2**40)), "height is no whole number"),
    "another genesis": (
        told("server.features", having(genesis_hash="11" * 32)),
        "not the one whose header",
    ),
    "history without the payment": (told(HISTORY, lambda g: g[:0]), "leaves out transaction"),
    "history that repeats": (told(HISTORY, lambda g: g + g), "comes twice in the history"),
    "history of heights below -1": (
        told(HISTORY, lambda g: [{**one, "height": -2} for one in g]),
        "height is no whole number",
    ),
    "history in an object": (told(HISTORY, lambda g: {"history": g}), "list of transactions"),
    "null for a result": (told(RAW, lambda _: None), "nothing is no bytes in hex"),
    "no protocol version": (told("server.version", lambda _: "1.4"), "version .* is missing"),
    "strange version": (told("server.version", lambda _: ["x", "1.4;"]), "no version"),
    "unknown id": (sent(RAW, lambda r: [line({**r, "id": 9999})]), "not asked, or twice"),
    "id that is a text": (sent(RAW, lambda r: [line({**r, "id": str(r["id"])})]), "id that no"),
    "no id and no method": (
        sent(RAW, lambda r: [line({"id": None, "error": {"code": -32700, "message": "what?"}})]),
        "answers to no request, with the error 'what\\?'",
    ),
    "answers twice": (sent(MERKLE, lambda r: [line(r), line(r)]), "not asked, or twice"),
    "neither result nor error": (
        sent(RAW, lambda r: [line({"id": r["id"]})]),
        "neither a result nor an error",
    ),
    "a web page": (sent(RAW, lambda _: [b"<html>sign in</html>\n"]), "<html>.*no JSON"),
    "bytes at random": (sent(RAW, lambda _: [bytes(range(128, 256)) + b"\n"]), "is no JSON"),
    "not a number": (sent(RAW, lambda r: [b'{"id": 5, "result": NaN}\n']), "is no JSON"),
    "a number of 10^5 digits": (
        sent(RAW, lambda r: [b'{"id": 5, "result": ' + b"9" * 100_000 + b"}\n"]),
        "is no JSON",
    ),
    "JSON 10^5 deep": (
        sent(TIP, lambda r: [b"[" * 30_000 + b"]" * 30_000 + b"\n"]),
        "values, and at most",
    ),
    "JSON a thousand deep": (
        sent(HISTORY, lambda r: [b"[" * 9_000 + b"]" * 9_000 + b"\n"]),
        "nested too deep",
    ),
    "a list of replies": (sent(RAW, lambda r: [line([r])]), "no answer"),
}


def easier(given: str) -> str:
    """The header with another nonce: as good as one, but for its work."""
    header = bytearray.fromhex(given)
    while int.from_bytes(sha256d(bytes(header)), "little") < 1 << 255:
        header[76] = (header[76] + 1) % 256
    return header.hex()


def header_of_spender(make: Callable[[str], str]) -> Twist:
    """A server that gives something else as the header of the block that the proof is in."""

    def twist(request: dict[str, Any], reply: dict[str, Any]) -> Iterable[bytes]:
        if request["method"] == HEADER and request["params"] == [SPENT_AT]:
            reply = {**reply, "result": make(reply["result"])}
        yield line(reply)

    return twist


def spender(make: Callable[[list[dict[str, Any]]], object]) -> Twist:
    """A server that tells something else of the script whose output is followed."""

    def twist(request: dict[str, Any], reply: dict[str, Any]) -> Iterable[bytes]:
        if request["params"] == [script_hash(SCRIPT)]:
            reply = {**reply, "result": make(reply["result"])}
        yield line(reply)

    return twist


CHAIN = ServedChain(block.raw for block in grow([genesis()], 20))
# an output that the block after the next merges with another
TXID = CHAIN.txids[16][1]
SCRIPT = parsed(CHAIN.raw[TXID]).outputs[0].script_pubkey
SPENDER = next(
    txid
    for txid, raw in CHAIN.raw.items()
    if OutPoint(TXID, 0) in [OutPoint(i.prev_txid, i.prev_vout) for i in parsed(raw).inputs]
)
SPENT_AT = CHAIN.places[SPENDER][0]

FALSE_PROOFS: dict[str, tuple[Twist, str]] = {
    "wrong position": (told(MERKLE, lambda g: {**g, "pos": g["pos"] ^ 1}), "Merkle"),
    "position beyond the branch": (told(MERKLE, lambda g: {**g, "pos": 4096}), "position 4096"),
    "wrong branch": (told(MERKLE, having(merkle=["11" * 32])), "does not lead to the Merkle root"),
    "no branch": (told(MERKLE, having(merkle=[])), "position 1"),
    "a branch too long": (
        told(MERKLE, lambda g: {**g, "merkle": [*g["merkle"], "00" * 32]}),
        "does not lead to the Merkle root",
    ),
    "header without work": (header_of_spender(easier), "has no proof of work"),
    "header of another height": (
        header_of_spender(lambda _: CHAIN.headers[SPENT_AT - 2].hex()),
        "Merkle root|does not follow|is not the parent",
    ),
    "tip without work": (told(TIP, lambda g: {**g, "hex": easier(g["hex"])}), "tip is"),
    "tip of a height it is not at": (told(TIP, lambda g: {**g, "height": 7}), "tip is"),
    "the spender told at another height": (
        spender(lambda g: [{**o, "height": min(o["height"] + 1, 20)} for o in g]),
        "not in block at height|Merkle",
    ),
    "a transaction that does not exist in the history": (
        spender(lambda g: [*g[:1], {"tx_hash": "22" * 32, "height": 17}, *g[1:]]),
        "No such mempool",
    ),
    "another chain": (
        told("server.features", having(genesis_hash="33" * 32)),
        "not the one whose header",
    ),
}


@pytest.mark.parametrize(("twist", "wrong"), FALSE_PROOFS.values(), ids=FALSE_PROOFS)
def test_no_false_proof_is_kept(vault: Vault, twist: Twist, wrong: str) -> None:
    with serving(CHAIN, twist=twist) as server:
        match = rf"localhost:{server.port}.*({wrong})"
        with asking(server, vault) as source, pytest.raises(SourceError, match=match):
            sitting = sit_down(vault, source)
            fetch_transactions(sitting, [Mention(TXID, None)])
            fetch_spenders(sitting, [OutPoint(TXID, 0)])
    assert_true(vault)


def test_a_spend_left_out_is_the_word_of_the_server_alone(vault: Vault) -> None:
    twist = spender(lambda g: [o for o in g if o["tx_hash"] != format_hash(SPENDER)])
    with serving(CHAIN, twist=twist) as server, asking(server, vault) as source:
        sitting = sit_down(vault, source)
        fetch_transactions(sitting, [Mention(TXID, None)])
        fetch_spenders(sitting, [OutPoint(TXID, 0)])
    ((tip, said_by),) = vault.absences().values()
    assert (tip.height, said_by) == (20, f"electrum:{server.place}")
    assert_true(vault)


def assert_true(vault: Vault) -> None:
    """All that the vault holds as proven is what the chain has."""
    for tx, has_raw, _ in vault.transactions():
        assert (has_raw, vault.raw(tx.txid)) == (True, CHAIN.raw[tx.txid])
        place = vault.place_of(tx.txid)
        assert (place.height, place.position) == CHAIN.places[tx.txid]
        assert vault.branch_of(tx.txid) is not None
    for height, header in vault.headers().items():
        assert header == CHAIN.headers[height]


@pytest.mark.parametrize(("twist", "wrong"), LIES.values(), ids=LIES)
def test_a_false_answer_is_named(
    chain: ServedChain, vault: Vault, twist: Twist, wrong: str
) -> None:
    with serving(chain, twist=twist) as server:
        match = rf"localhost:{server.port}.*{wrong}"
        with asking(server, vault) as source, pytest.raises(FalseAnswerError, match=match):
            use(source, chain)
    for txid, raw in chain.raw.items():
        assert vault.answer(f"tx:{format_hash(txid)}") in (None, raw)


def endless(_: dict[str, Any]) -> Iterator[bytes]:
    while True:
        yield b"a" * (1 << 16)


def dripping(_: dict[str, Any]) -> Iterator[bytes]:
    while True:
        yield b" "
        time.sleep(0.05)


def stalled(_: dict[str, Any]) -> Iterator[bytes]:
    threading.Event().wait(1.0)
    yield from ()


def flooding(_: dict[str, Any]) -> Iterator[bytes]:
    while True:
        yield line({"method": TIP, "params": [{"height": 1, "hex": "00"}]})


def broken_off(_: dict[str, Any]) -> Iterator[bytes]:
    yield b'{"id": 1, "resu'
    raise ConnectionError


def error(code: object, text: object) -> Callable[[dict[str, Any]], Iterable[bytes]]:
    return lambda r: [line({"id": r["id"], "error": {"code": code, "message": text}})]


FAILURES: dict[str, tuple[Twist, str]] = {
    "a line that never ends": (sent(TIP, endless), "a line of its answer has more than"),
    "a history without end": (sent(HISTORY, endless), "a line of its answer has more than"),
    "notifications without end": (sent(RAW, flooding), "messages that nobody asked for"),
    "breaks off": (sent(RAW, broken_off), "breaks the connection off.*2 times"),
    "an error": (sent(RAW, error(2, "no such transaction")), "'no such transaction'"),
    "an error with control characters": (sent(RAW, error(2, "a\x1b[2Jb\n")), r"'a\\x1b\[2Jb\\n'"),
    "an error of no form": (
        sent(RAW, lambda r: [line({"id": r["id"], "error": ["x"] * 99})]),
        "it says",
    ),
    "asked too much": (sent(RAW, error(-101, "excessive resource usage")), "asked too much"),
    "history too large": (sent(HISTORY, error(1, "history too large")), "too many transactions"),
    "another protocol": (told("server.version", lambda _: ["x", "1.2"]), "version 1.2"),
    "forgets": (told("server.features", having(pruning=100)), "forgets old transactions"),
    "other hashes": (told("server.features", having(hash_function="x")), "unknown way"),
}


@pytest.mark.parametrize(("twist", "wrong"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_named(chain: ServedChain, vault: Vault, twist: Twist, wrong: str) -> None:
    with serving(chain, twist=twist) as server:
        match = rf"localhost:{server.port}.*{wrong}"
        with asking(server, vault) as source, pytest.raises(RemoteError, match=match) as raised:
            use(source, chain)
    assert len(str(raised.value)) < 600


@pytest.mark.parametrize(
    "twist",
    [sent(RAW, dripping), sent(RAW, stalled), sent("server.version", stalled)],
    ids=["drips", "stalls", "stalls at the greeting"],
)
def test_a_stall_is_named(chain: ServedChain, vault: Vault, twist: Twist) -> None:
    with serving(chain, twist=twist) as server, asking(server, vault, limits=IMPATIENT) as source:
        match = rf"localhost:{server.port}.*does not answer in time, 2 times"
        with pytest.raises(RemoteError, match=match):
            use(source, chain)


def test_a_server_that_is_not_there(vault: Vault) -> None:
    with serving(ServedChain([genesis().raw])) as server:
        place = server.place
    source = ElectrumSource(endpoint_of(place), vault, limits=ONCE)
    match = "cannot be reached, 2 times; check that the server runs"
    with closing(source), pytest.raises(RemoteError, match=match):
        source.tip()


def test_replies_in_any_order_with_notifications_between(chain: ServedChain, vault: Vault) -> None:
    held: list[bytes] = []

    def twist(request: dict[str, Any], reply: dict[str, Any]) -> Iterable[bytes]:
        if request["method"] != RAW:
            yield from honest(request, reply)
            return
        held.append(line({"method": TIP, "params": [{"height": 1, "hex": "00"}]}))
        held.append(line(reply))
        if len(held) == 20:
            yield from reversed(held)
            held.clear()

    txids = sorted(chain.raw)[:10]
    with serving(chain, twist=twist) as server, asking(server, vault) as source:
        assert list(source.raw_txs(txids)) == [chain.raw[txid] for txid in txids]


def test_a_lost_connection_is_made_again(chain: ServedChain, vault: Vault) -> None:
    count = 0

    def twist(request: dict[str, Any], reply: dict[str, Any]) -> Iterable[bytes]:
        nonlocal count
        if request["method"] == RAW:
            count += 1
            if count % 7 == 0:
                yield line(reply)[:20]
                raise ConnectionError
        yield line(reply)

    txids = sorted(chain.raw)
    often = LineLimits(wait_s=0.01)
    with serving(chain, twist=twist) as server, asking(server, vault, limits=often) as source:
        assert list(source.raw_txs(txids)) == [chain.raw[txid] for txid in txids]
        assert server.connections > 2
        greetings = server.counted("server.version")
        assert greetings == [["", ["1.4", "1.4.3"]]] * server.connections


def test_a_busy_server_is_given_time(chain: ServedChain, vault: Vault) -> None:
    busy = 3

    def twist(request: dict[str, Any], reply: dict[str, Any]) -> Iterable[bytes]:
        nonlocal busy
        if request["method"] == RAW and busy:
            busy -= 1
            reply = {"id": reply["id"], "error": {"code": -102, "message": "server busy"}}
        yield line(reply)

    slept: list[float] = []
    patient = LineLimits(wait_s=1.0)
    how = {"limits": patient, "sleep": slept.append}
    txid = chain.txids[3][1]
    with serving(chain, twist=twist) as server, asking(server, vault, **how) as source:
        assert list(source.raw_txs([txid])) == [chain.raw[txid]]
    assert len(slept) == 3
    assert 0.75 <= slept[0] <= 1.25
    assert 3.0 <= slept[2] <= 5.0


def test_answers_left_unread_do_not_disturb(chain: ServedChain, vault: Vault) -> None:
    txids = sorted(chain.raw)
    with serving(chain) as server, asking(server, vault) as source:
        for _ in range(3):
            first = source.raw_txs(txids)
            assert next(first) == chain.raw[txids[0]]
            first.close()  # type: ignore[attr-defined]
        assert source.tip().height == chain.tip
        assert server.connections == 1
