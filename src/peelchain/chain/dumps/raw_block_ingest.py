"""Raw blocks as files into stores: a chain from genesis on into a complete one, others partial."""

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from peelchain import _core
from peelchain.chain.block_archive import open_archive
from peelchain.chain.dumps import headers_file
from peelchain.chain.dumps.files import find
from peelchain.chain.dumps.ingest import (
    Reading,
    held_network,
    ingested,
    into_partial,
    known_hashes,
    network_for,
    told_of,
)
from peelchain.chain.dumps.raw_block_files import RawBlock, network_of, raw_blocks
from peelchain.chain.dumps.rows import Refusals, why
from peelchain.chain.partial.header_checks import check_header
from peelchain.chain.partial.records import Place
from peelchain.chain.partial.source import Inclusion
from peelchain.chain.partial.vault import NAME as VAULT
from peelchain.chain.partial.vault import Vault
from peelchain.chain.sources import Answer, Asked, complete_answer
from peelchain.errors import FalseAnswerError, SourceError
from peelchain.network import Network
from peelchain.network.kernel import kernel_rules
from peelchain.units import format_hash, parse_txid

NAME = "blocks"
_NAMED = re.compile(r"([0-9]{1,8})[-_]([0-9A-Fa-f]{64})\.")
_WHAT = "raw blocks, one a file in binary or hex, or files as a node keeps them"


@dataclass(frozen=True)
class _Seen:
    """A block by its header, and the height that its coinbase states."""

    where: str
    header: bytes
    height: int | None

    @property
    def prev_hash(self) -> bytes:
        """The hash of the block before, internal byte order."""
        return self.header[4:36]


def ingest(place: str, asked: Asked) -> Answer:
    """Brings a store up to raw blocks; the answer tells what was refused and why.

    Blocks that join, from genesis or from what the store has, fill a complete store; without any
    such, their transactions a partial one. Raises SourceError where nothing could be taken in.
    """
    start = time.monotonic()
    files = find(place, _WHAT)
    refusals = Refusals()
    reading = Reading(asked.progress, files)
    seen: dict[bytes, _Seen] = {}
    fronts = []
    given = asked.network or held_network(asked.store)
    for block in raw_blocks(files, given, refusals, reading.told):
        seen[block.hash] = _Seen(block.where, block.raw[:80], block.height)
        fronts.append(replace(block, raw=block.raw[:80]))
    if not seen:
        why = f": {refusals.reasons[0]}" if refusals.count else ""
        raise SourceError(f"{place}: it holds no raw block{why}; give {_WHAT}")
    network = network_for(asked, network_of(fronts))
    del fronts
    known = known_hashes(asked.store, network)
    joined = _joined(seen, known, network, refusals)
    reading.again()
    again = raw_blocks(files, network, Refusals(), reading.told)
    if joined and not (asked.store / VAULT).exists():
        answer = _complete(again, joined, known, network, asked, len(seen))
    else:
        answer = _partial(place, again, seen, network, asked, refusals)
    reading.end()
    return {**answer, **told_of(files, refusals, start)}


def _joined(
    seen: Mapping[bytes, _Seen],
    known: Mapping[int, bytes],
    network: Network,
    refusals: Refusals,
) -> set[bytes]:
    """The blocks that descend from genesis, it included, or from a block that the store has.

    One whose header proves no work is refused: raw blocks once kept are never taken out.
    """
    children: dict[bytes, list[bytes]] = {}
    for block_hash, block in seen.items():
        children.setdefault(block.prev_hash, []).append(block_hash)
    genesis = parse_txid(network.genesis_hash)
    waiting = [(0, genesis)] if genesis in seen else []
    waiting += [(height + 1, child) for height, h in known.items() for child in children.get(h, [])]
    joined: set[bytes] = set()
    while waiting:
        height, block_hash = waiting.pop()
        if block_hash in joined:
            continue
        try:
            check_header(seen[block_hash].header, height, network, seen[block_hash].where)
        except FalseAnswerError as e:
            refusals.add(seen[block_hash].where, why(e, seen[block_hash].where))
            continue
        joined.add(block_hash)
        waiting += [(height + 1, child) for child in children.get(block_hash, [])]
    return joined


