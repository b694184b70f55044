"""One look at a store for a case: what moved since the last, journalled and put into the outbox."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from peelchain.actions.casework.investigate import RULES, case_rules, cluster_if_needed
from peelchain.actions.casework.moment import moment_of
from peelchain.actions.casework.views import knowledge_of
from peelchain.actions.casework.work import SOFTWARE, carry_out
from peelchain.actions.open_store import OpenStore
from peelchain.actions.progress import Progress, silent
from peelchain.actions.tracing.filters import Limits
from peelchain.actions.view import StoreView
from peelchain.actions.watching.footprint import Footprint
from peelchain.actions.watching.footprint import footprint as footprint_of
from peelchain.actions.watching.moves import NothingMovedError, watched_of_case
from peelchain.actions.watching.strands import strands_of
from peelchain.case.casefile import CaseFile
from peelchain.case.journal import Entry
from peelchain.case.watching.notice import (
    KINDS,
    REORGANISATION,
    WATCHED,
    Told,
    case_id,
    notice_id,
    told,
)
from peelchain.case.watching.outbox import BLOCKS_KEPT, Outbox
from peelchain.case.watching.watch_list import Item, items_of
from peelchain.cluster.policy import DEFAULT_POLICY, Policy
from peelchain.errors import CaseError
from peelchain.tags.knowledge import ALL, Knowledge
from peelchain.units import format_hash, parse_txid

Row = dict[str, Any]

_BEGUN = ""
"""Stands among the items for the traced value: the height above which a run counts."""
_LATE = 6
"""Blocks of a partial store looked at again: a server's index may come after its tip."""
_BACK = 100
"""Blocks looked at again below a tip that the chain no more has, where the fork is not known."""


@dataclass(frozen=True)
class Looked:
    """What a look came to. `behind` says that the store is not yet where the watch was."""

    tip_height: int
    tip_hash: str
    bookmark: tuple[int, str] | None
    notices: tuple[Row, ...] = ()
    behind: bool = False
    footprint: Footprint | None = None


def look(
    case: CaseFile,
    outbox: Outbox,
    store: Path,
    *,
    confirmations: int,
    channels: Sequence[str],
    source: str | None,
    footprint: Footprint | None = None,
    progress: Progress = silent,
) -> Looked:
    """Looks at what the store has now; journals notices, and owes them to the channels.

    In this order, so that it can die anywhere: the journal first, then the outbox with its
    bookmark. `footprint` is that of the look before, by which blocks that touch nothing are passed
    over. Raises CaseError, StoreError.
    """
    take_in(case, outbox, channels)
    run = case.last("run")
    items = watched_items(case, run)
    policy, knowledge = known_as_in(run)
    of = (None if run is None else run.seq, tuple(items), policy)
    with StoreView(store, policy, knowledge=knowledge) as view:
        check_network(case, view)
        place = _placed(case, outbox, view)
        short = view.is_short
        fork, until = place.fork[0], place.until(view, confirmations)
        straight = place.fork == place.bookmark
        if place.behind:
            return _looked(view, outbox, place, footprint)
        known = straight and footprint is not None and footprint.of == of
        late = fork - _LATE if is_partial(view) else fork
        if known and footprint is not None and not footprint.is_touched(view, late, until):
            if until > fork:
                _note(view, outbox, place.fork, until)
            return _looked(view, outbox, place, footprint)
    if policy == DEFAULT_POLICY and not short:
        cluster_if_needed(store, progress)
    # one view for all that follows: other commands may move the store meanwhile
    with StoreView(store, policy, knowledge=knowledge) as view:
        place = _placed(case, outbox, view)
        if place.behind:
            return _looked(view, outbox, place, footprint)
        fork, until = place.fork[0], place.until(view, confirmations)
        notices = _take_back(case, view, place.fork)
        begun = {_BEGUN: 0 if run is None else run.seq}
        heights = outbox.since({item.name: item.entry for item in items} | begun, fork)
        since = heights.pop(_BEGUN)
        parameters = {
            **parameters_of(run),
            "since": since,
            "until": {"height": until, "hash": dict(hashes_at(view, [until])).get(until, "")},
            "confirmations": confirmations,
            "items": heights,
            "source": source,
        }
        if until > since:
            # all of it, not the new blocks alone: what they show may make an older block tell more
            with suppress(NothingMovedError):
                notices += carry_out(
                    case, WATCHED, watched_of_case, parameters, moment_of(None),
                    view=view, progress=progress,
                )["notices"]  # fmt: skip
        strands = strands_of(view, parameters, items, progress)
        seen = footprint_of(view, strands, max(until, fork), of)
        take_in(case, outbox, channels)
        _note(view, outbox, place.fork, until)
        return _looked(view, outbox, place, seen, notices)


