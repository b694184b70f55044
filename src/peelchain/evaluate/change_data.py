"""Simulated economies as examples for the change predictor: features, and what was change."""

import csv
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from peelchain.chain.core_files import find
from peelchain.chain.ingest import ingest_core_files
from peelchain.cluster.change.features import features
from peelchain.cluster.change.fingerprints import fingerprints_of
from peelchain.cluster.change.load import load_transactions
from peelchain.cluster.change.rules import RULE_NAMES, Parties, verdicts
from peelchain.cluster.change.silent import silent_tx_ids
from peelchain.cluster.change.transactions import Transactions
from peelchain.cluster.members import ClusterIndex
from peelchain.cluster.of_store import computed
from peelchain.cluster.policy import DEFAULT_POLICY
from peelchain.errors import SourceError
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store

SEVERAL = "several"
"""The family of a transaction that wallets of several spend in."""

EXACT = "exact"
"""The class of a transaction without change, see `spends_exactly`."""

EXACT_SHARE = 0.1

Bools = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Examples:
    """The outputs that the predictor speaks of, in M rows: [M], and what they have [M, F], [M, R].

    `seed`, `tx` (tx_id in that seed's chain) and `vout` name the output; `wallet` numbers the
    wallet of the first input, `family` and `kind` (of wallets, and classes of transactions) are
    places in the lists of names. `is_change` is the truth, `is_own` that a spender controls the
    output, change or not. `rule_only` and `rule_possible` are what each of RULE_NAMES left, as the
    only output or at all; `rule_decided` that it spoke.
    """

    feature_names: list[str]
    families: list[str]
    kinds: list[str]
    seed: Int64
    tx: Int64
    vout: Int64
    wallet: Int64
    family: Int64
    kind: Int64
    is_change: Bools
    is_own: Bools
    has: Bools
    rule_only: Bools
    rule_possible: Bools
    rule_decided: Bools

    def __len__(self) -> int:
        return len(self.seed)

    def where(self, rows: Bools) -> "Examples":
        """The examples of these rows."""
        values: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                values[name] = value[rows]
        return Examples(**values)


def join(parts: Iterable[Examples]) -> Examples:
    """The examples of several economies, one after the other."""
    every = list(parts)
    lists: dict[str, Any] = {"feature_names": every[0].feature_names}
    columns: dict[str, Any] = {}
    for name in ("families", "kinds"):
        lists[name] = sorted({n for part in every for n in getattr(part, name)})
    wallets = 0
    shifted = []
    for part in every:
        shifted.append(part.wallet + wallets)
        wallets += int(part.wallet.max(initial=-1)) + 1
    for field in fields(Examples):
        if field.name not in lists:
            columns[field.name] = np.concatenate([getattr(part, field.name) for part in every])
    columns["wallet"] = np.concatenate(shifted)
    for name, of in (("family", "families"), ("kind", "kinds")):
        columns[name] = np.concatenate(
            [
                np.array([lists[of].index(n) for n in getattr(part, of)], dtype=np.int64)[
                    getattr(part, name)
                ]
                for part in every
            ]
        )
    return Examples(**lists, **columns)


def examples_of(node: Path, seed: int) -> Examples:
    """The examples of one simulated data directory, as seen from its tip.

    Mixes are those that the default policy flags, not those of the truth: what a detector misses,
    the predictor meets. Raises SourceError where the truth lacks a table.
    """
    with tempfile.TemporaryDirectory(prefix="peelchain-") as folder:
        store_path = Path(folder) / "store"
        ingest_core_files(find(node, None), store_path)
        with Store.open(store_path) as store, Lookup(store) as lookup:
            clusters = computed(lookup, DEFAULT_POLICY)
            transactions = load_transactions(
                lookup,
                range(store.manifest.counts["txs"]),
                mixes=silent_tx_ids(
                    clusters.coinjoins, clusters.lookalikes, DEFAULT_POLICY.detectors
                ),
            )
            txids = lookup.txids(transactions.tx_id.tolist())
            scripts = lookup.scripts(
                {*transactions.out_script.tolist(), *transactions.in_script.tolist()} - {-1}
            )
    shown = [txids[t][::-1].hex() for t in transactions.tx_id.tolist()]
    return _labelled(node / "truth", seed, transactions, shown, scripts, clusters.index)


