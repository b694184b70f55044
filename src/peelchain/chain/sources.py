"""The kinds of sources that a store is filled from, named by the user as `KIND:PLACE`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peelchain.chain.ingest import Ingested
from peelchain.chain.limits import Limits, limits
from peelchain.chain.progress import Progress, silent
from peelchain.errors import MisuseError
from peelchain.network import Network
from peelchain.units import shown

if TYPE_CHECKING:
    from peelchain.chain.rpc.ingest import RpcOptions


@dataclass(frozen=True)
class Asked:
    """What an ingest was asked for beside its source.

    `network` is None where the source is to tell; `options` are those of one kind alone, by their
    name on the command line without dashes, such as `rpc-cookie`; those that are None were not
    given. `say` is told what the user should know while the work goes on.
    """

    store: Path
    network: Network | None = None
    progress: Progress = silent
    allowed: Limits = field(default_factory=limits)
    options: Mapping[str, Any] = field(default_factory=dict)
    say: Callable[[str], None] = lambda line: None


Answer = dict[str, Any]
"""What `chain ingest` answers; of a complete store, what `complete_answer` gives."""


@dataclass(frozen=True)
class SourceKind:
    """A kind of source: what its place is called, what it is in words, and what ingests it.

    `options` are the names of those it takes of `Asked.options`. `follow` ingests as often as the
    source moves, looking every so many seconds; None for a source that does not.
    """

    place: str
    what: str
    ingest: Callable[[str, Asked], Answer]
    options: tuple[str, ...] = ()
    follow: Callable[[str, Asked, float], Iterator[Answer]] | None = None


def complete_answer(done: Ingested) -> Answer:
    """The answer of a source that fills a complete store."""
    return {
        "network": done.network,
        "tip_height": done.tip_height,
        "tip_hash": done.tip_hash,
        **done.counts,
        "bytes": done.block_bytes,
        "added_blocks": done.added_blocks,
        "rolled_back": done.rolled_back,
        "stale_blocks": done.stale,
        "unconnected_blocks": done.unconnected,
        "left_out": list(done.left_out),
        "damage": list(done.damage),
        "seconds": done.seconds,
    }


def ingest(source: str, asked: Asked) -> Answer:
    """Brings a store up to a source, `KIND:PLACE`. Raises MisuseError for what is none."""
    kind, place = _held_to_options(source, asked)
    return kind.ingest(place, asked)


def follow(source: str, asked: Asked, interval_s: float) -> Iterator[Answer]:
    """The same again and again, as the source moves. Raises MisuseError for one that does not."""
    kind, place = _held_to_options(source, asked)
    if kind.follow is None:
        able = " and ".join(f"{name}:" for name, kind in SOURCES.items() if kind.follow)
        raise MisuseError(f"{shown(source)} does not move; --follow is for {able} sources")
    return kind.follow(place, asked, interval_s)


def _held_to_options(source: str, asked: Asked) -> tuple[SourceKind, str]:
    kind, place = source_kind(source)
    given = {name for name, value in asked.options.items() if value is not None}
    if foreign := sorted(given - set(kind.options)):
        raise MisuseError(
            f"--{foreign[0]} does not go with {shown(source)}; leave it out, or see "
            "'peelchain chain ingest --help'"
        )
    return kind, place


def source_kind(source: str) -> tuple[SourceKind, str]:
    """The kind that a source names, and its place. Raises MisuseError."""
    name, _, place = source.partition(":")
    kind = SOURCES.get(name)
    if kind is None or not place:
        raise MisuseError(f"{shown(source)} is no source; give {_listed()}")
    return kind, place


def _listed() -> str:
    forms = [f"{name}:{kind.place}, {kind.what}" for name, kind in SOURCES.items()]
    return "; ".join(forms)


# what a kind needs is imported when it is asked for: those that reach out take long to import


def _core(place: str, asked: Asked) -> Answer:
    from peelchain.chain.core_files import find
    from peelchain.chain.ingest import ingest_core_files

    files = find(Path(place), asked.network)
    return complete_answer(ingest_core_files(files, asked.store, asked.progress, asked.allowed))


def _follow_core(place: str, asked: Asked, interval_s: float) -> Iterator[Answer]:
    from peelchain.chain.following import follow_core_files

    for done in follow_core_files(
        Path(place),
        asked.store,
        asked.network,
        asked.progress,
        asked.allowed,
        interval_s=interval_s,
        say=asked.say,
    ):
        yield complete_answer(done)


def _rpc(place: str, asked: Asked) -> Answer:
    from peelchain.chain.rpc.ingest import ingest_rpc

    return complete_answer(
        ingest_rpc(
            place, asked.store, asked.network, asked.progress, asked.allowed, _rpc_options(asked)
        )
    )


def _follow_rpc(place: str, asked: Asked, interval_s: float) -> Iterator[Answer]:
    from peelchain.chain.following import follow_rpc

    for done in follow_rpc(
        place,
        asked.store,
        asked.network,
        asked.progress,
        asked.allowed,
        _rpc_options(asked),
        interval_s=interval_s,
    ):
        yield complete_answer(done)


def _rpc_options(asked: Asked) -> "RpcOptions":
    from peelchain.chain.rpc.ingest import RpcOptions
    from peelchain.remote.proxy import checked_proxy

    given = asked.options
    return RpcOptions(
        cookie=given.get("rpc-cookie"),
        password_file=given.get("rpc-auth"),
        certificate=given.get("rpc-certificate"),
        proxy=checked_proxy(given.get("proxy")),
        say=asked.say,
    )


def _dump(name: str) -> Callable[[str, Asked], Answer]:
    def ingest_one(place: str, asked: Asked) -> Answer:
        from peelchain.chain.dumps.formats import FORMATS
        from peelchain.chain.dumps.ingest import ingest as ingest_dump

        return ingest_dump(FORMATS[name], place, asked)

    return ingest_one


def _blocks(place: str, asked: Asked) -> Answer:
    from peelchain.chain.dumps.raw_block_ingest import ingest as ingest_blocks

    return ingest_blocks(place, asked)


_PATH = "PATH"
_HEADERS = ("headers",)

SOURCES: dict[str, SourceKind] = {
    "blockchair": SourceKind(
        _PATH, "Blockchair's daily tables, as TSV", _dump("blockchair"), _HEADERS
    ),
    "blocks": SourceKind(_PATH, "raw blocks as files, binary or hex", _blocks, _HEADERS),
    "coinjoins": SourceKind(_PATH, "the lines of a CoinJoin set", _dump("coinjoins"), _HEADERS),
    "core": SourceKind("DIR", "a Bitcoin Core data directory", _core, follow=_follow_core),
    "esplora-lines": SourceKind(
        _PATH, "Esplora's JSON of transactions and blocks", _dump("esplora-lines"), _HEADERS
    ),
    "etl": SourceKind(
        _PATH, "what bitcoin-etl or BigQuery exports, JSON or Parquet", _dump("etl"), _HEADERS
    ),
    "rpc": SourceKind(
        "URL",
        "a node's RPC server, such as rpc:http://127.0.0.1:8332",
        _rpc,
        options=("rpc-cookie", "rpc-auth", "rpc-certificate", "proxy"),
        follow=_follow_rpc,
    ),
}
