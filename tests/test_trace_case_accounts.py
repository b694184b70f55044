"""Simulated cases traced through the books of accounts: the rules, their oracles, and the truth."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from tests.oracle import accounts as oracle
from tests.oracle.account_runs import RunLines
from tests.oracle.accounts import Question
from tests.oracle.ground_flow import Place, at_rest
from tests.simulated_cases import CASES, Case
from tests.trace.account_strategies import traced_accounts

from peelchain.trace.accounts import (
    ACCOUNT_RULES,
    AccountRequest,
    AccountTrace,
    accounts_of,
    trace_accounts,
)
from peelchain.trace.bounds import Bound, bounds
from peelchain.trace.walk import TERMINAL_TYPES

Row = tuple[Any, ...]


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, cases: dict[str, Case]) -> Case:
    return cases[request.param]


def request_of(case: Case) -> AccountRequest:
    return AccountRequest(
        "forward",
        accounts_of(case.arrays, lambda scripts: case.cluster_of[np.asarray(scripts)]),
        case.request.seed_txouts,
        case.request.seed_traced_sat,
        boundaries=case.request.boundaries,
        network=True,
        seed_claimants=case.claimants,
    )


def question_of(case: Case) -> Question:
    """The request in the oracle's words."""
    asked = case.request
    kinds = [TERMINAL_TYPES[kind] for kind in asked.boundaries.kinds]
    return Question(
        "forward",
        tuple(
            zip(
                asked.seed_txouts.tolist(),
                case.claimants.tolist(),
                asked.seed_traced_sat.tolist(),
                strict=True,
            )
        ),
        dict(enumerate(case.cluster_of.tolist())),
        dict(zip(asked.boundaries.scripts.tolist(), kinds, strict=True)),
        coinjoins=frozenset(asked.boundaries.coinjoin_txs.tolist()),
    )


def rows(table: Any) -> list[Row]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


@pytest.fixture
def traced(case: Case) -> AccountTrace:
    return trace_accounts(case.arrays, request_of(case))


# Rules


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(traced_accounts())
def test_oracles_by_run_and_by_satoshi_are_one(traced):
    arrays, question = traced
    question = replace(question, direction="forward")
    for rule in ("account_fifo", "account_lifo"):
        expected = oracle.forward(arrays, question, rule)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(oracle, "Lines", RunLines)
            assert oracle.forward(arrays, question, rule) == expected


@pytest.mark.parametrize("rule", ACCOUNT_RULES)
def test_every_account_rule_is_its_oracles(case, traced, rule, monkeypatch):
    monkeypatch.setattr(oracle, "Lines", RunLines)
    expected = oracle.trace(case.arrays, question_of(case), rule)
    found = traced.rules[rule]
    assert {row[:5]: row[5] for row in rows(found.terminals)} == {
        place: sum(sat) for place, sat in expected.terminals.items()
    }
    assert {row[:4]: row[4] for row in rows(found.holdings)} == {
        place: sum(sat) for place, sat in expected.holdings.items()
    }
    claims = {
        (c, *place[:4]): sat
        for place, of in expected.terminals.items()
        for c, sat in enumerate(of)
        if sat
    }
    for (account, kind, tx, _), of in expected.holdings.items():
        claims |= {(c, kind, tx, None, account): sat for c, sat in enumerate(of) if sat}
    assert {row[:5]: row[5] for row in rows(found.claims)} == claims
    assert len(expected.payments) > 20


# The truth


@dataclass(frozen=True)
class Bounded:
    """The bounds of every destination in scope account, and where each end of value is."""

    destination_of: dict[Place, str]
    bounds: dict[str, Bound]


@pytest.fixture
def bounded(case: Case, traced: AccountTrace) -> Bounded:
    network = traced.network
    assert network is not None
    names = []
    destination_of: dict[Place, str] = {}
    ends = zip(
        network.end_types.tolist(),
        network.end_txs.tolist(),
        network.end_txouts.tolist(),
        network.end_accounts.tolist(),
        strict=True,
    )
    for kind, tx, txout, account in ends:
        name = TERMINAL_TYPES[kind]
        if account < 0:
            place = (case.txids[tx], None) if txout < 0 else case.places[txout]
            name = case.destination(name, None if txout < 0 else txout)
            if name != "seed":
                destination_of[place] = name
        names.append(name)
    every = sorted(set(names))
    found = bounds(network, [np.array(names) == name for name in every])
    return Bounded(destination_of, dict(zip(every, found, strict=True)))


def test_every_account_rule_and_the_truth_lie_in_the_bounds(case, traced, bounded):
    stopped, at_seeds = at_rest(case.node, case.inputs, bounded.destination_of)
    truth = {"seed": at_seeds} if at_seeds else {}
    for place, sat in stopped.items():
        # What did not end at a terminal is what accounts still hold.
        name = bounded.destination_of.get(place, "unspent")
        truth[name] = truth.get(name, 0) + sat
    assert sum(truth.values()) == traced.seeds_sat
    amounts = {"truth": truth}
    for rule, outcome in traced.rules.items():
        found: dict[str, int] = {}
        for kind, _, txout, _, _, sat in rows(outcome.terminals):
            name = case.destination(kind, txout)
            found[name] = found.get(name, 0) + sat
        for _, kind, _, _, sat in rows(outcome.holdings):
            found[kind] = found.get(kind, 0) + sat
        assert sum(found.values()) == traced.seeds_sat
        amounts[rule] = found
    assert set(truth) <= set(bounded.bounds)
    for name, bound in bounded.bounds.items():
        for who, of in amounts.items():
            assert bound.least_sat <= of.get(name, 0) <= bound.most_sat, (who, name)


def test_bounds_of_accounts_are_wider_than_those_of_transactions_yet_say_something(traced, bounded):
    certain = sum(bound.least_sat for bound in bounded.bounds.values())
    assert 0 < certain < traced.seeds_sat
