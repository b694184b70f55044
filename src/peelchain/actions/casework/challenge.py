"""What would change a conclusion: the fewest tags and links whose falsity overturns it."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Any

from peelchain.actions.casework.findings import CaseFindings, derive_findings, parameters_of
from peelchain.actions.casework.moment import moment_of
from peelchain.actions.casework.suppositions import LINK, TAG, Supposed, Suppositions, same_service
from peelchain.actions.casework.what_if import view_of_run
from peelchain.actions.casework.work import Result, Work, carry_out
from peelchain.actions.progress import Progress, silent
from peelchain.actions.tracing.controls import SAME_CLUSTER, error_of
from peelchain.actions.view import StoreView
from peelchain.case.canonical import canonical_json
from peelchain.case.casefile import CaseFile
from peelchain.case.support.overturning import Overturned, Reason, Reasons, overturned
from peelchain.cluster.policy import MULTI_INPUT
from peelchain.errors import CaseError, MisuseError
from peelchain.tags.services import confidence_level
from peelchain.trace.walk import Direction
from peelchain.units import format_hash, shown

Row = dict[str, Any]

KIND = "challenge"
MOST_FINDINGS = 500
"""Findings of a case up to which each of them is challenged where none is named."""

MOST_LOOKS = 60
_MOST_LINKS = 5_000_000
_MOST_WALKED = 1_000_000
_LISTS: dict[str, Direction] = {"inflows": "backward", "outflows": "forward"}
_SERVICE = re.compile(r"S[1-9][0-9]*")
_MILLIONTHS = 1_000_000
_LEAST_DOUBT = 0.000001
_TAG_DOUBT = 0.01

COLUMNS = (
    *("finding", "direction", "label", "was_sat", "below_sat", "effect", "proved", "at_least"),
    *("smallest", "doubt", "likeliest", "likeliest_doubt"),
)


@dataclass(frozen=True)
class Conclusion:
    """What is challenged: some ends of a direction at one service, together, or a receipt.

    `txouts` None: all its ends of the direction. `below`: what the first rule must still trace
    there; None: that it is there at all.
    """

    name: str
    direction: Direction | None
    party: str
    label: str
    txouts: frozenset[int] | None
    was_sat: int
    below: int | None

    def holds_in(self, case: Supposed) -> list[tuple[int, int]] | None:
        """The ends, with their amounts, by which it holds, the greatest first; None: it falls."""
        if self.direction is None:
            assert self.txouts is not None
            left = self.txouts & set(case.subject.receipts.tolist())
            return [(txout, 0) for txout in sorted(left)] or None
        ends = sorted(
            (
                (txout, sat)
                for (direction, txout), (mark, sat) in case.ends.items()
                if direction == self.direction
                and (self.txouts is None or txout in self.txouts)
                and same_service(mark, self.party, self.label)
            ),
            key=lambda end: (-end[1], end[0]),
        )
        if self.below is not None and sum(sat for _, sat in ends) < self.below:
            return None
        return ends or None

    def support_in(self, case: Supposed) -> Reasons | None:
        """Reasons that suffice for it; None where it falls."""
        ends = self.holds_in(case)
        if ends is None:
            return None
        if self.direction is None:
            return case.owned([txout for txout, _ in ends])
        direction = self.direction
        if self.below is None:
            # any end will do: of the greatest the one that rests on least
            found = [case.rests_on(direction, t, whole=False) for t, _ in ends[:20]]
            return min(found, key=lambda reasons: (len(reasons), sorted(reasons)))
        reasons: set[Reason] = set()
        total = 0
        for txout, sat in ends:
            if total >= self.below:
                break
            total += sat
            reasons |= case.rests_on(direction, txout, whole=True)
        return frozenset(reasons)


def challenge(
    folder: Path,
    store: Path,
    findings: Sequence[str] = (),
    below_sat: int | None = None,
    date_utc: datetime | None = None,
    progress: Progress = silent,
) -> Row:
    """What would overturn each finding, journalled.

    `findings` are ids of the last run (R1, I4, O2) or services (S1: what it paid and was paid);
    none: every service, and every finding of a case with at most 500. Raises MisuseError for one
    that is not there, CaseError without a run.
    """
    with CaseFile.open(folder) as case, view_of_run(case, store, progress) as view:
        parameters = {
            "findings": list(findings),
            "below_sat": below_sat,
            "most_looks": MOST_LOOKS,
        }
        return carry_out(
            case,
            KIND,
            challenge_of_case,
            parameters,
            moment_of(date_utc),
            view=view,
            progress=progress,
        )


def challenge_of_case(work: Work) -> Result:
    """The derivation of a `challenge` entry, of the last run before it."""
    run, opened = work.last("run"), work.last("opened")
    if run is None:
        raise CaseError(f"{work.case.folder} has no run yet; run 'peelchain case run' first")
    label = "subject" if opened is None else str(opened.body["subject"])
    derived = derive_findings(work.store, run.body["parameters"], label, work.progress)
    chosen = conclusions(derived, work.parameters["findings"], work.parameters["below_sat"])
    rows = challenged(
        work.store,
        run.body["parameters"],
        chosen,
        most_looks=int(work.parameters["most_looks"]),
        progress=work.progress,
    )
    answer = {
        "run": run.seq,
        "policy": derived.sources.policy,
        "rule": derived.rules[0],
        "challenged": rows,
    }
    return Result(
        outputs={f"{KIND}/{work.seq}/challenge.json": canonical_json(answer)},
        facts={"run": run.seq, "challenged": len(rows)},
        answer={**work.store.tip, **answer},
    )


def conclusions(derived: CaseFindings, names: Sequence[str], below: int | None) -> list[Conclusion]:
    """The conclusions that are named, or where none is, those that a case comes to."""
    every = {c.name: c for c in _findings(derived, below)}
    services = _services(derived, below)
    if not names:
        return [*services, *(every.values() if len(every) <= MOST_FINDINGS else ())]
    found = []
    for name in names:
        named = [every[name]] if name in every else [c for c in services if c.name == name]
        if not named:
            kind = "service" if _SERVICE.fullmatch(name) else "finding"
            raise MisuseError(
                f"the last run has no {kind} {shown(name)}; report.json and its tables list them "
                "(R1, I1, O1; services are S1, ...)"
            )
        found += named
    return found


def would_change(work: Work, run_seq: int, derived: CaseFindings) -> tuple[list[Row], int]:
    """What would overturn what a report says of each service, and all that was challenged of it.

    On a large case the greatest services alone; the second is how many were left out.
    """
    rows: list[Row] = []
    services = sorted(_services(derived, None), key=lambda c: (-c.was_sat, c.name, c.direction))
    walked = derived.backward.visited_txs + derived.forward.visited_txs
    chosen = services[: _MOST_WALKED // max(1, walked)]
    if work.store.clusters.links.num_rows > _MOST_LINKS:
        chosen = []
    chosen.sort(key=lambda c: (int(c.name[1:]), str(c.direction)))
    if chosen:
        parameters = parameters_of(derived.subject.seeds, derived.rules, derived.limits)
        rows = challenged(work.store, parameters, chosen, progress=work.progress)
    last = work.last(KIND)
    if last is not None and last.body["run"] == run_seq:
        known = {(row["finding"], row["direction"], row["below_sat"]) for row in rows}
        answer = json.loads(work.case.read(f"{KIND}/{last.seq}/challenge.json"))
        rows += [
            row
            for row in answer["challenged"]
            if (row["finding"], row["direction"], row["below_sat"]) not in known
        ]
    told = [_for_report(row) for row in rows if row["smallest"]]
    return told, len(services) - len(chosen)


def _for_report(row: Row) -> Row:
    """A row for a reader: the smallest set first, then the likeliest where that is another."""
    kept = ("finding", "direction", "label", "was_sat", "below_sat", "becomes")
    sets = [(row["smallest"], row["doubt"])]
    if row["likeliest"] not in (None, row["smallest"]):
        sets.append((row["likeliest"], row["likeliest_doubt"]))
    return {
        **{key: row[key] for key in kept},
        "outcome": row["effect"],
        "size": len(row["smallest"]),
        "minimum": row["proved"],
        "sets": [
            # a tag's doubt orders sets and is no share that was measured
            {"elements": elements, "doubt": doubt if _is_measured(elements) else None}
            for elements, doubt in sets
        ],
    }


def _is_measured(elements: Sequence[Row]) -> bool:
    return all(one["doubt_basis"] == "measured" for one in elements)


def challenged(
    view: StoreView,
    parameters: Mapping[str, Any],
    chosen: Sequence[Conclusion],
    *,
    most_looks: int = MOST_LOOKS,
    progress: Progress = silent,
) -> list[Row]:
    """A row for each conclusion: the smallest set that overturns it, and the likeliest."""
    suppositions = Suppositions(view, dict(parameters))
    doubts = _Doubts(view)
    rows = []
    for done, conclusion in enumerate(chosen):
        progress("challenge", done, len(chosen))

        def support(fallen: Reasons, of: Conclusion = conclusion) -> Reasons | None:
            case = suppositions.without(fallen)
            return None if case is None else of.support_in(case)

        smallest = overturned(support, lambda r: (1, doubts.weight(r)), most_looks)
        likeliest = overturned(support, lambda r: (doubts.weight(r), 1), most_looks)
        rows.append(_told(conclusion, smallest, likeliest, suppositions, doubts))
    progress("challenge", len(chosen), len(chosen))
    return rows


def _findings(derived: CaseFindings, below: int | None) -> list[Conclusion]:
    party_of = {entity: name for name, entity in derived.found.entity_of.items()}
    receipts = zip(derived.found.receipts, derived.subject.receipts.tolist(), strict=True)
    found = [
        Conclusion(row["id"], None, "", "", frozenset([txout]), row["value_sat"], None)
        for row, txout in receipts
    ]
    for name, direction in _LISTS.items():
        trace = derived.backward if direction == "backward" else derived.forward
        rows = getattr(derived.found, name)
        for row, txout in zip(rows, sorted(trace.reached.ends("service")), strict=True):
            party, label, _ = party_of[row["entity"]]
            sat = row["traced_sat"][derived.rules[0]]
            found.append(
                Conclusion(row["id"], direction, party, label, frozenset([txout]), sat, below)
            )
    return found


def _services(derived: CaseFindings, below: int | None) -> list[Conclusion]:
    party_of = {entity: name for name, entity in derived.found.entity_of.items()}
    found = []
    for name, direction in _LISTS.items():
        for row in derived.found.by_service[name]:
            party, label, _ = party_of[row["entity"]]
            sat = row["traced_sat"][derived.rules[0]]
            found.append(Conclusion(row["entity"], direction, party, label, None, sat, below))
    return sorted(found, key=lambda c: (int(c.name[1:]), str(c.direction)))


class _Doubts:
    """How doubtful each reason is: measured of a link, assumed of a tag by its confidence class."""

    def __init__(self, view: StoreView) -> None:
        self._view = view
        columns = ("tag_id", "label", "confidence")
        self._tags = {row["tag_id"]: row for row in view.tags.select(columns).to_pylist()}
        rate = error_of(SAME_CLUSTER)
        low = None if rate is None else rate.precision_low
        self._link = 1.0 if low is None else max(_LEAST_DOUBT, 1 - low)

    def of(self, reason: Reason) -> float:
        """The share in which such a reason is false."""
        kind, name = reason
        if kind == LINK:
            return self._link
        return max(_TAG_DOUBT, 1 - confidence_level(self._tags[name]["confidence"]) / 100)

    def weight(self, reason: Reason) -> int:
        """Less for what is likelier false: sums of weights are products of doubts."""
        return round(-math.log(self.of(reason)) * _MILLIONTHS)

    def told(self, reasons: Reasons) -> list[Row]:
        """The reasons for an answer, tags first."""
        ids = sorted(int(name) for kind, name in reasons if kind == LINK)
        txids = {tx: format_hash(txid) for tx, txid in self._view.lookup.txids(ids).items()}
        rows = [
            {
                "kind": TAG,
                "id": name,
                "rule": None,
                "label": self._tags[name]["label"],
                "doubt": _share(self.of((kind, name))),
                "doubt_basis": "confidence class",
            }
            for kind, name in sorted(reasons)
            if kind == TAG
        ]
        return rows + [
            {
                "kind": LINK,
                "id": txids[tx],
                "rule": MULTI_INPUT,
                "label": None,
                "doubt": _share(self._link),
                "doubt_basis": "measured",
            }
            for tx in ids
        ]

    def product(self, reasons: Reasons) -> str:
        """The share in which all of them are false at once, were they independent."""
        return _share(math.prod(self.of(reason) for reason in sorted(reasons)))


def _told(
    conclusion: Conclusion,
    smallest: Overturned,
    likeliest: Overturned,
    suppositions: Suppositions,
    doubts: _Doubts,
) -> Row:
    reasons = smallest.reasons
    effect, becomes = "holds", None
    if reasons is not None:
        effect, becomes = _effect(conclusion, suppositions.without(reasons))
        effect = effect if reasons else "already_below"
    elif not smallest.rests_on_facts:
        effect = "not_found"
    return {
        "finding": conclusion.name,
        "direction": conclusion.direction,
        "label": conclusion.label or None,
        "was_sat": conclusion.was_sat,
        "below_sat": conclusion.below,
        "effect": effect,
        "becomes": becomes,
        "rests_on_facts": smallest.rests_on_facts,
        "proved": reasons is not None or smallest.rests_on_facts,
        "at_least": smallest.at_least,
        "smallest": None if reasons is None else doubts.told(reasons),
        "doubt": None if reasons is None else doubts.product(reasons),
        "likeliest": None if likeliest.reasons is None else doubts.told(likeliest.reasons),
        "likeliest_doubt": None if likeliest.reasons is None else doubts.product(likeliest.reasons),
        "looks": smallest.looks + likeliest.looks,
    }


def _effect(conclusion: Conclusion, case: Supposed | None) -> tuple[str, Row | None]:
    """What becomes of an overturned conclusion: gone, another service's, or below the amount."""
    if case is None or conclusion.direction is None:
        return "gone", None
    there = [
        (mark, sat)
        for (direction, txout), (mark, sat) in sorted(case.ends.items())
        if direction == conclusion.direction
        and conclusion.txouts is not None
        and txout in conclusion.txouts
    ]
    same = [
        (mark, sat)
        for (direction, txout), (mark, sat) in case.ends.items()
        if direction == conclusion.direction
        and (conclusion.txouts is None or txout in conclusion.txouts)
        and same_service(mark, conclusion.party, conclusion.label)
    ]
    if same:
        return "below", {"label": conclusion.label, "traced_sat": sum(sat for _, sat in same)}
    if there:
        return "another_service", {"label": there[0][0].label, "traced_sat": there[0][1]}
    return "gone", None


def _share(value: float) -> str:
    # a doubt is never shown as less than it is
    return str(Decimal(repr(value)).quantize(Decimal("0.000001"), ROUND_UP))


def rows(answer: Row) -> list[list[Any]]:
    """The conclusions under COLUMNS; sets as ids with blanks between."""
    return [
        [
            " ".join(one["id"] for one in row[column] or [])
            if column in ("smallest", "likeliest")
            else row[column]
            for column in COLUMNS
        ]
        for row in answer["challenged"]
    ]
