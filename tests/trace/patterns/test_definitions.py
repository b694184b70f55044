"""Each pattern on a chain written for it, and on the one that only looks like it."""

import pytest
from tests.strategies import ChainBuilder
from tests.trace.patterns.known import LATE, NONE, every, known_of, scene_of

from peelchain.errors import MisuseError, StoreError
from peelchain.trace.patterns.consolidation import consolidations
from peelchain.trace.patterns.deposit_sweep import deposit_sweeps
from peelchain.trace.patterns.fan_out import fan_outs
from peelchain.trace.patterns.finding import Finding, ordered
from peelchain.trace.patterns.peel_chain import peel_chains
from peelchain.trace.patterns.round_trip import round_trips
from peelchain.trace.patterns.structuring import Payment, Threshold, structurings

OTHER_WALLET = (1, NONE, "replaceable")
DAY = 24 * 3600


def peeled(hops: int) -> tuple[ChainBuilder, list[int]]:
    """A coin of 1,000 from which 10 are peeled off again and again, and what is left each time."""
    builder = ChainBuilder()
    (coin,) = builder.coinbase((1_000, 0))
    rests = []
    for hop in range(hops):
        left = 1_000 - 10 * (hop + 1)
        _, coin = builder.tx([coin], [(10, 100 + hop), (left, hop + 1)])
        rests.append(coin)
    return builder, rests


def test_a_peel_chain_is_told_with_its_peels_and_why_it_stops():
    builder, rests = peeled(5)
    (found,) = peel_chains(scene_of(known_of(builder)), [3])
    assert found.txs == (1, 2, 3, 4, 5)
    assert found.txouts == tuple(rests[:-1])
    assert found.aside == tuple(rest - 1 for rest in rests[:-1])
    assert found.stopped_because == ("the coin was mined", "the larger output is unspent")
    assert "same fingerprint: version 2, locktime none, sequence final, spends p2wpkh" in (
        found.reasons
    )


def test_a_peel_chain_stops_where_another_wallet_goes_on():
    builder, rests = peeled(8)
    known = known_of(builder, habits=dict.fromkeys(range(5, 9), OTHER_WALLET))
    first, second = peel_chains(scene_of(known), every(known))
    assert (first.txs, second.txs) == ((1, 2, 3, 4), (5, 6, 7, 8))
    assert first.stopped_because[1] == (
        "the larger output is spent in another way: version 1 instead of 2, sequence replaceable "
        "instead of final"
    )
    assert rests[3] not in first.txouts


def test_a_peel_chain_stops_where_both_outputs_go_on_alike():
    builder, rests = peeled(5)
    builder.tx([rests[1] - 1], [(5, 50), (5, 51)])
    known = known_of(builder)
    (rest,) = peel_chains(scene_of(known), every(known))
    assert rest.txs == (3, 4, 5)
    assert rest.stopped_because[0] == (
        "the coin is an output of a like transaction in which both outputs go on in the same way"
    )


def test_co_spending_tells_the_remainder_where_both_outputs_go_on_alike():
    builder, rests = peeled(5)
    builder.tx([rests[1] - 1], [(5, 50), (5, 51)])
    cluster = list(range(105))
    cluster[2] = 1
    known = known_of(builder, cluster=cluster)
    (found,) = peel_chains(scene_of(known), [5])
    assert found.txs == (1, 2, 3, 4, 5)
    assert "at 1 of them co-spending tells the remainder" in found.reasons


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"mixes": [4]}, "the larger output goes into a CoinJoin"),
        ({"party": {3: "exchange"}}, "the larger output is tagged as another party's"),
        ({"types": {3: "p2tr"}}, "the larger output is spent in another way: script type p2tr "
                                 "instead of p2wpkh"),
        ({"habits": dict.fromkeys((4, 5), (2, LATE, "final"))},
         "the larger output is spent in another way: locktime late height instead of none"),
    ],
)  # fmt: skip
def test_a_peel_chain_says_what_it_stops_at(change, why):
    builder, _ = peeled(5)
    (found,) = peel_chains(scene_of(known_of(builder, **change)), [1])
    assert found.txs == (1, 2, 3)
    assert found.stopped_because[1] == why


def test_two_payments_in_a_row_are_no_peel_chain():
    builder, _ = peeled(2)
    assert peel_chains(scene_of(known_of(builder)), [1, 2]) == ()


def test_a_consolidation_needs_a_ground():
    builder = ChainBuilder()
    coins = builder.coinbase(*((10, script) for script in range(5)))
    builder.tx(coins, [(50, 7)])
    assert consolidations(scene_of(known_of(builder)), [1]) == ()
    builder.tx([5], [(50, 8)])
    (found,) = consolidations(scene_of(known_of(builder)), [1])
    assert (found.txouts, found.aside) == (tuple(coins), (5,))
    assert "held to stay with the spender by fingerprint" in found.reasons
    otherwise = known_of(builder, habits={2: OTHER_WALLET})
    assert consolidations(scene_of(otherwise), [1]) == ()
    paid = known_of(builder, party={7: "shop"})
    assert consolidations(scene_of(paid), [1]) == ()


def test_a_fan_out_counts_holders_not_outputs():
    builder = ChainBuilder()
    (coin,) = builder.coinbase((100_000, 0))
    builder.tx([coin], [(10_000, script) for script in range(6)])
    (found,) = fan_outs(scene_of(known_of(builder)), [1])
    assert (found.txouts, found.aside) == ((2, 3, 4, 5, 6), (1,))
    of_one = known_of(builder, party={4: "exchange", 5: "exchange"})
    assert fan_outs(scene_of(of_one), [1]) == ()


