"""Dumps into stores: those that have every block into complete ones, others into partial ones."""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from peelchain.chain.block_archive import (
    FOLDER,
    SCAN_CACHE,
    BlockArchive,
    open_archive,
)
from peelchain.chain.dumps import headers_file
from peelchain.chain.dumps.files import DumpFile, find
from peelchain.chain.dumps.formats import Format
from peelchain.chain.dumps.header_chain import HeaderChain, header_chain
from peelchain.chain.dumps.into_vault import add_rows, prove_places
from peelchain.chain.dumps.rows import BlockRow, Refusals
from peelchain.chain.dumps.whole import add_blocks
from peelchain.chain.ingest import Ingested, ingest_core_files, scan_cached
from peelchain.chain.partial.snapshot import rebuild
from peelchain.chain.partial.vault import NAME as VAULT
from peelchain.chain.partial.vault import Vault
from peelchain.chain.progress import Progress, Step
from peelchain.chain.sources import Answer, Asked, complete_answer
from peelchain.errors import MisuseError, SourceError
from peelchain.network import MAINNET, NETWORKS, Network, by_name
from peelchain.store import manifest as manifests
from peelchain.units import format_hash, parse_txid


def ingest(form: Format, place: str, asked: Asked) -> Answer:
    """Brings a store up to a dump; the answer tells what was refused and why.

    A dump whose blocks join, from genesis or from what the store has, fills a complete store; any
    other a partial one. Raises SourceError where nothing of it could be taken in.
    """
    start = time.monotonic()
    files = find(place, form.what)
    refusals = Refusals()
    reading = Reading(asked.progress, files)
    rows = list(form.blocks(files, refusals, reading.told))
    network = network_for(asked, _network_of(rows))
    known = known_hashes(asked.store, network)
    chain = header_chain(rows, network, refusals, known)
    del rows
    reading.again()
    heights = _joining(chain, known, asked.store, network)
    if heights is not None:
        answer = _complete(form, files, chain, heights, network, asked, refusals, reading)
    else:
        answer = _partial(form, place, files, chain, network, asked, refusals, reading)
    return {**answer, **told_of(files, refusals, start)}


def told_of(files: list[DumpFile], refusals: Refusals, start: float) -> Answer:
    """What every answer on a dump tells: files, what was refused, seconds since `start`."""
    reasons = list(refusals.reasons)
    if refusals.count > len(reasons):
        reasons.append(f"and {refusals.count - len(reasons):,} more")
    return {
        "files": len(files),
        "refused": refusals.count,
        "refusals": reasons,
        "seconds": round(time.monotonic() - start, 3),
    }


class Reading:
    """How much of the files is read; they are read twice, first for their blocks."""

    def __init__(self, progress: Progress, files: list[DumpFile]) -> None:
        self._progress = progress
        self._of = sum(file.size for file in files)
        self._done = 0
        self._what = "blocks"

    def told(self, size: int) -> None:
        """Tells that so many bytes more were read."""
        # a form of several tables reads some of a file before it leaves the rest
        self._done = min(self._done + size, self._of)
        self._progress(Step(self._what, self._done, self._of, in_bytes=True))

    def again(self) -> None:
        """Begins the second reading."""
        self.end()
        self._done, self._what = 0, "read"

    def end(self) -> None:
        """Tells that all is read."""
        self._progress(Step(self._what, self._of, self._of, in_bytes=True))


def held_network(store: Path) -> Network | None:
    """The network of what a store holds; None where there is none."""
    there = (store / manifests.NAME).exists()
    return by_name(manifests.read(store).network) if there else None


def network_for(asked: Asked, found: Network | None) -> Network:
    """The network asked for, or of the store, or found in the dump; mainnet where nothing tells.

    Raises MisuseError where the store or the dump is of another.
    """
    held = held_network(asked.store)
    network = asked.network or held or found or MAINNET
    if held is not None and held != network:
        raise MisuseError(
            f"{asked.store} holds {held.name}, not {network.name}; use another store for another "
            "chain"
        )
    # sister chains have one genesis
    if found is not None and found.genesis_hash != network.genesis_hash:
        raise MisuseError(
            f"the dump is of {found.name}, not of {network.name}; use a store of its own, or leave "
            "--network out"
        )
    return network


def _network_of(rows: list[BlockRow]) -> Network | None:
    """The network whose genesis block is among the rows."""
    firsts = {format_hash(row.block_hash) for row in rows if row.height == 0}
    return next((n for n in NETWORKS.values() if n.genesis_hash in firsts), None)


