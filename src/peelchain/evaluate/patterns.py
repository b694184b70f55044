"""Measured error of the detectors of patterns, on simulated economies with truth."""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np

from peelchain.chain.core_files import find
from peelchain.chain.ingest import ingest_core_files
from peelchain.cluster.change.silent import silent_tx_ids
from peelchain.cluster.of_store import Clusters, computed
from peelchain.cluster.policy import DEFAULT_POLICY
from peelchain.errors import SourceError
from peelchain.evaluate.conditions import STATED, Condition
from peelchain.evaluate.economy import Economy, read_economy, truth_rows
from peelchain.evaluate.error_rates import EVERYWHERE, Counted, ErrorRate, rate
from peelchain.evaluate.one_economy import simulated
from peelchain.evaluate.runs import Task, software
from peelchain.evaluate.seeds import seeds_for
from peelchain.evaluate.simulated_rates import seed_text
from peelchain.network import REGTEST
from peelchain.simulate.parameters import PARAMETERS
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store
from peelchain.tags.rates import rates_of, read_rates, worth_by_day
from peelchain.tags.services import attribute
from peelchain.tags.tagpack import read_tagpacks
from peelchain.trace.patterns import consolidation, fan_out, peel_chain, round_trip
from peelchain.trace.patterns.finding import (
    CONSOLIDATION,
    DEPOSIT_SWEEP,
    FAN_OUT,
    PEEL_CHAIN,
    ROUND_TRIP,
    STRUCTURING,
    Finding,
)
from peelchain.trace.patterns.scene import Scene, StoredDetails
from peelchain.trace.patterns.search import find_patterns
from peelchain.trace.patterns.structuring import Threshold, payments, structurings
from peelchain.trace.walk import TraceRequest, boundaries, trace
from peelchain.units import parse_txid

LINKS = "links; right where the remainder stays with its owner"
CHAINS = "chains; right where one owner paid all of it"
ON_PURPOSE = "chains; right where somebody peels on purpose"
DEPOSITS = "deposits; right where the service gave out the address"
JOINED = "transactions; right where the output stays with the one spender"
PAID = "transactions; right where one spender pays as many others"
ANOTHER = "round trips; right where one other owner takes it out and brings it back"
BACK = "round trips; right where the owner paid is who paid"
BELOW = "structurings on a trace of the loot; right where half are meant to be below"
SPARED = "parties by threshold on the whole chain, none meant; right where nothing is said"

THRESHOLDS_USD = (500, 1_000, 2_000, 3_000, 5_000, 10_000, 15_000)
"""What structuring is asked for; those that somebody means to stay below are among them."""

ALSO_SILENT = "whirlpool_tx0"
"""Lookalikes that are no pattern either, beside those that a clustering leaves out."""

_PARTS = ("trace", "script.py")
_RECORDED = datetime(2024, 1, 1, tzinfo=UTC)

Pair = tuple[int, int]


@dataclass(frozen=True)
class Count:
    """Of one unit: (right, said) and (found, there was to find), None where it cannot be told."""

    rule: str
    stratum: str
    unit: str
    said: Pair | None
    sought: Pair | None


CASES = ("theft", "ransomware", "layering")
"""The simulated cases that are measured, each in so many economies."""

PRESETS = (STATED, "shifted")
"""The habits of the economies; the first are those that are quoted."""


