"""Wasabi 1 rounds: Chaumian CoinJoins with one sum, or with levels of it.

Sources: ZeroLink (Ficsor and TDevD 2017); Wasabi Wallet's documentation of its first protocol: a
base denomination of about 0.1 BTC that falls a little from round to round, so that mixed coins can
mix again; up to seven coins each; a coordinator's fee of 0.003% for each participant of the
anonymity set; from 1.1 on "mixing levels", by which who brings enough gets one output each of d,
2d, 4d and so on where two or more can. Stütz et al. 2022 (arXiv 2109.10229), section 3. Version 1.0
paid one static coordinator address and left equal outputs first.

Seen in the rounds of 2021 that PEELCHAIN_DATA holds, and kept here: inputs and outputs ascend by
value; a third or more of the participants mix again with one coin of about d; a fifth reaches 2d, a
tenth 4d; the levels are multiples of a base that lies some 1,000 sat below d; 1.4 inputs and 2.1
outputs a participant; no coin or change below some 40,000 sat.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from peelchain.simulate.joint import Part, submit_mix
from peelchain.simulate.ledger import Address, Ledger, Output
from peelchain.simulate.parties import Party
from peelchain.simulate.transaction import Coin

BASE_SAT = 10_000_000

_LEAST_BASE_SAT = 9_830_000
_LEAST_AT_LEVEL = 2
_MOST_COINS = 7
_MOST_LEVELS = 8
_FEE_PER_MILLION = 30
_INPUT_VBYTES, _OUTPUT_VBYTES = 68, 31
_AGAIN_SHARE = (0.3, 0.55)
_NEAR_SAT = 150_000
_LEAST_CHANGE_SAT = 40_000


@dataclass(frozen=True, slots=True)
class _Seat:
    """A participant and what it brings; `again` with a mixed coin, which pays no coordinator."""

    party: Party
    part: Part
    again: bool


def next_base(ledger: Ledger, base: int) -> int:
    """The base of the next round: less by what a mixed coin pays miners for mixing again."""
    base -= int(ledger.fee_rate * (_INPUT_VBYTES + _OUTPUT_VBYTES + 8)) + 200
    return base if base > _LEAST_BASE_SAT else BASE_SAT - ledger.rng.randrange(5_000)


def hold_wasabi1(
    ledger: Ledger,
    waiting: Sequence[Party],
    users: Sequence[Party],
    size: tuple[int, int],
    base: int,
    fee_to: Address,
    *,
    levels: bool,
) -> list[Party]:
    """A round of those who wait with enough money and of users who mix again.

    Who took part; nobody where too few could, or where levels were asked for and only one came.
    `base` is the denomination, in satoshis.
    """
    rng = ledger.rng
    wanted = rng.randint(*size)
    again = _again(ledger, waiting, users, base)[: int(wanted * rng.uniform(*_AGAIN_SHARE))]
    fresh = [seat for party in waiting if (seat := _fresh(ledger, party, base)) is not None]
    fresh = rng.sample(fresh, min(len(fresh), wanted - len(again)))
    seats = [*fresh, *again]
    if len(seats) < size[0]:
        return []
    values = [base]
    counts = [len(seats)]
    below = base - rng.randrange(600, 1_200)
    while levels and len(counts) < _MOST_LEVELS:
        value = below << len(counts)
        able = sum(_reaches(seat, [*values, value]) for seat in seats)
        if able < _LEAST_AT_LEVEL:
            break
        values.append(value)
        counts.append(able)
    if levels and len(values) == 1:
        return []
    mixed: list[Output] = []
    changes: list[Output] = []
    fees = 0
    for seat in seats:
        fees += _outputs_of(ledger, seat, list(zip(values, counts, strict=True)), mixed, changes)
    outputs = [*mixed, *changes, Output(fee_to, fees)]
    parts = [seat.part for seat in rng.sample(seats, len(seats))]
    design = "wasabi1_levels" if levels else "wasabi1"
    submit_mix(ledger, design, parts, outputs, "ascending" if levels else "as_given")
    return [seat.party for seat in seats]


def _again(
    ledger: Ledger, waiting: Sequence[Party], users: Sequence[Party], base: int
) -> list[_Seat]:
    """Users who do not wait, in random order, each with one mixed coin that suffices alone."""
    rng = ledger.rng
    names = {party.owner_id for party in waiting}
    least = base + int(ledger.fee_rate * (_INPUT_VBYTES + _OUTPUT_VBYTES + 4))
    seats = []
    for party in rng.sample(users, len(users)):
        if party.owner_id in names or "p2wpkh" not in party.mixed:
            continue
        wallet = party.mixed_wallet("p2wpkh")
        coins = [c for c in wallet.spendable() if least <= c.value_sat <= base + _NEAR_SAT]
        if coins:
            seats.append(_Seat(party, Part(wallet, (rng.choice(coins),)), True))
    return seats


def _fresh(ledger: Ledger, party: Party, base: int) -> _Seat | None:
    """The party with as many of its coins, in random order, as reach the sum, at times one more."""
    rng, wallet = ledger.rng, party.premix_wallet("p2wpkh")
    floor = base + base // 50 + int(ledger.fee_rate * 600)
    coins = [coin for coin in wallet.spendable() if coin.value_sat >= _LEAST_CHANGE_SAT]
    chosen: list[Coin] = []
    for coin in rng.sample(coins, len(coins))[:_MOST_COINS]:
        if sum(c.value_sat for c in chosen) > floor and rng.random() < 0.7:
            break
        chosen.append(coin)
    part = Part(wallet, tuple(chosen))
    return _Seat(party, part, False) if part.value_sat > floor else None


def _reaches(seat: _Seat, values: list[int]) -> bool:
    return seat.part.value_sat > sum(values) * 102 // 100 + 100_000


def _outputs_of(
    ledger: Ledger,
    seat: _Seat,
    levels: list[tuple[int, int]],
    mixed: list[Output],
    changes: list[Output],
) -> int:
    """Append the participant's outputs, one of each level it reaches; the fee it pays."""
    cost = int(ledger.fee_rate * _OUTPUT_VBYTES)
    left = seat.part.value_sat
    left -= int(ledger.fee_rate * (_INPUT_VBYTES * len(seat.part.coins) + 4)) + cost
    fees = 0
    wallet = seat.party.mixed_wallet("p2wpkh")
    taken: list[int] = []
    for value, able in levels:
        if taken and not _reaches(seat, [*taken, value]):
            break
        fee = 0 if seat.again else value * _FEE_PER_MILLION * able // 1_000_000
        left -= value + fee + (cost if taken else 0)
        fees += fee
        taken.append(value)
        mixed.append(Output(wallet.address("coinjoin"), value))
    if left > _LEAST_CHANGE_SAT + cost:
        to = seat.party.premix_wallet("p2wpkh").address("change")
        changes.append(Output(to, left - cost, is_change=True))
        return fees
    # What is too small for change goes to the coordinator.
    return fees + max(left, 0)
