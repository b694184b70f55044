"""What every case is played on: the economy's people and calendar, seeds and deposits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from peelchain.simulate.habits import Habits
from peelchain.simulate.ledger import Address, Ledger
from peelchain.simulate.mixing import Mixing
from peelchain.simulate.parties import Party
from peelchain.simulate.services import Service
from peelchain.simulate.transaction import Coin
from peelchain.simulate.truth import Owner, shown_txid
from peelchain.simulate.wallet import Wallet
from peelchain.units import COIN


@dataclass(frozen=True)
class Stage:
    """The economy that a case is played in. `at` puts an action at a share of its life, 0 to 1."""

    ledger: Ledger
    users: Sequence[Party]
    exchanges: Sequence[Service]
    mixing: Mixing
    at: Callable[[float, Callable[[], object]], None]

    def person(self, owner_id: str, role: str, name: str, services: Sequence[Service]) -> Party:
        """Somebody of the case, whose books the ground flow follows."""
        habits = Habits("p2wpkh", position=self.ledger.rng.choice(("random", "last")))
        owner = Owner(owner_id, role, name, "ZZ", habits.kind)
        self.ledger.flow.people.add(owner_id)
        return Party(self.ledger, owner, habits, list(services))

    def sat_of_usd(self, dollars: int) -> int:
        """So many dollars at the rate of the day, in satoshis."""
        return dollars * 100 * COIN // self.ledger.rates.usd_cents(self.ledger.day)

    def after(self, least: int, most: int, action: Callable[[], object]) -> None:
        """Call the action some blocks from now."""
        self.ledger.after(self.ledger.rng.randint(least, most), action)

    def retry(self, action: Callable[[], bool], left: int) -> None:
        """Try until it comes about, some blocks apart."""
        if not action() and left:
            self.after(1, 4, partial(self.retry, action, left - 1))

    def taken(self, party: Party, claimant: str, coin: Coin) -> None:
        """Enter what the claimant, an owner_id, lost as proceeds that the party holds."""
        self.ledger.flow.start(coin, party.owner_id, claimant)

    def deposit(
        self,
        party: Party,
        wallet: Wallet,
        service: Service,
        route: str,
        value_sat: int | None = None,
        *,
        kind: str = "deposit",
        along: Wallet | None = None,
        change_to: Callable[[], Address] | None = None,
    ) -> Coin | None:
        """Pay an amount, or without one everything, into the party's account there.

        The coin of the deposit, None where the wallet has not enough. The largest coin of `along`,
        another wallet of the party, is spent with the others.
        """
        to = service.deposit_address(party.owner_id)
        lent = sorted(along.spendable(), key=lambda c: -c.value_sat)[:1] if along else []
        if value_sat is None:
            receipt = wallet.empty(kind, to, [*wallet.spendable(), *lent])
        else:
            receipt = wallet.pay(kind, [(to, value_sat)], required=lent, change_to=change_to)
        if receipt is None:
            return None
        if along:
            along.take(lent)
        coin = receipt.coin(0)
        part = self.ledger.flow.part(coin)
        self.ledger.truth.case_deposits.add(
            shown_txid(coin.txid),
            coin.vout,
            coin.value_sat,
            part.case_sat,
            part.least_sat,
            part.most_sat,
            service.owner.owner_id,
            service.account(party.owner_id),
            party.owner_id,
            route,
        )
        return coin

    def join(self, wallets: Sequence[Wallet], to: Wallet) -> bool:
        """Move all coins of several wallets of one party to one address; whether there were any."""
        coins = [coin for wallet in wallets for coin in wallet.spendable()]
        if not coins or to.empty("consolidation", to.address("private"), coins) is None:
            return False
        for wallet in wallets:
            wallet.take(coins)
        return True

    def split(self, wallet: Wallet, shares: Sequence[tuple[Wallet, int]]) -> bool:
        """Divide all of a wallet among addresses of others, by weight; whether it could."""
        coins = wallet.spendable()
        to = [other.address("private") for other, _ in shares]
        free = wallet.excess(coins, [(address, 0) for address in to]) if coins else 0
        whole = sum(weight for _, weight in shares)
        values = [free * weight // whole for _, weight in shares]
        if not values or min(values) < 20_000:
            return False
        values[-1] += free - sum(values)
        payments = list(zip(to, values, strict=True))
        return wallet.pay("split", payments, coins=coins, required=coins) is not None

    def hop(self, party: Party, wallet: Wallet) -> Wallet | None:
        """Move all of a wallet to a new one of the party; None where fees eat it."""
        onward = party.new_wallet()
        moved = wallet.empty("hop", onward.address("private"))
        return None if moved is None else onward
