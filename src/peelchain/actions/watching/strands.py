"""What of the chain is watched: a case's trace, and what its watch list names, each a strand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from peelchain.actions.casework.findings import request_of, sources_of
from peelchain.actions.progress import Progress
from peelchain.actions.scripts import script_of
from peelchain.actions.tracing.filters import Limits
from peelchain.actions.view import StoreView
from peelchain.case.canonical import canonical_json
from peelchain.case.services import Services, stops
from peelchain.case.watching.notice import CASE
from peelchain.case.watching.watch_list import Item
from peelchain.errors import NotInChainError
from peelchain.store.arrays import Int64
from peelchain.trace.walk import Trace, TraceRequest, trace
from peelchain.units import OutPoint

Row = dict[str, Any]

NO_IDS: Int64 = np.empty(0, np.int64)


@dataclass(frozen=True)
class Strand:
    """One thing that is watched, as the chain has it.

    `of` names it in notices; `scripts` are its own, rising: what pays them is a receipt;
    `walked` is the trace of what it holds, None where it holds nothing that moved; `seeds` are the
    outputs that this starts from, rising. It counts above a height.
    """

    of: Row
    loud: bool
    above: int
    scripts: Int64
    seeds: Int64
    walked: Trace | None
    known: Services

    @property
    def name(self) -> str:
        """`case`, or the name of the item."""
        return str(self.of["name"])

    def resting(self) -> Int64:
        """The outputs of which a spend would be told, rising: seeds, and where value came to."""
        if self.walked is None:
            return self.seeds
        parts = [self.seeds]
        for outcome in self.walked.rules.values():
            parts.append(outcome.terminals["txout_id"].drop_null().to_numpy().astype(np.int64))
            parts.append(outcome.hops["from_txout_id"].to_numpy().astype(np.int64))
        return np.unique(np.concatenate(parts))


def strands_of(
    view: StoreView, asked: Mapping[str, Any], items: Sequence[Item], progress: Progress
) -> list[Strand]:
    """What is watched, the case's own trace first, by the parameters of a `watched` entry.

    The same question to the same view is answered once.
    """
    key = canonical_json(
        ["strands", *(asked[k] for k in ("seeds", "rules", "limits", "since", "items"))]
    )
    if key not in view.findings:
        view.findings[key] = _derived(view, asked, items, progress)
    found = view.findings[key]
    assert isinstance(found, list)
    return found


def _derived(
    view: StoreView, asked: Mapping[str, Any], items: Sequence[Item], progress: Progress
) -> list[Strand]:
    rules, limits = tuple(asked["rules"]), Limits(**asked["limits"])
    found = []
    if asked["seeds"]:
        mine = strand_of_case(view, asked["seeds"], asked["since"], rules, limits, progress)
        found += [] if mine is None else [mine]
    above = asked["items"]
    return found + [
        strand_of_item(view, item, above[item.name], rules, limits, progress)
        for item in items
        if item.name in above
    ]


def strand_of_case(
    view: StoreView,
    seeds: Sequence[str],
    above: int,
    rules: Sequence[str],
    limits: Limits,
    progress: Progress,
) -> Strand | None:
    """The trace of a case's seeds as its run made it; None where the chain lacks them yet."""
    try:
        subject = view.subject_of(seeds)
    except NotInChainError:
        return None
    sources = sources_of(view, subject)
    request = request_of("forward", tuple(rules), subject, sources, limits)
    done = trace(view.chain, request, _steps("trace", progress))
    of = {"type": "case", "name": CASE, "kind": "traced"}
    return Strand(of, False, above, subject.scripts, subject.receipts, done, sources.services)


def strand_of_item(
    view: StoreView,
    item: Item,
    above: int,
    rules: Sequence[str],
    limits: Limits,
    progress: Progress,
) -> Strand:
    """What an item of the watch list holds since a height, or received later, and its trace."""
    scripts, outputs = held_by(view, item)
    found = view.chain.outputs(outputs)
    spent = np.flatnonzero(found.spender >= 0)
    heights = view.chain.transactions(found.spender[spent]).height.astype(np.int64)
    kept = found.value_sat > 0
    kept[spent[heights <= above]] = False
    seeds, values = outputs[kept], found.value_sat[kept]
    known = view.services.without(scripts)
    walked = None
    if (found.spender[kept] >= 0).any():
        request = TraceRequest(
            direction="forward",
            seed_txouts=seeds,
            seed_traced_sat=values,
            rules=tuple(rules),
            boundaries=stops(
                known, view.clusters.coinjoins["tx_id"].to_numpy(), view.shielded_scripts
            ),
            **vars(limits),
        )
        walked = trace(view.chain, request, _steps("trace", progress))
    return Strand(item.told(), item.is_loud, above, scripts, seeds, walked, known)


def held_by(view: StoreView, item: Item) -> tuple[Int64, Int64]:
    """The scripts of an item, none of an outpoint, and the outputs that it had; both rising."""
    if item.type == "outpoint":
        try:
            return NO_IDS, np.array(view.lookup.txout_ids([OutPoint.parse(item.name)]), np.int64)
        except NotInChainError:
            return NO_IDS, NO_IDS
    found = view.lookup.script_ids([script_of(item.address, view)])
    scripts = np.array(sorted(found.values()), np.int64)
    if item.type == "cluster" and len(scripts):
        index = view.clusters.index
        scripts = np.asarray(index.members(int(index.cluster_of(scripts)[0])), np.int64)
    return scripts, view.chain.outputs_of_scripts(scripts)


def _steps(what: str, progress: Progress) -> Any:
    return lambda stage, done, of: progress(f"{what} {stage}", done, of or 0)
