"""A theft from an exchange's hot wallet: peel chains, deposits below a threshold, round trips.

The shape is that of published thefts: the loot peeled off in small slices from one large coin to
the change of the next (Meiklejohn et al. 2013, "A fistful of bitcoins"; Kappos et al. 2022, "How to
peel a million"), and of the red flags that the Financial Action Task Force lists (2020, "Virtual
assets red flag indicators"): amounts just below a reporting threshold, and deposits withdrawn again
at once.
"""

from collections.abc import Callable, Sequence
from functools import partial

from peelchain.simulate.scenarios.stage import Stage
from peelchain.simulate.services import Service
from peelchain.simulate.transaction import Coin
from peelchain.simulate.wallet import Wallet
from peelchain.units import COIN

_LEAST_LOOT_SAT, _MOST_LOOT_SAT = 12 * COIN, 60 * COIN
_LOOT_PERCENT = 40
_THRESHOLDS_USD = (10_000, 1_000)
_DEPOSITS = (8, 14)
_TRIPS = 2
_SMALLEST_SAT = 1_500_000
_NEW_WALLET = 0.1


class Theft:
    """Whoever has the exchange's keys, and what becomes of the loot."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        rng = stage.ledger.rng
        # Static addresses: all its hot money lies under one key.
        self.robbed = stage.exchanges[0]
        self.exchanges = rng.sample(stage.exchanges[1:], 3)
        self.thief = stage.person("case-operator", "operator", "User 4711", self.exchanges[:1])
        self.peels_left = max(20, min(60, stage.ledger.blocks // 10))

    def plan(self) -> None:
        """Enter the thefts in the calendar; all else follows from them."""
        stage, thief = self.stage, self.thief
        # Money of its own, which some of the loot is joined with.
        stage.at(0.12, partial(thief.withdraw, stage.ledger.rng.randrange(30_000_000, 80_000_000)))
        for percent, wallet, then in (
            (50, thief.new_wallet("p2wpkh"), self._begin_peeling),
            (30, thief.new_wallet("p2wpkh"), self._begin_structuring),
            (20, thief.new_wallet(), self._begin_trips),
        ):
            take = partial(self._take, percent, wallet, then)
            stage.at(0.34, partial(stage.retry, take, 20))

    def _take(self, percent: int, wallet: Wallet, then: Callable[[Wallet], None]) -> bool:
        """Rob part of the loot; whether the hot wallet had as much."""
        rng, free = self.stage.ledger.rng, self.robbed.hot.balance_sat
        loot = min(free * _LOOT_PERCENT // 100, _MOST_LOOT_SAT)
        if loot < _LEAST_LOOT_SAT:
            return False
        coin = self.robbed.lose(
            wallet.address("private"), loot * percent // 100 - rng.randrange(COIN)
        )
        if coin is None:
            return False
        self.stage.taken(self.thief, self.robbed.owner.owner_id, coin)
        self.stage.after(2, 5, partial(then, wallet))
        return True

    # One part is peeled

    def _begin_peeling(self, wallet: Wallet) -> None:
        self._peel(wallet, self.peels_left)

    def _peel(self, wallet: Wallet, left: int) -> None:
        """Pay a slice from the change of the last time; now and then the change goes elsewhere."""
        stage, rng = self.stage, self.stage.ledger.rng
        free = wallet.balance_sat
        if left <= 0 or free < _SMALLEST_SAT:
            return
        value = max(free * rng.randint(10, 70) // 1_000, _SMALLEST_SAT // 5)
        onward = wallet
        if rng.random() < _NEW_WALLET:
            onward = self.thief.new_wallet()
        change_to = partial(onward.address, "change")
        if rng.random() < 0.75:
            service = rng.choice(self.exchanges)
            paid = stage.deposit(
                self.thief, wallet, service, "peel", value, kind="peel", change_to=change_to
            )
        else:
            # Buys something of somebody.
            to = rng.choice(stage.users).main.address()
            receipt = wallet.pay("peel", [(to, value)], change_to=change_to)
            paid = None if receipt is None else receipt.coin(0)
        if paid is not None:
            stage.after(0, 1, partial(self._peel, onward, left - 1))

    # One part is deposited in sums just below a threshold

    def _begin_structuring(self, wallet: Wallet) -> None:
        pieces = [self.thief.new_wallet("p2wpkh", exact=True) for _ in range(3)]
        if self.stage.split(wallet, [(piece, 1) for piece in pieces]):
            for turn, threshold in enumerate(_THRESHOLDS_USD):
                service = self.exchanges[turn + 1]
                instance = self.stage.ledger.patterns.begin(
                    "structuring",
                    self.thief.owner_id,
                    service.owner.owner_id,
                    str(threshold),
                )
                left = self.stage.ledger.rng.randint(*_DEPOSITS)
                step = partial(self._structure, pieces, service, threshold, instance, left)
                self.stage.after(1, 3, step)

    def _structure(
        self, wallets: Sequence[Wallet], service: Service, threshold: int, instance: int, left: int
    ) -> None:
        """One deposit below the threshold; the first goes along with clean money."""
        stage, rng = self.stage, self.stage.ledger.rng
        value = stage.sat_of_usd(threshold * rng.randint(930, 995) // 1_000)
        wallet = max(wallets, key=lambda wallet: wallet.balance_sat)
        if not left or wallet.balance_sat < 2 * value:
            return
        along = self.thief.main if rng.random() < 0.2 else None
        coin = stage.deposit(self.thief, wallet, service, "structured", value, along=along)
        if coin is not None:
            stage.ledger.patterns.add(instance, "deposit", coin)
        step = partial(self._structure, wallets, service, threshold, instance, left - 1)
        stage.after(0, 2, step)

    # One part goes in and out of an exchange, and most of it stays unspent

    def _begin_trips(self, wallet: Wallet) -> None:
        for trip in range(_TRIPS):
            service = self.exchanges[trip]
            self.stage.after(1 + 6 * trip, 4 + 6 * trip, partial(self._go, wallet, service))

    def _go(self, wallet: Wallet, service: Service) -> None:
        """Deposit a part, withdraw it to a new wallet, and bring that back."""
        value = wallet.balance_sat * self.stage.ledger.rng.randint(15, 30) // 100
        if self.stage.deposit(self.thief, wallet, service, "round_trip", value) is None:
            return
        back = self.thief.new_wallet()
        returned = value * self.stage.ledger.rng.randint(90, 98) // 100
        ask = partial(
            service.request,
            self.thief.owner_id,
            back.address("private"),
            returned,
            lambda coin: self.stage.after(1, 3, partial(self._come_back, back, service, coin)),
        )
        self.stage.after(2, 5, ask)

    def _come_back(self, wallet: Wallet, service: Service, out: Coin) -> None:
        """From the withdrawal by another wallet back to the service it came from."""
        onward = self.thief.new_wallet()
        moved = wallet.empty("hop", onward.address("private"))
        if moved is None:
            return
        self.stage.after(1, 3, partial(self._pay_back, onward, service, out, moved.coin(0)))

    def _pay_back(self, wallet: Wallet, service: Service, out: Coin, hop: Coin) -> None:
        coin = self.stage.deposit(self.thief, wallet, service, "round_trip")
        if coin is None:
            return
        patterns = self.stage.ledger.patterns
        trip = patterns.begin("round_trip", self.thief.owner_id, service.owner.owner_id)
        for role, passed in (("out", out), ("hop", hop), ("back", coin)):
            patterns.add(trip, role, passed)
