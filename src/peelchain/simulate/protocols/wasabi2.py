"""Wasabi 2 rounds (WabiSabi): many inputs, outputs of standard denominations.

Sources: Ficsor, Kogman, Ontivero and Seres 2021, "WabiSabi"; Wasabi Wallet's documentation of its
amount organisation (bitcoin-dev, April 2022): denominations are the powers of 2 and 3, twice the
powers of 3, and 1, 2 and 5 times the powers of 10, from 5,000 sat on; each client brings 1 to 10
coins and takes up to 10 outputs of denominations that are frequent among what all inputs break down
to; 0.3% to the coordinator of fresh coins above 0.01 BTC. At least 50 inputs, the early minimum.
Inputs and outputs stand in descending order of value, as in real rounds of 2024.
"""

from collections import Counter
from collections.abc import Sequence

from peelchain.simulate.joint import Part, submit_mix
from peelchain.simulate.keys import Kind
from peelchain.simulate.ledger import Address, Ledger, Output
from peelchain.simulate.parties import Party
from peelchain.simulate.transaction import Coin
from peelchain.simulate.wallet import Wallet
from peelchain.units import COIN

LEAST_SAT = 5_000

_MOST_SAT = 1_000 * COIN
_KINDS: tuple[Kind, ...] = ("p2wpkh", "p2tr")
_MOST_COINS = 10
_MOST_OUTPUTS = 10
_LEAST_PARTIES = 8
_FREE_SAT = 1_000_000
_CHANGE_FROM_SAT = 20_000
_OUTPUT_VBYTES = 43


def denominations() -> list[int]:
    """The standard denominations in satoshis, greatest first."""
    values = {
        factor * base**power
        for base, factors in ((2, (1,)), (3, (1, 2)), (10, (1, 2, 5)))
        for factor in factors
        for power in range(40)
    }
    return sorted((v for v in values if LEAST_SAT <= v <= _MOST_SAT), reverse=True)


def hold_wasabi2(
    ledger: Ledger, parties: Sequence[Party], span: tuple[int, int], fee_to: Address
) -> list[Party]:
    """A round among the parties' clients; who took part, nobody where too few coins came."""
    rng = ledger.rng
    wanted = rng.randint(*span)
    parts: list[tuple[Party, list[Part]]] = []
    count = 0
    for party in rng.sample(parties, len(parties)):
        brought = _bring(ledger, party)
        if brought:
            parts.append((party, brought))
            count += sum(len(part.coins) for part in brought)
        if count >= wanted:
            break
    if count < span[0] or len(parts) < _LEAST_PARTIES:
        return []
    values = [c.value_sat for _, brought in parts for part in brought for c in part.coins]
    frequent = _frequent(values)
    outputs: list[Output] = []
    fees = 0
    for party, brought in parts:
        fees += _outputs_of(ledger, party, brought, frequent, outputs)
    if fees > LEAST_SAT:
        outputs.append(Output(fee_to, fees))
    flat = [part for _, brought in parts for part in brought]
    submit_mix(ledger, "wasabi2", flat, outputs, "descending")
    return [party for party, _ in parts]


def fresh_wallet(party: Party) -> Wallet:
    """The client's wallet of coins that were not mixed yet."""
    return party.client("wasabi2")


def _bring(ledger: Ledger, party: Party) -> list[Part]:
    """Up to ten of the client's coins, fresh and mixed, each part of one wallet."""
    rng = ledger.rng
    wallets = (fresh_wallet(party), party.client("wasabi2-mixed"))
    coins = [
        (wallet, coin)
        for wallet in wallets
        for coin in wallet.spendable()
        if coin.value_sat > LEAST_SAT + 10 * coin.lock.input_vbytes
    ]
    if not coins:
        return []
    chosen = rng.sample(coins, min(len(coins), rng.randint(1, _MOST_COINS)))
    if sum(coin.value_sat for _, coin in chosen) < 60_000 + 4_000 * ledger.fee_rate:
        return []
    return [
        Part(wallet, part)
        for wallet in wallets
        if (part := tuple(coin for held, coin in chosen if held is wallet))
    ]


def _frequent(values: Sequence[int]) -> list[int]:
    """Denominations that two inputs or more break down to, greatest first."""
    standard = denominations()
    counts: Counter[int] = Counter()
    for value in values:
        left = value
        for denomination in standard:
            if denomination <= left:
                counts[denomination] += 1
                left -= denomination
    return [denomination for denomination in standard if counts[denomination] > 1]


def _outputs_of(
    ledger: Ledger, party: Party, brought: list[Part], frequent: list[int], outputs: list[Output]
) -> int:
    """Append the client's outputs; the coordinator's fee it pays."""
    rng, rate = ledger.rng, ledger.fee_rate
    fee = sum(
        _fee(coin, part.wallet is fresh_wallet(party)) for part in brought for coin in part.coins
    )
    left = sum(part.value_sat for part in brought) - fee
    left -= int(rate * sum(coin.lock.input_vbytes for part in brought for coin in part.coins)) + 1
    cost = int(rate * _OUTPUT_VBYTES) + 1
    wallet = party.client("wasabi2-mixed")
    for _ in range(_MOST_OUTPUTS):
        fit = [value for value in frequent if value + cost <= left][:3]
        if not fit:
            break
        value = rng.choices(fit, (65, 22, 13)[: len(fit)])[0]
        left -= value + cost
        kind = rng.choice(_KINDS)
        outputs.append(Output(wallet.address("coinjoin", kind), value))
    if left >= _CHANGE_FROM_SAT + cost:
        to = fresh_wallet(party).address("change")
        outputs.append(Output(to, left - cost, is_change=True))
    return fee


def _fee(coin: Coin, is_fresh: bool) -> int:
    return coin.value_sat * 3 // 1_000 if is_fresh and coin.value_sat > _FREE_SAT else 0
