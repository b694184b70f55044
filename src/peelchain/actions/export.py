"""A store's chain as files that other tools read."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from peelchain.actions.open_store import OpenStore
from peelchain.actions.progress import Progress, silent
from peelchain.chain.exports.export import Wanted, export_chain


def export(
    format_name: str,
    store: Path,
    out: Path,
    progress: Progress = silent,
    *,
    first: int | None = None,
    last: int | None = None,
    each: int | Literal["day"] | None = None,
    compression: str | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """Writes the blocks of a store, or those from height `first` to `last`, into a folder.

    `each` is blocks a file (0: all in one) or a file a day; `compression` none, gz or zst; None for
    either is what suits the format. Raises as `export_chain`.
    """
    with OpenStore(store) as view:
        wanted = Wanted(format_name, first, last, each, compression)
        done = export_chain(view.store, wanted, out, progress, force=force)
        return {
            **view.tip,
            "format": format_name,
            "folder": str(out),
            "first_height": done.first_height,
            "last_height": done.last_height,
            "rows": sum(f.rows for f in done.files),
            "bytes": sum(f.bytes for f in done.files),
            "kept": done.kept,
            "files": [asdict(f) for f in done.files],
        }
