"""A real node, btcd, on regtest: started, mined to, reorganised, stopped and started again.

Its regtest has Bitcoin Core's genesis: it takes the simulator's blocks.
"""

import base64
import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
USER, PASSWORD = "someone", "aVerySecretPassword"
MINING_ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
"""The key of BIP 173's examples on regtest: nobody's."""

_START_S = 60.0


class RefusedError(Exception):
    """What the node answered in place of a result."""


class Btcd:
    """A node in a folder of its own. Its ports stay the same when it is started again."""

    def __init__(self, binary: Path, folder: Path, *, tls: bool = False) -> None:
        self.binary = binary
        self.folder = folder
        self.tls = tls
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of its RPC server."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def certificate(self) -> Path:
        """The certificate it made for itself, where it speaks TLS."""
        return self.folder / "rpc.cert"

    def password_file(self) -> Path:
        """A file of mode 0600 that has `user:password`."""
        path = self.folder / "rpc.auth"
        path.touch(mode=0o600)
        path.write_text(f"{USER}:{PASSWORD}\n")
        return path

    def start(self) -> None:
        """Starts it and waits until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "btcd.conf"
        config.write_text(f"rpcuser={USER}\nrpcpass={PASSWORD}\n")
        config.chmod(0o600)
        command = [
            str(self.binary),
            "--regtest",
            "--nolisten",
            "--nodnsseed",
            "--txindex",
            "--nocfilters",
            f"--rpclisten=127.0.0.1:{self.port}",
            f"--rpccert={self.certificate}",
            f"--rpckey={self.folder / 'rpc.key'}",
            f"--configfile={config}",
            f"--datadir={self.folder / 'data'}",
            f"--logdir={self.folder / 'logs'}",
            f"--miningaddr={MINING_ADDRESS}",
            *([] if self.tls else ["--notls"]),
        ]
        with (self.folder / "out.txt").open("ab") as out:
            self._process = subprocess.Popen(
                command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True
            )
        end = time.monotonic() + _START_S
        while True:
            try:
                self.call("getblockcount")
                return
            except OSError:
                ended = self._process.poll() is not None
                if ended or time.monotonic() > end:
                    said = (self.folder / "out.txt").read_text(errors="replace")[-2000:]
                    raise AssertionError(f"btcd does not start: {said}") from None
                time.sleep(0.05)

    def stop(self) -> None:
        """Ends it as a system does that shuts down; its data stays."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=60)
            self._process = None

    def call(self, method: str, *params: Any) -> Any:
        """The result of one call. Raises RefusedError."""
        return self.calls([(method, *params)])[0]

    def calls(self, asked: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The results of several calls, in order. Raises RefusedError for the first error."""
        if not asked:
            return []
        body = json.dumps(
            [
                {"jsonrpc": "2.0", "id": i, "method": method, "params": params}
                for i, (method, *params) in enumerate(asked)
            ]
        )
        token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
        connection = self._connection()
        with contextlib.closing(connection):
            connection.request("POST", "/", body, headers)
            answers = json.loads(connection.getresponse().read())
        for answer, (method, *_) in zip(answers, asked, strict=True):
            if answer.get("error"):
                raise RefusedError(f"{method}: {answer['error']}")
        return [answer["result"] for answer in answers]

    def _connection(self) -> http.client.HTTPConnection:
        if not self.tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        context = ssl.create_default_context(cafile=self.certificate)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=120, context=context)

    @property
    def height(self) -> int:
        """The height of its tip."""
        return int(self.call("getblockcount"))

    @property
    def tip(self) -> str:
        """The hash of its tip, as it is shown."""
        return str(self.call("getbestblockhash"))

    def mine(self, count: int = 1) -> list[str]:
        """Mines so many blocks of what is in the mempool; gives their hashes."""
        return [str(block) for block in self.call("generate", count)]

    def submit(self, blocks: Sequence[bytes]) -> None:
        """Gives it raw blocks, parents first. Raises RefusedError for one that it rejects."""
        for begin in range(0, len(blocks), 50):
            part = blocks[begin : begin + 50]
            for answer in self.calls([("submitblock", raw.hex()) for raw in part]):
                if answer is not None and "already have block" not in answer:
                    raise RefusedError(answer)

    def send(self, raw_tx: bytes) -> str:
        """Puts a transaction into its mempool; gives its txid."""
        return str(self.call("sendrawtransaction", raw_tx.hex(), True))

    def invalidate(self, depth: int) -> str:
        """Takes its newest blocks back, so many; gives the hash of the first of them."""
        first = str(self.call("getblockhash", self.height - depth + 1))
        self.call("invalidateblock", first)
        return first

    def reorganise(self, depth: int) -> list[str]:
        """Puts one block more, newly mined, in place of the newest so many; gives their hashes.

        Transactions of the blocks taken back return to the mempool and may be mined again.
        """
        self.invalidate(depth)
        return self.mine(depth + 1)


def binary() -> Path | None:
    """Where btcd is: `PEELCHAIN_BTCD`, or as scripts/install_btcd.sh leaves it."""
    given = os.environ.get("PEELCHAIN_BTCD")
    path = Path(given) if given else ROOT / ".btcd" / "bin" / "btcd"
    return path if path.is_file() else None


@contextlib.contextmanager
def running(folder: Path, *, tls: bool = False) -> Iterator[Btcd]:
    """A node with genesis alone, killed at the end. Skips the test where there is no btcd."""
    found = binary()
    if found is None:
        pytest.skip("no btcd; make one with 'make .btcd'")
    node = Btcd(found, folder, tls=tls)
    try:
        node.start()
        yield node
    finally:
        node.kill()


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port
