"""CoinJoins of three designs: JoinMarket's, Wasabi 1's and Whirlpool's."""

from collections.abc import Sequence
from dataclasses import dataclass

from peelchain.simulate.habits import Habits
from peelchain.simulate.keys import Kind
from peelchain.simulate.ledger import Ledger, Output
from peelchain.simulate.parties import Party
from peelchain.simulate.transaction import Coin, vbytes
from peelchain.simulate.truth import Owner, shown_txid
from peelchain.simulate.wallet import DUST_SAT, Wallet

WASABI_SAT = 10_000_000
POOL_SAT = 1_000_000

_WASABI_LEAST = 10
_WASABI_MOST = 40
_POOL_SIZE = 5
_JOIN_KINDS: tuple[Kind, ...] = ("p2sh_p2wpkh", "p2wpkh", "p2pkh")


@dataclass(frozen=True, slots=True)
class _Share:
    """One participant's part: the coins it brings, and where its mixed and change outputs go."""

    party: Party
    coins: list[Coin]
    change_sat: int
    change_to: Wallet


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
        """A taker pays some makers to mix the amount with it; whether it came about.

        The taker pays the makers' fees and the network's; makers keep their change.
        """
        rng = self.ledger.rng
        least, most = self.ledger.parameters.joinmarket_size
        for kind in rng.sample(_JOIN_KINDS, len(_JOIN_KINDS)):
            source = self._join_source(taker, kind)
            if source is None or source.balance_sat < wanted_sat * 11 // 10 + 100_000:
                continue
            willing = [
                maker
                for maker in makers
                if maker is not taker
                and (wallet := self._join_source(maker, kind)) is not None
                and wallet.balance_sat > wanted_sat + 20_000
            ]
            if len(willing) < least - 1:
                continue
            chosen = rng.sample(willing, min(len(willing), rng.randint(least - 1, most - 1)))
            return self._join(taker, source, chosen, kind, wanted_sat)
        return False

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
            coins = _enough(wallet, floor)
            network = int(rate * (68 * len(coins) + 31 * 2 + 4))
            change = sum(coin.value_sat for coin in coins) - value - fee - network
            shares.append(_Share(party, coins, change, wallet))
        outputs = [Output(self.wallet.address("fee"), fee * len(ready))]
        self._mix("wasabi1", shares, "p2wpkh", value, outputs)
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
        shares = [_Share(party, [coin], 0, party.main) for party, coin in chosen]
        self._mix("whirlpool", shares, "p2wpkh", POOL_SAT, [])
        return True

    def _join_source(self, party: Party, kind: Kind) -> Wallet | None:
        """The wallet a party joins from, the richer of main and premix; None where it has none."""
        main = party.main
        wallets = [main] if main.habits.kind == kind and not main.habits.reuse else []
        if kind in party.premix:
            wallets.append(party.premix[kind])
        return max(wallets, key=lambda wallet: wallet.balance_sat, default=None)

    def _join(
        self, taker: Party, source: Wallet, makers: list[Party], kind: Kind, value: int
    ) -> bool:
        rng = self.ledger.rng
        shares, paid = [], 0
        for maker in makers:
            wallet = self._join_source(maker, kind)
            assert wallet is not None, "makers were chosen for having one"
            coins = _enough(wallet, value + 20_000)
            earned = value * rng.randint(2, 30) // 100_000 + rng.randrange(500)
            paid += earned
            change = sum(coin.value_sat for coin in coins) - value + earned
            shares.append(_Share(maker, coins, change, wallet))
        coins = _enough(source, value + paid + 60_000)
        inputs = [coin for share in shares for coin in share.coins] + coins
        outputs = 2 * len(makers) + 2
        network = int(self.ledger.fee_rate * vbytes(inputs, [bytes(25)] * outputs))
        change = sum(coin.value_sat for coin in coins) - value - paid - network
        if change < 0:
            return False
        shares.append(_Share(taker, coins, change, source))
        self._mix("joinmarket", shares, kind, value, [])
        return True

    def _mix(
        self, design: str, shares: list[_Share], kind: Kind, value: int, outputs: list[Output]
    ) -> None:
        """Submit the CoinJoin, inputs and outputs shuffled, and tell the parties afterwards."""
        ledger = self.ledger
        initiator = shares[-1].party.owner_id
        inputs: list[Coin] = []
        seen = {value}
        for share in shares:
            inputs += share.coins
            outputs.append(Output(share.party.mixed_wallet(kind).address("coinjoin"), value))
            change = share.change_sat
            while change in seen:
                change -= 1
            seen.add(change)
            if change > DUST_SAT:
                address = share.change_to.address("change")
                outputs.append(Output(address, change, is_change=True))
        for share in shares:
            share.change_to.take(share.coins)
            share.party.premix_wallet(kind).take(share.coins)
            share.party.mixed_wallet(kind).take(share.coins)
        ledger.rng.shuffle(inputs)
        ledger.rng.shuffle(outputs)
        receipt = ledger.submit("coinjoin", initiator, inputs, outputs)
        names = sorted(share.party.owner_id for share in shares)
        ledger.truth.coinjoins.add(shown_txid(receipt.txid), design, " ".join(names))
        for share in shares:
            waiting, share.party.when_mixed = share.party.when_mixed, []
            for action in waiting:
                ledger.after(ledger.rng.randint(2, 12), action)


def _enough(wallet: Wallet, value_sat: int) -> list[Coin]:
    """The wallet's largest coins that together reach the value."""
    chosen: list[Coin] = []
    total = 0
    for coin in sorted(wallet.spendable(), key=lambda coin: -coin.value_sat):
        if total >= value_sat:
            break
        chosen.append(coin)
        total += coin.value_sat
    return chosen
