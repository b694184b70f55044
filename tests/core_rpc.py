"""A loopback server that answers as Bitcoin Core's documentation says, and lies when told to.

For what btcd does not have: cookies, warm-up, pruning, REST, Core's error codes. Sources: Bitcoin
Core's RPC help, doc/REST-interface.md, doc/JSON-RPC-interface.md, rpc/protocol.h.
"""

import base64
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.chain.crafted import Block

IN_WARMUP = -28
INVALID_PARAMETER = -8
INVALID_ADDRESS_OR_KEY = -5
MISC_ERROR = -1
METHOD_NOT_FOUND = -32601

Result = tuple[Any, dict[str, Any] | None]


class CoreServer:
    """A node with a chain of blocks. What it answers follows its attributes."""

    def __init__(self, chain: Sequence[Block], folder: Path) -> None:
        self.chain = list(chain)
        self.known = {b.shown: b for b in chain}
        self.rest = False
        self.pruned_below = 0
        self.warming_up = 0
        """So many calls more are answered as by a node that is starting."""
        self.syncing = False
        self.waits = False
        """Whether it has waitfornewblock."""
        self.status: int | None = None
        """The status it answers everything with."""
        self.twist: Callable[[str, list[Any], Any], Any] = lambda method, params, result: result
        """Changes a result before it is sent; for REST the method is `rest` and the path given."""
        self.answers: Callable[[list[dict[str, Any]]], Any] = lambda answers: answers
        """Changes the answers of a batch."""
        self.send: Callable[[BaseHTTPRequestHandler, bytes], None] | None = None
        """Sends the body of an answer in place of what is usual."""
        self.asked: Counter[str] = Counter()
        """How often each block was asked for, by its hash, and each method, by its name."""
        self.cookie = folder / ".cookie"
        self.new_cookie()
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def new_cookie(self) -> str:
        """Writes another password, as a node does when it starts."""
        self.secret = f"__cookie__:{random.randbytes(32).hex()}"
        self.cookie.write_text(self.secret)
        self.cookie.chmod(0o600)
        return self.secret

    def mine(self, *blocks: Block, instead_of: int = 0) -> None:
        """Puts blocks on top, in place of the newest so many."""
        self.chain = [*self.chain[: len(self.chain) - instead_of], *blocks]
        self.known |= {b.shown: b for b in blocks}

    @property
    def is_away(self) -> bool:
        """Whether it was stopped: connections that are still open get no answer."""
        return self._server is None

    def start(self) -> None:
        owner = self

        class Handler(_Handler):
            server_of = owner

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    # --- what it answers ---

    def result(self, method: str, params: list[Any]) -> Result:
        with self._lock:
            if self.warming_up:
                self.warming_up -= 1
                return None, {"code": IN_WARMUP, "message": "Loading block index…"}
        self.asked[method] += 1
        found, error = self._result(method, params)
        return (self.twist(method, params, found) if error is None else found), error

    def _result(self, method: str, params: list[Any]) -> Result:
        if method == "getblockchaininfo":
            return self.info(), None
        if method == "getblockhash":
            height = params[0]
            if not 0 <= height < len(self.chain):
                return None, {"code": INVALID_PARAMETER, "message": "Block height out of range"}
            return self.chain[height].shown, None
        if method in ("getblock", "getblockheader"):
            block = self.known.get(params[0])
            if block is None:
                return None, {"code": INVALID_ADDRESS_OR_KEY, "message": "Block not found"}
            if method == "getblockheader":
                return block.raw[:80].hex(), None
            self.asked[block.shown] += 1
            if self.is_pruned(block):
                message = "Block not available (pruned data)"
                return None, {"code": MISC_ERROR, "message": message}
            return block.raw.hex(), None
        if method == "waitfornewblock" and self.waits:
            return {"hash": self.chain[-1].shown, "height": len(self.chain) - 1}, None
        return None, {"code": METHOD_NOT_FOUND, "message": "Method not found"}

    def is_pruned(self, block: Block) -> bool:
        return block in self.chain[: self.pruned_below]

    def info(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "chain": "regtest",
            "blocks": len(self.chain) - 1,
            "headers": len(self.chain) + (500 if self.syncing else -1),
            "bestblockhash": self.chain[-1].shown,
            "difficulty": 4.656542373906925e-10,
            "time": 1_700_000_000,
            "mediantime": 1_700_000_000,
            "verificationprogress": 0.4321 if self.syncing else 1,
            "initialblockdownload": self.syncing,
            "size_on_disk": 1,
            "pruned": self.pruned_below > 0,
            "warnings": [],
        }
        if self.pruned_below:
            found |= {"pruneheight": self.pruned_below, "automatic_pruning": False}
        return found

    def rest_answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, type and body of a GET below /rest/."""
        parts = path.removeprefix("/rest/").split("/")
        if parts == ["chaininfo.json"]:
            return 200, "application/json", json.dumps(self.info()).encode()
        name, _, form = parts[-1].rpartition(".")
        if form != "bin":
            return 404, "text/plain", b"output format not found (available: bin, hex, json)"
        block = self.known.get(name)
        if parts[0] == "headers":
            self.asked["headers"] += 1
            count = int(parts[1])
            assert 1 <= count <= 2000
            heights = [h for h, b in enumerate(self.chain) if b is block]
            found = self.chain[heights[0] : heights[0] + count] if heights else []
            return 200, "application/octet-stream", b"".join(b.raw[:80] for b in found)
        if parts[0] == "block":
            self.asked[name] += 1
            if block is None:
                return 404, "text/plain", f"{name} not found".encode()
            if self.is_pruned(block):
                return 404, "text/plain", f"{name} not available (pruned data)".encode()
            return 200, "application/octet-stream", block.raw
        return 404, "text/plain", b""


class _Handler(BaseHTTPRequestHandler):
    server_of: CoreServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        core = self.server_of
        if core.is_away:
            self.close_connection = True
            return
        if not core.rest or not self.path.startswith("/rest/"):
            self._send(404, "text/plain", b"")
            return
        if core.warming_up:
            self._send(503, "text/plain", b"Service temporarily unavailable: Loading block index")
            return
        status, kind, body = core.rest_answer(self.path)
        if status == 200:
            body = core.twist("rest", [self.path], body)
        self._send(status, kind, body)

    def do_POST(self) -> None:
        core = self.server_of
        body = self.rfile.read(int(self.headers["content-length"]))
        if core.is_away:
            self.close_connection = True
            return
        if core.status is not None:
            self._send(core.status, "text/html", b"")
            return
        token = base64.b64encode(core.secret.encode()).decode()
        if self.headers.get("authorization") != f"Basic {token}":
            self._send(401, "text/html", b"")
            return
        calls = json.loads(body)
        assert isinstance(calls, list), "a single call has status 500 where it fails"
        answers = []
        for call in calls:
            result, error = core.result(call["method"], call["params"])
            # version 2.0 of JSON-RPC: one of the two
            said = {"result": result} if error is None else {"error": error}
            answers.append({"jsonrpc": "2.0", **said, "id": call["id"]})
        given = core.answers(answers)
        text = given if isinstance(given, bytes) else json.dumps(given).encode()
        self._send(200, "application/json", text)

    def _send(self, status: int, kind: str, body: bytes) -> None:
        if self.server_of.send is not None and status == 200:
            self.server_of.send(self, body)
            return
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@contextmanager
def serving(chain: Sequence[Block], folder: Path) -> Iterator[CoreServer]:
    """A server with this chain; its cookie lies in the folder."""
    server = CoreServer(chain, folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
