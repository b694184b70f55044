"""Traces of simulated cases: every rule against its oracle, and the truth against all of them."""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from tests.oracle import runs
from tests.oracle import trace as oracle
from tests.oracle.ground_flow import Place, at_rest
from tests.oracle.trace import Question
from tests.simulate.reading import read_truth
from tests.strategies import traced_chains

pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
pytest.importorskip("pbk", reason="the extra `simulate` is not installed")

from tests.simulated_cases import CASES, Case, ends_of

from peelchain.trace.bounds import Bound, bounds
from peelchain.trace.network import Network, transaction_network
from peelchain.trace.walk import BACKWARD_RULES, RULES, TERMINAL_TYPES, Trace, TraceRequest, trace

Row = tuple[Any, ...]
ROOT = Path(__file__).resolve().parent.parent


def _renderer():
    path = ROOT / "scripts" / "render_cases.py"
    spec = importlib.util.spec_from_file_location("render_cases", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


render = _renderer()


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, cases: dict[str, Case]) -> Case:
    return cases[request.param]


@pytest.fixture
def long_oracle(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The oracle, with the rules that go satoshi by satoshi on runs of them."""
    for name, rule in runs.RULES.items():
        monkeypatch.setitem(oracle.RULES, name, rule)
    yield


def question_of(case: Case) -> Question:
    """The request in the oracle's words."""
    asked = case.request
    kinds = [TERMINAL_TYPES[kind] for kind in asked.boundaries.kinds]
    return Question(
        asked.direction,
        dict(zip(asked.seed_txouts.tolist(), asked.seed_traced_sat.tolist(), strict=True)),
        dict(zip(asked.boundaries.scripts.tolist(), kinds, strict=True)),
        coinjoins=frozenset(asked.boundaries.coinjoin_txs.tolist()),
    )


def rows(table: Any) -> list[Row]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


# Rules


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(traced_chains())
def test_oracles_by_run_and_by_satoshi_are_one(traced):
    arrays, question = traced
    for rule, by_run in runs.RULES.items():
        expected = oracle.trace(arrays, question, rule)
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(oracle.RULES, rule, by_run)
            assert oracle.trace(arrays, question, rule) == expected


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.usefixtures("long_oracle")
def test_every_rule_is_its_oracles_for_every_claimant(case, rule):
    request = replace(case.request, seed_claimants=case.claimants)
    found = trace(case.arrays, request).rules[rule]
    parts = {
        seed: {whose: sat}
        for seed, whose, sat in zip(
            request.seed_txouts.tolist(),
            case.claimants.tolist(),
            request.seed_traced_sat.tolist(),
            strict=True,
        )
    }
    expected = oracle.trace(case.arrays, replace(question_of(case), parts=parts), rule)
    assert rows(found.terminals) == expected.terminals
    assert [row[1:] for row in rows(found.hops)] == expected.hops
    assert rows(found.claims) == expected.claims
    assert len(expected.hops) > 30


@pytest.mark.parametrize("rule", BACKWARD_RULES)
@pytest.mark.usefixtures("long_oracle")
def test_every_rule_is_its_oracles_backward(case, rule):
    request, question = backward(case)
    found = trace(case.arrays, request).rules[rule]
    expected = oracle.trace(case.arrays, question, rule)
    assert rows(found.terminals) == expected.terminals
    assert [row[1:] for row in rows(found.hops)] == expected.hops
    assert expected.hops


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
        rules=BACKWARD_RULES,
    )
    return request, replace(question_of(case), direction="backward", seeds=ends)


# The truth


@pytest.fixture
def traced(case: Case) -> Trace:
    return trace(case.arrays, replace(case.request, graph=True))


def test_the_truth_rests_at_terminals_of_the_trace_alone(case, traced):
    ends = ends_of(case, traced)
    truth, at_seeds = at_rest(case.node, case.inputs, ends)
    assert truth.keys() <= ends.keys()
    assert sum(truth.values()) + at_seeds == traced.seeds_sat
    services = {label for label in ends.values() if label.startswith("Exchange")}
    assert {ends[place] for place in truth} & services


@dataclass(frozen=True)
class Bounded:
    """The bounds of every destination, and where each end of the network is."""

    network: Network
    places: list[Place]
    destinations: list[str]
    bounds: dict[str, Bound]


@pytest.fixture
def bounded(case: Case, traced: Trace) -> Bounded:
    assert traced.graph is not None
    network = transaction_network(traced.graph, case.request.seed_traced_sat)
    ends = ends_of(case, traced)
    places: list[Place] = [
        (case.txids[tx], None) if txout < 0 else case.places[txout]
        for tx, txout in zip(network.end_txs.tolist(), network.end_txouts.tolist(), strict=True)
    ]
    at = [
        "seed" if TERMINAL_TYPES[kind] == "seed" else ends[place]
        for kind, place in zip(network.end_types.tolist(), places, strict=True)
    ]
    names = sorted(set(at))
    found = bounds(network, [np.array(at) == name for name in names])
    return Bounded(network, places, at, dict(zip(names, found, strict=True)))


def test_every_rule_and_the_truth_lie_in_the_bounds(case, traced, bounded):
    truth, at_seeds = at_rest(case.node, case.inputs, ends_of(case, traced))
    amounts = {"truth": by_destination(bounded, truth, at_seeds)}
    for rule, outcome in traced.rules.items():
        rests = {
            case.place(tx, txout): sat
            for kind, tx, txout, _, sat in rows(outcome.terminals)
            if kind != "seed"
        }
        amounts[rule] = by_destination(bounded, rests, outcome.totals.get("seed", 0))
    for name, bound in bounded.bounds.items():
        for who, of in amounts.items():
            assert bound.least_sat <= of.get(name, 0) <= bound.most_sat, (who, name)
    assert set(amounts["truth"]) <= set(bounded.bounds)


def by_destination(bounded: Bounded, rests: dict[Place, int], at_seeds: int) -> dict[str, int]:
    # An output can be where a seed rests and where another's flow comes to that seed.
    ends = zip(bounded.places, bounded.destinations, strict=True)
    at = {place: name for place, name in ends if name != "seed"}
    totals = {"seed": at_seeds} if at_seeds else {}
    for place, sat in rests.items():
        totals[at[place]] = totals.get(at[place], 0) + sat
    return totals


def test_bounds_say_for_certain_where_most_of_the_value_went(bounded):
    """Proceeds lie in wallets of their own for the most part: the bounds must show it."""
    seeds_sat = int(bounded.network.seed_sat.sum())
    assert sum(bound.least_sat for bound in bounded.bounds.values()) > seeds_sat // 2
    assert any(0 < bound.least_sat < bound.most_sat for bound in bounded.bounds.values())


def test_the_page_shows_what_the_command_prints(cases):
    page = (ROOT / "docs" / "methods" / "cases.md").read_text(encoding="utf-8")
    assert page == render.cases_page(cases), "run 'python scripts/render_cases.py'"


def test_no_bound_exceeds_what_single_transactions_allow(case, bounded):
    most = {
        (row["txid"], int(row["vout"])): int(row["most_sat"])
        for row in read_truth(case.node, "case_ends")
        if row["vout"]
    }
    chosen = [at for at, place in enumerate(bounded.places) if place in most]
    rows_of = np.arange(len(bounded.places))
    found = bounds(bounded.network, [rows_of == at for at in chosen])
    assert found
    for at, bound in zip(chosen, found, strict=True):
        assert bound.most_sat <= most[bounded.places[at]]
