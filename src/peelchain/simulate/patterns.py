"""Patterns that people make on purpose, as the truth labels them."""

from collections.abc import Sequence
from typing import Literal

from peelchain.simulate.leg import Leg
from peelchain.simulate.transaction import Coin
from peelchain.simulate.truth import Truth, shown_txid

Pattern = Literal[
    "peel_chain", "deposit_sweep", "consolidation", "fan_out", "round_trip", "structuring"
]

_LEAST = 2
_JOINS = ("consolidation", "site_sweep")


class Patterns:
    """The labels of one chain, entered in the truth when it ends. Draws nothing."""

    def __init__(self) -> None:
        self._kinds: list[tuple[Pattern, str, str, str]] = []
        self._rows: list[list[tuple[str, int, str, int]]] = []
        self._chain_of: dict[bytes, int] = {}

    def begin(
        self, pattern: Pattern, owner_id: str, service_id: str = "", threshold_usd: str = ""
    ) -> int:
        """The pattern_id of a new instance."""
        self._kinds.append((pattern, owner_id, service_id, threshold_usd))
        self._rows.append([])
        return len(self._rows)

    def add(self, pattern_id: int, role: str, coin: Coin) -> None:
        """Append an output to an instance."""
        row = (shown_txid(coin.txid), coin.vout, role, coin.value_sat)
        self._rows[pattern_id - 1].append(row)

    def observe(self, kind: str, owner_id: str, spent: Sequence[Leg], made: Sequence[Leg]) -> None:
        """Label a transaction that one owner made alone, by its kind and whose its outputs are."""
        if kind == "peel":
            self._peel(owner_id, spent, made)
        coins = [leg.coin for leg in spent]
        paid = [leg.coin for leg in made if not leg.is_change]
        own = all(leg.owner_id == owner_id for leg in made)
        if kind == "sweep":
            # Hot coins that go along are no deposits.
            swept = [leg.coin for leg in spent if leg.purpose == "deposit"]
            self._join("deposit_sweep", ("deposit", "sweep"), owner_id, swept, paid)
        elif own and len(spent) >= _LEAST and (kind in _JOINS or len(made) == 1):
            whole = [leg.coin for leg in made]
            self._join("consolidation", ("part", "whole"), owner_id, coins, whole)
        elif len(paid) >= _LEAST:
            instance = self.begin("fan_out", owner_id)
            for coin in paid:
                self.add(instance, "paid", coin)

    def write(self, truth: Truth) -> None:
        """Enter all instances in the truth."""
        for number, (kind, rows) in enumerate(zip(self._kinds, self._rows, strict=True), start=1):
            pattern, owner_id, service_id, threshold_usd = kind
            for seq, (txid, vout, role, value_sat) in enumerate(rows):
                truth.patterns.add(
                    number, pattern, seq, txid, vout, role, owner_id, service_id, value_sat,
                    threshold_usd,
                )  # fmt: skip

    def _join(
        self,
        pattern: Pattern,
        roles: tuple[str, str],
        owner_id: str,
        spent: Sequence[Coin],
        made: Sequence[Coin],
    ) -> None:
        instance = self.begin(pattern, owner_id)
        for role, coins in zip(roles, (spent, made), strict=True):
            for coin in coins:
                self.add(instance, role, coin)

    def _peel(self, owner_id: str, spent: Sequence[Leg], made: Sequence[Leg]) -> None:
        """Carry on the chain whose change this spends, or begin one."""
        spent_coins = [leg.coin for leg in spent]
        chains = [self._chain_of[c.outpoint] for c in spent_coins if c.outpoint in self._chain_of]
        if chains:
            instance = chains[0]
        else:
            instance = self.begin("peel_chain", owner_id)
            for coin in spent_coins:
                self.add(instance, "start", coin)
        for leg in sorted(made, key=lambda leg: leg.is_change):
            self.add(instance, "carry" if leg.is_change else "peel", leg.coin)
            if leg.is_change:
                self._chain_of[leg.coin.outpoint] = instance