def _note(view: OpenStore, outbox: Outbox, fork: tuple[int, str], until: int) -> None:
    """Moves the bookmark on: the blocks up to a height were looked at, in this view."""
    new = hashes_at(view, range(max(fork[0], until - BLOCKS_KEPT) + 1, until + 1))
    outbox.looked([fork, *new], fork[0])


@dataclass(frozen=True)
class _Place:
    """Where a watch stands in a store's chain: its bookmark, and the last block they share."""

    bookmark: tuple[int, str]
    fork: tuple[int, str]
    behind: bool

    def until(self, view: OpenStore, confirmations: int) -> int:
        """The greatest height whose block has so many confirmations."""
        return int(view.tip["tip_height"]) - confirmations + 1


def _placed(case: CaseFile, outbox: Outbox, view: OpenStore) -> _Place:
    bookmark = _bookmark(case, outbox, view)
    tip = int(view.tip["tip_height"])
    seen = dict(outbox.looked_at())
    if tip < min(seen) or (tip < bookmark[0] and seen.get(tip) == view.tip["tip_hash"]):
        return _Place(bookmark, bookmark, behind=True)
    return _Place(bookmark, _fork(view, outbox), behind=False)


def _looked(
    view: OpenStore,
    outbox: Outbox,
    place: _Place,
    footprint: Footprint | None,
    notices: Sequence[Row] = (),
) -> Looked:
    now = outbox.looked_at()
    return Looked(
        int(view.tip["tip_height"]),
        str(view.tip["tip_hash"]),
        now[0] if now else place.bookmark,
        tuple(notices),
        place.behind,
        footprint,
    )


def take_in(case: CaseFile, outbox: Outbox, channels: Sequence[str]) -> int:
    """Puts what the journal decided and the outbox lacks into it; gives how many notices.

    A new outbox beside a journal with notices owes those to nobody: nobody knows what was sent.
    """
    known = outbox.knows()
    if outbox.is_new:
        channels = ()
        outbox.is_new = False
    rows = [
        (entry.seq, entry.time_utc, row)
        for entry in case.entries()
        if entry.kind in KINDS
        for row in entry.body["notices"]
        if row["id"] not in known
    ]
    return outbox.take(rows, channels)


def check_network(case: CaseFile, view: OpenStore) -> None:
    """Raises CaseError where the store is of another chain than the case."""
    network = case.opening().body["network"]
    if network != view.network.name:
        raise CaseError(
            f"the case is about {network}, and the store holds {view.network.name}; give the store "
            "of that chain"
        )


def hashes_at(view: OpenStore, heights: Iterable[int]) -> list[tuple[int, str]]:
    """The hashes, as shown, of blocks of the store's chain, by height.

    Left out are those that a partial store does not know.
    """
    blocks = view.lookup.blocks(heights)
    return [(b.height, format_hash(b.block_hash)) for b in blocks if b.block_hash != bytes(32)]


def is_in_chain(view: OpenStore, height: int, block_hash: str) -> bool:
    """Whether the store's chain has a block at a height, or is partial and knows of no other."""
    found = hashes_at(view, [height])
    if not found:
        return is_partial(view) and height <= int(view.tip["tip_height"])
    return found[0][1] == block_hash


def is_partial(view: OpenStore) -> bool:
    """Whether the store holds chosen transactions alone."""
    return view.store.manifest.partial is not None


def has_at(view: OpenStore, txid: str, height: int) -> bool:
    """Whether the store has a transaction at a height."""
    rows = view.lookup.rows_of("txs", view.lookup.find_tx_ids(parse_txid(txid)), ["height"])
    return any(row["height"] == height for row in rows.values())


def _bookmark(case: CaseFile, outbox: Outbox, view: OpenStore) -> tuple[int, str]:
    """The block up to which the case was looked at.

    At the first time, the last block that an entry of the case saw; it is noted then with those
    before it, so that a fork is found.
    """
    if not outbox.looked_at():
        begun = _begun(case, view)
        outbox.looked(hashes_at(view, range(max(0, begun - _BACK), begun + 1)), -1)
    return outbox.looked_at()[0]


