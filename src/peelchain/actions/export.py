"""A store's chain as files that other tools read."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Literal

from peelchain.actions.progress import Progress, silent
from peelchain.actions.view import StoreView
from peelchain.chain.exports.export import Wanted, export_chain
from peelchain.chain.exports.files import Piece
from peelchain.chain.limits import limits
from peelchain.tags.export import tagpacks


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
    threads: int | None = None,
) -> dict[str, Any]:
    """Writes the blocks of a store, or those from height `first` to `last`, into a folder.

    `each` is blocks a file (0: all in one) or a file a day; `compression` none, gz or zst; None for
    either is what suits the format. `threads` are processes that make files, else as many as there
    are cores and work for. Raises as `export_chain`.
    """
    with StoreView(store) as view:
        wanted = Wanted(format_name, first, last, each, compression)
        beside = partial(_add_tags, view) if format_name == "graphsense" else None
        done = export_chain(
            view.store,
            wanted,
            out,
            progress,
            force=force,
            processes=None if threads is None else limits(threads).threads,
            beside=beside,
        )
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


def _add_tags(view: StoreView, piece: Piece) -> None:
    """Writes the tags of a store as TagPacks, one for each who made some."""
    if not view.tags.num_rows:
        return
    title, described = "Tags", f"Exported by peelchain from {view.network.name}"
    packs = tagpacks(view.tags, title=title, description=described)
    for number, (_, text) in enumerate(packs, 1):
        name = "tagpack.yaml" if number == 1 else f"tagpack-{number}.yaml"
        with piece.lines(name, plain=True) as file:
            for line in text.splitlines(keepends=True):
                file.add(line)
