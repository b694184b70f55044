"""A real Electrum server, ElectrumX, over the blocks of a loopback node.

ElectrumX is installed into an environment of its own, `.electrumx` (`make .electrumx/.installed`).
It indexes what a node tells by RPC; here a loopback server answers the calls that it makes, as
Bitcoin Core documents them.
"""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.electrum_server import RefusedError, ServedChain

from peelchain.units import format_hash

ROOT = Path(__file__).resolve().parent.parent
_START_S = 60.0


class Node(ThreadingHTTPServer):
    """The RPC of a node that has some blocks."""

    daemon_threads = True

    def __init__(self, blocks: Sequence[bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Rpc)
        self.chain = ServedChain(blocks)
        self.blocks = {format_hash(self.chain.hash_at(h)): b for h, b in enumerate(blocks)}

    def answer(self, method: str, params: Sequence[Any]) -> object:
        match method:
            case "getblockcount":
                return self.chain.tip
            case "getblockhash":
                return format_hash(self.chain.hash_at(params[0]))
            case "getblock":
                return self.blocks[params[0]].hex()
            case "getrawtransaction":
                found = self.chain.raw.get(bytes.fromhex(params[0])[::-1])
                if found is None:
                    raise RefusedError(-5, "No such mempool or blockchain transaction.")
                return found.hex()
            case "getrawmempool":
                return []
            case "getnetworkinfo":
                return {"version": 310000, "subversion": "/Satoshi:31.0.0/", "relayfee": 0.00001}
            case "getindexinfo":
                synced = {"synced": True, "best_block_height": self.chain.tip}
                return {"txindex": synced, "txospenderindex": synced}
            case "getmempoolinfo":
                fees = ("mempoolminfee", "minrelaytxfee", "incrementalrelayfee")
                return dict.fromkeys(fees, 0.00001)
        raise RefusedError(-32601, "Method not found")


class _Rpc(BaseHTTPRequestHandler):
    server: Node
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        many = asked if isinstance(asked, list) else [asked]
        replies = [self._reply(one) for one in many]
        body = json.dumps(replies if isinstance(asked, list) else replies[0]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _reply(self, one: dict[str, Any]) -> dict[str, Any]:
        try:
            result = self.server.answer(one["method"], one.get("params") or [])
        except RefusedError as e:
            error = {"code": e.args[0], "message": e.args[1]}
            return {"id": one["id"], "result": None, "error": error}
        return {"id": one["id"], "result": result, "error": None}

    def log_message(self, format: str, *args: Any) -> None:
        pass


def program() -> Path:
    """ElectrumX; skips the test, saying so, where it is not installed."""
    folder = Path(os.environ.get("PEELCHAIN_ELECTRUMX", ROOT / ".electrumx"))
    path = folder / "bin" / "electrumx_server"
    if not path.exists():
        pytest.skip(f"{path} is missing; run 'make .electrumx/.installed'")
    return path


@contextmanager
def electrumx(blocks: Sequence[bytes], folder: Path) -> Iterator[str]:
    """ElectrumX once it has indexed the blocks; gives HOST:PORT:t."""
    binary = program()
    with Node(blocks) as node:
        thread = threading.Thread(target=node.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        port = _free_port()
        log = folder / "log"
        with log.open("wb") as written:
            process = subprocess.Popen(
                [binary],
                env={
                    "PATH": os.environ["PATH"],
                    "COIN": "Bitcoin",
                    "NET": "regtest",
                    "DB_DIRECTORY": str(folder),
                    "DB_ENGINE": "leveldb",
                    "DAEMON_URL": f"http://nobody:nothing@127.0.0.1:{node.server_address[1]}",
                    "SERVICES": f"tcp://127.0.0.1:{port}",
                    "PEER_DISCOVERY": "off",
                    "COST_SOFT_LIMIT": "0",
                    "COST_HARD_LIMIT": "0",
                    "ALLOW_ROOT": "1",
                },
                stdout=written,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait_for(port, process, log)
            yield f"127.0.0.1:{port}:t"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
            node.shutdown()
            thread.join()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"ElectrumX did not start:\n{log.read_text()[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