def _begun(case: CaseFile, view: OpenStore) -> int:
    """The height from which a case that was never watched is looked at: all it saw is below.

    That of the last block that the watch or a run saw. Where that is gone, some blocks below it;
    where there is none, the store's tip.
    """
    for entry in reversed(case.standing(WATCHED, "run")):
        tip = entry.body["inputs"]["tip"]
        if entry.kind == WATCHED:
            tip = entry.body["parameters"]["until"]
        if is_in_chain(view, tip["height"], tip["hash"]):
            return int(tip["height"])
    last = case.last("run")
    height = int(view.tip["tip_height"])
    if last is not None:
        height = min(height, max(0, last.body["inputs"]["tip"]["height"] - _BACK))
    return height


def _fork(view: OpenStore, outbox: Outbox) -> tuple[int, str]:
    """The last block looked at that is still in the chain: the bookmark, but for a fork."""
    seen = outbox.looked_at()
    for height, block_hash in seen:
        if is_in_chain(view, height, block_hash):
            return height, block_hash
    raise CaseError(
        f"none of the {len(seen)} blocks looked at last is in the store's chain; give the store of "
        "the chain that this case watched"
    )


def _gone(known: Told, view: OpenStore) -> list[Row]:
    """The notices that stand and whose block the chain does not have at its height any more."""
    return [
        row
        for name, row in known.notices.items()
        if row["kind"] in ("spend", "receipt")
        and name not in known.retracted
        and not (
            is_in_chain(view, row["height"], row["block_hash"])
            and (not is_partial(view) or has_at(view, row["txid"], row["height"]))
        )
    ]


def _stands_on(entry: Entry, view: OpenStore) -> bool:
    tip = entry.body["inputs"]["tip"]
    return is_in_chain(view, tip["height"], tip["hash"])


def _take_back(case: CaseFile, view: OpenStore, fork: tuple[int, str]) -> list[Row]:
    """Journals that blocks are gone, with a retraction for each notice that rested on them.

    The entry names those of the watch that were made on a tip that is gone, so that replay knows.
    """
    with case.at_work():
        entries = case.entries()
        known, name = told(entries), case_id(entries)
        named = {s for e in entries if e.kind == REORGANISATION for s in e.body["entries"]}
        rows = [
            {
                "id": notice_id(name, "retraction", str(row["of"]["name"]), row["id"], ""),
                "kind": "retraction",
                "of": row["of"],
                "loud": row["loud"],
                "txid": row["txid"],
                "height": row["height"],
                "block_hash": row["block_hash"],
                "retracts": row["kind"],
                "refers_to": row["id"],
            }
            for row in _gone(known, view)
        ]
        made_on = [
            entry.seq
            for entry in entries
            if entry.kind == WATCHED and not _stands_on(entry, view) and entry.seq not in named
        ]
        if not rows and not made_on:
            return []
        blocks = {(row["height"], row["block_hash"]) for row in rows}
        body = {
            "gone": [{"height": h, "hash": b} for h, b in sorted(blocks)],
            "fork": {"height": fork[0], "hash": fork[1]},
            "tip": {"height": view.tip["tip_height"], "hash": view.tip["tip_hash"]},
            "entries": made_on,
            "software": SOFTWARE,
            "notices": rows,
        }
        case.append(REORGANISATION, body, moment_of(None))
        return rows


def parameters_of(run: Entry | None) -> Row:
    """What a case's run was asked, as a watch goes on with it; its seeds are none without one."""
    if run is None:
        return {
            "run": None,
            "seeds": [],
            "rules": list(case_rules(RULES)),
            "limits": asdict(Limits()),
        }
    asked = run.body["parameters"]
    return {"run": run.seq, **{key: asked[key] for key in ("seeds", "rules", "limits")}}


def watched_items(case: CaseFile, run: Entry | None) -> list[Item]:
    """The watch list. Raises CaseError where neither it nor a run gives anything to watch."""
    items = items_of(case.standing())
    if run is None and not items:
        raise CaseError(
            f"{case.folder} has nothing to watch; run 'peelchain case run' first, or add an "
            "address with 'peelchain watch add'"
        )
    return items


def known_as_in(run: Entry | None) -> tuple[Policy, Knowledge]:
    """The policy of a run and what was known to it; imports made since count too."""
    if run is None:
        return DEFAULT_POLICY, ALL
    inputs = run.body["inputs"]
    known = knowledge_of(inputs)
    return (
        Policy.from_json(inputs["definition"]),
        Knowledge(as_of=known.as_of, without_tags=known.without_tags),
    )
