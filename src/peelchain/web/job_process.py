"""The process of one job: reads what to do from stdin, tells of its progress on stdout.

In: one line, a JSON object with `verb`, `asked`, the folders, and where the answer is to be
written. A later line `stop` asks to stop; the end of stdin means that the server is gone. Out:
lines with `progress`, and one of `done`, `stopped` or `refused` at the end.
"""

import json
import os
import signal
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from peelchain import _core
from peelchain.case.attestation.signing import take_passphrases
from peelchain.errors import PeelchainError
from peelchain.web.folders import Folders
from peelchain.web.refusals import refusal, refusal_of_system
from peelchain.web.work.verbs import SOFT, VERBS

_EVERY_SECONDS = 0.2
_STDIN = 0


class StoppedError(Exception):
    """The job was asked to stop, and keeps nothing of what it had."""


class Watch:
    """What the work calls with its progress; False asks it to stop, where it knows how to."""

    def __init__(self, *, soft: bool) -> None:
        self.stop = threading.Event()
        self._soft = soft
        self._last = ("", 0.0)

    def __call__(self, what: str, done: int, of: int) -> bool:
        """Tells of the progress. Raises StoppedError where the work does not stop by itself."""
        now = time.monotonic()
        said, when = self._last
        if what != said or now - when >= _EVERY_SECONDS or (of and done >= of):
            self._last = (what, now)
            _say({"progress": [what, int(done), int(of)]})
        if self.stop.is_set():
            if not self._soft:
                raise StoppedError
            return False
        return True


def main() -> int:
    """Does the one job that stdin names."""
    signal.signal(signal.SIGTERM, _end)
    # what nearly all work needs, while nobody waits for it
    import_module("peelchain.actions.view")
    line, rest = _first_line()
    if not line:
        return 0
    order = json.loads(line)
    take_passphrases(order["keys"])
    watch = Watch(soft=order["verb"] in SOFT)
    threading.Thread(target=_listen, args=(watch, rest), daemon=True).start()
    folders = Folders(Path(order["store"]), Path(order["cases"]), Path(order["scratch"]))
    try:
        answer = _function(order["verb"])(folders, order["asked"], watch)
        written = json.dumps(answer, allow_nan=False).encode("ascii")
        _core.replace_file(Path(order["answer"]), written)
    except (StoppedError, SystemExit):
        _say({"stopped": True})
    except PeelchainError as e:
        _say({"refused": refusal(e)})
    except OSError as e:
        _say({"refused": refusal_of_system(e)})
    except Exception as e:  # noqa: BLE001 - the last resort: a defect is told in a line, too
        if os.environ.get("PEELCHAIN_TRACEBACK"):
            import traceback

            traceback.print_exc()
        said = f"a defect of peelchain, {type(e).__name__}: please report what you asked for"
        _say({"refused": {"error": said, "kind": "defect"}})
    else:
        _say({"done": True})
    return 0


def _function(verb: str) -> Any:
    module, name = VERBS[verb].split(":")
    return getattr(import_module(module), name)


def _first_line() -> tuple[bytes, bytes]:
    # not through sys.stdin: a thread that waits in it would hold its lock when Python ends
    held = b""
    while b"\n" not in held:
        part = os.read(_STDIN, 1 << 16)
        if not part:
            return b"", b""
        held += part
    line, _, rest = held.partition(b"\n")
    return line, rest


def _listen(watch: Watch, held: bytes) -> None:
    while True:
        if b"stop\n" in held:
            watch.stop.set()
        part = os.read(_STDIN, 1 << 16)
        if not part:
            break
        held = held[-8:] + part
    # the server is gone, or done with this job: nobody waits for the answer
    watch.stop.set()
    os.kill(os.getpid(), signal.SIGTERM)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _say(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
