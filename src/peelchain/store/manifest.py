"""The manifest: which files a store consists of, of which chain, in which generation."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from peelchain import __version__, _core
from peelchain.errors import StoreError
from peelchain.schema import SCHEMA_VERSION

FORMAT = "peelchain-store"
NAME = "manifest.json"


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

    `counts` are the rows of each table at the segment's end, from genesis on.
    """

    first_height: int
    last_height: int
    last_hash: str
    counts: dict[str, int]
    block_bytes: int
    files: dict[str, StoredFile]


@dataclass(frozen=True)
class Run:
    """What made a derived table: stage, software, parameters, inputs, and the tip it saw.

    `tip_hash` is empty for runs that read no chain (tags, rates).
    """

    run_id: str
    stage: str
    software: str
    parameters: dict[str, Any]
    inputs: dict[str, Any]
    tip_hash: str
    tip_height: int
    tables: dict[str, StoredFile] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """A whole store at one generation. `source` says where the raw blocks lie."""

    network: str
    generation: int = 0
    schema_version: int = SCHEMA_VERSION
    source: dict[str, str] = field(default_factory=dict)
    chainwork: str = ""
    segments: tuple[Segment, ...] = ()
    runs: tuple[Run, ...] = ()
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
        return chain + [f for r in self.runs for f in r.tables.values()]

    def table_files(self, table: str) -> list[StoredFile]:
        """The files of one fact table, in chain order."""
        return [s.files[table] for s in self.segments]

    def with_run(self, run: Run) -> "Manifest":
        """This manifest with the run added, in place of one of the same id."""
        kept = tuple(r for r in self.runs if r.run_id != run.run_id)
        return replace(self, runs=(*kept, run))


def read(store: Path) -> Manifest:
    """The manifest of a store. Raises StoreError when missing, damaged, or of another version."""
    path = store / NAME
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(
            f"{store} is no store: it has no {NAME}; "
            f"make one with 'peelchain chain ingest core:DIR --store {store}'"
        ) from None
    except OSError as e:
        raise StoreError(f"{path}: {e.strerror}; check that you may read it") from None
    try:
        raw = json.loads(text)
        if raw["format"] != FORMAT:
            raise ValueError(f"its format is {raw['format']!r}")
        version = int(raw["schema_version"])
    except (ValueError, KeyError, TypeError) as e:
        raise StoreError(
            f"{path} is damaged ({e}); restore it from a copy, or ingest into a new store"
        ) from None
    check_version(store, version)
    try:
        return _from_json(raw)
    except (ValueError, KeyError, TypeError) as e:
        raise StoreError(
            f"{path} is damaged ({e!r}); restore it from a copy, or ingest into a new store"
        ) from None


def check_version(store: Path, version: int) -> None:
    """Refuses a store that this version cannot read. The rule is docs/adr/0001."""
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{store} has schema version {version}, this peelchain {__version__} reads "
            f"{SCHEMA_VERSION}; use a newer peelchain"
        )
    if version < SCHEMA_VERSION:
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
    def files(tables: dict[str, Any]) -> dict[str, StoredFile]:
        return {name: StoredFile(**f) for name, f in tables.items()}

    fields = {k: v for k, v in raw.items() if k not in ("format", "segments", "runs")}
    segments = tuple(Segment(**{**s, "files": files(s["files"])}) for s in raw["segments"])
    runs = tuple(Run(**{**r, "tables": files(r["tables"])}) for r in raw["runs"])
    return Manifest(**fields, segments=segments, runs=runs)