def _complete(
    blocks: Iterable[RawBlock],
    joined: set[bytes],
    known: Mapping[int, bytes],
    network: Network,
    asked: Asked,
    found: int,
) -> Answer:
    there = set(known.values())
    added = 0
    with open_archive(asked.store, network) as archive:
        for block in blocks:
            block_hash = block.hash
            if block_hash in joined and block_hash not in there:
                there.add(block_hash)
                archive.add(block.raw)
                added += 1
        archive.sync()
        done = ingested(archive, NAME, asked)
    outside = found - len(joined)
    left = [f"{outside:,} blocks that do not join the chain"] if outside else []
    answer = complete_answer(replace(done, left_out=(*done.left_out, *left)))
    return {**answer, "partial": False, "rows": added}


def _partial(
    place: str,
    blocks: Iterable[RawBlock],
    seen: Mapping[bytes, _Seen],
    network: Network,
    asked: Asked,
    refusals: Refusals,
) -> Answer:
    given = asked.options.get("headers")
    heights = _heights(seen, headers_file.heights(Path(given), network) if given else {}, network)
    source = f"{NAME}:{place}"
    done: set[bytes] = set()

    def fill(vault: Vault) -> tuple[int, int]:
        rows = proven = 0
        for block in blocks:
            if block.hash in done:
                continue
            done.add(block.hash)
            try:
                count, sure = _add(vault, block, heights.get(block.hash), source)
            except (FalseAnswerError, SourceError) as e:
                refusals.add(block.where, why(e, source))
                continue
            rows += count
            proven += sure
        return rows, proven

    return into_partial(asked, network, place, _WHAT, refusals, fill)


def _heights(
    seen: Mapping[bytes, _Seen], headers: Mapping[bytes, int], network: Network
) -> dict[bytes, int]:
    """The heights of blocks: told by headers, by the coinbase where it must, or by neighbours."""
    known = {parse_txid(shown): height for height, shown in network.checkpoints}
    known[parse_txid(network.genesis_hash)] = 0
    known |= headers
    for block_hash, block in seen.items():
        # before, a coinbase could state what it liked
        if block.height is not None and block.height >= network.bip34_height:
            known.setdefault(block_hash, block.height)
    parents = {block.prev_hash: block_hash for block_hash, block in seen.items()}
    waiting = [h for h in seen if h in known]
    waiting += [parents[h] for h in known if h in parents and parents[h] not in known]
    for block_hash in waiting:
        height = known.get(block_hash, known.get(seen[block_hash].prev_hash, -2) + 1)
        known.setdefault(block_hash, height)
        prev, child = seen[block_hash].prev_hash, parents.get(block_hash)
        if prev in seen and prev not in known:
            known[prev] = height - 1
            waiting.append(prev)
        if child is not None and child not in known:
            known[child] = height + 1
            waiting.append(child)
    return known


def _told_height(block: RawBlock) -> int | None:
    """The height in a file's name, where its hash stands there too, as in HEIGHT-HASH.bin."""
    named = _NAMED.match(Path(block.where).name)
    return int(named[1]) if named and named[2].lower() == format_hash(block.hash) else None


def _add(vault: Vault, block: RawBlock, height: int | None, source: str) -> tuple[int, int]:
    """Adds a block's transactions; gives how many, and how many of them are proven to be there."""
    raw = block.raw
    if height is not None:
        vault.add_header(raw[:80], height, source)
    spans = _core.transaction_spans(raw, kernel_rules(vault.network))
    leaves = b"".join(txid for txid, _, _ in spans)
    moment = int.from_bytes(raw[68:72], "little")
    proven = 0
    told = Place(_told_height(block), block.hash, moment, None)
    for position, (txid, begin, end) in enumerate(spans):
        vault.add_raw(raw[begin:end], source, asked=txid)
        if height is None:
            vault.tell_place(txid, replace(told, position=position), source)
            continue
        branch = tuple(_core.merkle_branch(leaves, position))
        vault.add_place(txid, Inclusion(height, position, branch), source)
        proven += 1
    return len(spans), proven