def evaluate_patterns(
    economies: int,
    blocks: int,
    work: Path,
    purpose: Literal["choosing", "test"],
    made_by: str,
    progress: Callable[[int, int], object],
    presets: Sequence[str] = PRESETS,
) -> list[ErrorRate]:
    """The error rates of so many economies of each case and preset, on seeds of the purpose.

    Counts in the folder `work` are not made again while the software is the same. Raises
    MisuseError for more seeds than there are.
    """
    seeds = seeds_for(purpose, economies)
    tasks = {
        preset: [
            Task(Condition(case, case, replace(PARAMETERS[preset], case=case)), seed, blocks)
            for case in CASES
            for seed in seeds
        ]
        for preset in presets
    }
    every = sum(len(some) for some in tasks.values())
    rows: list[ErrorRate] = []
    done = 0
    for preset, some in tasks.items():
        counts = []
        for task in some:
            progress(done, every)
            counts.append(_kept_counts(task, work))
            done += 1
        data = f"{preset} with {', '.join(CASES)}: {economies} economies of each of {blocks} blocks"
        found = pattern_rates(counts, data=data, made_by=made_by, seeds=seed_text(seeds))
        rows += [replace(row, stratum=_stratum(row.stratum, preset)) for row in found]
    progress(done, every)
    return rows


def _stratum(name: str, preset: str) -> str:
    if preset == STATED:
        return name
    return f"condition:{preset}" if name == EVERYWHERE else f"{name},{preset}"


def _kept_counts(task: Task, work: Path) -> list[Count]:
    """The counts of one economy, made now or before by the same software."""
    key = sha256(f"{task.key} {software(_PARTS)}".encode()).hexdigest()[:16]
    path = work / f"patterns-{key}.json"
    try:
        if path.exists():
            return _read_counts(path)
        folder = work / "chains" / task.chain_key
        node = simulated(folder, task.seed, task.blocks, task.condition.parameters)
        counts = pattern_counts(node, folder / f"store-{os.getpid()}")
        shutil.rmtree(folder, ignore_errors=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps([astuple(c) for c in counts]), encoding="ascii")
        fresh.rename(path)
    except OSError as e:
        raise SourceError(f"{e.filename or work}: {e.strerror}; choose another --work") from e
    return counts


def _read_counts(path: Path) -> list[Count]:
    try:
        rows = json.loads(path.read_text(encoding="ascii"))
        return [
            Count(rule, stratum, unit, _pair(said), _pair(sought))
            for rule, stratum, unit, said, sought in rows[:]
        ]
    except (ValueError, TypeError, KeyError) as e:
        raise SourceError(f"{path} holds no counts ({e}); remove it") from None


def _pair(given: Any) -> Pair | None:
    if given is None:
        return None
    right, every = given
    return int(right), int(every)


def pattern_counts(node: Path, store: Path) -> list[Count]:
    """The counts of every detector on a simulated data directory, in order of pattern.

    `store` is a folder for its store, which must be new.
    """
    ingest_core_files(find(node, REGTEST), store)
    with Store.open(store) as opened, closing(Lookup(opened)) as lookup:
        case = _Measured(node, opened, lookup)
        found = find_patterns(case.scene, range(case.economy.arrays.tx_count))
        by_name: dict[str, list[Finding]] = {}
        for finding in found:
            by_name.setdefault(finding.pattern, []).append(finding)
        return [
            *_peel_chains(case, by_name.get(PEEL_CHAIN, [])),
            _deposit_sweeps(case, by_name.get(DEPOSIT_SWEEP, [])),
            *_consolidations(case, by_name.get(CONSOLIDATION, [])),
            _fan_outs(case, by_name.get(FAN_OUT, [])),
            *_round_trips(case, by_name.get(ROUND_TRIP, [])),
            *_structurings(case),
        ]


def pattern_rates(
    counts: Sequence[Iterable[Count]], *, data: str, made_by: str, seeds: str
) -> list[ErrorRate]:
    """The rows of these economies' counts, each economy a group."""
    parts: dict[tuple[str, str, str], list[Count]] = {}
    for economy in counts:
        for count in economy:
            parts.setdefault((count.rule, count.stratum, count.unit), []).append(count)
    return [
        rate(
            rule,
            stratum,
            Counted(_pairs([c.said for c in some]), _pairs([c.sought for c in some])),
            data=data,
            basis="simulated",
            unit=unit,
            made_by=made_by,
            seeds=seeds,
        )
        for (rule, stratum, unit), some in parts.items()
    ]


