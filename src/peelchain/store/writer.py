"""Writing a store: new files first, then the manifest that names them, then the clearing up."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peelchain import __version__, _core
from peelchain.errors import StoreError
from peelchain.network import Network
from peelchain.store import manifest as manifests
from peelchain.store.locks import offer, older_generations_are_free, writing
from peelchain.store.manifest import Manifest, Run, Segment, SortedRun, StoredFile
from peelchain.store.new_run import NewRun
from peelchain.units import format_hash

if TYPE_CHECKING:
    import pyarrow as pa

_SEGMENTS = "segments"
_LOOKUPS = "lookups"
_DERIVED = "derived"
_OURS = ("writer.lock", "readers", _SEGMENTS, _LOOKUPS, _DERIVED, f"{manifests.NAME}.new")
_BESIDE = ("blocks", "vault.sqlite", "vault.sqlite-journal")
"""What the sources of chain data keep in a store's folder: never removed from here."""


class StoreWriter:
    """The one process that may change a store. Made by `open_for_writing`."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        self._made = 0
        self._uncommitted: list[Path] = []
        # a writer that died may have replaced the manifest and not synced its name, nor those of
        # the folders it made: what only the manifest before it names may go once it is sure
        _core.sync_dir(path)
        self.clear()

    def new_folder(self, first_height: int, last_height: int, *, lookups: bool = False) -> Path:
        """A fresh folder for a segment, or for merged look-ups; its files count once committed."""
        heights = f"{first_height:07d}-{last_height:07d}-g{self.manifest.generation + 1:06d}"
        parent = self.path / (_LOOKUPS if lookups else _SEGMENTS)
        # what a killed writer left stays as long as anybody reads an older generation
        while True:
            self._made += 1
            folder = parent / f"{heights}-{self._made:04d}"
            if not folder.exists():
                break
        self._uncommitted.append(folder)
        _core.make_dirs(folder)
        return folder

    def drop_folder(self, folder: Path) -> None:
        """Removes a folder whose files will not be committed."""
        with contextlib.suppress(OSError):
            _core.remove_tree(folder)

    def stored(self, path: Path, rows: int, size: int, digest: bytes) -> StoredFile:
        """A written file as the manifest lists it."""
        return StoredFile(str(path.relative_to(self.path)), rows, size, digest.hex())

    def stored_file(self, told: Mapping[str, Any]) -> StoredFile:
        """A file that a kernel wrote, as the manifest lists it."""
        return self.stored(Path(told["path"]), told.get("rows", 0), told["bytes"], told["sha256"])

    def sorted_run(self, told: Mapping[str, Any], first: int, last: int) -> SortedRun:
        """A look-up of heights `first` to `last` that a kernel wrote, as the manifest lists it."""
        filter_ = self.stored_file(told["filter"]) if told["filter"] else None
        return SortedRun(told["kind"], first, last, self.stored_file(told), filter_)

    def commit(self, manifest: Manifest) -> None:
        """Makes this manifest the store, as the next generation."""
        manifest = replace(manifest, generation=self.manifest.generation + 1)
        offer(self.path, manifest.generation)
        manifests.write(self.path, manifest)
        self.manifest = manifest
        self._uncommitted.clear()
        self.clear()

    def discard(self) -> None:
        """Removes what was written and not committed, as far as the system lets it."""
        with contextlib.suppress(OSError, StoreError):
            # an interrupt may fall between the write of a manifest and this object's taking note
            there = (self.path / manifests.NAME).exists()
            listed = manifests.read(self.path).files() if there else []
            named = {self.path / f.file for f in listed}
            named |= {path.parent for path in named}
            _core.remove_file(self.path / f"{manifests.NAME}.new")
            for path in self._uncommitted:
                _core.remove_file(path.with_name(f"{path.name}.new"))
                if path in named:
                    continue
                if path.is_dir():
                    _core.remove_tree(path)
                else:
                    _core.remove_file(path)

    def commit_chain(self, manifest: Manifest) -> None:
        """Commits a manifest with another chain. Runs on a tip that is no more in it are void."""
        kept = tuple(r for r in manifest.runs if self._stands(r, manifest.segments))
        self.commit(replace(manifest, runs=kept))

    def block_hashes(self, segment: Segment, heights: range) -> list[str]:
        """The hashes of the blocks at these heights of a segment, as they are shown."""
        stored = segment.files["blocks"]
        rows = _core.TableRows({"blocks": [(str(self.path / stored.file), stored.rows)]})
        numbers = [height - segment.first_height for height in heights]
        return [format_hash(h) for h in rows.fetch("blocks", numbers, ["block_hash"])["block_hash"]]

    def _stands(self, run: Run, segments: tuple[Segment, ...]) -> bool:
        if not run.tip_hash:
            return True
        height = run.tip_height
        for segment in segments:
            if segment.first_height <= height <= segment.last_height:
                return self.block_hashes(segment, range(height, height + 1)) == [run.tip_hash]
        return False

    def add_run(
        self,
        stage: str,
        tables: Mapping[str, "pa.Table"],
        *,
        parameters: Mapping[str, Any],
        inputs: Mapping[str, Any],
        on_chain: bool = True,
        replaces: tuple[str, ...] = (),
    ) -> Run:
        """Writes the tables of a run and commits them; gives the run.

        The same stage on the same inputs has the same run_id and takes the older one's place.
        `replaces` are run_ids that this one makes obsolete.
        """
        new = self.new_run(stage, parameters=parameters, inputs=inputs, on_chain=on_chain)
        for name, table in tables.items():
            new.add_table(name, table)
        return new.commit(replaces)

    def new_run(
        self,
        stage: str,
        *,
        parameters: Mapping[str, Any],
        inputs: Mapping[str, Any],
        on_chain: bool = True,
    ) -> NewRun:
        """A run to be written table by table; it counts once committed."""
        tip = self.manifest if on_chain else None
        run = Run(
            run_id="",
            stage=stage,
            software=f"peelchain {__version__}",
            parameters=dict(parameters),
            inputs=dict(inputs),
            tip_hash=tip.tip_hash if tip else "",
            tip_height=tip.tip_height if tip else -1,
        )
        return NewRun(self, replace(run, run_id=run_identity(run)))

    def derived_path(self, name: str) -> Path:
        """Where a Parquet file of a run is to be, a name not taken; it counts once committed."""
        folder = self.path / _DERIVED
        _core.make_dirs(folder)
        path = folder / f"{name}-g{self.manifest.generation + 1:06d}.parquet"
        # what a killed writer left stays as long as anybody reads an older generation
        while path.exists():
            self._made += 1
            path = path.with_stem(f"{name}-g{self.manifest.generation + 1:06d}-{self._made:04d}")
        self._uncommitted.append(path)
        return path

    def clear(self) -> None:
        """Removes what no manifest names, unless somebody may still read it."""
        if not older_generations_are_free(self.path, self.manifest.generation):
            return
        named = {self.path / f.file for f in self.manifest.files()}
        for parent in (_SEGMENTS, _LOOKUPS):
            for folder in (self.path / parent).glob("*"):
                for file in folder.glob("*"):
                    if file not in named:
                        _core.remove_file(file)
                if not any(folder.iterdir()):
                    _core.remove_dir(folder)
        for file in (self.path / _DERIVED).glob("*"):
            if file not in named:
                _core.remove_file(file)


def run_identity(run: Run) -> str:
    """The run's id: the first 16 hex digits of the SHA-256 of what determines its result."""
    content = [run.stage, run.software, run.parameters, run.inputs, run.tip_hash, run.tip_height]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:16]


