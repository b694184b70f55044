"""Look-ups on disk, checked before they are mapped: one cut short would end the process."""

from collections.abc import Iterable
from pathlib import Path

from peelchain.errors import StoreError
from peelchain.store.manifest import Manifest, SortedRun, StoredFile

_BY_CHAIN = frozenset({"receipts", "scripts", "spenders", "txids"})


def check_runs(store: Path, manifest: Manifest, kinds: Iterable[str]) -> None:
    """Raises StoreError when a run of these kinds is missing or not of the size it was written in.

    `coins` covers the sealed segments, every other kind the whole chain. With `coins`, the marks of
    those that are spent are checked too.
    """
    for kind in kinds:
        runs = manifest.runs_of(kind)
        _check_heights(
            store, kind, runs, manifest.tip_height if kind in _BY_CHAIN else manifest.sealed_height
        )
        for run in runs:
            for file in (run.run, run.filter):
                if file is not None:
                    _check_size(store, file)
        if kind == "coins" and manifest.spent is not None:
            _check_size(store, manifest.spent)


def _check_heights(store: Path, kind: str, runs: list[SortedRun], last: int) -> None:
    height = 0
    for run in runs:
        if run.first_height != height:
            break
        height = run.last_height + 1
    if height != last + 1:
        raise StoreError(f"{store} has no look-up {kind} from height {height} on; {_remedy(store)}")


def _check_size(store: Path, file: StoredFile) -> None:
    path = store / file.file
    try:
        size = path.stat().st_size
    except OSError as e:
        raise StoreError(f"{path}: {e.strerror or e}; {_remedy(store)}") from None
    if size != file.bytes:
        raise StoreError(
            f"{path} has {size} bytes, the manifest says {file.bytes}; {_remedy(store)}"
        )


def _remedy(store: Path) -> str:
    return f"run 'peelchain chain reindex --store {store}' to make the look-ups anew"
