"""Patterns of movement on what a trace came through, and how often their detectors are right."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.actions.evaluate import put_rates
from peelchain.actions.progress import Progress, silent
from peelchain.actions.traces import Limits, parse_seeds
from peelchain.actions.view import StoreView
from peelchain.case.services import stops
from peelchain.cluster.change.silent import silent_tx_ids
from peelchain.errors import MisuseError, PeelchainError
from peelchain.evaluate.error_rates import Measured, measured_error
from peelchain.tags.rates import worth_by_day
from peelchain.trace.patterns.finding import PATTERNS, STRUCTURING, ordered
from peelchain.trace.patterns.scene import Scene, StoredDetails
from peelchain.trace.patterns.search import BY_SHAPE, find_patterns
from peelchain.trace.patterns.structuring import Payment, Threshold, Worth, payments, structurings
from peelchain.trace.walk import Direction, TraceRequest, trace
from peelchain.units import format_hash

BTC = "BTC"
TX0 = "whirlpool_tx0"
"""A lookalike that has one spender and is no pattern either: coins cut for a mix."""

_EVALUATE = "peelchain evaluate patterns"


def patterns_on_trace(
    direction: Direction,
    seeds: list[str],
    store: Path,
    limits: Limits | None = None,
    names: Sequence[str] = (),
    threshold: Threshold | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """The patterns that the transactions take part in which a trace of these outputs comes through.

    Those of `names`, or all; structuring only with a threshold. A pattern is told whole, beyond the
    trace too. Each comes with the measured error of its detector; None where none was measured.
    """
    chosen = _chosen(names, threshold)
    limits = limits or Limits()
    with StoreView(store) as view:
        outpoints, amounts = parse_seeds(seeds)
        txouts = view.lookup.txout_ids(outpoints)
        values = view.chain.outputs(txouts).value_sat.tolist()
        for outpoint, value, amount in zip(outpoints, values, amounts, strict=True):
            if value == 0 or (amount is not None and not 1 <= amount <= value):
                raise MisuseError(
                    f"seed {outpoint} holds {value} sat; give an output of value, and no more of it"
                )
        known = view.services
        coinjoins = view.clusters.coinjoins["tx_id"].to_numpy()
        request = TraceRequest(
            direction=direction,
            seed_txouts=np.array(txouts, dtype=np.int64),
            seed_traced_sat=np.array(values, dtype=np.int64),
            rules=("pro_rata",),
            boundaries=stops(known, coinjoins),
            max_hops=limits.max_hops,
            min_value_sat=limits.min_value_sat,
            min_height=limits.min_height,
            max_height=limits.max_height,
        )
        done = trace(view.chain, request, lambda stage, n, of: progress(stage, n, of or 0))
        reached = set(done.rules["pro_rata"].hops["tx_id"].to_pylist())

        def name_of(script_id: int) -> str | None:
            mark = known.mark(script_id)
            return None if mark is None else mark.party

        mixes = silent_tx_ids(
            view.clusters.coinjoins, view.clusters.lookalikes, (*view.policy.detectors, TX0)
        )
        details, cluster_of = StoredDetails(view.lookup), view.clusters.index.cluster_of
        scene = Scene(view.chain, details, cluster_of, name_of, mixes)
        found = list(find_patterns(scene, reached, [n for n in chosen if n in BY_SHAPE]))
        unpriced: list[Payment] = []
        if threshold is not None and STRUCTURING in chosen:
            paid = payments(scene, reached, _time_of(view, scene, reached), _worth(view, threshold))
            unpriced = [p for p in paid if p.worth is None and isinstance(p.payee, str)]
            found += structurings(paid, threshold)
        shown = _outpoints(view, [o for f in found for o in (*f.txouts, *f.aside)] +
                           [p.txout_id for p in unpriced])  # fmt: skip
        txids = view.lookup.txids({tx for f in found for tx in f.txs})
        return {
            **view.tip,
            "policy": view.clusters.policy,
            "run_id": view.clusters.run_id,
            "direction": direction,
            "visited_txs": done.visited_txs,
            "looked_for": list(chosen),
            "threshold": None if threshold is None else asdict(threshold),
            "patterns": [
                {
                    "pattern": finding.pattern,
                    "basis": "inference",
                    "txids": [format_hash(txids[tx]) for tx in finding.txs],
                    "outputs": [shown[txout] for txout in finding.txouts],
                    "aside": [shown[txout] for txout in finding.aside],
                    "reasons": list(finding.reasons),
                    "stopped_because": list(finding.stopped_because),
                }
                for finding in ordered(found)
            ],
            "errors": {name: _error(name) for name in chosen},
            "without_rate": [shown[p.txout_id] for p in unpriced],
        }


def measured(
    economies: int,
    blocks: int,
    work: Path,
    *,
    choosing: bool = False,
    into: Path | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Measures the detectors of patterns on simulated economies whose seeds none has seen.

    `choosing` takes the seeds that are there to look at while one writes a detector; they give no
    published figure, so `into` is refused with it.
    """
    try:
        from peelchain.evaluate.patterns import evaluate_patterns
    except ImportError as e:
        raise PeelchainError(
            f"the simulator needs {e.name}; run pip install 'peelchain[simulate]'"
        ) from None
    if choosing and into is not None:
        raise MisuseError("seeds for choosing give no published figures; leave out --into")
    rows = evaluate_patterns(
        economies,
        blocks,
        work,
        "choosing" if choosing else "test",
        f"{_EVALUATE} --economies {economies} --blocks {blocks} --work DIR",
        lambda done, of: progress("measuring economies", done, of),
    )
    if into is not None:
        put_rates(into, Measured(tuple(rows)), _EVALUATE)
    return {
        "economies": economies,
        "blocks": blocks,
        "purpose": "choosing" if choosing else "test",
        "rows": [asdict(r) for r in rows],
    }


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


def _worth(view: StoreView, threshold: Threshold) -> Worth:
    if threshold.currency == BTC:
        return lambda value_sat, time: value_sat
    known = {currency for _, currency in view.rates}
    if threshold.currency not in known:
        raise MisuseError(
            f"there are no rates of {threshold.currency}; "
            + (f"choose from {', '.join(sorted(known))} and BTC, or " if known else "")
            + "run 'peelchain rates import FILE'"
        )
    return worth_by_day(view.rates, threshold.currency)


def _time_of(view: StoreView, scene: Scene, txs: Iterable[int]) -> Callable[[int], int]:
    heights = {scene.tx(tx).height for tx in txs}
    return {b.height: b.time_seconds for b in view.lookup.blocks(heights)}.__getitem__


def _outpoints(view: StoreView, txouts: list[int]) -> dict[int, str]:
    rows = view.lookup.rows_of("txouts", txouts, ["tx_id", "vout"])
    txids = view.lookup.txids({row["tx_id"] for row in rows.values()})
    return {
        txout: f"{format_hash(txids[row['tx_id']])}:{row['vout']}" for txout, row in rows.items()
    }


def _error(name: str) -> dict[str, Any] | None:
    rate = measured_error(f"pattern:{name}")
    return None if rate is None else asdict(rate)
