"""A loopback Electrum server over raw blocks, honest unless told otherwise.

It answers the methods of protocol 1.4 that read the chain, as ElectrumX's documentation of the
protocol has them (docs/protocol-methods.rst).
"""

import json
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from peelchain import _core
from peelchain.script import is_unspendable
from peelchain.units import format_hash

MOST_HEADERS = 2016


class RefusedError(Exception):
    """The server's error object: code and message."""


def script_hash(script: bytes) -> str:
    return sha256(script).digest()[::-1].hex()


def blocks_of(node: Path) -> list[bytes]:
    """The raw blocks in a node's block files, from genesis to the end of the only chain there."""
    folder = next(node.rglob("blk00000.dat")).parent
    masks = folder / "xor.dat"
    mask = masks.read_bytes() if masks.exists() else bytes(8)
    after: dict[bytes, bytes] = {}
    for path in sorted(folder.glob("blk*.dat")):
        data = path.read_bytes()
        key = (mask * (len(data) // 8 + 1))[: len(data)]
        data = (int.from_bytes(data, "big") ^ int.from_bytes(key, "big")).to_bytes(len(data), "big")
        at = 0
        while at + 8 <= len(data) and any(data[at : at + 4]):
            size = int.from_bytes(data[at + 4 : at + 8], "little")
            block = data[at + 8 : at + 8 + size]
            after[block[4:36]] = block
            at += 8 + size
    found = [after[bytes(32)]]
    while (last := sha256(sha256(found[-1][:80]).digest()).digest()) in after:
        found.append(after[last])
    return found


class ServedChain:
    """Blocks from genesis on, looked up as an Electrum server does; `mempool` holds raw txs."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.headers: list[bytes] = []
        self.txids: list[list[bytes]] = []
        self.raw: dict[bytes, bytes] = {}
        self.places: dict[bytes, tuple[int, int]] = {}
        self.histories: dict[str, list[tuple[bytes, int]]] = {}
        self._scripts: dict[bytes, list[bytes]] = {}
        for block in blocks:
            self._add(block)

    @property
    def tip(self) -> int:
        return len(self.headers) - 1

    def hash_at(self, height: int) -> bytes:
        return sha256(sha256(self.headers[height]).digest()).digest()

    def _add(self, block: bytes) -> None:
        height = len(self.headers)
        decoded = _core.decode_block(block)
        self.headers.append(block[:80])
        self.txids.append([tx["txid"] for tx in decoded["txs"]])
        for position, tx in enumerate(decoded["txs"]):
            first, end = tx["span"]
            self.raw[tx["txid"]] = block[first:end]
            self.places[tx["txid"]] = height, position
            outputs = [script for _, script, _ in tx["outputs"]]
            self._scripts[tx["txid"]] = outputs
            touched = list(outputs)
            for prevout, *_ in tx["inputs"]:
                if prevout:
                    touched.append(self._scripts[prevout[0]][prevout[1]])
            if height == 0:
                continue
            for script in dict.fromkeys(touched):
                if not is_unspendable(script):
                    self.histories.setdefault(script_hash(script), []).append((tx["txid"], height))

    # --- what it answers, by method ---

    def answer(self, method: str, params: Sequence[Any]) -> object:
        match method:
            case "server.version":
                return ["peelchain's test server", "1.4"]
            case "server.features":
                return {
                    "genesis_hash": format_hash(self.hash_at(0)),
                    "hash_function": "sha256",
                    "hosts": {},
                    "protocol_max": "1.4",
                    "protocol_min": "1.4",
                    "pruning": None,
                    "server_version": "peelchain's test server",
                }
            case "blockchain.headers.subscribe":
                return {"height": self.tip, "hex": self.headers[-1].hex()}
            case "blockchain.block.header":
                return self._header(params[0]).hex()
            case "blockchain.block.headers":
                first, count = params[0], min(params[1], MOST_HEADERS)
                found = self.headers[first : first + count]
                return {"count": len(found), "hex": b"".join(found).hex(), "max": MOST_HEADERS}
            case "blockchain.transaction.get":
                return self._raw(params[0]).hex()
            case "blockchain.transaction.get_merkle":
                return self._merkle(*params)
            case "blockchain.scripthash.get_history":
                found_txs = self.histories.get(params[0], [])
                return [{"tx_hash": format_hash(t), "height": h} for t, h in found_txs]
        raise RefusedError(-32601, f'unknown method "{method}"')

    def _header(self, height: int) -> bytes:
        if height > self.tip:
            raise RefusedError(1, f"height {height:,d} out of range")
        return self.headers[height]

    def _raw(self, txid: str) -> bytes:
        found = self.raw.get(bytes.fromhex(txid)[::-1])
        if found is None:
            text = "No such mempool or blockchain transaction. Use gettransaction for wallet "
            raise RefusedError(2, f"daemon error: DaemonError({{'code': -5, 'message': '{text}'}})")
        return found

    def _merkle(self, txid: str, height: int) -> object:
        place = self.places.get(bytes.fromhex(txid)[::-1])
        if place is None or place[0] != height:
            raise RefusedError(1, f"tx {txid} not in block at height {height:,d}")
        branch = _core.merkle_branch(b"".join(self.txids[height]), place[1])
        return {
            "block_height": height,
            "merkle": [format_hash(one) for one in branch],
            "pos": place[1],
        }


Twist = Callable[[dict[str, Any], dict[str, Any]], Iterable[bytes]]
"""The bytes sent for a request, given the honest reply."""


def line(reply: object) -> bytes:
    return json.dumps(reply).encode() + b"\n"


def honest(request: dict[str, Any], reply: dict[str, Any]) -> Iterator[bytes]:
    yield line(reply)


@dataclass
class Certificate:
    """A certificate signed by itself, in files as ssl wants them."""

    path: Path
    key: Path
    fingerprint: str


def certificate(folder: Path, host: str = "localhost") -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path, key_path = folder / "server.pem", folder / "server.key"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return Certificate(path, key_path, made.fingerprint(hashes.SHA256()).hex())


class ElectrumServer(socketserver.ThreadingTCPServer):
    """A server on a free port of the loopback. `requests` are those that came, in order."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(
        self,
        chain: ServedChain,
        *,
        twist: Twist = honest,
        shown: Certificate | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Session)
        self.chain = chain
        self.twist = twist
        self.requests: list[tuple[str, list[Any]]] = []
        self.connections = 0
        self.stopping = threading.Event()
        self.context: ssl.SSLContext | None = None
        if shown is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(shown.path, shown.key)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def place(self) -> str:
        """What stands after `electrum:`."""
        return f"localhost:{self.port}" + ("" if self.context else ":t")

    def counted(self, method: str) -> list[list[Any]]:
        """The parameters of each request of a method."""
        return [params for name, params in self.requests if name == method]

    def finish_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        if self.context is None:
            super().finish_request(request, client_address)
            return
        try:
            with self.context.wrap_socket(request, server_side=True) as secure:
                super().finish_request(secure, client_address)
        except OSError:
            return  # the client would not have the certificate

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle of an answer is what many tests are about."""


class _Session(socketserver.StreamRequestHandler):
    server: ElectrumServer
    disable_nagle_algorithm = True

    def handle(self) -> None:
        greeted = False
        while text := self.rfile.readline(1 << 20):
            request = json.loads(text)
            method, params = request["method"], request["params"]
            self.server.requests.append((method, params))
            reply: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
            try:
                if greeted == (method == "server.version"):
                    raise RefusedError(1, "server.version is the first message, and no other")
                greeted = True
                reply["result"] = self.server.chain.answer(method, params)
            except RefusedError as e:
                reply["error"] = {"code": e.args[0], "message": e.args[1]}
            for part in self.server.twist(request, reply):
                if self.server.stopping.is_set():
                    return
                self.wfile.write(part)


@contextmanager
def serving(chain: ServedChain, **how: Any) -> Iterator[ElectrumServer]:
    """A server that runs until the block is left."""
    with ElectrumServer(chain, **how) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            server.shutdown()
            thread.join()
