"""The walk through accounts against its slow oracle on random chains, and worked by hand."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from hypothesis import event, given, settings
from tests.oracle import accounts as oracle
from tests.oracle.accounts import Question
from tests.strategies import ChainBuilder
from tests.trace.account_strategies import traced_accounts

from peelchain.store.arrays import ChainArrays
from peelchain.trace.accounts import (
    AccountRequest,
    AccountRuleTrace,
    accounts_of,
    trace_accounts,
)
from peelchain.trace.bounds import bounds
from peelchain.trace.network import Network
from peelchain.trace.walk import TERMINAL_TYPES, boundaries

Row = tuple[Any, ...]


def request_of(arrays: ChainArrays, question: Question, **changes: Any) -> AccountRequest:
    def scripts(kind: str) -> list[int]:
        return [s for s, k in question.boundary.items() if k == kind]

    txouts, claimants, sats = zip(*question.seeds, strict=True)
    owner = question.owner
    request = AccountRequest(
        question.direction,
        accounts_of(arrays, lambda ids: np.array([owner[s] for s in np.asarray(ids).tolist()])),
        np.array(txouts),
        np.array(sats),
        boundaries=boundaries(
            services=scripts("service"),
            mixers=scripts("mixer"),
            coinjoin_txs=sorted(question.coinjoins),
            exempt=sorted(question.exempt),
            target_scripts=sorted(question.target_scripts),
            target_txouts=sorted(question.target_txouts),
        ),
        max_hops=question.max_hops,
        min_value_sat=question.min_value_sat,
        min_height=question.min_height,
        max_height=question.max_height,
        max_account_outputs=question.max_account_outputs,
        max_txs=question.max_txs,
        seed_claimants=np.array(claimants),
    )
    return replace(request, **changes)


def rows(table: Any) -> list[Row]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def by_claimant(outcome: AccountRuleTrace, claimants: int) -> dict[Row, list[int]]:
    """Traced satoshis by claimant of each (type, tx, txout, account)."""
    found: dict[Row, list[int]] = {}
    for claimant, *end, sat in rows(outcome.claims):
        found.setdefault(tuple(end), [0] * claimants)[claimant] = sat
    return found


@settings(max_examples=200, deadline=None)
@given(traced_accounts())
def test_kernel_equals_oracle(traced):
    arrays, question = traced
    found = trace_accounts(arrays, request_of(arrays, question))
    for rule, outcome in found.rules.items():
        expected = oracle.trace(arrays, question, rule)
        claims = {
            (kind, tx, txout, account): sat
            for (kind, tx, txout, account, _), sat in expected.terminals.items()
        } | {
            (kind, tx, None, account): sat
            for (account, kind, tx, _), sat in expected.holdings.items()
        }
        assert by_claimant(outcome, question.claimants) == claims
        assert {row[:5]: row[5] for row in rows(outcome.terminals)} == {
            (kind, tx, txout, account, value): sum(sat)
            for (kind, tx, txout, account, value), sat in expected.terminals.items()
        }
        assert {row[:4]: row[4] for row in rows(outcome.holdings)} == {
            row: sum(sat) for row, sat in expected.holdings.items()
        }
        assert sorted(map(repr, (row[1:] for row in rows(outcome.payments)))) == sorted(
            map(repr, expected.payments)
        )
        assert found.partial == expected.partial
        for kind in outcome.totals:
            event(f"{question.direction} {kind}")


@settings(max_examples=80, deadline=None)
@given(traced_accounts())
def test_every_satoshi_is_accounted_for(traced):
    arrays, question = traced
    found = trace_accounts(arrays, request_of(arrays, question))
    for outcome in found.rules.values():
        assert sum(outcome.totals.values()) == sum(sat for _, _, sat in question.seeds)
        for *_, value_sat, traced_sat in [*rows(outcome.terminals), *rows(outcome.holdings)]:
            assert 0 < traced_sat <= value_sat
        entered = {c: 0 for _, c, _ in question.seeds}
        for _, claimant, sat in question.seeds:
            entered[claimant] += sat
        ended: dict[int, int] = {}
        for claimant, *_, sat in rows(outcome.claims):
            ended[claimant] = ended.get(claimant, 0) + sat
        assert ended == entered


def places(network: Network) -> list[Row]:
    """(type, tx, txout, account) of each end, -1 where there is none."""
    return list(
        zip(
            [TERMINAL_TYPES[code] for code in network.end_types],
            network.end_txs.tolist(),
            network.end_txouts.tolist(),
            network.end_accounts.tolist(),
            strict=True,
        )
    )


@settings(max_examples=80, deadline=None)
@given(traced_accounts())
def test_every_rule_is_a_flow_in_the_network(traced):
    """What ends at each place, and at all of a type, lies within the network's bounds."""
    arrays, question = traced
    found = trace_accounts(arrays, request_of(arrays, question, network=True))
    network = cast(Network, found.network)
    assert network.seed_sat.sum() == found.seeds_sat
    assert (network.tails < network.heads).all()
    ended = places(network)
    chosen: dict[Any, npt.NDArray[np.bool_]] = {}
    for at, place in enumerate(ended):
        for name in (place, place[0]):
            chosen.setdefault(name, np.zeros(len(ended), bool))[at] = True
    within = dict(zip(chosen, bounds(network, list(chosen.values())), strict=True))
    for outcome in found.rules.values():
        traced_sat: dict[Any, int] = dict(outcome.totals)
        for kind, tx, txout, _, _, sat in rows(outcome.terminals):
            place = (kind, tx, -1 if txout is None else txout, -1)
            traced_sat[place] = traced_sat.get(place, 0) + sat
        for account, kind, _, _, sat in rows(outcome.holdings):
            place = (kind, -1, -1, account)
            traced_sat[place] = traced_sat.get(place, 0) + sat
        assert traced_sat.keys() <= within.keys()
        for name, bound in within.items():
            assert bound.least_sat <= traced_sat.get(name, 0) <= bound.most_sat
            event("narrow" if bound.least_sat == bound.most_sat else "wide")


@settings(max_examples=60, deadline=None)
@given(traced_accounts())
def test_several_claimants_get_together_what_one_would(traced):
    arrays, question = traced
    asked = request_of(arrays, question)
    joint = trace_accounts(arrays, asked)
    sums: dict[int, int] = {}
    for txout, _, sat in question.seeds:
        sums[txout] = sums.get(txout, 0) + sat
    alone = trace_accounts(
        arrays,
        replace(
            asked,
            seed_txouts=np.array(list(sums)),
            seed_traced_sat=np.array(list(sums.values())),
            seed_claimants=None,
        ),
    )
    for rule, outcome in joint.rules.items():
        assert rows(outcome.terminals) == rows(alone.rules[rule].terminals)
        assert rows(outcome.holdings) == rows(alone.rules[rule].holdings)
        assert rows(outcome.payments) == rows(alone.rules[rule].payments)
