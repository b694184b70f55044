"""The transactions of a vault in chain order, with what stands in for those that are not placed."""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from peelchain.chain.partial.records import Input, Output, Place, Transaction
from peelchain.chain.partial.vault import Vault
from peelchain.errors import SourceError
from peelchain.script import sha256d
from peelchain.units import format_hash

_LAST = 1 << 62

Told = Mapping[bytes, Mapping[int, tuple[Output, str]]]
"""By txid and vout what is told of an output, and by whom."""


@dataclass(frozen=True)
class Row:
    """A transaction in its order. `checked` is as in the table `provenance`.

    `position` None: not told. Of a stub `vouts` are the outputs known, else None: all of them.
    """

    tx: Transaction
    checked: str
    source: str
    height: int
    position: int | None = None
    vouts: tuple[int, ...] | None = None


@dataclass(frozen=True)
class KnownBlock:
    """What is known of a block: hash in internal byte order, time in seconds since 1970, header."""

    block_hash: bytes | None
    time: int | None
    header: bytes | None = None


@dataclass(frozen=True)
class ChainOrder:
    """All that a snapshot is made of.

    `ranks`: no height is known, and heights count blocks by their times and spends. `unconfirmed`
    transactions are in no block that is known, `unplaced` in one whose height nobody told: both
    are left out, unless one that is placed spends from them.
    """

    rows: tuple[Row, ...]
    blocks: Mapping[int, KnownBlock]
    ranks: bool
    unconfirmed: int
    unplaced: int


@dataclass
class _Kept:
    tx: Transaction
    has_raw: bool
    source: str
    place: Place | None
    proven: bool
    height: int = -1


@dataclass
class _Emitting:
    """Rows in the making: each transaction after what it spends from."""

    kept: Mapping[bytes, _Kept]
    rows: list[Row] = field(default_factory=list)
    done: set[bytes] = field(default_factory=set)


def in_chain_order(vault: Vault) -> ChainOrder:
    """The transactions by height and position, each after those it spends from.

    One that is spent from but in no known block, and one known only by outputs that others spend,
    stand just before the first that spends from them: that is the latest they can be. Raises
    SourceError where two told places contradict a spend.
    """
    kept = {
        tx.txid: _Kept(tx, has_raw, source, vault.place_of(tx.txid), False)
        for tx, has_raw, source in vault.transactions()
    }
    for entry in kept.values():
        entry.proven = entry.place is not None and vault.branch_of(entry.tx.txid) is not None
    headers = vault.headers()
    ranks = _set_heights(kept, headers)
    told = vault.told_prevouts()
    emitting = _Emitting(kept)
    for group in _by_height(kept):
        for entry in _parents_first(group):
            _emit(emitting, entry, told)
    unconfirmed = sum(e.place is None and t not in emitting.done for t, e in kept.items())
    unplaced = sum(
        e.place is not None and e.height < 0 and t not in emitting.done for t, e in kept.items()
    )
    blocks = {} if ranks else {height: _of_header(header) for height, header in headers.items()}
    for entry in kept.values():
        place = entry.place
        if place is not None and entry.height >= 0:
            blocks.setdefault(entry.height, KnownBlock(place.block_hash, place.time))
    return ChainOrder(tuple(emitting.rows), blocks, ranks, unconfirmed, unplaced)


def _of_header(header: bytes) -> KnownBlock:
    time = int.from_bytes(header[68:72], "little")
    return KnownBlock(sha256d(header), time, header)


def _set_heights(kept: Mapping[bytes, _Kept], headers: Mapping[int, bytes]) -> bool:
    """Gives every entry its height, as far as one is known; whether they are ranks."""
    by_hash = {sha256d(header): height for height, header in headers.items()}
    for entry in kept.values():
        place = entry.place
        if place is not None and place.height is not None and place.block_hash is not None:
            by_hash.setdefault(place.block_hash, place.height)
    for entry in kept.values():
        place = entry.place
        if place is not None:
            height = place.height
            if height is None and place.block_hash is not None:
                height = by_hash.get(place.block_hash)
            # what stands in a block of which no time is known has no date, and cannot be shown
            dated = place.time is not None or height in headers
            entry.height = height if height is not None and dated else -1
    placed = [e for e in kept.values() if e.place is not None and e.place.time is not None]
    if not placed or any(e.height >= 0 for e in placed):
        return False
    ranks = _ranks(kept, placed)
    for entry in placed:
        entry.height = ranks[_block_key(entry)]
    return True


def _block_key(entry: _Kept) -> bytes:
    """A block by its hash; a transaction without one is a block of its own."""
    place = entry.place
    return place.block_hash if place and place.block_hash else entry.tx.txid


