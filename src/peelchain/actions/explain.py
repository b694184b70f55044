"""Why two addresses are held to be one party, what that hangs on, or what came nearest to it."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from peelchain.actions.payments import payments_between
from peelchain.actions.policies import policy_asked
from peelchain.actions.scripts import script_id_of
from peelchain.actions.shapes import SUSPECTED, shapes_of
from peelchain.actions.superclusters import suspected
from peelchain.actions.view import StoreView
from peelchain.cluster.certainty import ErrorRate, Measured, joint_truth
from peelchain.cluster.coinjoin.classify import Judgement
from peelchain.cluster.cut import DEFAULT_BOUND, Cut, weakest_cut
from peelchain.cluster.explain import Step, explain
from peelchain.cluster.link_graph import link_graph, links_of_cluster
from peelchain.cluster.nearest import Crossing, LeftOut, nearest_crossings
from peelchain.cluster.of_store import Clusters
from peelchain.cluster.payjoin import output_counts_in, possible_payjoins
from peelchain.cluster.slices import clusters_around
from peelchain.cluster.spent import UNKNOWN, spent_scripts
from peelchain.errors import MisuseError
from peelchain.evaluate.error_rates import measured_error
from peelchain.store.arrays import Int64
from peelchain.store.lookup import Lookup
from peelchain.units import format_hash

MOST_LINKS = 50_000_000
"""Links above which a stored clustering is not held whole, but read for the two clusters alone."""

MOST_INPUTS = 2_000_000
"""Inputs of transactions left out that are searched for what came nearest, in chain order."""

_ALONE_SHOWN = 100
_JUDGED = 100

EXCLUDED = "excluded"
"""Why a transaction that the policy names gives no link."""

REFUSED = "refused"
"""Why one does not that would join what the policy's constraints keep apart."""


def explain_link(
    a: str,
    b: str,
    store: Path,
    exclude: list[str] | None = None,
    *,
    policies: list[str] | None = None,
    cut_bound: int = DEFAULT_BOUND,
    measured: Measured = measured_error,
) -> dict[str, Any]:
    """Why two addresses are held to be one party, or are not.

    The shortest chain of transactions that joins them, each step with its rule and that rule's
    measured error, the bound on the truth of the whole, and the weakest cut; where they are not
    joined, the fewest transactions left out that would join them, and the payments between them.
    `policies` names one policy that was run; none is the default one, less what `exclude` names.
    Raises MisuseError for two policies, since an explanation holds under one, and for a policy that
    was never run; NotInChainError for an address that the chain never has.
    """
    if cut_bound < 1:
        raise MisuseError(f"a cut of at most {cut_bound} transactions cannot be; give 1 or more")
    policy = policy_asked(store, policies or [], exclude or [])
    with StoreView(store, policy) as view:
        return link_explained(a, b, view, cut_bound=cut_bound, measured=measured)


def link_explained(
    a: str,
    b: str,
    view: StoreView,
    *,
    cut_bound: int = DEFAULT_BOUND,
    measured: Measured = measured_error,
) -> dict[str, Any]:
    """What `explain_link` gives, of an open store under its policy."""
    first, second = script_id_of(a, view), script_id_of(b, view)
    clusters, whole = _clusters(view, first, second)
    index = clusters.index
    first_cluster, second_cluster = (int(c) for c in index.cluster_of([first, second]))
    joined = first_cluster == second_cluster
    answer = {
        **view.tip,
        "policy": clusters.policy,
        "run_id": clusters.run_id,
        "basis": "inference",
        "joined": joined,
        "superclusters": suspected(view, frozenset({first_cluster, second_cluster}), cut_bound)
        if whole
        else None,
    }
    if joined:
        links = links_of_cluster(clusters.links, clusters.table, first_cluster)
        graph = link_graph(links)
        steps = explain(graph, first, second) or []
        cut = weakest_cut(graph, first, second, cut_bound) if first != second else None
        seen = _seen(links, steps, cut, view)
        truth = _truth(steps, measured, seen, view, turned=second < first)
        return {
            **answer,
            "links": truth.pop("links"),
            "joint_truth": truth if steps else None,
            "weakest_cut": None if first == second else _cut(cut, cut_bound, seen, view),
            "nearest": None,
        }
    searched, complete = left_out(view, clusters)
    crossings = nearest_crossings(searched, index.cluster_of, first, second)
    return {
        **answer,
        "links": [],
        "joint_truth": None,
        "weakest_cut": None,
        "nearest": {
            "left_out": None
            if crossings is None
            else _crossings(crossings, clusters.conflicts, view),
            "left_out_complete": complete,
            "payments": payments_between(view, clusters, first_cluster, second_cluster),
        },
    }


