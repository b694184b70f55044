"""Change: what every rule and the predictor say of a transaction, and the table of all."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from peelchain.actions.progress import Progress, silent
from peelchain.actions.view import StoreView
from peelchain.cluster.change.fingerprints import load_fingerprints
from peelchain.cluster.change.load import load_transactions
from peelchain.cluster.change.model import shipped_model
from peelchain.cluster.change.predict import NAME as PREDICTOR
from peelchain.cluster.change.predict import predict, why
from peelchain.cluster.change.reasons import reason
from peelchain.cluster.change.rules import CLUSTER_FINGERPRINT, Parties, verdicts
from peelchain.cluster.change.stage import change_table, check_rules, gathered
from peelchain.cluster.change.transactions import TYPES, Transactions
from peelchain.cluster.change.verdict import Verdict
from peelchain.cluster.of_store import Clusters
from peelchain.errors import NotInChainError
from peelchain.store.lookup import Lookup
from peelchain.store.manifest import Run
from peelchain.store.writer import open_for_writing
from peelchain.units import parse_txid

RULE_COLUMNS = ("vout", "rule", "verdict", "probability", "reason")

ClusterIdOf = Callable[[int], int | None]
"""Gives the cluster_id of a script_id, None where it is not known."""

_AT_ONCE = 20_000
"""Transactions read at once: bounds the memory of a run."""

_MOST_MEMBERS = 10_000
_MOST_SPENDS = 10_000


def show(txid: str, store: Path, as_of_height: int | None = None) -> dict[str, Any]:
    """What each rule and the predictor say of each output of a transaction, with reasons.

    Nothing above `as_of_height` (default: the tip) is used; below the tip no clusters are, since
    they are the tip's. Of a BIP 30 duplicate the later one is shown. Raises NotInChainError.
    """
    with StoreView(store) as view:
        return change_told(txid, view, as_of_height)


def change_told(txid: str, view: StoreView, as_of_height: int | None = None) -> dict[str, Any]:
    """What `show` gives, of an open store."""
    tx_id = view.lookup.tx_ids(parse_txid(txid))[-1]
    tip = view.store.manifest.tip_height
    height = view.lookup.rows_of("txs", [tx_id], ["height"])[tx_id]["height"]
    at = tip if as_of_height is None else as_of_height
    if not height <= at <= tip:
        raise NotInChainError(
            f"transaction {txid} is at height {height} and the tip at {tip}: "
            f"it cannot be seen as of height {at}; give {height} to {tip}"
        )
    clustered = view.cluster_run()
    known = view.is_short or clustered is not None
    mixes = view.silent_txs if known else []
    batch = load_transactions(view.lookup, [tx_id], mixes=mixes, as_of_height=at)
    # the clusters are the tip's; those of a long chain are looked up, not loaded
    clusters = view.clusters if view.is_short and at == tip else None
    cluster_of = _look_up(view, clustered) if at == tip else _unknown
    parties = _parties(view.lookup, batch, clusters, mixes)
    addresses = view.addresses(set(batch.out_script.tolist()))
    model = shipped_model()
    return {
        **view.tip,
        "policy": view.policy.name if known else None,
        "run_id": clustered.run_id if clustered else None,
        "basis": "inference",
        "txid": txid,
        "height": height,
        "as_of_height": at,
        "silent": _silent(batch),
        "spender_cluster_id": cluster_of(int(batch.in_script[0])),
        "model": {
            "sha256": model.digest,
            "intercept": model.intercept,
            "change_from": model.change_from,
            "payment_to": model.payment_to,
        },
        "outputs": _outputs(batch, parties, cluster_of, addresses),
    }


def held_change(
    lookup: Lookup, tx_ids: Iterable[int], mixes: Iterable[int]
) -> dict[int, dict[str, Any]]:
    """What the predictor says of the outputs of transactions, by txout_id; the silent left out.

    `verdict` is `change`, `payment`, or `undecided` where the predictor abstains. No cluster is
    used. `mixes` are the transactions of which no change is told.
    """
    wanted = sorted(set(tx_ids))
    if not wanted:
        return {}
    batch = load_transactions(lookup, wanted, mixes=mixes)
    said = predict(batch)
    return {
        int(batch.out_id[out]): {
            "probability": float(said.probability[out]),
            "verdict": _held(said.is_change[out], said.is_payment[out]) or "undecided",
        }
        for out in np.flatnonzero(~np.isnan(said.probability)).tolist()
    }


def run(
    store: Path, rules: Sequence[str] = (PREDICTOR,), progress: Progress = silent
) -> dict[str, Any]:
    """Asks these rules of every transaction and stores the table `change`, all of it or nothing.

    A table of the same rules, model and policy that stands for this tip is kept.
    """
    names = check_rules(rules)
    with open_for_writing(store) as writer, StoreView(store) as view:
        parameters = {
            "policy": view.policy.name,
            "rules": list(names),
            "model": shipped_model().digest if PREDICTOR in names else None,
        }
        tip_hash = view.store.manifest.tip_hash
        standing = [r for r in view.store.runs("change") if r.parameters == parameters]
        stored = next((r for r in standing if r.tip_hash == tip_hash), None)
        if stored is None:
            new = writer.new_run("change", parameters=parameters, inputs={})
            for part in gathered(_parts(view, names, progress)):
                new.add_table("change", part)
            stored = new.commit(tuple(r.run_id for r in standing))
    with StoreView(store) as view:
        counted = view.lookup.rows(
            "SELECT count(*) AS rows, "
            "count(*) FILTER (rule = ? AND verdict) AS change, "
            "count(*) FILTER (rule = ? AND NOT verdict) AS payment, "
            "count(*) FILTER (rule = ? AND verdict IS NULL) AS abstained "
            "FROM change WHERE run_id = ?",
            [PREDICTOR, PREDICTOR, PREDICTOR, stored.run_id],
        )[0]
        return {
            **view.tip,
            "policy": view.policy.name,
            "run_id": stored.run_id,
            "rules": list(names),
            "rows": counted["rows"],
            "held_change": counted["change"],
            "held_payment": counted["payment"],
            "abstained": counted["abstained"],
        }


def _parts(view: StoreView, names: Sequence[str], progress: Progress) -> Iterator[pa.Table]:
    """The table `change` of a chain, range after range."""
    count = view.store.manifest.counts["txs"]
    mixes = view.silent_txs
    ranges = [range(at, min(at + _AT_ONCE, count)) for at in range(0, count, _AT_ONCE)]
    parties = None
    if CLUSTER_FINGERPRINT in names:
        index = view.clusters.index
        bits: dict[int, int] = {}
        for some in ranges:
            progress("fingerprints", some.start, count)
            found = load_fingerprints(view.lookup, some, index.cluster_of, mixes)
            for cluster_id, kinds in found.items():
                bits[cluster_id] = bits.get(cluster_id, 0) | kinds
        parties = Parties(index.cluster_of, bits)
    for some in ranges:
        progress("change", some.start, count)
        batch = load_transactions(view.lookup, some, mixes=mixes)
        yield change_table(batch, names, parties=parties)
    progress("change", count, count)


def _look_up(view: StoreView, clustered: Run | None) -> ClusterIdOf:
    """How to learn a cluster: by the stored clustering, or in a short chain one made now."""
    if clustered is not None:
        rows = view.store.run_rows(clustered, "clusters")
        return lambda script: rows.cluster_of(script)[0] if script >= 0 else None
    if not view.is_short:
        return _unknown
    index = view.clusters.index
    return lambda script: int(index.cluster_of([script])[0]) if script >= 0 else None


def _unknown(script: int) -> int | None:
    return None


def _parties(
    lookup: Lookup, batch: Transactions, clusters: Clusters | None, mixes: list[int]
) -> Parties | None:
    """What is known of the cluster that spends the one transaction of the batch."""
    if clusters is None or batch.in_script[0] < 0:
        return None
    index = clusters.index
    members = index.members(int(index.cluster_of(batch.in_script[:1])[0]))[:_MOST_MEMBERS]
    receipts = [r for m in members.tolist() for r in lookup.receipts(m)][:_MOST_SPENDS]
    spends = sorted({s[0] for s in lookup.spenders(receipts) if s is not None})
    return Parties(
        index.cluster_of,
        load_fingerprints(lookup, [*spends, *batch.tx_id.tolist()], index.cluster_of, mixes),
    )


def _silent(batch: Transactions) -> str | None:
    """Why nothing can be said of the one transaction, None where something can."""
    if batch.is_in_question[0]:
        return None
    if batch.is_coinbase[0]:
        return "coinbase: it spends nothing"
    if batch.is_mix[0]:
        return "taken for a CoinJoin, or another transaction of several owners"
    if (batch.in_script < 0).any():
        return "an input's spent output is not known"
    return "fewer than two outputs that could be change"


def _outputs(
    batch: Transactions,
    parties: Parties | None,
    cluster_of: ClusterIdOf,
    addresses: dict[int, str | None],
) -> list[dict[str, Any]]:
    said = predict(batch)
    by_rule = verdicts(batch, parties)
    rows = []
    for out, script in enumerate(batch.out_script.tolist()):
        probability = float(said.probability[out])
        silent_ = np.isnan(probability)
        rows.append(
            {
                "vout": out,
                "value_sat": int(batch.out_value[out]),
                "address": addresses[script],
                "script_type": TYPES[batch.out_type[out]],
                "cluster_id": cluster_of(script),
                "held": None if silent_ else _held(said.is_change[out], said.is_payment[out]),
                "probability": None if silent_ else probability,
                "why": []
                if silent_
                else [{"feature": name, "adds": weight} for name, weight in why(batch, out)],
                "rules": list(_said(batch, by_rule, out)),
            }
        )
    return rows


def _held(is_change: bool, is_payment: bool) -> str | None:
    return "change" if is_change else "payment" if is_payment else None


def _said(batch: Transactions, by_rule: dict[str, Verdict], out: int) -> Iterable[dict[str, Any]]:
    for name, verdict in by_rule.items():
        spoken = verdict.decided[0] and batch.can_be_change[out]
        yield {
            "rule": name,
            "verdict": None if not spoken else "possible" if verdict.possible[out] else "ruled_out",
            "reason": reason(name, batch, 0, out),
        }


def rule_rows(answer: dict[str, Any]) -> Iterable[tuple[Any, ...]]:
    """The rows of `show`: of each output each rule, then the predictor, as RULE_COLUMNS."""
    for out in answer["outputs"]:
        for said in out["rules"]:
            yield out["vout"], said["rule"], said["verdict"], None, said["reason"]
        most = out["why"][0]["feature"] if out["why"] else ""
        yield out["vout"], PREDICTOR, out["held"], out["probability"], most
