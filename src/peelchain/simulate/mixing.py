"""The coordinator and its queues, and two simplified designs for the default economy."""

from collections.abc import Sequence

from peelchain.simulate.equal_mix import Share, largest_coins, submit_equal_mix
from peelchain.simulate.habits import Habits
from peelchain.simulate.ledger import Ledger, Output
from peelchain.simulate.parties import Party
from peelchain.simulate.protocols.joinmarket import join_market
from peelchain.simulate.transaction import Coin
from peelchain.simulate.truth import Owner
from peelchain.simulate.wallet import Wallet

WASABI_SAT = 10_000_000
POOL_SAT = 1_000_000

_WASABI_LEAST = 10
_WASABI_MOST = 40
_POOL_SIZE = 5


class Mixing:
    """The CoinJoins of the economy, and the coordinator that takes a fee for some of them."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        owner = Owner("coordinator", "coordinator", "Mix Coordinator", "GI", "p2wpkh")
        self.owner = ledger.add_owner(owner)
        self.wallet = Wallet(ledger, owner.owner_id, "fees", Habits("p2wpkh", family="mixer"))
        self._wasabi_waiting: list[Party] = []
        self._pool_waiting: list[Party] = []

    def join_market(self, taker: Party, makers: Sequence[Party], wanted_sat: int) -> bool:
        """A taker pays some makers to mix the amount with it; whether it came about."""
        return join_market(self.ledger, taker, makers, wanted_sat)

    def enrol_wasabi(self, party: Party, value_sat: int) -> None:
        """Have the party bring this much, at least WASABI_SAT and fees, to the next large round."""
        if party not in self._wasabi_waiting:
            self._wasabi_waiting.append(party)
        wallet = party.premix_wallet("p2wpkh")
        if wallet.balance_sat >= value_sat:
            return
        to = wallet.address("premix")
        if party.main.pay("hop", [(to, value_sat)]) is None and party.services:
            party.withdraw(value_sat, to)

    @property
    def waiting(self) -> list[Party]:
        """Who waits for a large round."""
        return self._wasabi_waiting

    def leave_wasabi(self, parties: Sequence[Party]) -> None:
        """Some of those who took part stay for another round, the others wait no longer."""
        came = {party.owner_id for party in parties}
        rng = self.ledger.rng
        self._wasabi_waiting = [
            p for p in self._wasabi_waiting if p.owner_id not in came or rng.random() < 0.3
        ]

    def wasabi(self) -> bool:
        """A round among all who wait with enough money; whether ten were there."""
        rng = self.ledger.rng
        value = WASABI_SAT - rng.randrange(60_000)
        floor = value + value // 100 + 20_000
        ready = [p for p in self._wasabi_waiting if p.premix_wallet("p2wpkh").balance_sat > floor]
        if len(ready) < _WASABI_LEAST:
            return False
        ready = rng.sample(ready, min(len(ready), _WASABI_MOST))
        shares = []
        rate = self.ledger.fee_rate
        fee = value * len(ready) * 3 // 100_000
        for party in ready:
            wallet = party.premix_wallet("p2wpkh")
            coins = largest_coins(wallet, floor)
            network = int(rate * (68 * len(coins) + 31 * 2 + 4))
            change = sum(coin.value_sat for coin in coins) - value - fee - network
            shares.append(Share(party, coins, change, wallet))
        outputs = [Output(self.wallet.address("fee"), fee * len(ready))]
        submit_equal_mix(self.ledger, "wasabi1", shares, "p2wpkh", value, outputs)
        # Some stay for another round with their change.
        self._wasabi_waiting = [p for p in self._wasabi_waiting if p not in ready]
        self._wasabi_waiting += [p for p in ready if rng.random() < 0.3]
        return True

    def enrol_pool(self, party: Party) -> bool:
        """Cut a party's money into pool-sized coins (Whirlpool's Tx0); whether it had enough."""
        rng = self.ledger.rng
        wallet = party.premix_wallet("p2wpkh")
        pieces = rng.randint(2, 8)
        payments = [
            (wallet.address("premix"), POOL_SAT + 6_000 + 11 * piece) for piece in range(pieces)
        ]
        fee = (self.wallet.address("fee"), 50_000 + rng.randrange(500))
        if party.main.pay("premix", [*payments, fee]) is None:
            return False
        if party not in self._pool_waiting:
            self._pool_waiting.append(party)
        return True

    def whirlpool(self) -> bool:
        """A mix of five pool coins of five parties, some mixed before; whether five were there."""
        rng = self.ledger.rng
        fresh: list[tuple[Party, Coin]] = []
        again: list[tuple[Party, Coin]] = []
        for party in self._pool_waiting:
            wallet, mixed = party.premix_wallet("p2wpkh"), party.mixed_wallet("p2wpkh")
            before = [coin for coin in mixed.spendable() if coin.value_sat == POOL_SAT]
            new = [
                coin
                for coin in wallet.spendable()
                if POOL_SAT + 6_000 <= coin.value_sat < POOL_SAT + 7_000
            ]
            if new:
                fresh.append((party, new[0]))
            elif before:
                again.append((party, before[0]))
        remixed = rng.sample(again, min(len(again), rng.randint(0, 3)))
        chosen = remixed + rng.sample(fresh, min(len(fresh), _POOL_SIZE - len(remixed)))
        if len(chosen) < _POOL_SIZE or len(remixed) == _POOL_SIZE:
            return False
        shares = [Share(party, [coin], 0, party.main) for party, coin in chosen]
        submit_equal_mix(self.ledger, "whirlpool", shares, "p2wpkh", POOL_SAT, [])
        return True
