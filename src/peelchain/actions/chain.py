"""Chain data: ingest it, look at its state, decode a block, check the store."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from peelchain import _core
from peelchain.actions.open_store import OpenStore
from peelchain.actions.progress import Progress, silent
from peelchain.chain import sources
from peelchain.chain.limits import limits
from peelchain.chain.progress import Progress as IngestProgress
from peelchain.chain.progress import silent as silent_ingest
from peelchain.chain.sources import Asked
from peelchain.chain.verify import verify_store
from peelchain.errors import SourceError
from peelchain.network import MAINNET, NETWORKS, Network, by_name
from peelchain.network.kernel import kernel_rules
from peelchain.script import address
from peelchain.store.compaction import compacted
from peelchain.store.reindex import reindexed
from peelchain.store.writer import open_for_writing
from peelchain.units import format_hash, format_time


def ingest(
    source: str,
    store: Path,
    network: str | None = None,
    progress: IngestProgress = silent_ingest,
    *,
    threads: int | None = None,
    memory_bytes: int | None = None,
    options: Mapping[str, Any] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Brings a store up to a source of chain data, `KIND:PLACE` as `chain.sources` lists them.

    `damage` in the answer tells what in the files is damaged; the chain is ingested as far as it
    is whole. `options` are those of the kind, by their name on the command line; `say` is told
    what the user should know while the work goes on.
    """
    chosen = by_name(network) if network else None
    allowed = limits(threads, memory_bytes)
    return sources.ingest(source, Asked(store, chosen, progress, allowed, options or {}, say))


def follow(
    source: str,
    store: Path,
    network: str | None = None,
    progress: IngestProgress = silent_ingest,
    *,
    interval_s: float = 10.0,
    threads: int | None = None,
    memory_bytes: int | None = None,
    options: Mapping[str, Any] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[dict[str, Any]]:
    """Brings a store up to a source, and again as often as the source moves, until stopped.

    Gives what `ingest` gives each time that something changed, and the first time. The source is
    looked at every `interval_s` seconds; once it has answered, what fails later is said and tried
    again. `progress` is told of the first time alone.
    """
    chosen = by_name(network) if network else None
    allowed = limits(threads, memory_bytes)
    asked = Asked(store, chosen, progress, allowed, options or {}, say)
    return sources.follow(source, asked, interval_s)


def decode(file: Path, network: str | None = None) -> dict[str, Any]:
    """One raw block, decoded. A leading magic and size, as in blk files, are passed over."""
    chosen = by_name(network) if network else None
    most = (chosen or MAINNET).rules.max_block_bytes
    try:
        with file.open("rb") as stream:
            raw = stream.read(most + 9)
        if len(raw) > most + 8:
            raise SourceError(
                f"{file}: it has more bytes than a block can; for a node's blk files use "
                "'peelchain chain ingest core:DIR'"
            )
    except OSError as e:
        raise SourceError(f"{file}: {e.strerror}; give the file of one raw block") from None
    for known in NETWORKS.values():
        if raw[:4] == known.magic and len(raw) >= 8:
            if int.from_bytes(raw[4:8], "little") != len(raw) - 8:
                raise SourceError(
                    f"{file}, offset 4: the size there is not that of the rest; for a node's blk "
                    "files use 'peelchain chain ingest core:DIR'"
                )
            chosen, raw = chosen or known, raw[8:]
            break
    return _decoded(raw, chosen or MAINNET, str(file))


def _decoded(raw: bytes, network: Network, where: str) -> dict[str, Any]:
    try:
        block = _core.decode_block(raw, kernel_rules(network))
    except SourceError as e:
        raise SourceError(f"{where}, offset 0: {e}; give the file of one whole raw block") from None
    if block["problem"]:
        raise SourceError(
            f"{where}: block {format_hash(block['hash'])}: {block['problem']}; get the block again"
        )
    return {
        "network": network.name,
        "block_hash": format_hash(block["hash"]),
        "prev_hash": format_hash(block["prev_hash"]),
        "height": block["height"],
        "time_utc": format_time(block["time"]),
        "size_bytes": len(raw),
        "weight": block["weight"],
        "txs": [_decoded_tx(tx, network) for tx in block["txs"]],
    }


def _decoded_tx(tx: dict[str, Any], network: Network) -> dict[str, Any]:
    return {
        "txid": format_hash(tx["txid"]),
        "wtxid": format_hash(tx["wtxid"]),
        "version": tx["version"],
        "locktime": tx["locktime"],
        "size_bytes": tx["span"][1] - tx["span"][0],
        "weight": tx["weight"],
        "inputs": [
            {
                "prevout": f"{format_hash(prevout[0])}:{prevout[1]}" if prevout else None,
                "sequence": sequence,
                "witness_items": items,
            }
            for prevout, sequence, items in tx["inputs"]
        ],
        "outputs": [
            {
                "vout": vout,
                "value_sat": value,
                "script_pubkey": script.hex(),
                "script_type": kind,
                "address": address(script, network),
            }
            for vout, (value, script, kind) in enumerate(tx["outputs"])
        ],
    }


def verify(store: Path, progress: Progress = silent) -> dict[str, Any]:
    """Checks a whole store; `failures` is empty when all holds."""
    with OpenStore(store) as view:
        result = verify_store(view.store, progress)
        return {**view.tip, "ok": result.ok, **asdict(result)}


def reindex(store: Path, progress: Progress = silent) -> dict[str, Any]:
    """Makes every look-up of a store anew from its tables, and merges them as they are due."""
    with open_for_writing(store) as writer:
        manifest = reindexed(writer, writer.manifest, progress)

        def merging(done: int, of: int) -> None:
            progress("merge", done, of)

        writer.commit(compacted(writer, manifest, merging))
        made = writer.manifest
        return {
            "network": made.network,
            "tip_height": made.tip_height,
            "tip_hash": made.tip_hash,
            "files": len(made.sorted_runs),
            "entries": sum(r.run.rows for r in made.sorted_runs),
            "bytes": sum(f.bytes for r in made.sorted_runs for f in (r.run, r.filter) if f),
        }