@contextlib.contextmanager
def open_for_writing(path: Path | str, *, create: Network | None = None) -> Iterator[StoreWriter]:
    """The store, locked for this process alone.

    Given `create`, a missing store begins with the first commit, for that network; without one
    nothing is left behind. Raises StoreError, StoreLockedError.
    """
    path = Path(path)
    try:
        was_there = path.exists()
        if create is None or (path / manifests.NAME).exists():
            manifests.read(path)
        elif was_there and (not path.is_dir() or any(_foreign(path))):
            raise StoreError(
                f"{path} exists and is no store; name a new folder or an empty one for --store"
            )
        _core.make_dirs(path)
        try:
            if not (path / manifests.NAME).exists():
                # a folder made by hand, or by a writer that died, may not have its name synced
                _core.sync_dir(path.resolve().parent)
            with writing(path), _unmade_if_empty(path):
                if create is None or (path / manifests.NAME).exists():
                    manifest = manifests.read(path)
                else:
                    key = os.urandom(manifests.KEY_BYTES).hex()
                    manifest = Manifest(network=create.name, key=key)
                writer = StoreWriter(path, manifest)
                try:
                    yield writer
                    # a command that reads what it adds to has let its generation go by now
                    writer.clear()
                finally:
                    writer.discard()
        finally:
            if not was_there and not (path / manifests.NAME).exists():
                with contextlib.suppress(OSError):
                    _core.remove_dir(path)
    except OSError as e:
        raise StoreError(
            f"{e.filename or path}: {e.strerror or e}; make room or check your rights and run the "
            "command again, the store is as it was at its last commit"
        ) from e


@contextlib.contextmanager
def _unmade_if_empty(path: Path) -> Iterator[None]:
    """Removes what a store consists of if it ends without a commit. Entered under its lock."""
    try:
        yield
    finally:
        if not (path / manifests.NAME).exists():
            for name in _OURS:
                if (path / name).is_dir():
                    _core.remove_tree(path / name)
                else:
                    _core.remove_file(path / name)


def _foreign(path: Path) -> Iterator[Path]:
    return (p for p in path.iterdir() if p.name not in (*_OURS, *_BESIDE))
