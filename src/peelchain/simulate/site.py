"""The pay site: one address a user, sweeps to a treasury, and an operator who cashes out."""

from dataclasses import dataclass
from functools import partial

from peelchain.simulate.habits import Habits
from peelchain.simulate.keys import Kind
from peelchain.simulate.ledger import Address, Ledger
from peelchain.simulate.mixing import WASABI_SAT, Mixing
from peelchain.simulate.parties import Party
from peelchain.simulate.seized import Registration
from peelchain.simulate.services import Service
from peelchain.simulate.transaction import Coin
from peelchain.simulate.truth import Owner, shown_txid
from peelchain.simulate.wallet import Wallet
from peelchain.units import COIN

_PRICES_USD = (30, 60, 120, 250, 500, 1_000, 2_000)
_LEAST_SAT = 100_000
_MOST_SAT = 20_000_000
_MOST_SWEPT = 40
_TREASURY_ADDRESSES = 3
_KINDS: tuple[Kind, ...] = ("p2wpkh", "p2sh_p2wpkh", "p2pkh")


@dataclass(frozen=True, slots=True, eq=False)
class SiteUser:
    """A row of the site's user table."""

    number: int
    address: Address
    party: Party


class Site:
    """The site's wallet: user addresses and treasury.

    Every sweep has an input that co-spending ties to the sweeps before, so that the wallet is one
    cluster: sweeps wait until somebody paid an address that was swept before.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        rng = ledger.rng
        kind = rng.choice(_KINDS)
        self.owner = ledger.add_owner(Owner("site", "site", "Pay Site", "ZZ", kind))
        ledger.flow.people.add(self.owner.owner_id)
        self.wallet = Wallet(ledger, "site", "users", ledger.habits(kind, reuse=False))
        self.treasury = Wallet(ledger, "site", "treasury", ledger.habits(kind, reuse=False))
        self.vaults = tuple(self.treasury.address("treasury") for _ in range(_TREASURY_ADDRESSES))
        self.users: list[SiteUser] = []
        self.registered: list[Registration] = []
        self.swept: dict[bytes, Address] = {}
        self._tied: set[bytes] = set()
        self._next_number = rng.randrange(1_000, 5_000)

    def register(self, party: Party) -> SiteUser:
        """A new user of the site with a fresh address of its own."""
        self._next_number += self.ledger.rng.randint(1, 9)
        user = SiteUser(self._next_number, self.wallet.address("site_user"), party)
        self.users.append(user)
        self.ledger.truth.site_users.add(user.number, user.address.text, party.owner_id)
        time = self.ledger.times[self.ledger.height]
        self.registered.append(Registration(user.number, user.address.text, party.owner_id, time))
        return user

    def price_sat(self) -> int:
        """What a user pays this time: a price in dollars at the day's rate, cut to 1,000 sat."""
        cents = self.ledger.rng.choice(_PRICES_USD) * 100
        value = cents * COIN // self.ledger.rates.usd_cents(self.ledger.day)
        return min(max(value // 1_000 * 1_000, _LEAST_SAT), _MOST_SAT)

    def received(self, user: SiteUser, payer_id: str, route: str, coin: Coin) -> None:
        """Enter a payment in the truth."""
        self.ledger.truth.payments.add(
            shown_txid(coin.txid), coin.vout, coin.value_sat, user.number, payer_id, route
        )
        if not self.ledger.parameters.case:
            self.ledger.flow.start(coin, self.owner.owner_id, payer_id)

    def sweep(self) -> None:
        """Consolidate user addresses into the treasury, some left for later."""
        rng = self.ledger.rng
        coins = [coin for coin in self.wallet.spendable() if rng.random() < 0.85]
        known = [c for c in coins if c.lock.script_pubkey in self._tied]
        stock = [c for c in self.treasury.spendable() if c.lock.script_pubkey in self._tied]
        if len(coins) < 3 or (self._tied and not known and not stock):
            return
        chosen = known[:_MOST_SWEPT]
        chosen += [c for c in coins if c not in chosen][: _MOST_SWEPT - len(chosen)]
        # A treasury coin ties the sweep where no user paid twice, and at times goes along anyway.
        first = not self._tied
        lent = stock[:1] if stock and (not known or rng.random() < 0.3) else []
        if not first and not lent and rng.random() < 0.6:
            lent = self.treasury.spendable()[:1]
        receipt = self.wallet.empty("site_sweep", rng.choice(self.vaults), chosen + lent)
        if receipt is None:
            return
        self.treasury.take(lent)
        for coin in chosen:
            self.swept.setdefault(
                coin.lock.script_pubkey, Address(coin.lock, self.wallet, "site_user")
            )
        self._tied |= {coin.lock.script_pubkey for coin in chosen + lent}

    @property
    def observed(self) -> list[str]:
        """Addresses shown to undercover users: early test buyers, whose money was swept."""
        known = [user.address for user in self.users if user.address.script in self.swept]
        return [address.text for address in known[:4]]


class Operator:
    """Whoever runs the site: takes money from the treasury to exchanges, by several roads."""

    def __init__(
        self, ledger: Ledger, site: Site, mixing: Mixing, exchanges: list[Service]
    ) -> None:
        self.ledger = ledger
        self.site = site
        self.mixing = mixing
        rng = ledger.rng
        self.services = rng.sample(exchanges, min(3, len(exchanges)))
        habits = Habits("p2wpkh", position=rng.choice(("random", "last")))
        owner = Owner("operator", "operator", "Site Operator", "ZZ", "p2wpkh")
        self.party = Party(ledger, owner, habits, [])
        ledger.flow.people.add(owner.owner_id)
        self._turn = 0

    def cash_out(self, users: list[Party]) -> None:
        """Take a share of the treasury on one of the roads, each in its turn."""
        rng, treasury = self.ledger.rng, self.site.treasury
        free = treasury.balance_sat
        if free < 1_000_000:
            return
        turn, self._turn = self._turn, self._turn + 1
        value = free * rng.randint(35, 80) // 100
        road = (self._peel, self._mix, self._hop, self._peel)[turn % 4]
        service = self.services[turn % len(self.services)]
        wallet = self.party.new_wallet()
        if road == self._mix:
            # A round takes more than 0.1 BTC; a JoinMarket mix takes any amount.
            value = free * 85 // 100 if free < 5 * WASABI_SAT else value
            wallet = self.party.premix_wallet(rng.choice(("p2wpkh", "p2sh_p2wpkh")))
        vaults = self.site.vaults
        receipt = treasury.pay(
            "site_payout",
            [(wallet.address("private"), value)],
            change_to=lambda: rng.choice(vaults),
        )
        if receipt is not None:
            if road == self._mix:
                self._mix(wallet, service, users, 6)
            else:
                self.ledger.after(rng.randint(0, 3), partial(road, wallet, service, users, 6))

    def _peel(self, wallet: Wallet, service: Service, users: list[Party], left: int) -> None:
        """Peel a slice into an exchange account, again and again, from the change of the last."""
        rng = self.ledger.rng
        free = wallet.balance_sat
        if free < 400_000:
            return
        if left <= 0 or free < 1_200_000:
            # Half of the chains end in the exchange, the others are left as they are.
            if rng.random() < 0.5:
                self._deposit(wallet, service, "peel", None)
            return
        slice_sat = free * rng.randint(8, 30) // 100
        if rng.random() < 0.5:
            slice_sat = slice_sat // 100_000 * 100_000 or slice_sat
        if rng.random() < 0.12 and users:
            # Pays for something on the way.
            wallet.pay("peel", [(rng.choice(users).main.address(), slice_sat)])
        else:
            self._deposit(wallet, service, "peel", slice_sat)
        if rng.random() < 0.2:
            service = rng.choice(self.services)
        self.ledger.after(rng.randint(0, 2), partial(self._peel, wallet, service, users, left - 1))

    def _hop(self, wallet: Wallet, service: Service, users: list[Party], left: int) -> None:
        """Move the money through one to three wallets of its own, then into an exchange."""
        rng = self.ledger.rng
        if left <= 3 or (left < 6 and rng.random() < 0.5):
            self._deposit(wallet, service, "hop", None)
            return
        onward = self.party.new_wallet()
        if wallet.empty("hop", onward.address("private")) is not None:
            self.ledger.after(
                rng.randint(0, 3), partial(self._hop, onward, service, users, left - 1)
            )

    def _mix(self, wallet: Wallet, service: Service, users: list[Party], left: int) -> None:
        """Take part in the next CoinJoins; once mixed, part goes to an exchange, part stays."""
        self.party.when_mixed.append(partial(self._spend_mixed, service))
        if wallet.habits.kind == "p2wpkh":
            self.mixing.enrol_wasabi(self.party, wallet.balance_sat)
        self._take(wallet, users, left)

    def _take(self, wallet: Wallet, users: list[Party], left: int) -> None:
        wanted = wallet.balance_sat * 6 // 10
        waiting = bool(self.party.when_mixed)
        if waiting and left and not self.mixing.join_market(self.party, users, wanted):
            self.ledger.after(4, partial(self._take, wallet, users, left - 1))

    def _spend_mixed(self, service: Service) -> None:
        wallet = self.party.mixed_coins()
        if wallet is not None:
            coins = wallet.spendable()
            self._deposit(wallet, service, "coinjoin", None, coins[: max(1, len(coins) * 2 // 3)])

    def _deposit(
        self,
        wallet: Wallet,
        service: Service,
        route: str,
        value_sat: int | None,
        coins: list[Coin] | None = None,
    ) -> None:
        """Deposit an amount, or without one all of the coins, and enter it in the truth."""
        to = service.deposit_address(self.party.owner_id)
        if value_sat is None:
            receipt = wallet.empty("deposit", to, coins)
        else:
            receipt = wallet.pay("peel", [(to, value_sat)])
        if receipt is None:
            return
        coin = receipt.coin(0)
        self.ledger.truth.cashouts.add(
            shown_txid(receipt.txid),
            coin.vout,
            coin.value_sat,
            service.owner.owner_id,
            service.account(self.party.owner_id),
            route,
        )
