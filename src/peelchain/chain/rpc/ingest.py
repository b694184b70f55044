"""A node over RPC as a source: what is new goes into the store's archive, and is ingested there."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from peelchain.chain.block_archive import SCAN_CACHE, BlockArchive, open_archive
from peelchain.chain.core_files import Scanned
from peelchain.chain.ingest import Ingested, ingest_core_files, scan_cached
from peelchain.chain.limits import Limits, limits
from peelchain.chain.progress import Progress, Step, silent
from peelchain.chain.rpc.at_hand import AtHand, at_hand
from peelchain.chain.rpc.auth import auth_of
from peelchain.chain.rpc.blocks import fetched_blocks
from peelchain.chain.rpc.client import RpcClient
from peelchain.chain.rpc.headers import NewHeaders, new_headers
from peelchain.chain.rpc.node import ChainInfo, Node
from peelchain.errors import MisuseError, SourceError, StoreError
from peelchain.network import Network
from peelchain.remote.endpoint import Endpoint
from peelchain.remote.http import HttpClient, HttpLimits
from peelchain.store import manifest as manifests
from peelchain.units import format_hash

INGEST_EVERY_BYTES = 4 << 30
"""So much is fetched before it is ingested, so that a store grows while its blocks come."""

_FIRST_LOOK = HttpLimits(tries=3)
_PROBE = HttpLimits(tries=1)
_LATER = HttpLimits(tries=9)
"""A node that answered once may be starting anew: it is waited for, two minutes and more."""
FOLLOWED = HttpLimits(tries=4)
"""One that is followed is soon said to be away, and asked again."""


@dataclass(frozen=True)
class RpcOptions:
    """How to reach a node. `say` is told what the user should know while it goes on."""

    cookie: Path | None = None
    password_file: Path | None = None
    certificate: Path | None = None
    proxy: str | None = None
    say: Callable[[str], None] = lambda line: None


@contextmanager
def open_node(url: str, network: Network | None, options: RpcOptions) -> Iterator[Node]:
    """A node that answers. Raises MisuseError, SourceError, RemoteError."""
    endpoint = Endpoint.of_url(url)
    auth = auth_of(endpoint, network, cookie=options.cookie, password_file=options.password_file)
    with HttpClient(
        endpoint,
        headers=auth.headers,
        proxy=options.proxy,
        certificate=options.certificate,
        limits=_FIRST_LOOK,
    ) as http:
        node = Node(RpcClient(http, auth, options.say))
        node.info()
        http.limits = _PROBE
        node.probe_rest()
        http.limits = _LATER
        yield node


def ingest_rpc(
    url: str,
    store: Path,
    network: Network | None = None,
    progress: Progress = silent,
    allowed: Limits | None = None,
    options: RpcOptions | None = None,
) -> Ingested:
    """Brings a store to the best chain of a node, over RPC.

    What is in the store's archive is not fetched again. Raises SourceError, RemoteError,
    FalseAnswerError, StoreError; the archive keeps what had come, the store is as it was at its
    last commit.
    """
    start = time.monotonic()
    with open_node(url, network, options or RpcOptions()) as node:
        done = ingest_node(node, store, network, progress, allowed)
        return replace(done, seconds=round(time.monotonic() - start, 3))


def ingest_node(
    node: Node,
    store: Path,
    network: Network | None = None,
    progress: Progress = silent,
    allowed: Limits | None = None,
) -> Ingested:
    """The same with a node that was opened."""
    found = node.network(network)
    _refuse_another_store(store, found)
    with open_archive(store, found) as archive:
        return _Filling(node, store, archive, progress, allowed or limits()).run()


class LessWorkError(SourceError):
    """A node's chain has less work than the store's: it may catch up."""


class _Filling:
    """One ingest: headers, then blocks into the archive, then the archive into the store."""

    def __init__(
        self, node: Node, store: Path, archive: BlockArchive, progress: Progress, allowed: Limits
    ) -> None:
        self.node = node
        self.store = store
        self.archive = archive
        self.progress = progress
        self.allowed = allowed
        self.fetched = 0

    def run(self) -> Ingested:
        held = None if self.archive.is_empty else self._scan()
        info = self.node.info()
        headers = new_headers(
            self.node,
            self.archive.network,
            held.hashes if held else (),
            info,
            lambda done, of: self.progress(Step("headers", done, of)),
        )
        if self._worth_fetching(headers, held, info):
            with at_hand(self.store, self.archive.folder, headers) as there:
                self._refuse_pruned(headers, max(there.last_height, headers.fork) + 1, info)
                copied = self._copy(headers, there)
            self._fetch(headers.above(copied))
        elif held is None:
            raise SourceError(f"{self.node.name}: it has no blocks yet; let it sync first")
        done = self._ingest()
        return replace(done, left_out=(*_told(self.node.name, info), *done.left_out))

    def _worth_fetching(self, headers: NewHeaders, held: Scanned | None, info: ChainInfo) -> bool:
        """Whether the node's chain has more work than what is held. Raises SourceError for less."""
        top = len(held.hashes) - 1 if held else -1
        below = held.source.chainwork(headers.fork) if held and headers.fork >= 0 else b""
        theirs = int.from_bytes(below, "big") + headers.work
        ours = self._store_work()
        if theirs < ours:
            how = "ends" if headers.tip_height == headers.fork else "leaves it"
            raise LessWorkError(
                f"{self.node.name}: its best chain has less work than the one in {self.store} and "
                f"{how} at height {headers.fork}{_syncing(info)}; wait until the node is up to "
                "date, or use another"
            )
        return len(headers) > 0 and (
            held is None or theirs > int.from_bytes(held.source.chainwork(top), "big")
        )

    def _store_work(self) -> int:
        try:
            return int(manifests.read(self.store).chainwork or "0", 16)
        except StoreError:
            return 0

    def _refuse_pruned(self, headers: NewHeaders, first: int, info: ChainInfo) -> None:
        """Refuses a node that has pruned blocks from height `first` on."""
        lowest = info.prune_height or 0
        if lowest > first:
            last = min(lowest - 1, headers.tip_height)
            raise SourceError(
                f"{self.node.name} is pruned: it has blocks from height {lowest} on, and those at "
                f"heights {first} to {last} are missing here; ingest from a node that has them, "
                "then this one can go on"
            )

    def _copy(self, headers: NewHeaders, there: AtHand) -> int:
        """Takes blocks from the files of the store's former source; gives the height reached."""
        last = headers.fork
        for height, raw in there.blocks(headers.fork + 1):
            self.archive.add(raw)
            last = height
            if height % 1000 == 0 or height == there.last_height:
                of = there.last_height - headers.fork
                self.progress(Step("copy", height - headers.fork, of, height=height))
        return last

    def _fetch(self, headers: NewHeaders) -> None:
        first, of = headers.fork + 1, len(headers)
        size = since = 0
        self._reached(first, 0, of, 0, b"")
        for height, raws in fetched_blocks(self.node, self.archive.network, headers):
            for raw in raws:
                self.archive.add(raw)
            size += sum(map(len, raws))
            last = height + len(raws) - 1
            self._reached(first, last + 1 - first, of, size, headers.of(last))
            if size - since >= INGEST_EVERY_BYTES and last < headers.tip_height:
                since = size
                self._ingest_so_far()
        self.archive.sync()
        self.fetched = size

    def _reached(self, first: int, done: int, of: int, size: int, header: bytes) -> None:
        self.progress(
            Step(
                "fetch",
                done,
                of,
                height=first + done - 1 if done else None,
                time_utc=int.from_bytes(header[68:72], "little") if done else None,
                size_bytes=size,
            )
        )

    def _ingest_so_far(self) -> None:
        """Ingests what is there, unless a reorganisation is not yet here whole."""
        self.archive.sync()
        work = int(self._scan().chainwork, 16)
        if work > self._store_work():
            self._ingest()

    def _scan(self) -> Scanned:
        return scan_cached(self.archive.files, self._cache, self.progress)

    def _ingest(self) -> Ingested:
        source = {
            "kind": "rpc",
            "path": str(self.archive.files.blocks),
            "url": self.node.name,
        }
        return ingest_core_files(
            self.archive.files,
            self.store,
            self.progress,
            self.allowed,
            source=source,
            cache=self._cache,
        )

    @property
    def _cache(self) -> Path:
        return self.archive.folder / SCAN_CACHE


def _refuse_another_store(store: Path, network: Network) -> None:
    """Before anything is fetched for it."""
    if not (store / manifests.NAME).exists():
        return
    held = manifests.read(store).network
    if held != network.name:
        raise MisuseError(
            f"{store} holds {held}, the source is {network.name}; use another store for another "
            "chain"
        )


def _syncing(info: ChainInfo) -> str:
    if info.verified is None:
        return ""
    return f" (the node is still fetching its chain, {100 * info.verified:.0f} % verified)"


def _told(name: str, info: ChainInfo) -> tuple[str, ...]:
    if info.verified is None:
        return ()
    return (
        f"{name}: the node is still fetching its chain ({100 * info.verified:.0f} % verified, "
        f"headers up to {info.headers}); it gave {format_hash(info.tip)} at height {info.blocks} "
        "as its tip, run again later for the rest",
    )