def rule_name(pattern: str) -> str:
    """The name under which a pattern's error is kept."""
    return f"pattern:{pattern}"


def _pairs(given: list[Pair | None]) -> tuple[Pair, ...] | None:
    known = tuple(pair for pair in given if pair is not None)
    return known or None


@dataclass(frozen=True)
class _Label:
    """One labelled instance of the truth: its outputs by role, in order."""

    pattern: str
    txouts: Mapping[str, tuple[int, ...]]
    threshold_usd: int | None


class _Measured:
    """One economy: what a user would see of it, and the truth."""

    def __init__(self, node: Path, store: Store, lookup: Lookup) -> None:
        self.node, self.lookup = node, lookup
        self.economy: Economy = read_economy(node, store)
        self.clusters: Clusters = computed(lookup, DEFAULT_POLICY)
        self.marks, self.parties = self._attribution()
        silent = silent_tx_ids(
            self.clusters.coinjoins,
            self.clusters.lookalikes,
            (*DEFAULT_POLICY.detectors, ALSO_SILENT),
        )
        self.scene = Scene(
            self.economy.arrays,
            StoredDetails(lookup),
            self.clusters.index.cluster_of,
            self._name,
            silent,
        )
        txids = store.read("txs", ["txid"])["txid"].to_pylist()
        self.tx_id = {txid: number for number, txid in enumerate(txids)}
        times = store.read("blocks", ["time_utc"])["time_utc"].to_pylist()
        self.times = [int(time.timestamp()) for time in times]

    def owner(self, txout: int) -> int:
        """The owner of an output, -1 for none."""
        return int(self.economy.owner.code[self.economy.arrays.txout_script[txout]])

    def payer(self, tx: int) -> int:
        """The one owner of what a transaction spends, -1 where there are several."""
        owners = {self.owner(o) for o in self.economy.arrays.prevouts(tx).tolist() if o >= 0}
        return owners.pop() if len(owners) == 1 else -1

    @cached_property
    def labels(self) -> list[_Label]:
        """The labelled instances, in the order of the truth."""
        rows: dict[str, list[Mapping[str, str]]] = {}
        for row in truth_rows(self.node, "patterns"):
            rows.setdefault(row["pattern_id"], []).append(row)
        found = []
        for some in rows.values():
            roles: dict[str, list[int]] = {}
            for row in some:
                roles.setdefault(row["role"], []).append(self.txout(row))
            usd = some[0]["threshold_usd"]
            by_role = {role: tuple(txouts) for role, txouts in roles.items()}
            found.append(_Label(some[0]["pattern"], by_role, int(usd) if usd else None))
        return found

    def labelled(self, pattern: str) -> list[_Label]:
        """The instances of one pattern."""
        return [label for label in self.labels if label.pattern == pattern]

    def txout(self, row: Mapping[str, str]) -> int:
        """The output that a row of the truth names."""
        tx = self.tx_id[parse_txid(row["txid"])]
        return int(self.economy.arrays.tx_first_txout[tx]) + int(row["vout"])

    def reached(self) -> set[int]:
        """The transactions that a trace from the case's seeds comes through."""
        seeds = {self.txout(r): int(r["value_sat"]) for r in truth_rows(self.node, "case_seeds")}
        if not seeds:
            return set()
        request = TraceRequest(
            direction="forward",
            seed_txouts=np.array(list(seeds), np.int64),
            seed_traced_sat=np.array(list(seeds.values()), np.int64),
            rules=("index_fifo",),
            boundaries=boundaries(
                services=np.flatnonzero(self.marks >= 0), coinjoin_txs=sorted(self.scene.mixes)
            ),
        )
        hops = trace(self.economy.arrays, request).rules["index_fifo"].hops
        return set(hops["tx_id"].to_pylist())

    def _attribution(self) -> tuple[np.ndarray[Any, np.dtype[np.int64]], tuple[str, ...]]:
        path = self.node / "tagpack.yaml"
        tags = read_tagpacks([path], REGTEST, recorded_utc=_RECORDED).tags
        scripts = tags["script_pubkey"].to_pylist()
        known = self.lookup.script_ids(set(scripts))
        ids = np.array([known.get(script, -1) for script in scripts], np.int64)
        index = self.clusters.index
        said = attribute(tags, ids, index.cluster_of)
        every = np.arange(len(self.economy.owner.code))
        return said.marks_of(every, index.cluster_of(every)), tuple(m.party for m in said.marks)

    def _name(self, script_id: int) -> str | None:
        mark = int(self.marks[script_id])
        return self.parties[mark] if mark >= 0 else None


