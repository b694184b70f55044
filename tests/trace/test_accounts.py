"""The walk through accounts against its slow oracle on random chains, and worked by hand."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import event, given, settings
from tests.oracle import accounts as oracle
from tests.oracle.accounts import Question
from tests.strategies import ChainBuilder
from tests.trace.account_strategies import traced_accounts

from peelchain.errors import MisuseError, StoreError
from peelchain.store.arrays import ChainArrays
from peelchain.trace.accounts import (
    ACCOUNT_RULES,
    AccountRequest,
    AccountRuleTrace,
    LookedUpAccounts,
    accounts_of,
    looked_up_accounts,
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


@settings(max_examples=40, deadline=None)
@given(traced_accounts())
def test_accounts_that_are_looked_up_are_the_same(traced):
    arrays, question = traced
    owner = question.owner
    found = looked_up_accounts(
        arrays,
        lambda ids: np.array([owner[s] for s in np.asarray(ids).tolist()]),
        lambda account: np.array([s for s, o in owner.items() if o == account]),
    )
    asked = request_of(arrays, question)
    flat = trace_accounts(arrays, asked).rules
    for rule, outcome in trace_accounts(arrays, replace(asked, accounts=found)).rules.items():
        assert rows(outcome.terminals) == rows(flat[rule].terminals)
        assert rows(outcome.holdings) == rows(flat[rule].holdings)


def test_what_a_look_up_raises_ends_the_walk():
    arrays, seeds = books()

    def gone(account: int) -> Any:
        raise OSError("the disk is gone")

    accounts = LookedUpAccounts(lambda script: script, gone)
    with pytest.raises(OSError, match="the disk is gone"):
        trace_accounts(arrays, replace(request(arrays, seeds), accounts=accounts))


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


OWN, X, Y, SHOP, LANDLORD = 0, 1, 2, 3, 4
"""Scripts; X and Y pay into script OWN, whose account also has script 5."""

OWNERS = {script: script for script in range(5)} | {5: OWN}


def books() -> tuple[ChainArrays, list[int]]:
    """The page's example as a chain, the wage less a fee of 20 and with change; and its seeds."""
    builder = ChainBuilder()
    own = builder.coinbase((100, OWN))
    from_x, from_y = builder.coinbase((60, X)), builder.coinbase((40, Y))
    by_x = builder.tx(from_x, [(60, OWN)])
    by_y = builder.tx(from_y, [(40, 5)])
    # spends the last receipt, whatever the books say goes out
    change = builder.tx([*by_y, *own, *by_x], [(30, SHOP), (80, 5), (70, SHOP)])[1:2]
    more = builder.coinbase((50, 5))
    builder.tx([*change, *more], [(70, LANDLORD), (60, OWN)])
    return builder.arrays(), [*by_x, *by_y]


def request(arrays: ChainArrays, seeds: list[int], **changes: Any) -> AccountRequest:
    sats = arrays.txout_value[seeds].tolist()
    question = Question(
        changes.pop("direction", "forward"),
        tuple((txout, at, sat) for at, (txout, sat) in enumerate(zip(seeds, sats, strict=True))),
        OWNERS,
    )
    return request_of(arrays, question, **changes)


@pytest.mark.parametrize(
    ("rule", "shop", "fee", "rent", "left"),
    [
        ("account_fifo", 0, 20, 70, 10),
        ("account_lifo", 100, 0, 0, 0),
        ("account_pool", 50, 10, 22, 18),
        ("account_libr", 0, 20, 20, 60),
    ],
)
def test_coins_spent_do_not_matter_but_the_order_of_the_books(rule, shop, fee, rent, left):
    arrays, seeds = books()
    found = trace_accounts(arrays, request(arrays, seeds)).rules[rule]
    by_account: dict[Any, int] = {}
    for account, _, _, _, sat in rows(found.holdings):
        by_account[account] = by_account.get(account, 0) + sat
    assert by_account.get(SHOP, 0) == shop
    assert found.totals.get("fee", 0) == fee
    assert by_account.get(LANDLORD, 0) == rent
    assert by_account.get(OWN, 0) == left
    assert set(by_account) <= {SHOP, LANDLORD, OWN}


def test_backward_a_payment_leads_to_the_receipts_that_the_rule_spends():
    arrays, (by_x, by_y) = books()
    rent, mined = [9], 8
    found = trace_accounts(
        arrays,
        request(arrays, rent, direction="backward", boundaries=boundaries(services=[X, Y])),
    )
    funded = {
        rule: {row[2]: row[5] for row in rows(outcome.terminals)}
        for rule, outcome in found.rules.items()
    }
    assert funded == {
        "account_fifo": {by_x: 40, by_y: 30},
        # the 50 mined last, then 20 of the own 100
        "account_lifo": {0: 20, mined: 50},
        # 70 of 130 held: 27 of the 50, and 43 over the 200 of before, of which 80 were left
        "account_pool": {0: 21, by_x: 13, by_y: 9, mined: 27},
    }
    assert found.rules["account_fifo"].totals == {"service": 70}
    assert found.rules["account_lifo"].totals == {"coinbase": 70}


