"""A trace from given outputs or parties, forward or backward, under any rules."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.actions.controls import controls, errors_of
from peelchain.actions.policies import policy_asked
from peelchain.actions.progress import Watch, silent
from peelchain.actions.trace_fiat import Fiat, fiat_in, sum_fiat
from peelchain.actions.trace_fiat import told as fiat_told
from peelchain.actions.trace_figures import check_figures, write_figures
from peelchain.actions.trace_filters import Filters, Limits
from peelchain.actions.trace_places import Places
from peelchain.actions.trace_rules import public_rule, rules_of
from peelchain.actions.trace_seeds import SeedsAsked
from peelchain.actions.trace_tables import check_folder, write_tables
from peelchain.actions.trace_walk import WalkAsked, Walked, head, walk
from peelchain.actions.view import StoreView
from peelchain.case.services import services_at
from peelchain.trace.walk import Direction, Trace
from peelchain.units import format_hash

Row = dict[str, Any]


@dataclass(frozen=True)
class TraceAsked:
    """A trace in a user's words. The first of `rules` is the one that `value_sat` is told for.

    `policy` names the clustering, of which there may be one; `fiat` a currency, `rates_of` whose
    rates.
    """

    direction: Direction
    seeds: SeedsAsked
    rules: Sequence[str] = ("pro-rata",)
    filters: Filters = field(default_factory=Filters)
    policy: Sequence[str] = ()
    fiat: str | None = None
    rates_of: str | None = None
    hops: bool = False
    tables: Path | None = None
    figures: Path | None = None


def trace_from(
    direction: Direction,
    seeds: list[str],
    rule: str,
    store: Path,
    limits: Limits | None = None,
    progress: Watch = silent,
    *,
    with_hops: bool = False,
) -> Row:
    """Where the value of outputs went or came from, under one rule, to the satoshi.

    Seeds are outpoints, `TXID:VOUT` or `TXID:VOUT=SATOSHIS` for a part.
    """
    filters = Filters(**asdict(limits)) if limits else Filters()
    asked = TraceAsked(direction, SeedsAsked(seeds), (rule,), filters, hops=with_hops)
    return trace_asked(asked, store, progress)


def trace_asked(asked: TraceAsked, store: Path, progress: Watch = silent) -> Row:
    """Where the value of seeds went or came from, under each rule, to the satoshi.

    The `traced_sat` of the terminals under a rule add up to `seeds_sat`; `value_sat` is that under
    the first rule, `output_sat` the whole output's.
    """
    check_folder(asked.tables)
    check_figures(asked.figures)
    names = rules_of(asked.direction, asked.rules)
    with_hops = asked.hops or asked.tables is not None
    drawn = asked.figures is not None
    with StoreView(store, policy_asked(store, list(asked.policy), [])) as view:
        worth = fiat_in(asked.fiat, asked.rates_of, view)
        what = WalkAsked(asked.direction, asked.seeds, names, asked.filters)
        walked = walk(view, what, progress, hops=with_hops or drawn)
        terminals = _union(walked, "terminals")
        hops = _union(walked, "hops") if with_hops else []
        places = _places(walked, terminals, hops)
        named = _Named(_labels(walked, terminals), _coinjoins(walked, terminals))
        rows = [_terminal(t, walked, places, worth, named) for t in terminals]
        answer = {
            **head(walked),
            "rule": public_rule(names[0]),
            "totals": walked.trace.rules[names[0]].totals,
            "rules": _rules(walked, rows),
            "poison": poison(walked.trace),
            "seeds": _seeds(walked, places),
            "claimants": _claimants(walked),
            "terminals": rows,
            "claims": _claims(walked, places),
            "fiat": fiat_told(worth, rows),
        }
        if with_hops:
            held = controls(view, hops, walked.named)
            answer["control_errors"] = errors_of(held)
            answer["hops"] = [
                _hop(h, control, walked, places, worth)
                for h, control in zip(hops, held, strict=True)
            ]
        answer["tables"] = None if asked.tables is None else _written(asked.tables, asked, answer)
        answer["figures"] = (
            None if asked.figures is None else write_figures(walked, names[0], asked.figures)
        )
        if not asked.hops:
            answer.pop("hops", None)
            answer.pop("control_errors", None)
        return answer


def _written(folder: Path, asked: TraceAsked, answer: Row) -> list[str]:
    """Writes the answer as tables and gives the names of the files."""
    stamp = {
        **{key: answer[key] for key in ("tip_height", "tip_hash", "policy", "run_id", "partial")},
        "direction": asked.direction,
        "rules": [rule["rule"] for rule in answer["rules"]],
        "filters": answer["filters"],
    }
    currency = answer["fiat"]["currency"] if answer["fiat"] else None
    return write_tables(
        folder,
        stamp,
        {
            "seeds": answer["seeds"],
            "terminals": _by_each_rule(answer, "terminals", currency),
            "hops": _by_each_rule(answer, "hops", currency),
            **({"claims": answer["claims"]} if answer["claimants"] else {}),
        },
    )


def _by_each_rule(answer: Row, table: str, currency: str | None) -> Iterator[Row]:
    """The rows of each rule in turn, those under which nothing is traced left out."""
    for rule in answer["rules"]:
        name = rule["rule"]
        rows = (row for row in answer[table] if row["traced_sat"][name])
        for seq, row in enumerate(rows):
            fiat = row["fiat"][name] if row["fiat"] else None
            yield {
                **row,
                **(row.get("control") or {"basis": None, "by": None, "label": row.get("label")}),
                "rule": name,
                "scope": rule["scope"],
                "seq": seq,
                "traced_sat": row["traced_sat"][name],
                "fiat": fiat,
                "currency": currency,
            }


def _union(walked: Walked, table: str) -> list[Row]:
    """The rows of a table under any rule, in its order, with `traced` satoshis by rule.

    A row is the same where all but the traced amount is: rules differ in amounts alone.
    """
    rows: dict[tuple[Any, ...], Row] = {}
    for name in walked.rules:
        for row in getattr(walked.trace.rules[name], table).to_pylist():
            row.pop("seq", None)
            traced = row.pop("traced_sat")
            rows.setdefault(tuple(row.values()), {**row, "traced": {}})["traced"][name] = traced
    if len(walked.rules) == 1:
        return list(rows.values())
    # each rule's rows are in the order of the walk: merged, that of transactions is kept
    backward = walked.direction == "backward" and table == "hops"
    return sorted(rows.values(), key=lambda row: -row["tx_id"] if backward else _chain_order(row))


def _chain_order(row: Row) -> tuple[int, bool, int]:
    if "from_txout_id" in row:
        return row["tx_id"], False, 0
    return row["tx_id"], row["txout_id"] is None, row["txout_id"] or 0


def _places(walked: Walked, terminals: list[Row], hops: list[Row]) -> Places:
    txouts = set(walked.seeds.txouts.tolist())
    txouts |= {t["txout_id"] for t in terminals if t["txout_id"] is not None}
    txouts |= {h["from_txout_id"] for h in hops}
    txouts |= {h["to_txout_id"] for h in hops if h["to_txout_id"] is not None}
    txs = {t["tx_id"] for t in terminals} | {h["tx_id"] for h in hops}
    return Places(walked.view, txouts, txs)


@dataclass(frozen=True)
class _Named:
    """What stops a walk at its terminals: services by name, CoinJoins by txid."""

    labels: dict[tuple[int, int | None], str]
    coinjoins: dict[int, str]


def _coinjoins(walked: Walked, terminals: list[Row]) -> dict[int, str]:
    """The txid of the CoinJoin that spends, backward that made, each output that ends at one."""
    ids = np.array([t["txout_id"] for t in terminals if t["type"] == "coinjoin"], np.int64)
    outputs = walked.view.chain.outputs(ids)
    txs = (outputs.spender if walked.direction == "forward" else outputs.tx_id).tolist()
    txids = walked.view.lookup.txids(set(txs))
    return {txout: format_hash(txids[tx]) for txout, tx in zip(ids.tolist(), txs, strict=True)}


def _terminal(row: Row, walked: Walked, places: Places, worth: Fiat | None, named: _Named) -> Row:
    tx, txout = row["tx_id"], row["txout_id"]
    first = row["traced"].get(walked.rules[0], 0)
    return {
        "type": row["type"],
        "txid": places.txid(tx),
        "vout": None if txout is None else places.vout(txout),
        "value_sat": first,
        "output_sat": row["value_sat"],
        "label": named.labels.get((tx, txout)),
        "coinjoin": named.coinjoins.get(txout) if row["type"] == "coinjoin" else None,
        "address": None if txout is None else places.address(txout),
        **places.when(tx),
        "traced_sat": _by_rule(row, walked),
        "fiat": _worth(row, walked, worth, places.seconds(tx)),
    }


def _worth(
    row: Row, walked: Walked, worth: Fiat | None, seconds: int
) -> dict[str, str | None] | None:
    if worth is None:
        return None
    return {rule: worth.worth(sat, seconds) for rule, sat in _by_rule(row, walked).items()}


def _by_rule(row: Row, walked: Walked) -> dict[str, int]:
    return {public_rule(name): row["traced"].get(name, 0) for name in walked.rules}


def _labels(walked: Walked, terminals: list[Row]) -> dict[tuple[int, int | None], str]:
    """The name of the service at each terminal that is one's, by tx_id and txout_id."""
    ends = [(t["tx_id"], t["txout_id"]) for t in terminals if t["type"] in ("service", "mixer")]
    marks = services_at(walked.direction, ends, walked.view.chain, walked.known)
    return {end: mark.label for end, mark in zip(ends, marks, strict=True) if mark}