def _share(right: Iterable[bool]) -> Pair:
    told = list(right)
    return sum(told), len(told)


def _peel_chains(case: _Measured, found: list[Finding]) -> Iterator[Count]:
    rule = rule_name(PEEL_CHAIN)
    labels = case.labelled(PEEL_CHAIN)
    followed = {txout for finding in found for txout in finding.txouts}
    spender = case.economy.arrays.txout_spender
    sought = []
    for label in labels:
        own = {int(case.economy.arrays.txout_tx[o]) for o in label.txouts.get("peel", ())}
        carries = label.txouts.get("carry", ())
        sought += [carry in followed for carry in carries if int(spender[carry]) in own]
    links = [
        (case.scene.tx(tx).inputs[0], kept)
        for finding in found
        for tx, kept in zip(finding.txs, finding.txouts, strict=False)
    ]
    rights = [case.owner(coin.txout_id) == case.owner(kept) for coin, kept in links]
    tagged = [case.scene.name(coin.script_id) is not None for coin, _ in links]
    yield Count(rule, EVERYWHERE, LINKS, _share(rights), _share(sought))
    for name, which in ((peel_chain.UNTAGGED, False), (peel_chain.TAGGED, True)):
        some = [
            right for right, is_tagged in zip(rights, tagged, strict=True) if is_tagged == which
        ]
        yield Count(rule, name, LINKS, _share(some), None)
    payers = [{case.payer(tx) for tx in f.txs} for f in found]
    whole = [len(owners) == 1 and min(owners) >= 0 for owners in payers]
    yield Count(rule, EVERYWHERE, CHAINS, _share(whole), None)
    meant = {
        o for label in labels for role in ("peel", "carry") for o in label.txouts.get(role, ())
    }
    purpose = [
        2 * sum(bool({o.txout_id for o in case.scene.tx(tx).outputs} & meant) for tx in f.txs)
        >= len(f.txs)
        for f in found
        if case.scene.name(case.scene.tx(f.txs[0]).inputs[0].script_id) is None
    ]
    yield Count(rule, peel_chain.UNTAGGED, ON_PURPOSE, _share(purpose), None)


def _deposit_sweeps(case: _Measured, found: list[Finding]) -> Count:
    labelled = {o for label in case.labelled(DEPOSIT_SWEEP) for o in label.txouts["deposit"]}
    said = {txout for finding in found for txout in finding.txouts}
    scripts = case.economy.arrays.txout_script
    unknown = [o for o in sorted(labelled) if case.scene.name(int(scripts[o])) is None]
    return Count(
        rule_name(DEPOSIT_SWEEP),
        EVERYWHERE,
        DEPOSITS,
        _share(o in labelled for o in sorted(said)),
        _share(o in said for o in unknown),
    )


def _consolidations(case: _Measured, found: list[Finding]) -> Iterator[Count]:
    rule = rule_name(CONSOLIDATION)
    whole = {finding.aside[0] for finding in found}
    sought = [
        label.txouts["whole"][0] in whole
        for label in case.labelled(CONSOLIDATION)
        if len(label.txouts["part"]) >= consolidation.LEAST_INPUTS
    ]
    rights = [case.payer(f.txs[0]) == case.owner(f.aside[0]) for f in found]
    yield Count(rule, EVERYWHERE, JOINED, _share(rights), _share(sought))
    for ground in (consolidation.CO_SPEND, consolidation.TAG, consolidation.FINGERPRINT):
        yield _of_stratum(rule, f"ground:{ground}", JOINED, found, rights)


