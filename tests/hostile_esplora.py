"""An Esplora server on loopback over blocks made in a test, honest unless it is told to lie."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.chain.crafted import Block, Tx, sha256d

from peelchain.raw_tx import RawTx, parsed

PAGE = 25


@dataclass(frozen=True)
class Reply:
    """An answer: status, type, bytes; `wire` writes to the socket itself instead."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/plain"
    headers: tuple[tuple[str, str], ...] = ()
    wire: Callable[[BaseHTTPRequestHandler], None] | None = None


Lie = Callable[[str, Reply], Reply]
"""What is answered for a path instead of the truth."""


def honest(_path: str, truth: Reply) -> Reply:
    return truth


def as_json(value: Any) -> Reply:
    return Reply(json.dumps(value).encode(), content_type="application/json")


def display(internal: bytes) -> str:
    return internal[::-1].hex()


def branch_of(txids: Sequence[bytes], position: int) -> list[bytes]:
    """The Merkle branch of a leaf, from the leaves up."""
    branch, level = [], list(txids)
    while len(level) > 1:
        if len(level) % 2:
            level.append(level[-1])
        branch.append(level[position ^ 1])
        level = [sha256d(level[i] + level[i + 1]) for i in range(0, len(level), 2)]
        position >>= 1
    return branch


@dataclass
class Chain:
    """Blocks from genesis, and what an index of them knows."""

    blocks: list[Block]

    @cached_property
    def places(self) -> dict[bytes, tuple[int, int]]:
        return {
            tx.txid: (height, position)
            for height, block in enumerate(self.blocks)
            for position, tx in enumerate(block.txs)
        }

    @cached_property
    def parsed(self) -> dict[bytes, RawTx]:
        return {tx.txid: parsed(tx.raw) for block in self.blocks for tx in block.txs}

    @cached_property
    def spenders(self) -> dict[tuple[bytes, int], tuple[bytes, int]]:
        return {
            (i.prev_txid, i.prev_vout): (txid, vin)
            for txid, tx in self.parsed.items()
            for vin, i in enumerate(tx.inputs)
            if not i.is_coinbase
        }

    @cached_property
    def by_scripthash(self) -> dict[str, list[bytes]]:
        """The txids of each script, newest first."""
        found: dict[str, dict[bytes, None]] = {}
        for txid, tx in self.parsed.items():
            scripts = [o.script_pubkey for o in tx.outputs]
            scripts += [
                self.parsed[i.prev_txid].outputs[i.prev_vout].script_pubkey
                for i in tx.inputs
                if not i.is_coinbase
            ]
            for script in scripts:
                found.setdefault(sha256(script).hexdigest(), {})[txid] = None
        return {
            digest: sorted(txids, key=lambda t: self.places[t], reverse=True)
            for digest, txids in found.items()
        }

    def tx(self, txid: bytes) -> Tx:
        height, position = self.places[txid]
        return self.blocks[height].txs[position]

    def status(self, txid: bytes) -> dict[str, Any]:
        height = self.places[txid][0]
        return {
            "confirmed": True,
            "block_height": height,
            "block_hash": self.blocks[height].shown,
            "block_time": int.from_bytes(self.blocks[height].raw[68:72], "little"),
        }

    def outspend(self, txid: bytes, vout: int) -> dict[str, Any]:
        found = self.spenders.get((txid, vout))
        if found is None:
            return {"spent": False}
        return {
            "spent": True,
            "txid": display(found[0]),
            "vin": found[1],
            "status": self.status(found[0]),
        }

    def answer(self, path: str) -> Reply:
        """The true answer, as the API's documentation has it."""
        try:
            return self._answer(path.strip("/").split("/"))
        except (KeyError, IndexError, ValueError, StopIteration):
            return Reply(b"Not found", status=404)

    def _answer(self, parts: list[str]) -> Reply:
        match parts:
            case ["blocks", "tip", "height"]:
                return Reply(str(len(self.blocks) - 1).encode())
            case ["blocks", "tip", "hash"]:
                return Reply(self.blocks[-1].shown.encode())
            case ["block-height", height]:
                return Reply(self.blocks[int(height)].shown.encode())
            case ["block", shown, "header"]:
                block = next(b for b in self.blocks if b.shown == shown)
                return Reply(block.raw[:80].hex().encode())
            case ["tx", txid, *rest]:
                return self._of_tx(bytes.fromhex(txid)[::-1], rest)
            case ["scripthash", digest]:
                count = len(self.by_scripthash.get(digest, []))
                return as_json({"scripthash": digest, "chain_stats": {"tx_count": count}})
            case ["scripthash", digest, "txs", "chain", *after]:
                txids = self.by_scripthash.get(digest, [])
                start = txids.index(bytes.fromhex(after[0])[::-1]) + 1 if after else 0
                page = txids[start : start + PAGE]
                return as_json([{"txid": display(t), "status": self.status(t)} for t in page])
            case ["scripthash", _, "txs", "mempool"]:
                return as_json([])
        raise KeyError

    def _of_tx(self, txid: bytes, rest: list[str]) -> Reply:
        height, position = self.places[txid]
        match rest:
            case ["raw"]:
                return Reply(self.tx(txid).raw, content_type="application/octet-stream")
            case ["merkle-proof"]:
                branch = branch_of([tx.txid for tx in self.blocks[height].txs], position)
                return as_json(
                    {
                        "block_height": height,
                        "merkle": [display(h) for h in branch],
                        "pos": position,
                    }
                )
            case ["outspend", vout]:
                return as_json(self.outspend(txid, int(vout)))
            case ["outspends"]:
                outputs = self.parsed[txid].outputs
                return as_json([self.outspend(txid, vout) for vout in range(len(outputs))])
        raise KeyError


@dataclass
class Served:
    """A server that runs: where, over which chain, what it was asked, and how it lies."""

    url: str
    chain: Chain
    lie: Lie = honest
    asked: Counter[str] = field(default_factory=Counter)

    @property
    def source(self) -> str:
        return f"esplora:{self.url}"


@contextmanager
def serving(blocks: Sequence[Block], lie: Lie = honest) -> Iterator[Served]:
    """A server on loopback while the `with` lasts."""
    served = Served("", Chain(list(blocks)), lie)
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # head and body would wait for each other's acknowledgement
        disable_nagle_algorithm = True
        stopping = stop

        def do_GET(self) -> None:
            path = self.path.removeprefix("/api")
            served.asked[path] += 1
            reply = served.lie(path, served.chain.answer(path))
            if reply.wire is not None:
                self.close_connection = True
                reply.wire(self)
                return
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            for name, value in reply.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        # a client that gives up on a lie leaves a broken pipe, which is its right
        def handle_error(self, *_: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_address[1]}/api"
    try:
        yield served
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        thread.join()


def edited(truth: Reply, **changes: Any) -> Reply:
    """A JSON object with some of it changed."""
    return as_json({**json.loads(truth.body), **changes})


def with_body(truth: Reply, body: bytes) -> Reply:
    return replace(truth, body=body)
