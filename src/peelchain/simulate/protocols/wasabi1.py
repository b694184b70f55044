"""Wasabi 1 rounds: Chaumian CoinJoins with one sum, or with levels of it.

Sources: ZeroLink (Ficsor and TDevD 2017); Wasabi Wallet's documentation of its first protocol: a
base denomination of about 0.1 BTC, ten participants at least in practice, up to seven coins each, a
coordinator's fee of 0.003% for each participant's anonymity set; from 1.1 on "mixing levels", by
which who brings enough gets one output each of d, 2d, 4d and so on where two or more can. Stütz et
al. 2022 (arXiv 2109.10229), section 3. Version 1.0 paid one static coordinator address and left
equal outputs first; later rounds are sorted by value, ascending, as real ones of 2021 are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from peelchain.simulate.joint import Part, submit_mix
from peelchain.simulate.ledger import Address, Ledger, Output
from peelchain.simulate.parties import Party
from peelchain.simulate.transaction import Coin
from peelchain.simulate.wallet import DUST_SAT, Wallet

BASE_SAT = 10_000_000

_LEAST_AT_LEVEL = 2
_MOST_COINS = 7
_MOST_LEVELS = 8
_FEE_PER_MILLION = 30
_INPUT_VBYTES, _OUTPUT_VBYTES = 68, 31
_REMIX_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class _Seat:
    """A participant and the coins it brings."""

    party: Party
    part: Part


def hold_wasabi1(
    ledger: Ledger,
    waiting: Sequence[Party],
    size: tuple[int, int],
    fee_to: Address,
    *,
    levels: bool,
) -> list[Party]:
    """A round among those who wait with enough money; who took part, nobody where too few could."""
    rng = ledger.rng
    base = BASE_SAT - rng.randrange(200_000)
    seats = [seat for party in waiting if (seat := _seat(ledger, party, base)) is not None]
    wanted = rng.randint(*size)
    if len(seats) < size[0]:
        return []
    seats = rng.sample(seats, min(len(seats), wanted))
    counts = [len(seats)]
    while levels and len(counts) < _MOST_LEVELS:
        rest = base * (2 ** (len(counts) + 1) - 1) * 101 // 100 + 100_000
        able = sum(seat.part.value_sat >= rest for seat in seats)
        if able < _LEAST_AT_LEVEL:
            break
        counts.append(able)
    mixed: list[Output] = []
    changes: list[Output] = []
    fees = 0
    for seat in seats:
        fees += _outputs_of(ledger, seat, base, counts, mixed, changes)
    outputs = [*mixed, *changes, Output(fee_to, fees)]
    parts = [seat.part for seat in rng.sample(seats, len(seats))]
    design = "wasabi1_levels" if levels else "wasabi1"
    submit_mix(ledger, design, parts, outputs, "ascending" if levels else "as_given")
    return [seat.party for seat in seats]


def _seat(ledger: Ledger, party: Party, base: int) -> _Seat | None:
    """The party with its largest coins to mix, or at times with mixed ones for another round."""
    fresh, mixed = party.premix_wallet("p2wpkh"), party.mixed_wallet("p2wpkh")
    wallets = (mixed, fresh) if ledger.rng.random() < _REMIX_SHARE else (fresh, mixed)
    for wallet in wallets:
        coins = _largest(wallet)
        if sum(coin.value_sat for coin in coins) > base + base // 100 + 20_000:
            return _Seat(party, Part(wallet, coins))
    return None


def _largest(wallet: Wallet) -> tuple[Coin, ...]:
    coins = [coin for coin in wallet.spendable() if coin.lock.kind == "p2wpkh"]
    return tuple(sorted(coins, key=lambda coin: -coin.value_sat)[:_MOST_COINS])


def _outputs_of(
    ledger: Ledger,
    seat: _Seat,
    base: int,
    counts: list[int],
    mixed: list[Output],
    changes: list[Output],
) -> int:
    """Append the participant's outputs; the coordinator's fee it pays."""
    left = seat.part.value_sat - int(
        ledger.fee_rate * (_INPUT_VBYTES * len(seat.part.coins) + _OUTPUT_VBYTES + 4)
    )
    fees = 0
    wallet = seat.party.mixed_wallet("p2wpkh")
    for level, able in enumerate(counts):
        value = base << level
        fee = value * _FEE_PER_MILLION * able // 1_000_000
        cost = int(ledger.fee_rate * _OUTPUT_VBYTES)
        if left < value + fee + cost:
            break
        left -= value + fee + cost
        fees += fee
        mixed.append(Output(wallet.address("coinjoin"), value))
    if left > DUST_SAT:
        to = seat.party.premix_wallet("p2wpkh").address("change")
        changes.append(Output(to, left, is_change=True))
    return fees