def _ranks(kept: Mapping[bytes, _Kept], placed: Iterable[_Kept]) -> dict[bytes, int]:
    """The order of blocks: each after those that its transactions spend from, then by time."""
    times: dict[bytes, int] = {}
    parents: dict[bytes, set[bytes]] = {}
    for entry in placed:
        key = _block_key(entry)
        time = entry.place.time if entry.place else None
        times[key] = min(times.get(key, _LAST), _LAST if time is None else time)
        parents.setdefault(key, set())
        for parent in _parents(entry.tx.inputs, kept):
            other = kept[parent]
            if other.place is not None and _block_key(other) != key:
                parents[key].add(_block_key(other))
    order = _topological(parents, {key: (times[key], key) for key in times})
    if order is None:
        raise SourceError(
            "blocks spend from each other in a circle, by what the sources tell of them; no chain "
            "is like that: leave out the file that is wrong"
        )
    return {key: rank for rank, key in enumerate(order)}


def _parents(inputs: Iterable[Input], among: Mapping[bytes, object]) -> set[bytes]:
    return {
        i.prevout.outpoint.txid
        for i in inputs
        if i.prevout is not None and i.prevout.outpoint.txid in among
    }


def _topological(
    parents: Mapping[bytes, set[bytes]], first: Mapping[bytes, tuple[int, bytes]]
) -> list[bytes] | None:
    """Keys after their parents, the least `first` before others; None where there is a circle."""
    waiting = {key: len(above) for key, above in parents.items()}
    children: dict[bytes, list[bytes]] = {}
    for key, above in parents.items():
        for parent in above:
            children.setdefault(parent, []).append(key)
    ready = [(first[key], key) for key, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        _, key = heapq.heappop(ready)
        order.append(key)
        for child in children.get(key, ()):
            waiting[child] -= 1
            if waiting[child] == 0:
                heapq.heappush(ready, (first[child], child))
    return order if len(order) == len(parents) else None


def _by_height(kept: Mapping[bytes, _Kept]) -> list[dict[bytes, _Kept]]:
    groups: dict[int, dict[bytes, _Kept]] = {}
    for txid, entry in kept.items():
        if entry.height >= 0:
            groups.setdefault(entry.height, {})[txid] = entry
    return [groups[height] for height in sorted(groups)]


def _parents_first(group: dict[bytes, _Kept]) -> list[_Kept]:
    """A block's transactions: by position as far as known, and after what they spend from."""
    parents = {txid: _parents(entry.tx.inputs, group) for txid, entry in group.items()}
    first = {}
    for txid, entry in group.items():
        position = entry.place.position if entry.place else None
        first[txid] = (_LAST if position is None else position, txid)
    taken = Counter(at for at, _ in first.values() if at != _LAST)
    twice = next((at for at, count in taken.items() if count > 1), None)
    order = _topological(parents, first)
    if order is None or twice is not None:
        what = "spend from each other" if order is None else f"are both at position {twice}"
        raise SourceError(
            f"two transactions of the block at height {next(iter(group.values())).height} {what}, "
            "by what the sources tell; leave out the one that is wrong"
        )
    return [group[txid] for txid in order]


def _emit(emitting: _Emitting, entry: _Kept, told: Told) -> None:
    """Adds a transaction after what it spends from, where that has no place of its own."""
    height = entry.height
    stack = [(entry, iter(entry.tx.inputs))]
    open_: set[bytes] = {entry.tx.txid}
    while stack:
        current, inputs = stack[-1]
        for given in inputs:
            if given.prevout is None or given.prevout.outpoint.txid in emitting.done:
                continue
            txid = given.prevout.outpoint.txid
            parent = emitting.kept.get(txid)
            if parent is None:
                _emit_stub(emitting, txid, height, told)
            elif parent.height >= 0:
                raise SourceError(
                    f"{current.source}: transaction {format_hash(current.tx.txid)} at height "
                    f"{height} spends from {format_hash(txid)}, which {parent.source} places "
                    f"later, at height {parent.height}; one of them is wrong about it"
                )
            elif txid not in open_:
                open_.add(txid)
                stack.append((parent, iter(parent.tx.inputs)))
                break
        else:
            stack.pop()
            _add(emitting, current, height)


def _add(emitting: _Emitting, entry: _Kept, height: int) -> None:
    position = entry.place.position if entry.place and entry.height >= 0 else None
    how = "told" if not entry.has_raw else "inclusion" if entry.proven else "txid"
    emitting.rows.append(Row(entry.tx, how, entry.source, height, position))
    emitting.done.add(entry.tx.txid)


def _emit_stub(
    emitting: _Emitting,
    txid: bytes,
    height: int,
    told: Told,
) -> None:
    outputs = told.get(txid)
    if outputs is None:
        return
    vouts = tuple(sorted(outputs))
    known = tuple(outputs[vout][0] for vout in vouts)
    source = outputs[vouts[0]][1]
    tx = Transaction(txid, None, None, None, None, (Input(None),), known)
    emitting.rows.append(Row(tx, "stub", source, height, None, vouts))
    emitting.done.add(txid)