def _clusters(view: StoreView, first: int, second: int) -> tuple[Clusters, bool]:
    """The clustering, or where it is too large to be held what is around the two; which of both."""
    run = view.cluster_run()
    if run is None or sum(part.rows for part in run.parts("links")) <= MOST_LINKS:
        return view.clusters, True
    return clusters_around(view.store, run, [first, second]), False


def left_out(view: StoreView, clusters: Clusters) -> tuple[LeftOut, bool]:
    """What this view's policy does not link by: mixes, what strangers sign, what it excludes.

    And whether that is all of it: at most MOST_INPUTS are looked at.
    """
    why: dict[int, str] = {}
    for table in (clusters.lookalikes, clusters.coinjoins):
        kinds = zip(table["tx_id"].to_pylist(), table["type"].to_pylist(), strict=True)
        # of lookalikes most are linked like any other transaction
        linkless = table is clusters.coinjoins
        why.update(row for row in kinds if linkless or row[1] in view.policy.detectors)
    excluded = (tx_id for txid in view.policy.exclusions for tx_id in view.tx_ids_of(txid))
    why.update(dict.fromkeys(excluded, EXCLUDED))
    whole = sorted(why)
    rows, scripts, complete = _input_scripts(view.lookup, whole)
    reasons = sorted({*why.values(), REFUSED})
    codes = np.array([reasons.index(why[tx_id]) for tx_id in whole], dtype=np.int64)
    refused = clusters.conflicts
    tx_ids = refused["tx_id"].to_numpy()
    found = LeftOut(
        np.concatenate([np.array(whole, dtype=np.int64)[rows], tx_ids, tx_ids]),
        np.concatenate([scripts, *(refused[c].to_numpy() for c in ("script_a", "script_b"))]),
        np.concatenate([codes[rows], np.full(2 * len(tx_ids), reasons.index(REFUSED))]),
        tuple(reasons),
    )
    return found, complete


def _input_scripts(lookup: Lookup, tx_ids: list[int]) -> tuple[Int64, Int64, bool]:
    """The scripts that transactions spend: places in `tx_ids`, and script_ids, in order.

    Each script of a transaction once; inputs whose spent output is not known have none. False for
    transactions passed over, since there are too many inputs.
    """
    counts = lookup.columns_of("txs", tx_ids, ["txin_count"])["txin_count"]
    wanted = tx_ids[: bisect_right(list(accumulate(counts)), MOST_INPUTS)]
    rows: list[int] = []
    scripts: list[int] = []
    for row, spent in enumerate(spent_scripts(lookup.tables, wanted).values()):
        found = [script for script in spent if script != UNKNOWN]
        rows += [row] * len(found)
        scripts += found
    complete = len(wanted) == len(tx_ids)
    return np.array(rows, dtype=np.int64), np.array(scripts, dtype=np.int64), complete


@dataclass(frozen=True)
class _Seen:
    """What is seen in transactions: their shapes, of the first ones, and which may be PayJoins."""

    shapes: Mapping[int, Judgement]
    may_be_payjoin: frozenset[int]

    def told(self, tx_id: int) -> dict[str, Any]:
        judged = self.shapes.get(tx_id)
        name = None if judged is None else judged.type or judged.lookalike
        shape = None
        if judged is not None and name is not None:
            shape = {"type": name, "reasons": list(judged.reasons)}
        return {"shape": shape, "may_be_payjoin": tx_id in self.may_be_payjoin}


def _seen(links: pa.Table, steps: list[Step], cut: Cut | None, view: StoreView) -> _Seen:
    """What is seen in the transactions of a chain and a cut, `links` being those of the cluster."""
    chain, parting = [s.tx_id for s in steps], [t.tx_id for t in (cut.transactions if cut else ())]
    shapes = shapes_of(view.lookup, [*chain[:_JUDGED], *parting[:_JUDGED]])
    named = pc.is_in(links["tx_id"], pa.array({*chain, *parting}, pa.int64()))
    found = possible_payjoins(links.filter(named), output_counts_in(view.lookup))
    return _Seen(shapes, frozenset(found.tolist()))