def known_hashes(store: Path, network: Network) -> dict[int, bytes]:
    """The hashes by height of the blocks in a store's own archive."""
    folder = store / FOLDER
    if not any(folder.glob("blk*.dat")):
        return {}
    with open_archive(store, network) as archive:
        if archive.is_empty:
            return {}
        found = scan_cached(archive.files, folder / SCAN_CACHE)
    return {height: parse_txid(shown) for height, shown in enumerate(found.hashes)}


def _joining(
    chain: HeaderChain, known: Mapping[int, bytes], store: Path, network: Network
) -> range | None:
    """The heights of the dump that a complete store lacks; None where it is for a partial one."""
    if (store / VAULT).exists():
        return None
    genesis = chain.blocks.get(0)
    if genesis is not None and format_hash(genesis.block_hash) != network.genesis_hash:
        raise SourceError(
            f"{genesis.where}: the block at height 0 is {format_hash(genesis.block_hash)}, which "
            f"is not {network.name}'s; name the chain with --network, or its files alone"
        )
    heights = chain.run_from(lambda height, block_hash: known.get(height) == block_hash)
    if not heights:
        return None
    # what is there is not made again: a dump of many days is often given with its newest
    first = (h for h in heights if known.get(h) != chain.blocks[h].block_hash)
    return range(next(first, heights.stop), heights.stop)


def _complete(
    form: Format,
    files: list[DumpFile],
    chain: HeaderChain,
    heights: range,
    network: Network,
    asked: Asked,
    refusals: Refusals,
    reading: Reading,
) -> Answer:
    # whose blocks are whole has the prevouts themselves
    rows = form.transactions(files, None, refusals, reading.told)
    with open_archive(asked.store, network) as archive:
        made = add_blocks(archive, chain, heights, rows if heights else (), refusals)
        archive.sync()
        reading.end()
        if archive.is_empty:
            raise SourceError(
                f"nothing could be made of {files[0].path}"
                f"{f' and {len(files) - 1} more' if len(files) > 1 else ''}: {made.missing}"
                f"{f'; first refused row: {refusals.reasons[0]}' if refusals.count else ''}"
            )
        done = ingested(archive, form.name, asked)
    left = [made.missing] if made.missing else []
    outside = len(chain.blocks) - len(heights)
    if outside > 0:
        left.append(
            f"{outside:,} blocks of the dump that were there already, or do not join the chain"
        )
    return {
        **complete_answer(replace(done, left_out=(*done.left_out, *left))),
        "partial": False,
        "rows": made.rows,
    }


def ingested(archive: BlockArchive, kind: str, asked: Asked) -> Ingested:
    """The store brought to the best chain of its archive."""
    path = archive.files.blocks
    return ingest_core_files(
        archive.files,
        asked.store,
        asked.progress,
        asked.allowed,
        source={"kind": kind, "path": str(path)},
        cache=path / SCAN_CACHE,
    )


def _partial(
    form: Format,
    place: str,
    files: list[DumpFile],
    chain: HeaderChain,
    network: Network,
    asked: Asked,
    refusals: Refusals,
    reading: Reading,
) -> Answer:
    given = asked.options.get("headers")
    heights = headers_file.heights(Path(given), network) if given else {}
    source = f"{form.name}:{place}"

    def fill(vault: Vault) -> tuple[int, int]:
        rows = form.transactions(files, network, refusals, reading.told)
        added = add_rows(vault, rows, source, refusals, chain, heights)
        reading.end()
        return added.rows, prove_places(vault, chain, added, source, refusals)

    return into_partial(asked, network, place, form.what, refusals, fill)


def into_partial(
    asked: Asked,
    network: Network,
    place: str,
    what: str,
    refusals: Refusals,
    fill: Callable[[Vault], tuple[int, int]],
) -> Answer:
    """The answer on a partial store, its vault filled by `fill`.

    That gives how many rows it took in, and how many transactions it proved to be in their blocks.
    Raises SourceError where it took in none, and leaves the store as it was for any error.
    """

    def step(name: str, done: int, of: int) -> None:
        asked.progress(Step(name, done, of))

    was_there = (asked.store / VAULT).exists()
    try:
        with Vault.open(asked.store, network) as vault:
            rows, proven = fill(vault)
            if rows == 0:
                first = f": {refusals.reasons[0]}" if refusals.count else ""
                raise SourceError(
                    f"{place}: none of its rows could be taken in{first}; give {what}"
                )
            # before the commit: what cannot be one chain is not to stay
            made = rebuild(asked.store, vault, step)
            vault.commit()
    except BaseException:
        if not was_there and not (asked.store / manifests.NAME).exists():
            (asked.store / VAULT).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                asked.store.rmdir()
        raise
    return {
        "network": network.name,
        **asdict(made),
        "partial": True,
        "proven": proven,
        "rows": rows,
        "left_out": [],
        "damage": [],
    }
