"""Null controls: the same trace from outputs drawn at random that are like its seeds."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from peelchain.actions.policies import policy_asked
from peelchain.actions.progress import Watch, silent
from peelchain.actions.tracing.ends import End, ends_of
from peelchain.actions.tracing.filters import Filters, period
from peelchain.actions.tracing.rules import public_rule, rules_of
from peelchain.actions.tracing.seeds import SeedsAsked, seeds_of
from peelchain.actions.tracing.walk import Walked, head, walk_from
from peelchain.actions.view import StoreView
from peelchain.case.services import Services, service_at
from peelchain.errors import MisuseError
from peelchain.evaluate.intervals import clopper_pearson, share_interval
from peelchain.store.arrays import Int64
from peelchain.tags.knowledge import ALL as ALL_KNOWN
from peelchain.tags.knowledge import Knowledge
from peelchain.tags.services import Mark
from peelchain.trace.null_controls import (
    Arrival,
    Excluded,
    Matches,
    Namer,
    ScriptTypes,
    arrival,
    drawn_seeds,
    matches,
    null_arrivals,
)
from peelchain.trace.walk import TERMINAL_TYPES, Direction, TraceRequest

MOST_DRAWS = 100_000
CAVEAT = "a coincidence rate, not a probability of guilt"

COLUMNS = (
    *("destination", "arrived_sat", "share", "reaching_seeds", "draws", "draws_reaching"),
    *("drawn_seeds", "drawn_seeds_reaching", "drawn_share_median", "drawn_share_most"),
    "draws_with_as_much",
)

Row = dict[str, Any]


@dataclass(frozen=True)
class NullAsked:
    """Null controls in a user's words. `to` are destinations; none: the services that are reached.

    `number` chooses the random draws: the same one gives the same.
    """

    seeds: SeedsAsked
    direction: Direction = "forward"
    rule: str = "pro-rata"
    filters: Filters = field(default_factory=Filters)
    to: Sequence[str] = ()
    draws: int = 200
    number: int = 1
    policy: Sequence[str] = ()
    knowledge: Knowledge = ALL_KNOWN


def null_controls(asked: NullAsked, store: Path, progress: Watch = silent) -> Row:
    """How a trace compares with the same trace from as many matched outputs, drawn again and again.

    Each seed's stand-in is of nearby height, like value and the same script type, pays neither the
    case's own scripts nor, where no seed does, a known service, and stands in once in a draw. What
    is counted is a coincidence rate. Where `progress` says to stop, the draws done are kept.
    """
    if not 1 <= asked.draws <= MOST_DRAWS:
        raise MisuseError(f"{asked.draws} draws were asked for; give 1 to {MOST_DRAWS}")
    if asked.number < 0:
        raise MisuseError(f"number {asked.number} is below 0; give 0 or more")
    rules = rules_of(asked.direction, (asked.rule,))
    if len(rules) != 1:
        raise MisuseError("null controls are of one rule; name it")
    policy = policy_asked(store, list(asked.policy), [])
    with StoreView(store, policy, knowledge=asked.knowledge) as view:
        within = period(asked.filters, view)
        seeds = seeds_of(asked.seeds, asked.direction, within.limits, view)
        ends = ends_of(asked.to, view, view.services)
        walked = walk_from(view, asked.direction, seeds, rules, within, progress, targets=ends)
        request = _as_one_claimant(walked.request)
        names = _namer(walked, ends)
        found = matches(
            view.chain,
            request.seed_txouts,
            script_types(view),
            excluded(view, walked.named, walked.seeds.scripts, request.seed_txouts),
        )
        real = arrival(view.chain, request, names)
        drawn: list[Arrival] = []
        if not walked.trace.partial or walked.request.max_txs is not None:
            drawn = null_arrivals(
                view.chain,
                request,
                found,
                names,
                draws=asked.draws,
                seed_number=asked.number,
                progress=progress,
            )
        stopped = len(drawn) < asked.draws
        told = head(walked)
        return {
            **told,
            "partial": told["partial"] or stopped,
            "stopped_by": "you" if stopped else told["stopped_by"],
            "rule": public_rule(rules[0]),
            "caveat": CAVEAT,
            "number": asked.number,
            "draws_asked": asked.draws,
            "draws": len(drawn),
            "matching": _matching(found, len(drawn), asked.number),
            "destinations": [
                compared_with(name, real, drawn) for name in _in_order(real, [e.text for e in ends])
            ],
        }


def _as_one_claimant(request: TraceRequest) -> TraceRequest:
    """The request with each output once: whose it is does not matter to where it goes."""
    txouts, rows = np.unique(request.seed_txouts, return_inverse=True)
    sat = np.zeros(len(txouts), np.int64)
    np.add.at(sat, rows, request.seed_traced_sat)
    return replace(request, seed_txouts=txouts, seed_traced_sat=sat, seed_claimants=None)


def excluded(view: StoreView, named: Services, scripts: Int64, seed_txouts: Int64) -> Excluded:
    """The scripts that no stand-in pays: those of the case, and of services if no seed pays one.

    `scripts` are the case's own, `named` all services that tags name.
    """
    index = view.clusters.index
    paid = view.chain.outputs(seed_txouts).script_id
    own = index.cluster_of(np.union1d(scripts, paid))
    pays_service = any(mark is not None for mark in named.marks_at(paid.tolist()))

    def is_excluded(scripts: Int64) -> npt.NDArray[np.bool_]:
        of_case = np.isin(index.cluster_of(scripts), own)
        if pays_service:
            return of_case
        marks = named.marks_at(scripts.tolist())
        return of_case | np.array([mark is not None for mark in marks], np.bool_)

    return is_excluded


def script_types(view: StoreView) -> ScriptTypes:
    """The type of scripts: all of them read at once where they are few, else row by row."""
    if view.is_short:
        column = view.store.read("scripts", ["script_type"])["script_type"]
        whole = column.cast(pa.string()).combine_chunks().dictionary_encode()
        codes = whole.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        return lambda scripts: codes[scripts]
    known: dict[str, int] = {}

    def look_up(scripts: Int64) -> Int64:
        wanted = np.unique(scripts).tolist()
        rows = view.lookup.rows_of("scripts", wanted, ["script_type"])
        codes = {s: known.setdefault(rows[s]["script_type"], len(known)) for s in wanted}
        return np.array([codes[s] for s in scripts.tolist()], np.int64)

    return look_up


def _namer(walked: Walked, ends: Sequence[End]) -> Namer:
    """The destination of an end: what was asked for, or else the service that is paid."""
    view, known, direction = walked.view, walked.known, walked.direction
    target = TERMINAL_TYPES.index("target")
    tagged = [TERMINAL_TYPES.index(kind) for kind in ("service", "mixer")]
    titles = service_titles(known)

    def asked_for(kinds: npt.NDArray[np.uint8], txouts: Int64) -> list[str | None]:
        rows = np.flatnonzero(kinds == target)
        found: list[str | None] = [None] * len(kinds)
        scripts = view.chain.outputs(txouts[rows]).script_id
        for end in ends:
            is_its = np.isin(txouts[rows], end.txouts) | np.isin(scripts, end.scripts)
            for row in rows[is_its].tolist():
                found[row] = found[row] or end.text
        return found

    def paid(kinds: npt.NDArray[np.uint8], txouts: Int64) -> list[str | None]:
        rows = np.flatnonzero(np.isin(kinds, tagged))
        found: list[str | None] = [None] * len(kinds)
        outputs = view.chain.outputs(txouts[rows])
        if direction == "forward":
            marks = known.marks_at(outputs.script_id.tolist())
        else:
            makers = zip(outputs.tx_id.tolist(), txouts[rows].tolist(), strict=True)
            marks = [service_at(direction, tx, txout, view.chain, known) for tx, txout in makers]
        for row, mark in zip(rows.tolist(), marks, strict=True):
            found[row] = titles[mark] if mark is not None else None
        return found

    return asked_for if ends else paid


def service_titles(known: Services) -> dict[Mark, str]:
    """What to call each service: its label, with its party where two share one."""
    parties: dict[str, set[str]] = {}
    for mark in known.marks:
        parties.setdefault(mark.label, set()).add(mark.party)
    return {
        mark: mark.label if len(parties[mark.label]) == 1 else f"{mark.label} ({mark.party})"
        for mark in known.marks
    }


def _in_order(real: Arrival, asked: Sequence[str]) -> list[str]:
    """The destinations: those asked for, or those reached, from the most value to the least."""
    if asked:
        return list(asked)
    names = {*real.arrived_sat, *real.reaching}
    return sorted(names, key=lambda name: (-real.arrived_sat.get(name, 0), name))


def _matching(found: Matches, draws: int, number: int) -> Row:
    sizes = np.array([len(pool) for pool in found.pools])
    there = sizes > 0
    windows, factors = found.window_blocks[there], found.factor[there]
    left_out = sum(
        int((drawn_seeds(found, number, draw) < 0).sum()) for draw in range(draws)
    ) - draws * int((~there).sum())
    return {
        "seeds": len(sizes),
        "without_match": int((~there).sum()),
        "left_out": left_out,
        "candidates_least": int(sizes[there].min()) if there.any() else 0,
        "candidates_median": int(np.median(sizes[there])) if there.any() else 0,
        "candidates_distinct": len(np.unique(np.concatenate(found.pools))),
        "window_blocks_median": int(np.median(windows)) if there.any() else 0,
        "window_blocks_most": int(windows.max()) if there.any() else 0,
        "value_factor_most": int(factors.max()) if there.any() else 0,
    }


def compared_with(name: str, real: Arrival, drawn: Sequence[Arrival]) -> Row:
    """What came to a destination beside what came there from the draws."""
    shares = sorted(one.share(name) for one in drawn)
    reached = sum(one.reaching.get(name, 0) > 0 for one in drawn)
    # in whole numbers: a share may equal another and differ as a float
    sat, of = real.arrived_sat.get(name, 0), real.seeds_sat
    as_much = sum(one.arrived_sat.get(name, 0) * of >= sat * one.seeds_sat for one in drawn)
    more = sum(one.arrived_sat.get(name, 0) * of > sat * one.seeds_sat for one in drawn)
    by_draw = [(one.reaching.get(name, 0), one.seeds) for one in drawn]
    right, total = (sum(part[i] for part in by_draw) for i in (0, 1))
    return {
        "destination": name,
        "arrived_sat": sat,
        "share": real.share(name),
        "reaching_seeds": real.reaching.get(name, 0),
        "rank": 1 + more,
        "null": {
            "draws": len(drawn),
            "draws_reaching": _counted(reached, len(drawn)),
            "draws_with_as_much": _counted(as_much, len(drawn)),
            "seeds_reaching": {
                "count": right,
                "of": total,
                "share": right / total if total else None,
                **asdict(share_interval(by_draw)),
            },
            "share": {
                "least": _quantile(shares, 0.0),
                "low": _quantile(shares, 0.05),
                "median": _quantile(shares, 0.5),
                "high": _quantile(shares, 0.95),
                "most": _quantile(shares, 1.0),
            },
        },
    }


def _counted(count: int, of: int) -> Row:
    return {
        "count": count,
        "of": of,
        "share": count / of if of else None,
        **asdict(clopper_pearson(count, of)),
    }


def _quantile(rising: Sequence[float], part: float) -> float | None:
    """A value that was drawn, none between two; None where nothing was."""
    return rising[round(part * (len(rising) - 1))] if rising else None


def rows(answer: Row) -> list[list[Any]]:
    """The destinations under COLUMNS."""
    return [
        [
            *(d[c] for c in ("destination", "arrived_sat", "share", "reaching_seeds")),
            d["null"]["draws"],
            d["null"]["draws_reaching"]["count"],
            d["null"]["seeds_reaching"]["of"],
            d["null"]["seeds_reaching"]["count"],
            d["null"]["share"]["median"],
            d["null"]["share"]["most"],
            d["null"]["draws_with_as_much"]["count"],
        ]
        for d in answer["destinations"]
    ]
