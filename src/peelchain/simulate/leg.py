"""One side of a movement: an output that a transaction spends or makes, and whose it is."""

from dataclasses import dataclass

from peelchain.simulate.transaction import Coin


@dataclass(frozen=True, slots=True)
class Leg:
    """An output that can be spent, who holds its key, and what the address was first made for."""

    coin: Coin
    owner_id: str
    purpose: str
    is_change: bool = False