def _fan_outs(case: _Measured, found: list[Finding]) -> Count:
    said = {finding.txs[0] for finding in found}
    rights = []
    for finding in found:
        payer = case.payer(finding.txs[0])
        others = sum(case.owner(o) != payer for o in finding.txouts)
        rights.append(payer >= 0 and others >= fan_out.LEAST_PAYEES)
    maker = case.economy.arrays.txout_tx
    sought = [
        int(maker[label.txouts["paid"][0]]) in said
        for label in case.labelled(FAN_OUT)
        if len(label.txouts["paid"]) >= fan_out.LEAST_PAYEES
    ]
    return Count(rule_name(FAN_OUT), EVERYWHERE, PAID, _share(rights), _share(sought))


def _round_trips(case: _Measured, found: list[Finding]) -> Iterator[Count]:
    rule = rule_name(ROUND_TRIP)
    ends = {(finding.txouts[0], finding.txouts[-1]) for finding in found}
    sought = [
        (label.txouts["out"][0], label.txouts["back"][-1]) in ends
        for label in case.labelled(ROUND_TRIP)
    ]
    rights, others = [], []
    for finding in found:
        payer = case.payer(finding.txs[0])
        between = {case.owner(o) for o in finding.txouts[:-1]}
        rights.append(payer >= 0 and payer == case.owner(finding.txouts[-1]))
        others.append(rights[-1] and len(between) == 1 and payer not in between)
    yield Count(rule, EVERYWHERE, ANOTHER, _share(others), _share(sought))
    yield Count(rule, EVERYWHERE, BACK, _share(rights), None)
    for way in (round_trip.DIRECT, round_trip.FURTHER):
        yield _of_stratum(rule, way, ANOTHER, found, others)


def _of_stratum(
    rule: str, stratum: str, unit: str, found: list[Finding], rights: list[bool]
) -> Count:
    some = [right for f, right in zip(found, rights, strict=True) if f.stratum == stratum]
    return Count(rule, stratum, unit, _share(some), None)


def _structurings(case: _Measured) -> Iterator[Count]:
    rule = rule_name(STRUCTURING)
    labels = case.labelled(STRUCTURING)
    meant = {o for label in labels for o in label.txouts["deposit"]}
    worth = worth_by_day(rates_of(read_rates(case.node / "rates.csv")), "USD")

    def paid(txs: Iterable[int]) -> Sequence[Any]:
        return payments(case.scene, txs, case.times.__getitem__, worth)

    def said(some: Sequence[Any], usd: int) -> tuple[Finding, ...]:
        return structurings(some, Threshold(usd * 100, "USD"))

    on_trace = paid(case.reached())
    found = {usd: said(on_trace, usd) for usd in THRESHOLDS_USD}
    rights = [
        2 * sum(o in meant for o in finding.txouts) >= len(finding.txouts)
        for some in found.values()
        for finding in some
    ]
    sought = [
        any(
            2 * len(set(label.txouts["deposit"]) & set(finding.txouts))
            >= len(label.txouts["deposit"])
            for finding in found[label.threshold_usd]
        )
        for label in labels
        if label.threshold_usd in found
    ]
    yield Count(rule, EVERYWHERE, BELOW, _share(rights), _share(sought))
    clean = [p for p in paid(range(case.economy.arrays.tx_count)) if p.txout_id not in meant]
    payee = {p.txout_id: p.payee for p in clean}
    parties = sorted({name for name in payee.values() if isinstance(name, str)})
    alarms = {(usd, payee[f.txouts[0]]) for usd in THRESHOLDS_USD for f in said(clean, usd)}
    spared = [(usd, name) not in alarms for usd in THRESHOLDS_USD for name in parties]
    yield Count(rule, EVERYWHERE, SPARED, _share(spared), None)
