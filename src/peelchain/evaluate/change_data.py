"""Simulated economies as examples for the change predictor: features, and what was change."""

import csv
import tempfile
from collections.abc import Iterable, Iterator
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
from peelchain.cluster.change.own_shape import pays_input
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

FRESH_STEP = 20
FRESH_BLOCKS = 3

Bools = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Examples:
    """The outputs that the predictor speaks of, in M rows: [M], and what they have [M, F], [M, R].

    `seed`, `tx` (tx_id in that seed's chain) and `vout` name the output; `in_type` and `out_type`
    are those of `Transactions`; `pays_input` marks a script that is spent here; `wallet`
    (of the first input), `family` (of wallets) and `kind` (class of the transaction) are places in
    the lists of names. `is_change` is the truth, `is_own` that a spender controls the
    output, change or not. `rule_only` and `rule_possible` are what each of RULE_NAMES left, as the
    only output or at all; `rule_decided` that it spoke.
    """

    feature_names: list[str]
    families: list[str]
    kinds: list[str]
    wallets: list[str]
    seed: Int64
    tx: Int64
    vout: Int64
    in_type: Int64
    out_type: Int64
    pays_input: Bools
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
    """The examples of several economies or views, one after the other; names are told apart."""
    every = list(parts)
    columns: dict[str, Any] = {"feature_names": every[0].feature_names}
    named = {"family": "families", "kind": "kinds", "wallet": "wallets"}
    for name, of in named.items():
        names = sorted({n for part in every for n in getattr(part, of)})
        place = {n: at for at, n in enumerate(names)}
        columns[of] = names
        columns[name] = np.concatenate(
            [
                np.array([place[n] for n in getattr(part, of)], dtype=np.int64)[getattr(part, name)]
                for part in every
            ]
        )
    for field in fields(Examples):
        if field.name not in columns:
            columns[field.name] = np.concatenate([getattr(part, field.name) for part in every])
    return Examples(**columns)


def examples_of(node: Path, seed: int, *, fresh: bool = False) -> Examples:
    """The examples of one simulated data directory, as seen from its tip.

    If `fresh`, as seen soon after: at every FRESH_STEP-th height the transactions of the last
    FRESH_BLOCKS blocks, of which next to nothing later is known; the rule `cluster_fingerprint`,
    which takes a clustering, is left undecided then. Mixes are those that the default policy flags,
    not those of the truth: what a detector misses, the predictor meets. Raises SourceError where
    the truth lacks a table.
    """
    with tempfile.TemporaryDirectory(prefix="peelchain-") as folder:
        store_path = Path(folder) / "store"
        ingest_core_files(find(node, None), store_path)
        with Store.open(store_path) as store, Lookup(store) as lookup:
            clusters = computed(lookup, DEFAULT_POLICY)
            mixes = silent_tx_ids(clusters.coinjoins, clusters.lookalikes, DEFAULT_POLICY.detectors)
            truth = _Truth(node / "truth", seed, lookup)
            if not fresh:
                count = store.manifest.counts["txs"]
                whole = load_transactions(lookup, range(count), mixes=mixes)
                return _labelled(whole, truth, clusters.index)
            return join(
                _labelled(soon, truth, None)
                for soon in _soon_after(lookup, mixes)
                if soon.is_in_question.any()
            )


def _soon_after(lookup: Lookup, mixes: list[int]) -> Iterator[Transactions]:
    for height in range(FRESH_STEP, lookup.store.manifest.tip_height + 1, FRESH_STEP):
        first, *_, last = lookup.blocks(range(height - FRESH_BLOCKS + 1, height + 1))
        tx_ids = range(first.first_tx_id, last.first_tx_id + last.tx_count)
        yield load_transactions(lookup, tx_ids, mixes=mixes, as_of_height=height)


class _Truth:
    """The truth tables of an economy, by the ids of its store."""

    def __init__(self, folder: Path, seed: int, lookup: Lookup) -> None:
        self.seed = seed
        counts = lookup.store.manifest.counts
        self.txids = {
            tx_id: txid[::-1].hex() for tx_id, txid in lookup.txids(range(counts["txs"])).items()
        }
        self.transactions = {row["txid"]: row for row in _read(folder, "transactions")}
        self.change = {(row["txid"], int(row["vout"])) for row in _read(folder, "change")}
        ids = {script.hex(): i for i, script in lookup.scripts(range(counts["scripts"])).items()}
        rows = _read(folder, "scripts")
        self.owner = {ids[row["script_pubkey"]]: row["owner_id"] for row in rows}
        self.wallet = {ids[row["script_pubkey"]]: f"{seed}/{row['wallet']}" for row in rows}


def _labelled(transactions: Transactions, truth: _Truth, index: ClusterIndex | None) -> Examples:
    t = transactions
    shown = [truth.txids[tx_id] for tx_id in t.tx_id.tolist()]
    places = zip(t.tx_of_out.tolist(), t.vout.tolist(), strict=True)
    is_change = np.array([(shown[r], vout) in truth.change for r, vout in places], dtype=np.bool_)
    kept = ~(is_change & spends_exactly(t, is_change, shown)[t.tx_of_out])
    vout, is_change = t.vout[kept], is_change[kept]
    t = without_outputs(t, ~kept)
    names, has = features(t)
    parties = Parties(index.cluster_of, fingerprints_of(t, index.cluster_of)) if index else None
    said = verdicts(t, parties)

    asked = np.flatnonzero(t.is_in_question[t.tx_of_out] & t.can_be_change)
    txs = t.tx_of_out[asked]
    told = [truth.transactions[shown[r]] for r in txs.tolist()]
    paid = [truth.owner[s] for s in t.out_script[asked].tolist()]
    exact = t.count_out(is_change)[txs] == 0
    payers = [truth.wallet[s] for s in t.in_script[t.first_in[:-1]][txs].tolist()]
    families = [row["wallet_family"] or SEVERAL for row in told]
    kinds = [EXACT if e else row["class"] for e, row in zip(exact.tolist(), told, strict=True)]
    return Examples(
        feature_names=names,
        families=sorted(set(families)),
        kinds=sorted(set(kinds)),
        wallets=sorted(set(payers)),
        seed=np.full(len(asked), truth.seed, dtype=np.int64),
        tx=t.tx_id[txs],
        vout=vout[asked],
        in_type=t.in_kind[txs],
        out_type=t.out_type[asked],
        pays_input=pays_input(t)[asked],
        wallet=_places(payers),
        family=_places(families),
        kind=_places(kinds),
        is_change=is_change[asked],
        is_own=np.array(
            [who in row["spenders"].split() for row, who in zip(told, paid, strict=True)],
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