def _hop(row: Row, control: Any, walked: Walked, places: Places, worth: Fiat | None) -> Row:
    start, tx, to = row["from_txout_id"], row["tx_id"], row["to_txout_id"]
    first = row["traced"].get(walked.rules[0], 0)
    return {
        "from": places.outpoint(start),
        "txid": places.txid(tx),
        "to": None if to is None else places.outpoint(to),
        "value_sat": first,
        "output_sat": row["value_sat"],
        "traced_sat": _by_rule(row, walked),
        "from_address": places.address(start),
        "to_address": None if to is None else places.address(to),
        **places.when(tx),
        "fiat": _worth(row, walked, worth, places.seconds(tx)),
        "control": control,
    }


def _seeds(walked: Walked, places: Places) -> list[Row]:
    seeds = walked.seeds
    claims = [None] * len(seeds.txouts) if seeds.claimant_of is None else seeds.claimant_of.tolist()
    return [
        {
            "outpoint": places.outpoint(txout),
            "value_sat": places.value_sat(txout),
            "traced_sat": sat,
            "claimant": None if claim is None else seeds.claimants[claim],
            "address": places.address(txout),
            **places.when(places.maker(txout)),
        }
        for txout, sat, claim in zip(seeds.txouts.tolist(), seeds.sat.tolist(), claims, strict=True)
    ]


