"""Traces of simulated cases: every rule against its oracle, and the truth against all of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from tests.oracle import runs
from tests.oracle import trace as oracle
from tests.oracle.ground_flow import Place, at_rest, seeds_of
from tests.oracle.trace import Question
from tests.simulate.reading import read_truth
from tests.strategies import traced_chains

pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
pytest.importorskip("pbk", reason="the extra `simulate` is not installed")

from peelchain.actions import chain, lists
from peelchain.actions.simulations import Choice, simulate
from peelchain.actions.view import StoreView
from peelchain.case.services import Services, services, stops
from peelchain.store.arrays import ChainArrays
from peelchain.trace.graph import NO_TERMINAL
from peelchain.trace.walk import CASE_RULES, RULES, TERMINAL_TYPES, Trace, TraceRequest, trace
from peelchain.units import OutPoint, format_hash

BLOCKS = 220
CASES = ("demo", "ransomware", "theft", "layering")
DATE = datetime(2024, 1, 31, 12, tzinfo=UTC)

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Case:
    """A simulated case in a store, ready to be traced."""

    node: Path
    arrays: ChainArrays
    known: Services
    request: TraceRequest
    places: dict[int, Place]
    inputs: dict[str, list[Place]]
    txids: list[str]

    @property
    def question(self) -> Question:
        """The request in the oracle's words."""
        asked = self.request
        kinds = [TERMINAL_TYPES[kind] for kind in asked.boundaries.kinds]
        return Question(
            asked.direction,
            dict(zip(asked.seed_txouts.tolist(), asked.seed_traced_sat.tolist(), strict=True)),
            dict(zip(asked.boundaries.scripts.tolist(), kinds, strict=True)),
            coinjoins=frozenset(asked.boundaries.coinjoin_txs.tolist()),
        )

    def place(self, tx: int, txout: int | None) -> Place:
        """The output, or the fee, by display txid."""
        return (self.txids[tx], None) if txout is None else self.places[txout]

    def destination(self, kind: str, txout: int | None) -> str:
        """Whom a terminal is at: the service's label, or the type."""
        if kind != "service" or txout is None:
            return kind
        mark = self.known.mark(int(self.arrays.txout_script[txout]))
        return mark.label if mark else kind


def prepare(folder: Path, name: str) -> Case:
    node, store = folder / "node", folder / "store"
    choice = Choice(case="" if name == "demo" else name)
    simulate(7, BLOCKS, node, choice=choice)
    chain.ingest(f"core:{node}", store)
    lists.import_tags([node / "tagpack.yaml"], store, DATE)
    with StoreView(store) as view:
        arrays = view.arrays
        count = len(arrays.tx_height)
        raw = view.lookup.txids(range(count))
        txids = [format_hash(raw[tx]) for tx in range(count)]
        known = services(view.attribution, view.clusters.index)
        seeds = seeds_of(node)
        txouts = view.lookup.txout_ids([OutPoint.parse(f"{t}:{v}") for t, v in seeds])
        request = TraceRequest(
            "forward",
            np.array(txouts, np.int64),
            np.array(list(seeds.values()), np.int64),
            boundaries=stops(known, view.clusters.coinjoins["tx_id"].to_numpy()),
            rules=RULES,
        )
    first = arrays.tx_first_txout
    places: dict[int, Place] = {
        txout: (txids[tx], txout - int(first[tx]))
        for txout, tx in enumerate(arrays.txout_tx.tolist())
    }
    spent = arrays.txin_prev_txout.tolist()
    ins = arrays.tx_first_txin.tolist()
    inputs = {
        txids[tx]: [places[txout] for txout in spent[ins[tx] : ins[tx + 1]] if txout >= 0]
        for tx in range(count)
    }
    return Case(node, arrays, known, request, places, inputs, txids)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    return {name: prepare(tmp_path_factory.mktemp(name), name) for name in CASES}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, cases: dict[str, Case]) -> Case:
    return cases[request.param]


@pytest.fixture
def long_oracle(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The oracle, with the rules that go satoshi by satoshi on runs of them."""
    for name, rule in runs.RULES.items():
        if name in oracle.RULES:
            monkeypatch.setitem(oracle.RULES, name, rule)
    yield


def rows(table: Any) -> list[Row]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


# Rules


@settings(max_examples=100, deadline=None)
@given(traced_chains())
def test_oracles_by_run_and_by_satoshi_are_one(traced):
    arrays, question = traced
    for rule, by_run in runs.RULES.items():
        if rule not in oracle.RULES:
            continue
        expected = oracle.trace(arrays, question, rule)
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(oracle.RULES, rule, by_run)
            assert oracle.trace(arrays, question, rule) == expected


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.usefixtures("long_oracle")
def test_every_rule_is_its_oracles(case, rule):
    found = trace(case.arrays, case.request).rules[rule]
    expected = oracle.trace(case.arrays, case.question, rule)
    assert rows(found.terminals) == expected.terminals
    assert [row[1:] for row in rows(found.hops)] == expected.hops
    assert len(expected.hops) > 30


@pytest.mark.parametrize("rule", CASE_RULES)
@pytest.mark.usefixtures("long_oracle")
def test_every_rule_is_its_oracles_backward(case, rule):
    request, question = backward(case)
    found = trace(case.arrays, request).rules[rule]
    expected = oracle.trace(case.arrays, question, rule)
    assert rows(found.terminals) == expected.terminals
    assert [row[1:] for row in rows(found.hops)] == expected.hops
    assert len(expected.hops) > 30


def backward(case: Case) -> tuple[TraceRequest, Question]:
    """The question where what services hold of the proceeds came from."""
    txout_of = {place: txout for txout, place in case.places.items()}
    ends = {
        txout_of[row["txid"], int(row["vout"])]: int(row["case_sat"])
        for row in read_truth(case.node, "case_ends")
        if row["end"] == "service"
    }
    request = replace(
        case.request,
        direction="backward",
        seed_txouts=np.array(list(ends), np.int64),
        seed_traced_sat=np.array(list(ends.values()), np.int64),
        rules=CASE_RULES,
    )
    return request, replace(case.question, direction="backward", seeds=ends)


# The truth


@pytest.fixture
def traced(case: Case) -> Trace:
    return trace(case.arrays, replace(case.request, graph=True))


def ends_of(case: Case, traced: Trace) -> dict[Place, str]:
    """The destination at each output and fee where value can come to rest."""
    graph = traced.graph
    assert graph is not None
    ends = {
        case.places[txout]: case.destination(TERMINAL_TYPES[kind], txout)
        for txout, kind in zip(graph.node_txout.tolist(), graph.node_type.tolist(), strict=True)
        if kind != NO_TERMINAL
    }
    fees = {(case.txids[tx], None): "fee" for tx in graph.visit_tx.tolist()}
    return {**ends, **fees}


def test_the_truth_rests_at_terminals_of_the_trace_alone(case, traced):
    ends = ends_of(case, traced)
    truth = at_rest(case.node, case.inputs, ends)
    assert truth.keys() <= ends.keys()
    assert sum(truth.values()) == traced.seeds_sat
    services = {label for label in ends.values() if label.startswith("Exchange")}
    assert {ends[place] for place in truth} & services
