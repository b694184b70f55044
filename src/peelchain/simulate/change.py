"""Change by habit: its value, in how many parts, and of which type."""

from collections.abc import Sequence
from random import Random

from peelchain.simulate.habits import ChangeStyle, Habits
from peelchain.simulate.keys import Kind
from peelchain.simulate.transaction import Coin

_LEAST_PART_SAT = 10_000
_WHOLE_FROM, _WHOLE_TO = 30, 300

# By the first that is paid, Core's wallet gives change of the same type.
_MATCHED: tuple[Kind, ...] = ("p2tr", "p2wpkh", "p2sh_p2wpkh", "p2pkh")
_OTHER: dict[Kind, Kind] = {
    "p2pkh": "p2sh_p2wpkh",
    "p2sh_p2wpkh": "p2wpkh",
    "p2wpkh": "p2sh_p2wpkh",
    "p2tr": "p2wpkh",
}


def change_kind(habits: Habits, paid: Sequence[Kind]) -> Kind:
    """The type of change where these types are paid.

    Matching follows Bitcoin Core's TransactionChangeType: of the types paid, the newest; where none
    of them can be matched, the wallet's own.
    """
    if habits.change_kind == "other":
        return _OTHER.get(habits.kind, habits.kind)
    if habits.change_kind == "match":
        return next((kind for kind in _MATCHED if kind in paid), habits.kind)
    return habits.kind


def change_values(style: ChangeStyle, rng: Random, change_sat: int, cost_sat: int) -> list[int]:
    """The change in one part, or in two unequal ones less the cost of the second."""
    left = change_sat - cost_sat
    if style != "split" or left < 3 * _LEAST_PART_SAT:
        return [change_sat]
    part = rng.randrange(left // 5, left // 2)
    return [part, left - part]


def whole_coin(coins: Sequence[Coin], value_sat: int) -> Coin | None:
    """The coin nearest to the value, of those not much smaller or greater; None without one."""
    fit = [
        coin
        for coin in coins
        if value_sat * _WHOLE_FROM <= coin.value_sat * 100 <= value_sat * _WHOLE_TO
    ]
    return min(fit, key=lambda coin: abs(coin.value_sat - value_sat), default=None)
