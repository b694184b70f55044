"""Sources that move, followed: a store brought up to each new tip until somebody stops it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from peelchain.chain.core_files import find
from peelchain.chain.ingest import Ingested, ingest_core_files
from peelchain.chain.limits import Limits
from peelchain.chain.progress import Progress, silent
from peelchain.chain.rpc.ingest import FOLLOWED, RpcOptions, ingest_node, open_node
from peelchain.chain.rpc.node import Node
from peelchain.errors import SourceError, StoreLockedError
from peelchain.network import Network

Say = Callable[[str], None]

_SHORTEST_WAIT_S = 0.05


def follow_core_files(
    place: Path,
    store: Path,
    network: Network | None,
    progress: Progress,
    allowed: Limits,
    *,
    interval_s: float,
    say: Say,
) -> Iterator[Ingested]:
    """What an ingest of a node's block files gives, the first time and whenever they moved on.

    What fails the first time is raised; later it is said, and tried again after a while.
    """
    told = _Told(say)
    seen: object = None
    before: Ingested | None = None
    while True:
        try:
            looks = _looks_of(place)
            if looks != seen:
                done = ingest_core_files(find(place, network), store, progress, allowed)
                seen, progress = looks, silent
                if before is None or _moved(before, done):
                    yield done
                before = done
                told.clear()
        except (SourceError, StoreLockedError) as e:
            if before is None:
                raise
            told.say(e)
        time.sleep(interval_s)


def follow_rpc(
    url: str,
    store: Path,
    network: Network | None,
    progress: Progress,
    allowed: Limits,
    options: RpcOptions,
    *,
    interval_s: float,
) -> Iterator[Ingested]:
    """The same of a node over RPC, which may be stopped and started meanwhile."""
    told = _Told(options.say)
    before: Ingested | None = None
    while True:
        try:
            with open_node(url, network, options) as node:
                for tip in _tips(node, interval_s):
                    try:
                        done = ingest_node(node, store, network, progress, allowed)
                    except (SourceError, StoreLockedError) as e:
                        if before is None:
                            raise
                        told.say(e)
                        tip.again = True
                        continue
                    progress = silent
                    node.client.http.limits = FOLLOWED
                    if before is None or _moved(before, done):
                        yield done
                    before = done
                    told.clear()
        except SourceError as e:
            if before is None:
                raise
            told.say(e)
        time.sleep(interval_s)


class _Tip:
    """A tip that was seen; `again` says that it is to be looked at once more."""

    def __init__(self, block_hash: bytes) -> None:
        self.hash = block_hash
        self.again = False


def _tips(node: Node, interval_s: float) -> Iterator[_Tip]:
    """A node's tip, and each that it has later. Raises what asking it does."""
    seen: _Tip | None = None
    while True:
        tip = node.info().tip
        if seen is None or seen.again or tip != seen.hash:
            seen = _Tip(tip)
            yield seen
        began = time.monotonic()
        if not node.wait_for_block(interval_s) or seen.again:
            time.sleep(max(interval_s - (time.monotonic() - began), _SHORTEST_WAIT_S))


class _Told:
    """Says each thing that goes wrong once, until something goes right again."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._last = ""

    def say(self, error: Exception) -> None:
        if str(error) != self._last:
            self._last = str(error)
            self._say(f"{error}; going on from time to time, Ctrl-C stops")

    def clear(self) -> None:
        self._last = ""


def _moved(before: Ingested, done: Ingested) -> bool:
    return done.tip_hash != before.tip_hash or done.damage != before.damage


def _looks_of(place: Path) -> object:
    """What changes when a node writes its block files: sizes and times of the last of them."""
    found = []
    for folder in (place, place / "blocks", *place.glob("*/blocks")):
        for file in sorted(folder.glob("blk*.dat"))[-2:]:
            of = file.stat()
            found.append((str(file), of.st_size, of.st_mtime_ns))
    return found
