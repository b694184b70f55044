"""Ransomware: victims pay, the operator shares with affiliates, consolidates, hops and cashes out.

The shape is that of published measurements: a fresh address a victim, most of the sum to an
affiliate soon after, the rest joined and moved on to exchanges. Sources: Huang et al. 2018
("Tracking ransomware end-to-end"); Paquet-Clouston et al. 2019 ("Ransomware payments in the Bitcoin
ecosystem"); Oosthoek et al. 2023 ("A tale of two markets", Communications of the ACM 66(8)).
"""

from functools import partial

from peelchain.simulate.parties import Party
from peelchain.simulate.scenarios.stage import Stage
from peelchain.simulate.services import Service
from peelchain.simulate.transaction import Coin
from peelchain.simulate.wallet import Wallet

_RANSOMS_USD = (3_000, 5_000, 8_000, 15_000, 25_000)
_VICTIMS = (7, 12)
_AFFILIATES = 2
_PARTS = 0.25


class Ransomware:
    """The operator, its affiliates, and what they do."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.exchanges = stage.ledger.rng.sample(stage.exchanges, 3)
        self.operator = stage.person("case-operator", "operator", "Operator", ())
        self.affiliates = [
            stage.person(f"affiliate-{n}", "affiliate", f"Affiliate {n}", [self.exchanges[n]])
            for n in range(1, _AFFILIATES + 1)
        ]
        self.shares = [affiliate.new_wallet() for affiliate in self.affiliates]
        self.till = self.operator.new_wallet()

    def plan(self) -> None:
        """Enter victims, consolidations and cash-outs in the calendar."""
        stage, rng = self.stage, self.stage.ledger.rng
        payers = [user for user in stage.users if user.services]
        for victim in rng.sample(payers, rng.randint(*_VICTIMS)):
            stage.at(rng.uniform(0.12, 0.6), partial(self._attack, victim))
        for share in (0.5, 0.72):
            stage.at(share, self._gather)
        for affiliate, wallet in zip(self.affiliates, self.shares, strict=True):
            # Money of its own, beside which the proceeds come to lie.
            stage.at(0.1, partial(affiliate.withdraw, rng.randrange(20_000_000, 60_000_000)))
            stage.at(rng.uniform(0.66, 0.8), partial(self._spend_share, affiliate, wallet))

    def _attack(self, victim: Party) -> None:
        """A victim pays to an address of its own, in one part or two."""
        rng = self.stage.ledger.rng
        note, affiliate = self.operator.new_wallet(), rng.randrange(_AFFILIATES)
        value = self.stage.sat_of_usd(rng.choice(_RANSOMS_USD)) // 1_000 * 1_000
        if rng.random() < _PARTS:
            later = partial(self._pay, victim, note, affiliate, value - value // 2)
            self.stage.after(4, 8, later)
            value //= 2
        self._pay(victim, note, affiliate, value)

    def _pay(self, victim: Party, note: Wallet, affiliate: int, value_sat: int) -> None:
        """The victim buys what it needs, and pays straight from the exchange or by its wallet."""
        if self.stage.ledger.rng.random() < 0.5:
            paid = partial(self._paid, victim, note, affiliate)
            victim.withdraw(value_sat, note.address("private"), paid)
            return
        pay = partial(self._pay_by_wallet, victim, note, affiliate, value_sat)
        victim.withdraw(
            value_sat * 11 // 10,
            paid=lambda _: self.stage.after(0, 3, partial(self.stage.retry, pay, 5)),
        )

    def _pay_by_wallet(self, victim: Party, note: Wallet, affiliate: int, value_sat: int) -> bool:
        receipt = victim.main.pay("payment", [(note.address("private"), value_sat)])
        if receipt is not None:
            self._paid(victim, note, affiliate, receipt.coin(0))
        return receipt is not None

    def _paid(self, victim: Party, note: Wallet, affiliate: int, coin: Coin) -> None:
        self.stage.taken(self.operator, victim.owner_id, coin)
        self.stage.after(2, 5, partial(self._share, note, affiliate))

    def _share(self, note: Wallet, affiliate: int) -> None:
        """Most of a ransom goes to the affiliate, the rest to the operator's till."""
        percent = self.stage.ledger.rng.randint(70, 85)
        self.stage.split(note, [(self.shares[affiliate], percent), (self.till, 100 - percent)])

    def _gather(self) -> None:
        """Join the till's coins, then move them on."""
        hoard = self.operator.new_wallet()
        if self.stage.join([self.till], hoard):
            self.stage.after(1, 3, partial(self._hop, hoard, self.stage.ledger.rng.randint(2, 3)))

    def _hop(self, wallet: Wallet, left: int) -> None:
        if not left:
            self._cash_out(wallet, self.stage.ledger.rng.sample(self.exchanges, 2))
            return
        onward = self.stage.hop(self.operator, wallet)
        if onward is not None:
            self.stage.after(1, 3, partial(self._hop, onward, left - 1))

    def _cash_out(self, wallet: Wallet, services: list[Service]) -> None:
        """Deposit a part at one exchange after the other; the last part stays."""
        if not services:
            return
        value = wallet.balance_sat * self.stage.ledger.rng.randint(25, 60) // 100
        self.stage.deposit(self.operator, wallet, services[0], "hop", value)
        self.stage.after(1, 3, partial(self._cash_out, wallet, services[1:]))

    def _spend_share(self, affiliate: Party, wallet: Wallet) -> None:
        """Join the proceeds with money of its own, buy something, deposit most of what is left."""
        rng = self.stage.ledger.rng
        if not self.stage.join([wallet, affiliate.main], affiliate.main):
            return
        seller = rng.choice(self.stage.users)
        affiliate.main.pay(
            "payment", [(seller.main.address(), affiliate.main.balance_sat // rng.randint(12, 25))]
        )
        self.stage.after(1, 4, partial(self._deposit_share, affiliate))

    def _deposit_share(self, affiliate: Party) -> None:
        value = affiliate.main.balance_sat * self.stage.ledger.rng.randint(50, 90) // 100
        self.stage.deposit(affiliate, affiliate.main, affiliate.services[0], "direct", value)
