"""Change: what every rule and the predictor say of a transaction, and the table of all."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from peelchain.actions.view import Progress, StoreView, silent
from peelchain.cluster.change.fingerprints import load_fingerprints
from peelchain.cluster.change.load import load_transactions
from peelchain.cluster.change.model import shipped_model
from peelchain.cluster.change.predict import NAME as PREDICTOR
from peelchain.cluster.change.predict import predict, why
from peelchain.cluster.change.reasons import reason
from peelchain.cluster.change.rules import CLUSTER_FINGERPRINT, Parties, verdicts
from peelchain.cluster.change.silent import silent_tx_ids
from peelchain.cluster.change.stage import change_table, check_rules
from peelchain.cluster.change.transactions import NONE, TYPES, Int64, Transactions
from peelchain.cluster.change.verdict import Verdict
from peelchain.cluster.of_store import Clusters
from peelchain.cluster.policy import Policy
from peelchain.errors import NotInChainError
from peelchain.schema import TABLES
from peelchain.store.lookup import Lookup
from peelchain.store.writer import open_for_writing
from peelchain.units import parse_txid

RULE_COLUMNS = ("vout", "rule", "verdict", "probability", "reason")

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
        tx_id = view.lookup.tx_ids(parse_txid(txid))[-1]
        tip = view.store.manifest.tip_height
        height = view.lookup.rows_of("txs", [tx_id], ["height"])[tx_id]["height"]
        at = tip if as_of_height is None else as_of_height
        if not height <= at <= tip:
            raise NotInChainError(
                f"transaction {txid} is at height {height} and the tip at {tip}: "
                f"it cannot be seen as of height {at}; give {height} to {tip}"
            )
        known = view.is_short or view.cluster_run() is not None
        clusters = view.clusters if known and at == tip else None
        mixes = _mixes(view.clusters, view.policy) if known else []
        batch = load_transactions(view.lookup, [tx_id], mixes=mixes, as_of_height=at)
        parties = _parties(view.lookup, batch, clusters, mixes)
        addresses = view.addresses(set(batch.out_script.tolist()))
        model = shipped_model()
        return {
            **view.tip,
            "policy": view.policy.name if known else None,
            "run_id": view.clusters.run_id if known else None,
            "basis": "inference",
            "txid": txid,
            "height": height,
            "as_of_height": at,
            "silent": _silent(batch),
            "spender_cluster_id": _cluster_of(clusters, batch.in_script[:1])[0],
            "model": {
                "sha256": model.digest,
                "intercept": model.intercept,
                "change_from": model.change_from,
                "payment_to": model.payment_to,
            },
            "outputs": _outputs(batch, parties, clusters, addresses),
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
            table = _table(view, names, progress)
            stored = writer.add_run(
                "change",
                {"change": table},
                parameters=parameters,
                inputs={},
                replaces=tuple(r.run_id for r in standing),
            )
    with StoreView(store) as view:
        table = view.store.read_run(stored, "change")
        said = table.filter(pa.compute.equal(table["rule"].cast(pa.string()), PREDICTOR))
        held = said["verdict"].to_pylist()
        return {
            **view.tip,
            "policy": view.policy.name,
            "run_id": stored.run_id,
            "rules": list(names),
            "rows": table.num_rows,
            "held_change": sum(v is True for v in held),
            "held_payment": sum(v is False for v in held),
            "abstained": sum(v is None for v in held),
        }


def _table(view: StoreView, names: Sequence[str], progress: Progress) -> pa.Table:
    count = view.store.manifest.counts["txs"]
    clusters = view.clusters
    mixes = _mixes(clusters, view.policy)
    ranges = [range(at, min(at + _AT_ONCE, count)) for at in range(0, count, _AT_ONCE)]
    parties = None
    if CLUSTER_FINGERPRINT in names:
        bits: dict[int, int] = {}
        for some in ranges:
            progress("fingerprints", some.start, count)
            found = load_fingerprints(view.lookup, some, clusters.index.cluster_of, mixes)
            for cluster_id, kinds in found.items():
                bits[cluster_id] = bits.get(cluster_id, 0) | kinds
        parties = Parties(clusters.index.cluster_of, bits)
    parts = [TABLES["change"].schema.empty_table()]
    for some in ranges:
        progress("change", some.start, count)
        batch = load_transactions(view.lookup, some, mixes=mixes)
        parts.append(change_table(batch, names, parties=parties))
    progress("change", count, count)
    return pa.concat_tables(parts)


def _mixes(clusters: Clusters, policy: Policy) -> list[int]:
    return silent_tx_ids(clusters.coinjoins, clusters.lookalikes, policy.detectors)


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


def _cluster_of(clusters: Clusters | None, scripts: Int64) -> list[int | None]:
    if clusters is None:
        return [None] * len(scripts)
    found = clusters.index.cluster_of(scripts).tolist()
    return [None if s == NONE else c for s, c in zip(scripts.tolist(), found, strict=True)]


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
    clusters: Clusters | None,
    addresses: dict[int, str | None],
) -> list[dict[str, Any]]:
    said = predict(batch)
    by_rule = verdicts(batch, parties)
    cluster_ids = _cluster_of(clusters, batch.out_script)
    rows = []
    for out, cluster_id in enumerate(cluster_ids):
        probability = float(said.probability[out])
        silent_ = np.isnan(probability)
        rows.append(
            {
                "vout": out,
                "value_sat": int(batch.out_value[out]),
                "address": addresses[int(batch.out_script[out])],
                "script_type": TYPES[batch.out_type[out]],
                "cluster_id": cluster_id,
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