def poison(found: Trace) -> Row:
    """What reachability alone says: no amounts of a rule, each output taken whole."""
    return {
        "outputs": found.poison.txouts,
        "value_sat": found.poison.value_sat,
        "totals": found.poison.totals,
    }


def _claims(walked: Walked, places: Places) -> list[Row]:
    """What of each terminal is each claimant's, rule by rule, in the order of the terminals."""
    found = []
    for name in walked.rules:
        table = walked.trace.rules[name].claims
        for row in [] if table is None else table.to_pylist():
            txout = row["txout_id"]
            found.append(
                {
                    "rule": public_rule(name),
                    "claimant": walked.seeds.claimants[row["claimant"]],
                    "type": row["type"],
                    "txid": places.txid(row["tx_id"]),
                    "vout": None if txout is None else places.vout(txout),
                    "traced_sat": row["traced_sat"],
                }
            )
    return found


def _claimants(walked: Walked) -> list[Row]:
    """Each claimant with what it starts with, and its sums by rule and type."""
    seeds = walked.seeds
    if seeds.claimant_of is None:
        return []
    found = [
        {
            "claimant": claimant,
            "seeds_sat": sum(seeds.sat[seeds.claimant_of == at].tolist()),
            "totals": {public_rule(name): {} for name in walked.rules},
        }
        for at, claimant in enumerate(seeds.claimants)
    ]
    for name in walked.rules:
        table = walked.trace.rules[name].claims
        for row in [] if table is None else table.to_pylist():
            totals = found[row["claimant"]]["totals"][public_rule(name)]
            totals[row["type"]] = totals.get(row["type"], 0) + row["traced_sat"]
    return found


def _rules(walked: Walked, rows: list[Row]) -> list[Row]:
    """Each rule with its sums, which are the seeds' to the satoshi."""
    found = []
    for name in walked.rules:
        outcome = walked.trace.rules[name]
        found.append(
            {
                "rule": public_rule(name),
                "scope": "transaction",
                "seeds_sat": outcome.seeds_sat,
                "seeds_net_sat": outcome.seeds_net_sat,
                "totals": outcome.totals,
                "fiat_totals": _fiat_totals(rows, public_rule(name)),
            }
        )
    return found


def _fiat_totals(rows: list[Row], rule: str) -> dict[str, str] | None:
    """The worths of a rule's terminals, by type; amounts without a rate are in none."""
    worths: dict[str, list[str | None]] = {}
    for row in rows:
        if row["fiat"] is None:
            return None
        if row["traced_sat"][rule]:
            worths.setdefault(row["type"], []).append(row["fiat"][rule])
    return {kind: sum_fiat(amounts) for kind, amounts in sorted(worths.items())}
