"""The manifest: which files a store consists of, of which chain, in which generation."""

import json
import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from peelchain import __version__, _core
from peelchain.errors import StoreError
from peelchain.network import NETWORKS
from peelchain.schema import (
    CHAIN_TABLES,
    PARTIAL_TABLES,
    READABLE_VERSIONS,
    SCHEMA_VERSION,
    TABLES,
)

FORMAT = "peelchain-store"
NAME = "manifest.json"
KEY_BYTES = 16
_DIGEST = re.compile(r"[0-9a-f]{64}")
RUN_KINDS = ("coins", "receipts", "scripts", "spenders", "txids")


@dataclass(frozen=True)
class StoredFile:
    """One Parquet file of a store: path relative to it, rows, bytes, SHA-256 when written (hex)."""

    file: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Segment:
    """The fact tables of heights `first_height` to `last_height`, both included.

    `counts` are the rows of each table at the segment's end, from genesis on. The one segment of a
    partial store has the partial tables too.
    """

    first_height: int
    last_height: int
    last_hash: str
    counts: dict[str, int]
    block_bytes: int
    files: dict[str, StoredFile]


@dataclass(frozen=True)
class SortedRun:
    """A look-up: a file of entries in order, of blocks `first_height` to `last_height`.

    Kinds: `txids`, `scripts` (from a keyed hash to the id), `spenders` (txout_id to tx_id and vin),
    `receipts` (script_id to txout_id), `coins` (outpoint to unspent output). `filter` says which
    keys are not in it.
    """

    kind: str
    first_height: int
    last_height: int
    run: StoredFile
    filter: StoredFile | None = None


@dataclass(frozen=True)
class Run:
    """What made a derived table: stage, software, parameters, inputs, and the tip it saw.

    `tip_hash` is empty for runs that read no chain (tags, rates). `tables` names each file: a table
    in several parts has `links`, `links/2` and so on, in order.
    """

    run_id: str
    stage: str
    software: str
    parameters: dict[str, Any]
    inputs: dict[str, Any]
    tip_hash: str
    tip_height: int
    tables: dict[str, StoredFile] = field(default_factory=dict)

    def parts(self, table: str) -> list[StoredFile]:
        """The files of a table, in order; none where the run did not write it."""
        found = []
        name = table
        while name in self.tables:
            found.append(self.tables[name])
            name = f"{table}/{len(found) + 1}"
        return found


