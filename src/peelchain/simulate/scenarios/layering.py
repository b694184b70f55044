"""Layering: proceeds through private wallets and CoinJoins, joined again and cashed out.

Several own wallets in a row, splits and merges, a part of the money through CoinJoins, mixed and
unmixed coins spent together later. Sources: Möser et al. 2013 ("An inquiry into money laundering
tools in the Bitcoin ecosystem"); for coins that are joined again after a mix, Stütz et al. 2022
("Adoption and actual privacy of decentralized CoinJoin implementations in Bitcoin").
"""

from collections.abc import Callable
from functools import partial

from peelchain.simulate.habits import legacy_kind
from peelchain.simulate.keys import Kind
from peelchain.simulate.parties import Party
from peelchain.simulate.scenarios.stage import Stage
from peelchain.simulate.services import Service
from peelchain.simulate.transaction import Coin
from peelchain.simulate.wallet import Wallet

_LOSSES_USD = (4_000, 8_000, 15_000, 30_000)
_VICTIMS = (4, 6)
_MOST_JOINED_SAT = 30_000_000
_JOINS = 3
_LEAST_SAT = 1_000_000


class Layering:
    """Whoever took the money of several victims, and the wallets it passes through."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.exchanges = stage.ledger.rng.sample(stage.exchanges, 3)
        self.operator = stage.person("case-operator", "operator", "Operator", self.exchanges[:1])
        self.purse = self.operator.new_wallet()
        self.aside = self.operator.new_wallet()

    def plan(self) -> None:
        """Enter victims, layers, mixes and the cash-out in the calendar."""
        stage, rng = self.stage, self.stage.ledger.rng
        payers = [user for user in stage.users if user.services]
        for victim in rng.sample(payers, rng.randint(*_VICTIMS)):
            stage.at(rng.uniform(0.1, 0.24), partial(self._defraud, victim))
        # Money of its own, which one of the layers is joined with.
        own = rng.randrange(20_000_000, 50_000_000)
        stage.at(0.12, partial(self.operator.withdraw, own))
        stage.at(0.34, self._gather)
        stage.at(0.82, self._return)

    def _defraud(self, victim: Party) -> None:
        value = self.stage.sat_of_usd(self.stage.ledger.rng.choice(_LOSSES_USD)) // 10_000 * 10_000
        victim.withdraw(value, self.purse.address("private"), partial(self._paid, victim))

    def _paid(self, victim: Party, coin: Coin) -> None:
        self.stage.taken(self.operator, victim.owner_id, coin)

    def _gather(self) -> None:
        """Join what came in, then divide it among three wallets, each with a way of its own."""
        hoard = self.operator.new_wallet()
        if self.stage.join([self.purse], hoard):
            self.stage.after(1, 3, partial(self._divide, hoard))

    def _divide(self, hoard: Wallet) -> None:
        first, second, third = (self.operator.new_wallet() for _ in range(3))
        if self.stage.split(hoard, [(first, 35), (second, 35), (third, 30)]):
            hops = self.stage.ledger.rng.randint
            self.stage.after(1, 3, partial(self._hop, first, hops(1, 3), self._join_market))
            self.stage.after(1, 3, partial(self._hop, second, hops(1, 3), self._wait_for_round))
            self.stage.after(1, 3, partial(self._hop, third, hops(2, 4), self._set_aside))

    def _hop(self, wallet: Wallet, left: int, then: Callable[[Wallet], None]) -> None:
        if not left:
            then(wallet)
            return
        onward = self.stage.hop(self.operator, wallet)
        if onward is not None:
            self.stage.after(1, 3, partial(self._hop, onward, left - 1, then))

    def _join_market(self, wallet: Wallet) -> None:
        """Mix with makers, a part at a time."""
        kind: Kind = "p2sh_p2wpkh"
        if self.stage.ledger.parameters.before_segwit:
            kind = legacy_kind(kind)
        premix = self.operator.premix_wallet(kind)
        if wallet.empty("hop", premix.address("premix")) is not None:
            for _ in range(_JOINS):
                self.stage.after(1, 8, partial(self.stage.retry, partial(self._mix, premix), 8))

    def _mix(self, premix: Wallet) -> bool:
        users = self.stage.users
        wanted = min(premix.balance_sat * 6 // 10, _MOST_JOINED_SAT)
        if wanted < _LEAST_SAT:
            return True
        return self.stage.mixing.join_market(self.operator, users, wanted)

    def _wait_for_round(self, wallet: Wallet) -> None:
        """Enrol for the next large round."""
        premix = self.operator.premix_wallet("p2wpkh")
        if wallet.empty("hop", premix.address("premix")) is not None:
            self.stage.mixing.enrol_wasabi(self.operator, 0)

    def _set_aside(self, wallet: Wallet) -> None:
        """What is not mixed lies beside money of its own."""
        self.stage.join([wallet, self.operator.main], self.aside)

    def _return(self) -> None:
        """Join mixed coins with those that were not, and cash most of it out."""
        mixed = [*self.operator.mixed.values(), *self.operator.premix.values()]
        to = self.operator.new_wallet()
        if self.stage.join([*mixed, self.aside], to):
            self.stage.after(1, 2, partial(self._cash_out, to, self.exchanges))

    def _cash_out(self, wallet: Wallet, services: list[Service]) -> None:
        if not services:
            return
        value = wallet.balance_sat * self.stage.ledger.rng.randint(25, 50) // 100
        self.stage.deposit(self.operator, wallet, services[0], "mixed", value)
        self.stage.after(1, 2, partial(self._cash_out, wallet, services[1:]))
