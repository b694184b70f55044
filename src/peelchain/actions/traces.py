"""A trace from given outputs, forward or backward."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.actions.controls import controls, errors_of
from peelchain.actions.progress import Progress, silent
from peelchain.actions.view import StoreView
from peelchain.case.services import Services, service_at, services, stops
from peelchain.errors import MisuseError
from peelchain.trace.walk import RULES, Direction, TraceRequest, trace
from peelchain.units import OutPoint, check_sat, format_hash

_ALIASES = {"haircut": "pro_rata", "fifo": "index_fifo"}


@dataclass(frozen=True)
class Limits:
    """Where a trace is cut: transactions from the seeds, value of an output, heights."""

    max_hops: int | None = None
    min_value_sat: int | None = None
    min_height: int | None = None
    max_height: int | None = None


def trace_from(
    direction: Direction,
    seeds: list[str],
    rule: str,
    store: Path,
    limits: Limits | None = None,
    progress: Progress = silent,
    *,
    with_hops: bool = False,
) -> dict[str, Any]:
    """Where the value of outputs went or came from, under one rule, to the satoshi.

    Seeds are outpoints, `TXID:VOUT` or `TXID:VOUT=SATOSHIS` for a part. The `value_sat` of the
    terminals is the traced value at rest there; they add up to `seeds_sat`. `output_sat` is the
    whole output's.
    """
    name = canonical_rule(rule)
    limits = limits or Limits()
    with StoreView(store) as view:
        outpoints, amounts = parse_seeds(seeds)
        txouts = view.lookup.txout_ids(outpoints)
        traced = _amounts(outpoints, amounts, view.arrays.txout_value[txouts].tolist())
        known = services(view.attribution, view.clusters.index)
        request = TraceRequest(
            direction=direction,
            seed_txouts=np.array(txouts, dtype=np.int64),
            seed_traced_sat=np.array(traced, dtype=np.int64),
            rules=(name,),
            boundaries=stops(known, view.clusters.coinjoins["tx_id"].to_numpy()),
            max_hops=limits.max_hops,
            min_value_sat=limits.min_value_sat,
            min_height=limits.min_height,
            max_height=limits.max_height,
            hops=with_hops,
        )
        done = trace(view.arrays, request, lambda stage, n, of: progress(stage, n, of or 0))
        outcome = done.rules[name]
        rows = outcome.terminals.to_pylist()
        hops = outcome.hops.to_pylist() if with_hops else []
        tx_ids = {r["tx_id"] for r in rows} | {h["tx_id"] for h in hops}
        tx_ids |= {int(view.arrays.txout_tx[h["from_txout_id"]]) for h in hops}
        txids = view.lookup.txids(tx_ids)

        def outpoint(txout_id: int) -> tuple[str, int]:
            tx_id = int(view.arrays.txout_tx[txout_id])
            return format_hash(txids[tx_id]), txout_id - int(view.arrays.tx_first_txout[tx_id])

        answer: dict[str, Any] = {
            **view.tip,
            "policy": view.clusters.policy,
            "run_id": view.clusters.run_id,
            "direction": direction,
            "rule": name.replace("_", "-"),
            "seeds_sat": outcome.seeds_sat,
            "seeds_net_sat": outcome.seeds_net_sat,
            "visited_txs": done.visited_txs,
            "totals": outcome.totals,
            "terminals": [
                {
                    "type": r["type"],
                    "txid": format_hash(txids[r["tx_id"]]),
                    "vout": None if r["txout_id"] is None else outpoint(r["txout_id"])[1],
                    "value_sat": r["traced_sat"],
                    "output_sat": r["value_sat"],
                    "label": _label(r, direction, view, known),
                }
                for r in rows
            ],
        }
        if with_hops:
            held = controls(view, hops, known)
            answer["control_errors"] = errors_of(held)
            answer["hops"] = [
                {
                    "from": "{}:{}".format(*outpoint(h["from_txout_id"])),
                    "txid": format_hash(txids[h["tx_id"]]),
                    "to": "{}:{}".format(*outpoint(h["to_txout_id"]))
                    if h["to_txout_id"] is not None
                    else None,
                    "value_sat": h["traced_sat"],
                    "control": control,
                }
                for h, control in zip(hops, held, strict=True)
            ]
        return answer


def canonical_rule(rule: str) -> str:
    """The kernel's name of a rule, given with hyphens or underscores, or by a usual other name."""
    name = rule.strip().lower().replace("-", "_")
    name = _ALIASES.get(name, name)
    if name not in RULES:
        names = ", ".join(r.replace("_", "-") for r in RULES)
        raise MisuseError(f"there is no tracing rule {rule!r}; the rules are {names}")
    return name


def parse_seeds(seeds: list[str]) -> tuple[list[OutPoint], list[int | None]]:
    """The outpoints of seeds, and the satoshis of each that gives a part."""
    outpoints = []
    amounts: list[int | None] = []
    for seed in seeds:
        text, given, amount = seed.partition("=")
        outpoints.append(OutPoint.parse(text))
        if given and (not amount.isascii() or not amount.isdigit()):
            raise MisuseError(f"seed {text}: {amount!r} are no satoshis; write TXID:VOUT=150000")
        if outpoints[-1] in outpoints[:-1]:
            raise MisuseError(f"seed {text} is given twice; give it once, with its whole amount")
        amounts.append(check_sat(int(amount[:20]), f"seed {text}:") if given else None)
    return outpoints, amounts


def _amounts(outpoints: list[OutPoint], asked: list[int | None], values: list[int]) -> list[int]:
    """The satoshis to trace of each seed: those asked for, or all."""
    for outpoint, amount, value in zip(outpoints, asked, values, strict=True):
        if value == 0:
            raise MisuseError(f"seed {outpoint} has no value; there is nothing to trace")
        if amount is not None and not 1 <= amount <= value:
            raise MisuseError(
                f"seed {outpoint} holds {value} sat, {amount} were asked for; give 1 to {value}"
            )
    return [v if a is None else a for a, v in zip(asked, values, strict=True)]


def _label(
    row: dict[str, Any], direction: Direction, view: StoreView, known: Services
) -> str | None:
    if row["type"] not in ("service", "mixer"):
        return None
    mark = service_at(direction, row["tx_id"], row["txout_id"], view.arrays, known)
    return mark.label if mark else None