def _labelled(
    truth: Path,
    seed: int,
    transactions: Transactions,
    shown: list[str],
    scripts: dict[int, bytes],
    index: ClusterIndex,
) -> Examples:
    change = {(row["txid"], int(row["vout"])) for row in _read(truth, "change")}
    rows = _read(truth, "scripts")
    owner = {row["script_pubkey"]: row["owner_id"] for row in rows}
    wallet = {row["script_pubkey"]: row["wallet"] for row in rows}
    told = {row["txid"]: row for row in _read(truth, "transactions")}

    t = transactions
    places = zip(t.tx_of_out.tolist(), t.vout.tolist(), strict=True)
    is_change = np.array([(shown[r], vout) in change for r, vout in places], dtype=np.bool_)
    kept = ~(is_change & spends_exactly(t, is_change, shown)[t.tx_of_out])
    vout, is_change = t.vout[kept], is_change[kept]
    t = without_outputs(t, ~kept)
    names, has = features(t)
    parties = Parties(index.cluster_of, fingerprints_of(t, index.cluster_of))
    said = verdicts(t, parties)

    asked = np.flatnonzero(t.is_in_question[t.tx_of_out] & t.can_be_change)
    txs = t.tx_of_out[asked]
    txids = [shown[r] for r in txs.tolist()]
    first = [scripts[s].hex() if s >= 0 else "" for s in t.in_script[t.first_in[:-1]].tolist()]
    paid = [owner[scripts[s].hex()] for s in t.out_script[asked].tolist()]
    families = [told[txid]["wallet_family"] or SEVERAL for txid in txids]
    classes = [told[txid]["class"] for txid in txids]
    exact = t.count_out(is_change)[txs] == 0
    kinds = [EXACT if e else c for e, c in zip(exact.tolist(), classes, strict=True)]
    return Examples(
        feature_names=names,
        families=sorted(set(families)),
        kinds=sorted(set(kinds)),
        seed=np.full(len(asked), seed, dtype=np.int64),
        tx=t.tx_id[txs],
        vout=vout[asked],
        wallet=_places([wallet[first[r]] for r in txs.tolist()]),
        family=_places(families),
        kind=_places(kinds),
        is_change=is_change[asked],
        is_own=np.array(
            [who in told[txid]["spenders"].split() for txid, who in zip(txids, paid, strict=True)],
            dtype=np.bool_,
        ),
        has=has[asked],
        rule_only=np.stack([said[r].only(t)[asked] for r in RULE_NAMES], axis=1),
        rule_possible=np.stack([said[r].possible[asked] for r in RULE_NAMES], axis=1),
        rule_decided=np.stack([said[r].decided[txs] for r in RULE_NAMES], axis=1),
    )


def spends_exactly(transactions: Transactions, is_change: Bools, shown: list[str]) -> Bools:
    """The transactions that are to lose their change: EXACT_SHARE of those with two payees [N].

    Which, is drawn by the txid. The simulated wallets pay two people without change next to never,
    people on the real chain do now and then; a model that never saw it would be sure that one of
    two outputs is change. The fee stays as it was.
    """
    payees = transactions.count_out(transactions.can_be_change & ~is_change)
    drawn = np.array([int(txid[:8], 16) < EXACT_SHARE * 2**32 for txid in shown], dtype=np.bool_)
    exactly: Bools = transactions.is_in_question & (payees >= 2) & drawn
    return exactly


def without_outputs(transactions: Transactions, left_out: Bools) -> Transactions:
    """The transactions less these outputs [O]; each must keep one."""
    counts = transactions.count_out(~left_out)
    columns = {
        f.name: getattr(transactions, f.name)[~left_out]
        for f in fields(Transactions)
        if f.name.startswith(("out_", "spender_"))
    }
    bounds = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return replace(transactions, first_out=bounds, **columns)


def _places(values: list[str]) -> Int64:
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _read(truth: Path, table: str) -> list[dict[str, str]]:
    path = truth / f"{table}.csv"
    try:
        with path.open(encoding="ascii", newline="") as file:
            return list(csv.DictReader(file))
    except OSError as e:
        raise SourceError(
            f"{path}: {e.strerror or e}; give a folder that 'peelchain simulate' wrote"
        ) from None
