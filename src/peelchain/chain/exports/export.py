"""An export: the cuts of a chain written one by one into a folder, each once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from peelchain.chain.exports import provenance
from peelchain.chain.exports.files import COMPRESSIONS, Compression, Piece, Written
from peelchain.chain.exports.folder import opened
from peelchain.chain.exports.formats import FORMATS, Format
from peelchain.chain.exports.parts import block_rows
from peelchain.chain.exports.plan import Cut, cuts, heights_of
from peelchain.chain.exports.readme import readme
from peelchain.chain.exports.source import Source
from peelchain.chain.exports.workers import made_by_processes
from peelchain.chain.limits import limits
from peelchain.errors import MisuseError
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store
from peelchain.units import format_hash, shown

_WHOLE = "whole"
"""The key of what is told of all cuts together."""

_BLOCKS_A_PROCESS = 2016

Told = Callable[[str, int, int], object]


@dataclass(frozen=True)
class Wanted:
    """What to export: heights (None: from the first, to the last), cut and compression.

    `each` is blocks a file, 0 for all in one, or a file a day; None for what the format has.
    """

    format: str
    first: int | None = None
    last: int | None = None
    each: int | Literal["day"] | None = None
    compression: str | None = None


@dataclass(frozen=True)
class Exported:
    """What an export wrote, and what of it stood already; heights, and the hash of the last."""

    files: tuple[Written, ...]
    kept: int
    first_height: int
    last_height: int
    last_hash: str


def export_chain(
    store: Store,
    wanted: Wanted,
    folder: Path,
    progress: Told,
    *,
    force: bool = False,
    processes: int | None = 1,
    beside: Callable[[Piece], None] | None = None,
) -> Exported:
    """Writes blocks of a store into a folder, in one of FORMATS.

    Stopped in any way, it goes on where it stood; after the store has grown it adds what is new.
    The same blocks give the same bytes, whatever the `processes` that make files: None for as many
    as there are cores and work for. `beside` writes files of its own at the end. Raises MisuseError
    for a format, compression or heights that there are not and for a folder that holds something
    else, StoreError where the store or the raw blocks behind it are damaged or gone.
    """
    form, compression = _form(wanted), _compression(wanted)
    each = form.each if wanted.each is None else wanted.each
    first, last = heights_of(store, wanted.first, wanted.last)
    identity = {
        "format": wanted.format,
        "network": store.network.name,
        "compression": compression,
        "blocks_per_file": each,
        "from": first,
    }
    total = last - first + 1
    reached = 0

    def passed(blocks: int) -> None:
        nonlocal reached
        reached += blocks
        progress("export", reached, total)

    with (
        Lookup(store) as lookup,
        Source(store, lookup, passed) as source,
        opened(folder, identity, force=force) as place,
    ):
        passed(0)
        digest = store.manifest.partial.digest if store.manifest.partial else ""
        if form.tells_prices:
            digest += "".join(run.run_id for run in store.runs("rates"))
        tip = format_hash(block_rows(lookup, [last])[0].block_hash or b"")
        keys: dict[str, Cut] = {}
        for cut in cuts(lookup, first, last, each, numbered=form.numbered and each != 1):
            keys[f"{cut.key} {digest}" if digest else cut.key] = cut
        todo = {cut.key: key for key, cut in keys.items() if not place.kept(key)}
        passed(sum(len(cut.heights) for key, cut in keys.items() if cut.key not in todo))
        cuts_to_make = [keys[key] for key in todo.values()]
        workers = 1 if each == 1 else _workers(processes, cuts_to_make)
        if workers > 1:
            made = made_by_processes(
                store, wanted.format, cuts_to_make, folder, compression, workers
            )
            for cut, files in made:
                place.add(todo[cut.key], files)
                passed(len(cut.heights))
        else:
            for cut in cuts_to_make:
                piece = place.piece(compression)
                form.write(source, cut, piece)
                place.add(todo[cut.key], piece.written)
        whole = place.piece(compression)
        if form.finish is not None:
            form.finish(source, first, last, whole)
        beside_rows = source.is_partial and not form.says_how_known
        if beside_rows:
            provenance.write(source, whole)
        if beside is not None:
            beside(whole)
        if whole.written:
            place.add(_WHOLE, whole.written)
        told = {"export": identity, "last_height": last, "last_hash": tip}
        notes = form.notes + (provenance.NOTE if beside_rows else "")
        files = place.finish(
            [*keys, _WHOLE], told, readme(wanted.format, notes, identity, last, tip)
        )
        return Exported(tuple(files), len(keys) - len(todo), first, last, tip)


def _workers(asked: int | None, todo: Sequence[Cut]) -> int:
    """How many processes make the cuts: each takes a while to begin."""
    if asked is None:
        blocks = sum(len(cut.heights) for cut in todo)
        asked = min(limits().threads, blocks // _BLOCKS_A_PROCESS)
    return min(asked, len(todo))


def _form(wanted: Wanted) -> Format:
    form = FORMATS.get(wanted.format)
    if form is None:
        raise MisuseError(
            f"there is no format {shown(wanted.format)}; those are {', '.join(FORMATS)}"
        )
    return form


def _compression(wanted: Wanted) -> Compression:
    for known in COMPRESSIONS:
        if (wanted.compression or _form(wanted).compression) == known:
            return known
    raise MisuseError(
        f"{shown(wanted.compression or '')} is no compression; give {', '.join(COMPRESSIONS)}"
    )
