"""`peelchain watch` as a process of its own, and coins on a real node that anyone may spend."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.chain.crafted import COIN, Tx, coinbase, transaction
from tests.cli.running import ENTRY, ENVIRONMENT

from peelchain.network import REGTEST
from peelchain.script import address, hash160

_DEADLINE_S = 90.0


def _redeem(name: str) -> bytes:
    # <name> OP_DROP OP_TRUE
    return bytes([len(name)]) + name.encode() + b"\x75\x51"


def script_of(name: str) -> bytes:
    """A P2SH script that anyone may spend, another for each name."""
    return b"\xa9\x14" + hash160(_redeem(name)) + b"\x87"


def address_of(name: str) -> str:
    found = address(script_of(name), REGTEST)
    assert found is not None
    return found


def spend(tx: Tx, vout: int, owner: str, outputs: Sequence[tuple[float, str]]) -> Tx:
    """A transaction that a node's consensus accepts: it spends an output of `owner`."""
    redeem = _redeem(owner)
    made = [(int(value * COIN), script_of(name)) for value, name in outputs]
    return transaction([(tx.txid, vout)], made, script_sig=bytes([len(redeem)]) + redeem)


def reward(height: int, value_sat: int, name: str) -> Tx:
    """A coinbase of a height (BIP 34)."""
    if height <= 16:
        pushed = bytes([0x50 + height])
    else:
        number = height.to_bytes(height.bit_length() // 8 + 1, "little")
        pushed = bytes([len(number)]) + number
    return coinbase(pushed + b"\x04test", [(value_sat, script_of(name))])


class Watching:
    """A running watch. Its notices are the lines of its stdout, whoever ran before it too."""

    def __init__(self, folder: Path, *arguments: object) -> None:
        self.folder = folder
        self.command = [*ENTRY, "watch", "run", *map(str, arguments), "--json"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        with (self.folder / "out").open("ab") as out, (self.folder / "err").open("ab") as err:
            environment = {**os.environ, **ENVIRONMENT}
            self._process = subprocess.Popen(
                [*self.command, *more], env=environment, stdout=out, stderr=err
            )

    def once(self) -> int:
        """Looks once; gives its exit code."""
        self.start("--once")
        assert self._process is not None
        code = self._process.wait(timeout=_DEADLINE_S)
        self._process = None
        return code

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ends it; gives its exit code, or minus the signal."""
        assert self._process is not None
        self._process.send_signal(how)
        code = self._process.wait(timeout=_DEADLINE_S)
        self._process = None
        return code

    def close(self) -> None:
        if self._process is not None:
            self.end(signal.SIGKILL)

    @property
    def said(self) -> str:
        return (self.folder / "err").read_text()

    def told(self) -> list[dict[str, Any]]:
        """The notices so far."""
        lines = (self.folder / "out").read_text().split("\n")
        rows = [json.loads(line) for line in lines[:-1]]
        return [row for row in rows if row.get("format") == "peelchain-notice"]

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Waits for something that the watch does."""
        end = time.monotonic() + _DEADLINE_S
        while not holds():
            assert self._process is None or self._process.poll() is None, self.said
            assert time.monotonic() < end, f"no {what}: {self.told()} {self.said}"
            time.sleep(0.05)

    def notices(self, count: int) -> list[dict[str, Any]]:
        """Waits until so many were told, and gives them all."""
        self.until(lambda: len(self.told()) >= count, f"{count} notices")
        return self.told()
