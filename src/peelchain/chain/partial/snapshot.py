"""A partial store's tables, made anew from its vault: the same that a whole chain has."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from peelchain import _core
from peelchain.chain.partial.columns import Histories, Tables, tables_of
from peelchain.chain.partial.header_chain import chainwork
from peelchain.chain.partial.order import ChainOrder, Row, in_chain_order
from peelchain.chain.partial.source import Tip
from peelchain.chain.partial.vault import Vault
from peelchain.errors import MisuseError
from peelchain.schema import CHAIN_TABLES, TABLES
from peelchain.store.manifest import Manifest, Partial, Segment, StoredFile
from peelchain.store.reindex import SORTING_BYTES
from peelchain.store.writer import StoreWriter, open_for_writing
from peelchain.units import OutPoint, format_hash

Progress = Callable[[str, int, int], None]

_NO_HASH = "0" * 64
"""Stands for the hash of a last block that nobody told."""


def _silent(what: str, done: int, of: int) -> None:
    """Says nothing of progress."""


@dataclass(frozen=True)
class Rebuilt:
    """What a partial store holds now. `changed` is false where it held just that before."""

    txs: int
    told: int
    stubs: int
    not_fetched: int
    unconfirmed: int
    unplaced: int
    ranks: bool
    tip_height: int
    tip_hash: str
    changed: bool


def rebuild(store: Path, vault: Vault, progress: Progress = _silent) -> Rebuilt:
    """Brings a partial store to what its vault holds, as one commit.

    What was inferred from the tables before is void, for their ids are others; tags and rates stay.
    Raises SourceError where told places contradict a spend, MisuseError where the vault has no
    transaction in a block, and StoreError.
    """
    progress("order", 0, 1)
    order = in_chain_order(vault)
    progress("order", 1, 1)
    if not order.rows:
        left = order.unconfirmed + order.unplaced
        raise MisuseError(
            f"{store} has no transaction in a known block yet ({left} are kept); fetch one that is "
            "confirmed, or give the heights of blocks with --headers"
        )
    absent = vault.absences()
    histories = vault.histories()
    digest = digest_of(order, absent, histories)
    tables = tables_of(order, absent, histories)
    summary = Partial(
        digest=digest,
        txs=sum(row.checked != "stub" for row in order.rows),
        told=sum(row.checked == "told" for row in order.rows),
        stubs=sum(row.checked == "stub" for row in order.rows),
        ranks=order.ranks,
        sources=tuple(sorted({row.source for row in order.rows})),
    )
    with open_for_writing(store, create=vault.network) as writer:
        before = writer.manifest
        if before.segments and before.partial is None:
            raise MisuseError(f"{store} holds the whole chain of a node; name another store")
        changed = before.partial != summary
        if changed:
            writer.commit(_manifest(writer, tables, summary, order, progress))
        tip = writer.manifest
    return Rebuilt(
        txs=summary.txs,
        told=summary.told,
        stubs=summary.stubs,
        not_fetched=tables["not_fetched"].num_rows,
        unconfirmed=order.unconfirmed,
        unplaced=order.unplaced,
        ranks=order.ranks,
        tip_height=tip.tip_height,
        tip_hash=tip.tip_hash,
        changed=changed,
    )


def _manifest(
    writer: StoreWriter, tables: Tables, summary: Partial, order: ChainOrder, progress: Progress
) -> Manifest:
    last = tables["blocks"].num_rows - 1
    folder = writer.new_folder(0, last)
    files = {}
    for done, (name, table) in enumerate(tables.items()):
        progress("tables", done, len(tables))
        files[name] = _written(writer, folder / f"{name}.parquet", name, table)
    block = order.blocks.get(last)
    segment = Segment(
        first_height=0,
        last_height=last,
        last_hash=format_hash(block.block_hash) if block and block.block_hash else _NO_HASH,
        counts={name: tables[name].num_rows for name in CHAIN_TABLES},
        block_bytes=0,
        files=files,
    )
    told = _core.reindex_segment(
        {name: str(writer.path / files[name].file) for name in CHAIN_TABLES},
        bytes.fromhex(writer.manifest.key),
        writer.new_folder(0, last, lookups=True),
        SORTING_BYTES,
        lambda done, of: progress("look-ups", done, of),
    )
    return replace(
        writer.manifest,
        source={"kind": "partial"},
        chainwork=_chainwork(order, last),
        segments=(segment,),
        sorted_runs=tuple(writer.sorted_run(row, 0, last) for row in told),
        spent=None,
        runs=tuple(run for run in writer.manifest.runs if not run.tip_hash),
        partial=summary,
    )


def _chainwork(order: ChainOrder, last: int) -> str:
    """The work of the chain, hex, where every header to the last is kept; else empty."""
    headers = [b.header for b in order.blocks.values() if b.header]
    return f"{chainwork(iter(headers)):064x}" if len(headers) == last + 1 else ""


def _written(writer: StoreWriter, path: Path, name: str, table: pa.Table) -> StoredFile:
    buffer = io.BytesIO()
    pq.write_table(table.cast(TABLES[name].schema), buffer, compression="zstd", store_schema=True)
    digest, size = _core.replace_file(path, buffer.getvalue())
    return writer.stored(path, table.num_rows, size, digest)


def digest_of(
    order: ChainOrder, absent: Mapping[OutPoint, tuple[Tip, str]], histories: Histories
) -> str:
    """SHA-256, in hex, over all that the tables follow from."""
    hasher = sha256()

    def add(*parts: object) -> None:
        hasher.update(json.dumps(parts, separators=(",", ":")).encode() + b"\n")

    for row in order.rows:
        add(row.tx.txid.hex(), row.checked, row.source, row.height, row.position, _told(row))
    for height in sorted(order.blocks):
        block = order.blocks[height]
        header = block.header.hex() if block.header else None
        add(height, block.block_hash.hex() if block.block_hash else None, block.time, header)
    for outpoint, (tip, source) in absent.items():
        add(str(outpoint), tip.height, tip.block_hash.hex(), source)
    for script, tip, txs, complete, source in histories:
        add(script.hex(), tip.height, tip.block_hash.hex(), txs, complete, source)
    return hasher.hexdigest()


def _told(row: Row) -> list[object] | None:
    """What of a transaction does not follow from its txid."""
    sizes = [row.tx.size_bytes, row.tx.weight]
    if row.checked not in ("told", "stub"):
        # bytes without the witnesses: the sizes are told
        stripped = any(i.witness_items is None for i in row.tx.inputs)
        return [*sizes] if stripped else None
    outputs = [[o.value_sat, o.script_pubkey.hex()] for o in row.tx.outputs]
    own = [row.tx.version, row.tx.locktime, *sizes]
    return [repr(row.tx.inputs), outputs, row.vouts, *own]