def test_what_goes_first_depends_on_what_is_traced_so_libr_has_no_way_back():
    arrays, seeds = books()
    with pytest.raises(
        MisuseError, match=r"forward only.*account_fifo, account_lifo, account_pool"
    ):
        trace_accounts(arrays, request(arrays, seeds, direction="backward", rules=["account_libr"]))


def test_strangers_who_spend_together_are_nobodys_payment():
    """Each account pays its inputs into the transaction, in full, and value ends there."""
    builder = ChainBuilder()
    seed = builder.coinbase((9, OWN))
    other = builder.coinbase((5, X))
    builder.tx([*other, *seed], [(13, SHOP)])
    arrays = builder.arrays()
    asked = request(arrays, seed)
    for rule in ACCOUNT_RULES:
        found = trace_accounts(arrays, asked).rules[rule]
        assert rows(found.terminals) == [("cut", 0, seed[0], OWN, 9, 9)]
    stops = boundaries(coinjoin_txs=[2])
    joined = trace_accounts(arrays, replace(asked, boundaries=stops)).rules["account_fifo"]
    assert rows(joined.terminals) == [("coinjoin", 0, seed[0], OWN, 9, 9)]


def test_an_account_out_of_sight_is_cut_and_says_where():
    arrays, seeds = books()
    found = trace_accounts(arrays, request(arrays, seeds, max_height=6)).rules["account_fifo"]
    assert (OWN, "cut", 7, 130, 80) in rows(found.holdings)
    stopped = trace_accounts(arrays, request(arrays, seeds, max_txs=1))
    assert stopped.partial
    assert (OWN, "cut", 7, 80, 80) in rows(stopped.rules["account_fifo"].holdings)


def test_a_walk_can_be_stopped_and_kept_or_broken_off():
    builder = ChainBuilder()
    seed = builder.coinbase((10_000, OWN))
    change = seed
    for paid in range(1, 9_000):
        _, *change = builder.tx(change, [(1, SHOP), (10_000 - paid, OWN)])
    arrays = builder.arrays()
    asked = request(arrays, seed)
    kept = trace_accounts(arrays, asked, lambda stage, *_: stage != "reach")
    assert kept.partial
    assert kept.visited_txs < 9_000
    assert sum(kept.rules["account_pool"].totals.values()) == 10_000

    def fail(*_: object) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        trace_accounts(arrays, asked, fail)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"rules": ["fifo"]}, "no account rule is called 'fifo'"),
        ({"rules": ["account_fifo", "account_fifo"]}, "given twice"),
        ({"rules": []}, "no account rule was given"),
        ({"direction": "sideways"}, "no direction"),
        ({"seed_txouts": np.array([], np.int64)}, "nothing to trace"),
        ({"seed_txouts": np.array([3, 99])}, "seed txout 99 is not in the chain"),
        ({"seed_traced_sat": np.array([60, 41])}, "has 40 sat but 41 sat are to be traced"),
        ({"seed_txouts": np.array([3, 3])}, "has 60 sat but 40 sat are to be traced beside 60"),
        ({"seed_txouts": np.array([3, 3]), "seed_claimants": None}, "given twice"),
        ({"seed_claimants": np.array([0])}, "2 seeds but 1 claimants"),
        ({"seed_claimants": np.array([0, -1])}, "claimant -1 is no index"),
        ({"seed_traced_sat": np.array([0.5, 1])}, "give whole numbers"),
        ({"min_height": 5, "max_height": 4}, "swap them"),
        ({"max_hops": -1}, "max_hops is -1"),
    ],
)
def test_a_request_that_makes_no_sense_says_what_to_mend(changes, says):
    arrays, seeds = books()
    with pytest.raises(MisuseError, match=says):
        trace_accounts(arrays, replace(request(arrays, seeds), **changes))


def test_clusters_of_another_store_are_refused():
    arrays, _ = books()
    with pytest.raises(MisuseError, match="cluster 77 is not named by a script of the chain"):
        accounts_of(arrays, lambda scripts: np.full(len(np.asarray(scripts)), 77))


def test_a_chain_that_contradicts_itself_is_refused():
    arrays, seeds = books()
    spender = arrays.txout_spender.copy()
    spender[0] = 0
    with pytest.raises(StoreError, match="no later than the one that made it"):
        trace_accounts(replace(arrays, txout_spender=spender), request(arrays, seeds))
