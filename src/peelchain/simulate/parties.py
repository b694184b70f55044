"""Private parties: users with their wallets, services and post-mix coins."""

from collections.abc import Callable
from dataclasses import replace

from peelchain.simulate.habits import Habits
from peelchain.simulate.keys import Kind
from peelchain.simulate.ledger import Address, Ledger
from peelchain.simulate.services import Service
from peelchain.simulate.transaction import Coin
from peelchain.simulate.truth import Owner
from peelchain.simulate.wallet import Wallet

_COUNTRIES = ("DE", "FR", "GB", "US", "BR", "JP", "PL", "NG", "IN", "CA", "AU", "ES", "SE", "ZA")


class Party:
    """A private person: a main wallet, further wallets as needed, accounts at some services."""

    def __init__(
        self, ledger: Ledger, owner: Owner, habits: Habits, services: list[Service]
    ) -> None:
        self.ledger = ledger
        self.owner = ledger.add_owner(owner)
        self.main = Wallet(ledger, owner.owner_id, "main", habits)
        self.services = services
        self.mixed: dict[Kind, Wallet] = {}
        self.premix: dict[Kind, Wallet] = {}
        self.clients: dict[str, Wallet] = {}
        self.when_mixed: list[Callable[[], None]] = []
        self._wallets = 0

    @property
    def owner_id(self) -> str:
        """Its owner_id."""
        return self.owner.owner_id

    def new_wallet(self, kind: Kind | None = None, *, exact: bool = False) -> Wallet:
        """A further wallet with habits of its own; an exact one pays what it is told to."""
        self._wallets += 1
        habits = self.ledger.habits(kind, reuse=False)
        if exact:
            habits = replace(habits, change="one")
        return Wallet(self.ledger, self.owner_id, f"side{self._wallets}", habits)

    def mixed_wallet(self, kind: Kind) -> Wallet:
        """The wallet that holds its CoinJoin outputs of this kind, never joined with others."""
        return self._special(self.mixed, "mixed", kind)

    def premix_wallet(self, kind: Kind) -> Wallet:
        """The wallet that holds what it is about to mix."""
        return self._special(self.premix, "premix", kind)

    def client(self, name: str, family: str = "mixer") -> Wallet:
        """Its wallet of that name in a client of its own; "-mixed" ends those of mixed coins."""
        if name not in self.clients:
            habits = Habits("p2wpkh", selection="oldest", position="random", family=family)
            self.clients[name] = Wallet(self.ledger, self.owner_id, name, habits)
        return self.clients[name]

    def withdraw(
        self,
        value_sat: int,
        to: Address | None = None,
        paid: Callable[[Coin], None] | None = None,
    ) -> None:
        """Ask one of its exchanges for a withdrawal; `paid` is told the coin."""
        service = self.ledger.rng.choice(self.services)
        service.request(self.owner_id, to or self.main.address(), value_sat, paid)

    def mixed_coins(self) -> Wallet | None:
        """Its richest post-mix wallet, None where it never mixed."""
        clients = [wallet for name, wallet in self.clients.items() if name.endswith("-mixed")]
        wallets = [wallet for wallet in (*self.mixed.values(), *clients) if wallet.coins]
        return max(wallets, key=lambda wallet: wallet.balance_sat, default=None)

    def _special(self, wallets: dict[Kind, Wallet], name: str, kind: Kind) -> Wallet:
        if kind not in wallets:
            habits = Habits(kind, selection="oldest", position="random", family="mixer")
            wallets[kind] = Wallet(self.ledger, self.owner_id, f"{name}-{kind}", habits)
        return wallets[kind]


def make_users(ledger: Ledger, count: int, exchanges: list[Service]) -> list[Party]:
    """The users, each with its wallet kind, country and one or two exchanges."""
    rng = ledger.rng
    shares = (20, 30, 20, 14, 16, 12)[: len(exchanges)]
    users = []
    for number in range(1, count + 1):
        habits = ledger.habits()
        chosen = rng.choices(exchanges, shares, k=rng.choice((1, 1, 2)))
        owner = Owner(
            f"user-{number:05d}",
            "user",
            f"User {number}",
            rng.choice(_COUNTRIES),
            habits.kind + ("_reused" if habits.reuse else ""),
        )
        users.append(Party(ledger, owner, habits, list(dict.fromkeys(chosen))))
    return users