def test_dust_is_no_fan_out():
    builder = ChainBuilder()
    (coin,) = builder.coinbase((100_000, 0))
    builder.tx([coin], [(999, script) for script in range(1, 9)])
    assert fan_outs(scene_of(known_of(builder)), [1]) == ()


def swept(*, change_to: int | None = None) -> ChainBuilder:
    """Two customers deposit at scripts 1 and 2; both are swept to 9, which pays others."""
    builder = ChainBuilder()
    a, b = builder.coinbase((100, 11), (100, 12))
    first, _ = builder.tx([a], [(60, 1), (40, 13)])
    second, _ = builder.tx([b], [(70, 2), (30, 14)])
    made = builder.tx(
        [first, second], [(130, 9)] if change_to is None else [(100, 9), (30, change_to)]
    )
    builder.tx([made[0]], [(50, 15), (50, 9)])
    return builder


def test_deposits_are_what_a_hot_wallet_sweeps():
    (found,) = deposit_sweeps(scene_of(known_of(swept(), party={9: "exchange"})), range(5))
    assert found.txs == (3,)
    assert found.txouts == (2, 4)


def test_a_payment_with_change_is_no_sweep():
    known = known_of(swept(change_to=16), party={9: "exchange"})
    assert deposit_sweeps(scene_of(known), range(5)) == ()


def test_an_address_that_customers_pay_is_no_hot_wallet():
    builder = swept()
    (coin,) = builder.coinbase((100, 17))
    builder.tx([coin], [(50, 9), (50, 18)])
    assert deposit_sweeps(scene_of(known_of(builder, party={9: "exchange"})), range(7)) == ()


def test_a_customers_own_address_is_no_deposit():
    builder = swept()
    (coin,) = builder.coinbase((10, 1))
    builder.tx([coin], [(10, 19)])
    (found,) = deposit_sweeps(scene_of(known_of(builder, party={9: "exchange"})), range(7))
    assert found.txouts == (4,)


def circle(*, last: int = 9, between: int = 90) -> ChainBuilder:
    """The exchange pays 100 out; `between` of it comes back over another script."""
    builder = ChainBuilder()
    (coin,) = builder.coinbase((200, 9))
    out, _ = builder.tx([coin], [(100, 1), (100, 9)])
    hop, _ = builder.tx([out], [(between, 2), (100 - between, 3)])
    builder.tx([hop], [(between - 1, last), (1, 4)])
    return builder


def test_a_round_trip_is_told_by_its_way():
    (found,) = round_trips(scene_of(known_of(circle(), party={9: "exchange"})), range(4))
    assert (found.txs, found.txouts) == ((1, 2, 3), (1, 3, 5))
    assert found.reasons[0] == (
        "exchange, as tagged, paid 100 sat and was paid 89 sat, 89%, 2 transactions and 2 blocks "
        "later"
    )


def test_less_than_half_is_no_round_trip():
    known = known_of(circle(between=45), party={9: "exchange"})
    assert round_trips(scene_of(known), range(4)) == ()


def test_another_party_on_the_way_ends_a_round_trip():
    known = known_of(circle(), party={9: "exchange", 2: "shop"})
    assert round_trips(scene_of(known), range(4)) == ()


def test_a_cold_wallet_makes_no_round_trip():
    builder = ChainBuilder()
    (coin,) = builder.coinbase((200, 9))
    out, _ = builder.tx([coin], [(100, 1), (100, 9)])
    builder.tx([out], [(99, 9)])
    known = known_of(builder, party={9: "exchange"})
    assert round_trips(scene_of(known), range(3)) == ()


def paid(*worths: int | None, apart: int = DAY, payee: str | int = "exchange") -> list[Payment]:
    return [Payment(n, n, payee, n * apart, worth) for n, worth in enumerate(worths)]


BELOW = Threshold(1_000_000, "USD")


def test_five_payments_just_below_and_none_above_are_structuring():
    (found,) = structurings(paid(990_000, 950_000, 999_999, 980_000, 910_000), BELOW)
    assert found.txouts == (0, 1, 2, 3, 4)
    assert found.reasons[1].startswith("at most 0.031250 by chance")


@pytest.mark.parametrize(
    "payments",
    [
        paid(990_000, 950_000, 999_999, 980_000),
        paid(990_000, 950_000, 999_999, 980_000, 1_000_000),
        paid(990_000, 950_000, 999_999, 980_000, 910_000, 1_000_000, 1_099_999),
        paid(990_000, 950_000, 999_999, 980_000, 909_090),
        paid(990_000, 950_000, 999_999, 980_000, None),
        paid(990_000, 950_000, 999_999, 980_000, 910_000, apart=31 * DAY),
        paid(*[990_000] * 3) + paid(*[990_000] * 3, payee="shop"),
        paid(*[990_000] * 3) + paid(*[990_000] * 3, payee=7),
    ],
    ids=["four", "at", "above", "band", "no rate", "apart", "two parties", "party and cluster"],
)
def test_what_chance_explains_is_no_structuring(payments):
    assert structurings(payments, BELOW) == ()


def test_a_threshold_has_bounds():
    worths = (909_090, 909_091, 999_999, 1_000_000, 1_099_999, 1_100_000)
    assert [BELOW.side(worth) for worth in worths] == [0, -1, -1, 1, 1, 0]
    for worth, gap in ((0, 1), (-5, 1), (1, -1)):
        with pytest.raises(MisuseError, match="makes no sense"):
            Threshold(worth, "USD", gap)


def test_a_transaction_beyond_the_chain_is_refused():
    builder, _ = peeled(2)
    with pytest.raises(StoreError, match="not among"):
        peel_chains(scene_of(known_of(builder)), [99])


def test_findings_have_one_order():
    a, b = Finding("fan_out", (1,), (2,), (), ()), Finding("peel_chain", (5,), (6,), (), ())
    assert ordered([a, b, a]) == (b, a)