@dataclass(frozen=True)
class Partial:
    """What a partial store holds: `digest` (hex) is SHA-256 over all that it was made from.

    `txs` are whole transactions, `told` those of them that are a source's word alone, `stubs` what
    is known by spent outputs only. Where `ranks`, no height is known: `height` then counts the
    blocks in the order that their times and spends give.
    """

    digest: str
    txs: int
    told: int
    stubs: int
    ranks: bool
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """A whole store at one generation. `source` says where the raw blocks lie.

    `key` is the secret of its look-ups, in hex. `spent` marks the entries of the runs of coins that
    sealed segments have spent. `partial` is None for a store that has the whole chain.
    """

    network: str
    key: str
    generation: int = 0
    schema_version: int = SCHEMA_VERSION
    source: dict[str, str] = field(default_factory=dict)
    chainwork: str = ""
    segments: tuple[Segment, ...] = ()
    sorted_runs: tuple[SortedRun, ...] = ()
    spent: StoredFile | None = None
    runs: tuple[Run, ...] = ()
    partial: Partial | None = None
    software: str = f"peelchain {__version__}"

    @property
    def tip_height(self) -> int:
        """Height of the last block, -1 for an empty store."""
        return self.segments[-1].last_height if self.segments else -1

    @property
    def tip_hash(self) -> str:
        """Hash of the last block in display hex, empty for an empty store."""
        return self.segments[-1].last_hash if self.segments else ""

    @property
    def sealed_height(self) -> int:
        """The last height of the sealed segments, -1 for none; those above are the head."""
        return max((r.last_height for r in self.sorted_runs if r.kind == "coins"), default=-1)

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each fact table."""
        return dict(self.segments[-1].counts) if self.segments else {}

    @property
    def block_bytes(self) -> int:
        """Bytes of raw blocks the tables were made from."""
        return sum(s.block_bytes for s in self.segments)

    def files(self) -> list[StoredFile]:
        """Every file the manifest lists."""
        chain = [f for s in self.segments for f in s.files.values()]
        lookups = [f for r in self.sorted_runs for f in (r.run, r.filter) if f]
        lookups += [self.spent] if self.spent else []
        return chain + lookups + [f for r in self.runs for f in r.tables.values()]

    def runs_of(self, kind: str) -> list[SortedRun]:
        """The look-ups of a kind, in chain order."""
        return sorted((r for r in self.sorted_runs if r.kind == kind), key=lambda r: r.first_height)

    def table_files(self, table: str) -> list[StoredFile]:
        """The files of one fact table, in chain order; none of a partial table in a whole chain."""
        return [s.files[table] for s in self.segments if table in s.files]

    def with_run(self, run: Run) -> "Manifest":
        """This manifest with the run added, in place of one of the same id."""
        kept = tuple(r for r in self.runs if r.run_id != run.run_id)
        return replace(self, runs=(*kept, run))


def read(store: Path) -> Manifest:
    """The manifest of a store. Raises StoreError when missing, damaged, or of another version."""
    return parse(store, read_text(store))


def read_text(store: Path) -> bytes:
    """The manifest as it lies on disk. Raises StoreError when it cannot be read."""
    path = store / NAME
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(
            f"{store} is no store: it has no {NAME}; "
            f"make one with 'peelchain chain ingest core:DIR --store {store}'"
        ) from None
    except OSError as e:
        raise StoreError(f"{path}: {e.strerror}; check that you may read it") from None


def parse(store: Path, text: bytes) -> Manifest:
    """The manifest in a text. Raises StoreError when it is damaged or of another version."""
    try:
        raw = _object(json.loads(text), "the manifest")
        if raw["format"] != FORMAT:
            raise ValueError(f"its format is {raw['format']!r}")
        check_version(store, _number(raw["schema_version"]))
        return _from_json(raw)
    except KeyError as e:
        why = f"it lacks {e}"
    except RecursionError:
        why = "it is nested without end"
    except (ValueError, TypeError) as e:
        why = str(e)
    raise StoreError(
        f"{store / NAME} is damaged ({why[:200]}); restore it from a copy, or ingest into a new "
        "store"
    )


def check_version(store: Path, version: int) -> None:
    """Refuses a store that this version cannot read. The rule is docs/adr/0001."""
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{store} has schema version {version}, this peelchain {__version__} reads "
            f"{SCHEMA_VERSION}; use a newer peelchain"
        )
    if version not in READABLE_VERSIONS:
        raise StoreError(
            f"{store} has schema version {version}, this peelchain {__version__} reads "
            f"{SCHEMA_VERSION}; ingest the block files into a new store"
        )


def write(store: Path, manifest: Manifest) -> None:
    """Commits a manifest in one durable step."""
    body = {"format": FORMAT, **asdict(manifest)}
    text = json.dumps(body, indent=1, sort_keys=True).encode() + b"\n"
    _core.replace_file(store / NAME, text)


def _from_json(raw: dict[str, Any]) -> Manifest:
    network = _text(raw["network"])
    if network not in NETWORKS:
        raise ValueError(f"its network is {network!r}")
    segments = tuple(_segment(s) for s in _list(raw["segments"]))
    next_height = 0
    for segment in segments:
        if segment.first_height != next_height or segment.last_height < next_height:
            raise ValueError(f"its segments do not follow each other at height {next_height}")
        next_height = segment.last_height + 1
    key = _text(raw["key"])
    if len(bytes.fromhex(key)) != KEY_BYTES:
        raise ValueError("its key is no key")
    return Manifest(
        network=network,
        key=key,
        generation=_number(raw["generation"]),
        schema_version=SCHEMA_VERSION,
        source={k: _text(v) for k, v in _object(raw["source"], "source").items()},
        chainwork=_text(raw["chainwork"]),
        segments=segments,
        sorted_runs=tuple(_sorted_run(r, next_height) for r in _list(raw["sorted_runs"])),
        spent=_file(raw["spent"]) if raw["spent"] is not None else None,
        runs=tuple(_run(r) for r in _list(raw["runs"])),
        partial=_partial(raw.get("partial")),
        software=_text(raw["software"]),
    )


def _segment(raw: Any) -> Segment:
    raw = _object(raw, "a segment")
    files = _object(raw["files"], "files")
    counts = _object(raw["counts"], "counts")
    return Segment(
        first_height=_number(raw["first_height"]),
        last_height=_number(raw["last_height"]),
        last_hash=_digest(raw["last_hash"]),
        counts={table: _number(counts[table]) for table in CHAIN_TABLES},
        block_bytes=_number(raw["block_bytes"]),
        files={
            table: _file(files[table])
            for table in (*CHAIN_TABLES, *PARTIAL_TABLES)
            if table in files or table in CHAIN_TABLES
        },
    )


def _partial(raw: Any) -> Partial | None:
    if raw is None:
        return None
    raw = _object(raw, "partial")
    return Partial(
        digest=_digest(raw["digest"]),
        txs=_number(raw["txs"]),
        told=_number(raw["told"]),
        stubs=_number(raw["stubs"]),
        ranks=raw["ranks"] is True,
        sources=tuple(_text(s) for s in _list(raw["sources"])),
    )


def _sorted_run(raw: Any, height: int) -> SortedRun:
    raw = _object(raw, "a sorted run")
    run = SortedRun(
        kind=_text(raw["kind"]),
        first_height=_number(raw["first_height"]),
        last_height=_number(raw["last_height"]),
        run=_file(raw["run"]),
        filter=_file(raw["filter"]) if raw["filter"] is not None else None,
    )
    if run.kind not in RUN_KINDS or not run.first_height <= run.last_height < height:
        raise ValueError(f"a sorted run of {run.kind!r} tells of heights that are not there")
    return run


def _run(raw: Any) -> Run:
    raw = _object(raw, "a run")
    tables = _object(raw["tables"], "tables")
    for table in tables:
        name, _, part = table.partition("/")
        if (
            name not in TABLES
            or TABLES[name].kind != "derived"
            or not (part.isdecimal() or part == "")
        ):
            raise ValueError(f"a run writes no table {table!r}")
    return Run(
        run_id=_text(raw["run_id"]),
        stage=_text(raw["stage"]),
        software=_text(raw["software"]),
        parameters=_object(raw["parameters"], "parameters"),
        inputs=_object(raw["inputs"], "inputs"),
        tip_hash=_text(raw["tip_hash"]),
        # -1 for a run that read no chain
        tip_height=_number(raw["tip_height"], least=-1),
        tables={table: _file(f) for table, f in tables.items()},
    )


def _file(raw: Any) -> StoredFile:
    raw = _object(raw, "a file")
    file = _text(raw["file"])
    if not file or file.startswith("/") or ".." in file.split("/") or "\0" in file:
        raise ValueError(f"{file!r} is no file inside the store")
    return StoredFile(file, _number(raw["rows"]), _number(raw["bytes"]), _digest(raw["sha256"]))


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is no object")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("segments and runs are lists")
    return value


def _number(value: Any, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 2**63:
        raise ValueError(f"{value!r} is no count")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _digest(value: Any) -> str:
    text = _text(value)
    if not _DIGEST.fullmatch(text):
        raise ValueError(f"{text!r} is no hash")
    return text
