"""Patterns of movement on what a trace came through, and how often their detectors are right."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from peelchain.actions.measuring import Evaluate, MeasureAsked, measure
from peelchain.actions.policies import policy_asked
from peelchain.actions.progress import Progress, Watch, silent
from peelchain.actions.tracing.fiat import fiat_in
from peelchain.actions.tracing.filters import Filters, period
from peelchain.actions.tracing.places import Places
from peelchain.actions.tracing.seeds import SeedsAsked, seeds_of
from peelchain.actions.tracing.walk import Walked, head, walk_from
from peelchain.actions.view import StoreView
from peelchain.cluster.change.silent import silent_tx_ids
from peelchain.errors import MisuseError
from peelchain.evaluate.error_rates import EVERYWHERE, measured_error
from peelchain.tags.knowledge import ALL as ALL_KNOWN
from peelchain.tags.knowledge import Knowledge
from peelchain.tags.rates import worth_by_day
from peelchain.trace.patterns.finding import PATTERNS, STRUCTURING, Finding, ordered
from peelchain.trace.patterns.scene import Scene, StoredDetails
from peelchain.trace.patterns.search import BY_SHAPE, search
from peelchain.trace.patterns.structuring import Payment, Threshold, Worth, payments, structurings
from peelchain.trace.walk import Direction

BTC = "BTC"
_THRESHOLD = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,8})?) ?([A-Za-z]{3})")
_DAY = 24 * 3600
TX0 = "whirlpool_tx0"
"""A lookalike that has one spender and is no pattern either: coins cut for a mix."""


@dataclass(frozen=True)
class PatternsAsked:
    """A walk in a user's words, and what to look for in the transactions it comes through.

    `names` are patterns, all where there is none; structuring is looked for with a `threshold`
    only. `rates_of` names whose rates, `policy` the clustering.
    """

    direction: Direction
    seeds: SeedsAsked
    names: Sequence[str] = ()
    threshold: Threshold | None = None
    filters: Filters = field(default_factory=Filters)
    policy: Sequence[str] = ()
    rates_of: str | None = None
    knowledge: Knowledge = ALL_KNOWN


def patterns_on_trace(
    asked: PatternsAsked, store: Path, progress: Watch = silent
) -> dict[str, Any]:
    """The patterns that the transactions take part in which a trace comes through.

    A pattern is told whole, beyond the trace too. Each comes with the measured error of its
    detector, over all and in its stratum; None where none was measured.
    """
    names = _chosen(asked.names, asked.threshold)
    policy = policy_asked(store, list(asked.policy), [])
    with StoreView(store, policy, knowledge=asked.knowledge) as view:
        worth = None if asked.threshold is None else _worth(view, asked.threshold, asked.rates_of)
        within = period(asked.filters, view)
        seeds = seeds_of(asked.seeds, asked.direction, within.limits, view)
        walked = walk_from(
            view, asked.direction, seeds, ("pro_rata",), within, progress, graph=True
        )
        graph = walked.trace.graph
        txs = [] if graph is None else graph.visit_tx.tolist()
        scene = _scene(walked)
        done = search(
            scene,
            txs,
            [name for name in names if name in BY_SHAPE],
            lambda n, of: progress("looking for patterns", n, of),
        )
        found = list(done.findings)
        paid: tuple[Payment, ...] = ()
        is_whole = done.looked_at == len(txs)
        if not is_whole:
            names = tuple(name for name in names if name != STRUCTURING)
        if asked.threshold is not None and worth is not None and STRUCTURING in names:
            paid = payments(scene, txs, _Times(view), worth)
            found += structurings(paid, asked.threshold)
        unpriced = [p.txout_id for p in paid if p.worth is None and isinstance(p.payee, str)]
        shown = [txout for f in found for txout in (*f.txouts, *f.aside)]
        places = Places(view, [*shown, *unpriced], [tx for f in found for tx in f.txs])
        return {
            **head(walked),
            **({} if is_whole else {"partial": True, "stopped_by": "you"}),
            "looked_at_txs": done.looked_at,
            "looked_for": list(names),
            "threshold": None if asked.threshold is None else asdict(asked.threshold),
            "patterns": [_told(finding, places) for finding in ordered(found)],
            "errors": _errors(names, found),
            "without_rate": [places.outpoint(txout) for txout in unpriced],
        }


def threshold_asked(given: str | None, days: int) -> Threshold | None:
    """The threshold written as `10000USD` or `0.5BTC`. Raises MisuseError for what is no sum."""
    if given is None:
        return None
    said = _THRESHOLD.fullmatch(given.strip())
    if said is None:
        raise MisuseError(f"--threshold {given!r} is no sum of money; write 10000USD or 0.5BTC")
    currency = said[2].upper()
    worth = Decimal(said[1]) * (100_000_000 if currency == BTC else 100)
    if worth != int(worth) or not worth:
        raise MisuseError(
            f"--threshold {given}: give at least one hundredth, of BTC one satoshi, and no parts"
        )
    return Threshold(int(worth), currency, days * _DAY)


def measured(asked: MeasureAsked, progress: Progress = silent) -> dict[str, Any]:
    """The measured error of the detectors, on simulated economies whose seeds none has seen."""

    def load() -> Evaluate:
        from peelchain.evaluate.patterns import evaluate_patterns

        return evaluate_patterns

    return measure(asked, "peelchain evaluate patterns", load, progress)


def _chosen(names: Sequence[str], threshold: Threshold | None) -> tuple[str, ...]:
    asked = [name.strip().lower().replace("-", "_") for name in names]
    for name in asked:
        if name not in PATTERNS:
            raise MisuseError(f"there is no pattern {name!r}; choose from {', '.join(PATTERNS)}")
    if threshold is None and STRUCTURING in asked:
        raise MisuseError("structuring is below a threshold; give one with --threshold")
    if threshold is not None and asked and STRUCTURING not in asked:
        raise MisuseError("a threshold is for structuring; add --pattern structuring, or leave it")
    return tuple(
        name
        for name in PATTERNS
        if (not asked or name in asked) and (name != STRUCTURING or threshold is not None)
    )


def _scene(walked: Walked) -> Scene:
    view, known = walked.view, walked.known

    def name_of(script_id: int) -> str | None:
        mark = known.mark(script_id)
        return None if mark is None else mark.party

    clusters = view.clusters
    mixes = silent_tx_ids(clusters.coinjoins, clusters.lookalikes, (*view.policy.detectors, TX0))
    details = StoredDetails(view.lookup)
    return Scene(view.chain, details, clusters.index.cluster_of, name_of, mixes)


def _worth(view: StoreView, threshold: Threshold, rates_of: str | None) -> Worth:
    if threshold.currency == BTC:
        return lambda value_sat, time: value_sat
    fiat = fiat_in(threshold.currency, rates_of, view)
    assert fiat is not None  # a currency was named
    return worth_by_day(fiat.rates, fiat.currency)


class _Times:
    """Gives the block time of a height, in seconds since 1970, each looked up once."""

    def __init__(self, view: StoreView) -> None:
        self._lookup = view.lookup
        self._seconds: dict[int, int] = {}

    def __call__(self, height: int) -> int:
        if height not in self._seconds:
            (block,) = self._lookup.blocks([height])
            self._seconds[height] = block.time_seconds
        return self._seconds[height]


def _told(finding: Finding, places: Places) -> dict[str, Any]:
    return {
        "pattern": finding.pattern,
        "basis": "inference",
        "txids": [places.txid(tx) for tx in finding.txs],
        "outputs": [places.outpoint(txout) for txout in finding.txouts],
        "aside": [places.outpoint(txout) for txout in finding.aside],
        **{end: places.when(finding.txs[at]) for end, at in (("first", 0), ("last", -1))},
        "stratum": finding.stratum,
        "reasons": list(finding.reasons),
        "stopped_because": list(finding.stopped_because),
    }


def _errors(names: Sequence[str], found: Sequence[Finding]) -> dict[str, dict[str, Any]]:
    """By pattern and stratum, over all and as the findings have it; None: not measured."""
    strata = sorted({(f.pattern, f.stratum) for f in found} - {(n, EVERYWHERE) for n in names})
    errors: dict[str, dict[str, Any]] = {name: {} for name in names}
    for name, stratum in [*((name, EVERYWHERE) for name in names), *strata]:
        rate = measured_error(f"pattern:{name}", stratum)
        errors[name][stratum] = None if rate is None else asdict(rate)
    return errors