def _truth(
    steps: list[Step], measured: Measured, seen: _Seen, view: StoreView, *, turned: bool
) -> dict[str, Any]:
    """The links of a chain with their rules' measured error, and the bound on all together."""
    # of equals the first from the lesser script on is the weakest, whoever asks first
    order = list(reversed(steps)) if turned else steps
    suspected = {
        at
        for at, s in enumerate(order)
        if s.tx_id in seen.shapes and seen.shapes[s.tx_id].lookalike == SUSPECTED
    }
    possible = {at for at, s in enumerate(order) if s.tx_id in seen.may_be_payjoin}
    truth = joint_truth([s.rule for s in order], measured, suspected or possible)
    weakest = truth.weakest
    if weakest is not None and turned:
        weakest = len(steps) - 1 - weakest
    links = _links(steps, measured, seen, view)
    return {
        "links": links,
        "at_least": truth.at_least,
        "at_least_low": truth.at_least_low,
        "weakest_link": None if weakest is None else links[weakest]["txid"],
    }


def _links(
    steps: list[Step], measured: Measured, seen: _Seen, view: StoreView
) -> list[dict[str, Any]]:
    txids = view.lookup.txids(step.tx_id for step in steps)
    names = _names((i for s in steps for i in (s.script_a, s.script_b)), view)
    return [
        {
            "txid": format_hash(txids[s.tx_id]),
            "rule": s.rule,
            "script_a": names[s.script_a],
            "script_b": names[s.script_b],
            **seen.told(s.tx_id),
            "measured": rate_told(measured(s.rule)),
        }
        for s in steps
    ]


def rate_told(rate: ErrorRate | None) -> dict[str, Any] | None:
    """A measured error for an answer: its precision, of what, on which data; None without one."""
    if rate is None:
        return None
    return {
        "precision": rate.precision,
        "precision_low": rate.precision_low,
        "precision_high": rate.precision_high,
        "unit": rate.unit,
        "basis": rate.basis,
        "data": rate.data,
        "made_by": rate.made_by,
    }


def _cut(cut: Cut | None, bound: int, seen: _Seen, view: StoreView) -> dict[str, Any]:
    if cut is None:
        empty: dict[str, Any] = dict.fromkeys(("only", "scripts_a", "scripts_b", "scripts_apart"))
        return {"size": None, "more_than": bound, "transactions": [], "alone": [], **empty}
    txids = view.lookup.txids({*(t.tx_id for t in cut.transactions), *cut.alone[:_ALONE_SHOWN]})
    return {
        "size": len(cut.transactions),
        "more_than": None,
        "transactions": [
            {
                "txid": format_hash(txids[t.tx_id]),
                "scripts_a": t.scripts_a,
                "scripts_b": t.scripts_b,
                "scripts_apart": t.scripts_apart,
                **seen.told(t.tx_id),
            }
            for t in cut.transactions
        ],
        "only": cut.only,
        "alone": [format_hash(txids[tx_id]) for tx_id in cut.alone[:_ALONE_SHOWN]],
        "scripts_a": cut.scripts_a,
        "scripts_b": cut.scripts_b,
        "scripts_apart": cut.scripts_apart,
    }


def _crossings(
    crossings: list[Crossing], conflicts: pa.Table, view: StoreView
) -> list[dict[str, Any]]:
    evidence = _evidence(crossings, conflicts)
    txids = view.lookup.txids(c.tx_id for c in crossings)
    names = _names((i for c in crossings for i in (c.script_a, c.script_b)), view)
    return [
        {
            "txid": format_hash(txids[c.tx_id]),
            "reason": c.reason,
            "script_a": names[c.script_a],
            "script_b": names[c.script_b],
            "evidence": evidence.get(c.tx_id, []) if c.reason == REFUSED else [],
        }
        for c in crossings
    ]


def _evidence(crossings: list[Crossing], conflicts: pa.Table) -> dict[int, list[str]]:
    """By transaction who says that its links were to be refused, each once."""
    tx_ids = [c.tx_id for c in crossings if c.reason == REFUSED]
    told: dict[int, list[str]] = {}
    for row in conflicts.filter(
        pc.is_in(conflicts["tx_id"], pa.array(tx_ids, pa.int64()))
    ).to_pylist():
        said = told.setdefault(row["tx_id"], [])
        said += [x for x in dict.fromkeys((row["evidence_a"], row["evidence_b"])) if x not in said]
    return told


def _names(script_ids: Iterable[int], view: StoreView) -> dict[int, str]:
    """Each script's address, or the script itself in hex where it has none."""
    ids = sorted(set(script_ids))
    return {i: name or view.script_of(i).hex() for i, name in view.addresses(ids).items()}
